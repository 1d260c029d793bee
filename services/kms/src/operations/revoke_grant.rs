//! RevokeGrant.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_RevokeGrant.html>

use std::sync::Arc;

use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_policy::ContextKeys as _;
use keywright_service::PostgresWork;

use super::condition_keys::{ConditionKeys, RequestKeys};
use super::dry_run;
use super::key_access::{on_key, show_key, unresolved};
use super::wire::Nothing;
use crate::domain::condition_keys::truth;
use crate::domain::entry::{KeyEntry, KeyName};
use crate::domain::grant::GrantId;
use crate::error::Error;
use crate::service::Kms;
use crate::store;
use crate::store::KeyRow;

pub(crate) struct RevokeGrant;

#[derive(Input)]
pub(crate) struct RevokeGrantInput {
    #[member(length = 1..=2048)]
    key_id: String,
    #[member(length = 1..=128)]
    grant_id: String,
    dry_run: Option<bool>,
}

impl Operation for RevokeGrant {
    type Service = Kms;
    type Input = RevokeGrantInput;
    type Output = Nothing;
    type Resource = (Arc<KeyEntry>, GrantId);
    type Error = Error;
    const NAME: &'static str = "RevokeGrant";
    const ACTION: &'static str = "kms:RevokeGrant";
    const READ_ONLY: bool = false;

    async fn load(
        kms: &Kms,
        call: &Call,
        input: &RevokeGrantInput,
    ) -> Result<(Arc<KeyEntry>, GrantId), Error> {
        let id = GrantId::parse(&input.grant_id)?;
        Ok((kms.directory.resolve_any_key(&input.key_id, call.account()).await?, id))
    }

    fn accesses(_call: &Call, _input: &RevokeGrantInput, (entry, _): &(Arc<KeyEntry>, GrantId)) -> Accesses {
        on_key(Self::ACTION, entry).into()
    }

    fn accesses_unloaded(call: &Call, input: &RevokeGrantInput) -> Accesses {
        unresolved(Self::ACTION, call, &input.key_id)
    }

    fn condition_key(
        call: &Call,
        _input: &RevokeGrantInput,
        revoked: Option<&(Arc<KeyEntry>, GrantId)>,
        _access: usize,
        key: &str,
        each: &mut dyn FnMut(&str),
    ) -> bool {
        let others = [("GrantIsForAWSResource", truth(call.invoked_by().is_some()))];
        let request = RequestKeys { others: &others, ..RequestKeys::default() };
        ConditionKeys::new(call, revoked.map(|(entry, _)| &**entry)).with(request).get(key, each)
    }

    async fn run(
        kms: &Kms,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<Nothing, Error> {
        let (entry, id) = request.resource;
        delete_grant(kms, work, entry.name(), *id).await?;
        dry_run::end(request.input.dry_run)?;
        Ok(Nothing {})
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a RevokeGrantInput,
        revoked: Option<&'a (Arc<KeyEntry>, GrantId)>,
        _output: Option<&'a Nothing>,
    ) {
        shown.request.push_str("keyId", input.key_id.as_str()).push_str("grantId", input.grant_id.as_str());
        if input.dry_run == Some(true) {
            shown.request.push_bool("dryRun", true);
        }
        show_key(shown, revoked.map(|(entry, _)| &**entry));
    }
}

/// Deletes a grant on a key in whatever state.
///
/// # Errors
/// [`Error::GrantNotFound`], [`Error::KeyNotFound`], or [`Error::Store`].
pub(super) async fn delete_grant(
    kms: &Kms,
    work: &mut PostgresWork,
    key: KeyName,
    id: GrantId,
) -> Result<(), Error> {
    kms.change_key(work, key).await?;
    let at = KeyRow::new(&kms.region, key);
    let deleted = store::grants::delete(work.transaction().await?, &at, id).await?;
    if deleted { Ok(()) } else { Err(Error::GrantNotFound(id)) }
}
