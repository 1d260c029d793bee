//! UpdateAlias.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_UpdateAlias.html>

use std::sync::Arc;

use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_policy::ContextKeys as _;
use keywright_service::PostgresWork;

use super::condition_keys::ConditionKeys;
use super::create_alias::MAX_ALIASES;
use super::key_access::{on_alias, on_key, show_alias, show_key, unresolved};
use super::wire::Nothing;
use crate::domain::alias::AliasName;
use crate::domain::entry::{KeyEntry, KeyName};
use crate::error::Error;
use crate::service::Kms;
use crate::store;
use crate::store::KeyRow;

pub(crate) struct UpdateAlias;

#[derive(Input)]
pub(crate) struct UpdateAliasInput {
    #[member(length = 1..=256, pattern = "^[a-zA-Z0-9:/_-]+$")]
    alias_name: String,
    #[member(length = 1..=2048)]
    target_key_id: String,
}

pub(crate) struct MovedAlias {
    alias: AliasName,
    arn: String,
    from: Arc<KeyEntry>,
    to: Arc<KeyEntry>,
}

impl MovedAlias {
    /// The key that one of the accesses is on; the first one is on the alias.
    fn key_of(&self, access: usize) -> Option<&KeyEntry> {
        match access {
            0 => None,
            1 => Some(&self.from),
            _ => Some(&self.to),
        }
    }
}

impl Operation for UpdateAlias {
    type Service = Kms;
    type Input = UpdateAliasInput;
    type Output = Nothing;
    type Resource = MovedAlias;
    type Error = Error;
    const NAME: &'static str = "UpdateAlias";
    const ACTION: &'static str = "kms:UpdateAlias";
    const READ_ONLY: bool = false;

    async fn load(kms: &Kms, call: &Call, input: &UpdateAliasInput) -> Result<MovedAlias, Error> {
        let (alias, account) = (AliasName::of_customer(&input.alias_name)?, call.account());
        let id = *kms.directory.alias(account, alias.as_str()).await?;
        let from = kms.directory.key(KeyName { account, id }).await?;
        let to = kms.directory.resolve_key(&input.target_key_id, account).await?;
        Ok(MovedAlias { arn: alias.arn(&kms.region, account), alias, from, to })
    }

    fn accesses(call: &Call, _input: &UpdateAliasInput, moved: &MovedAlias) -> Accesses {
        let action = Self::ACTION;
        let all =
            [on_alias(action, call, &moved.alias), on_key(action, &moved.from), on_key(action, &moved.to)];
        all.into_iter().collect()
    }

    fn accesses_unloaded(call: &Call, input: &UpdateAliasInput) -> Accesses {
        unresolved(Self::ACTION, call, &input.target_key_id)
    }

    fn condition_key(
        call: &Call,
        _input: &UpdateAliasInput,
        moved: Option<&MovedAlias>,
        access: usize,
        key: &str,
        each: &mut dyn FnMut(&str),
    ) -> bool {
        ConditionKeys::new(call, moved.and_then(|moved| moved.key_of(access))).get(key, each)
    }

    async fn run(
        kms: &Kms,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<Nothing, Error> {
        let MovedAlias { alias, from, to, .. } = request.resource;
        let key = kms.change_customer_key(work, to.name(), request.call, Self::ACTION).await?;
        key.check_nameable()?;
        let at = KeyRow::new(&kms.region, to.name());
        let transaction = work.transaction().await?;
        if from.name() != to.name() && store::aliases::count_of_key(transaction, &at).await? >= MAX_ALIASES {
            return Err(Error::LimitExceeded("The KMS key has too many aliases"));
        }
        kms.change_alias(work, alias, from.name()).await?;
        store::aliases::update(work.transaction().await?, &at, alias.as_str(), kms.now()).await?;
        // Policies may ask for the aliases of both keys; the other one is announced already.
        kms.announce_key(work, from.name()).await?;
        Ok(Nothing {})
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a UpdateAliasInput,
        moved: Option<&'a MovedAlias>,
        _output: Option<&'a Nothing>,
    ) {
        shown
            .request
            .push_str("aliasName", input.alias_name.as_str())
            .push_str("targetKeyId", input.target_key_id.as_str());
        if let Some(MovedAlias { arn, to, .. }) = moved {
            show_key(shown, Some(to));
            show_alias(shown, to.key.account.as_str(), arn);
        }
    }
}
