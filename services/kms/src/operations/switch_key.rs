//! EnableKey and DisableKey.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKey.html>,
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_DisableKey.html>

use std::marker::PhantomData;
use std::sync::Arc;

use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_policy::ContextKeys as _;
use keywright_service::PostgresWork;

use super::condition_keys::{ConditionKeys, RequestKeys};
use super::idle_key::{IdleKey, TRAILING_DAYS};
use super::key_access::{KeyChange, change_key, on_key, show_key, unresolved};
use super::wire::Nothing;
use crate::domain::entry::KeyEntry;
use crate::domain::state::KeyState;
use crate::error::Error;
use crate::service::Kms;
use crate::store;

pub(crate) type EnableKey = SwitchKey<Enable>;
pub(crate) type DisableKey = SwitchKey<Disable>;

/// One of the two operations: they differ in their names and in the state that they give the key.
pub(crate) struct SwitchKey<S>(PhantomData<S>);

pub(crate) trait Switch: Send + Sync + 'static {
    const NAME: &'static str;
    const ACTION: &'static str;
    const STATE: KeyState;
}

pub(crate) struct Enable;

impl Switch for Enable {
    const NAME: &'static str = "EnableKey";
    const ACTION: &'static str = "kms:EnableKey";
    const STATE: KeyState = KeyState::Enabled;
}

pub(crate) struct Disable;

impl Switch for Disable {
    const NAME: &'static str = "DisableKey";
    const ACTION: &'static str = "kms:DisableKey";
    const STATE: KeyState = KeyState::Disabled;
}

/// The key that is switched.
pub(crate) enum SwitchedKey {
    /// Into use.
    On(Arc<KeyEntry>),
    /// Out of use.
    Off(IdleKey),
}

impl SwitchedKey {
    fn idle_days(&self) -> Option<&str> {
        match self {
            Self::On(_) => None,
            Self::Off(idle) => Some(&idle.days),
        }
    }
}

impl AsRef<KeyEntry> for SwitchedKey {
    fn as_ref(&self) -> &KeyEntry {
        match self {
            Self::On(entry) => entry,
            Self::Off(idle) => idle.as_ref(),
        }
    }
}

#[derive(Input)]
pub(crate) struct SwitchKeyInput {
    #[member(length = 1..=2048)]
    key_id: String,
}

impl<S: Switch> Operation for SwitchKey<S> {
    type Service = Kms;
    type Input = SwitchKeyInput;
    type Output = Nothing;
    type Resource = SwitchedKey;
    type Error = Error;
    const NAME: &'static str = S::NAME;
    const ACTION: &'static str = S::ACTION;
    const READ_ONLY: bool = false;

    async fn load(kms: &Kms, call: &Call, input: &SwitchKeyInput) -> Result<SwitchedKey, Error> {
        let entry = kms.directory.resolve_key(&input.key_id, call.account()).await?;
        Ok(match S::STATE {
            KeyState::Disabled => SwitchedKey::Off(IdleKey::of(kms, call, entry).await?),
            _ => SwitchedKey::On(entry),
        })
    }

    fn accesses(_call: &Call, _input: &SwitchKeyInput, switched: &SwitchedKey) -> Accesses {
        on_key(Self::ACTION, switched.as_ref()).into()
    }

    fn accesses_unloaded(call: &Call, input: &SwitchKeyInput) -> Accesses {
        unresolved(Self::ACTION, call, &input.key_id)
    }

    fn condition_key(
        call: &Call,
        _input: &SwitchKeyInput,
        switched: Option<&SwitchedKey>,
        _access: usize,
        key: &str,
        each: &mut dyn FnMut(&str),
    ) -> bool {
        let days = switched.and_then(SwitchedKey::idle_days).map(|days| (TRAILING_DAYS, days));
        let request = RequestKeys { others: days.as_slice(), ..RequestKeys::default() };
        ConditionKeys::new(call, switched.map(AsRef::as_ref)).with(request).get(key, each)
    }

    async fn run(
        kms: &Kms,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<Nothing, Error> {
        let KeyChange { key, at, transaction } = change_key(kms, &request, work).await?;
        key.check_switchable()?;
        store::keys::set_state(transaction, &at, S::STATE, None).await?;
        if S::STATE == KeyState::Enabled {
            let resumed = key.rotation.map(|rotation| rotation.resumed(kms.now()));
            store::rotations::set(transaction, &at, resumed).await?;
        }
        Ok(Nothing {})
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a SwitchKeyInput,
        switched: Option<&'a SwitchedKey>,
        output: Option<&'a Nothing>,
    ) {
        shown.request.push_str("keyId", input.key_id.as_str());
        let entry: Option<&KeyEntry> = switched.map(AsRef::as_ref);
        if let (Some(entry), Some(_)) = (entry, output) {
            shown.response.push_str("keyId", &*entry.key.arn);
        }
        show_key(shown, entry);
    }
}
