//! RetireGrant.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_RetireGrant.html>

use std::sync::Arc;

use keywright_aws_api::{Access, Accesses, Authorized, Call, Input, Operation, Shown, Target};
use keywright_crypto::SecretString;
use keywright_policy::{ContextKeys as _, ResourcePolicyRule};
use keywright_service::PostgresWork;

use super::condition_keys::{ConditionKeys, RequestKeys};
use super::dry_run;
use super::key_access::{show_key, unresolved};
use super::revoke_grant::delete_grant;
use super::wire::Nothing;
use crate::domain::entry::KeyEntry;
use crate::domain::grant::{Grant, GrantConstraints, GrantId, GrantOperation, root_arn};
use crate::domain::grant_token::Granted;
use crate::error::Error;
use crate::granted::permission;
use crate::service::Kms;

pub(crate) struct RetireGrant;

#[derive(Input)]
pub(crate) struct RetireGrantInput {
    #[member(length = 1..=8192)]
    grant_token: Option<SecretString>,
    #[member(length = 1..=2048)]
    key_id: Option<String>,
    #[member(length = 1..=128)]
    grant_id: Option<String>,
    dry_run: Option<bool>,
}

/// The grant on its key.
pub(crate) struct Retired {
    entry: Arc<KeyEntry>,
    grant: Grant,
}

impl RetireGrantInput {
    /// The grant that is named by a token, or by its key and its id.
    async fn granted(&self, kms: &Kms, call: &Call) -> Result<(Arc<KeyEntry>, GrantId), Error> {
        match (&self.grant_token, &self.key_id, &self.grant_id) {
            (Some(token), None, None) => {
                let Granted { key, grant } = kms.open_token(token.expose_secret()).await?;
                Ok((kms.directory.key(key).await?, grant))
            }
            (None, Some(key), Some(grant)) => {
                let grant = GrantId::parse(grant)?;
                Ok((kms.directory.resolve_any_key(key, call.account()).await?, grant))
            }
            _ => Err(Error::Invalid("You must specify either a grant token or both a key ID and a grant ID")),
        }
    }
}

impl Operation for RetireGrant {
    type Service = Kms;
    type Input = RetireGrantInput;
    type Output = Nothing;
    type Resource = Retired;
    type Error = Error;
    const NAME: &'static str = "RetireGrant";
    const ACTION: &'static str = "kms:RetireGrant";
    const READ_ONLY: bool = false;

    async fn load(kms: &Kms, call: &Call, input: &RetireGrantInput) -> Result<Retired, Error> {
        let (entry, id) = input.granted(kms, call).await?;
        // What is in memory may be older than the token.
        let grant = kms.find_grant(&Granted { key: entry.name(), grant: id }).await?;
        Ok(Retired { entry, grant: grant.ok_or(Error::GrantNotFound(id))? })
    }

    /// The grant alone tells who may retire it; the key policy has no part in it. Its retiring principal may, its grantee
    /// if it says so, and by its identity policies the account in which it was made.
    fn accesses(_call: &Call, _input: &RetireGrantInput, retired: &Retired) -> Accesses {
        let Retired { entry, grant } = retired;
        let account: Arc<str> = root_arn(grant.issuing_account.as_str()).into();
        let by_grantee = grant.operations.contains(GrantOperation::RetireGrant).then_some(&grant.grantee);
        let who = grant.retiring.iter().chain(by_grantee).chain([&account]);
        let id = grant.id.to_string();
        let target = Target { policy: None, rule: ResourcePolicyRule::Required, ..entry.target() };
        let access = Access::new(Self::ACTION, target);
        access.with_grants(who.map(|principal| permission(&id, principal)).collect()).into()
    }

    fn accesses_unloaded(call: &Call, input: &RetireGrantInput) -> Accesses {
        match &input.key_id {
            Some(id) => unresolved(Self::ACTION, call, id),
            None => Access::any(Self::ACTION).into(),
        }
    }

    fn condition_key(
        call: &Call,
        _input: &RetireGrantInput,
        retired: Option<&Retired>,
        _access: usize,
        key: &str,
        each: &mut dyn FnMut(&str),
    ) -> bool {
        let Some(Retired { entry, grant }) = retired else {
            return ConditionKeys::new(call, None).get(key, each);
        };
        let GrantConstraints { equals, subset } = &grant.constraints;
        let others = grant.constraints.types().map(|kind| ("GrantConstraintType", kind)).collect::<Vec<_>>();
        let contexts = [equals.as_ref(), subset.as_ref()];
        let request = RequestKeys { contexts, others: &others, ..RequestKeys::default() };
        ConditionKeys::new(call, Some(entry)).with(request).get(key, each)
    }

    async fn run(
        kms: &Kms,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<Nothing, Error> {
        let Retired { entry, grant } = request.resource;
        delete_grant(kms, work, entry.name(), grant.id).await?;
        dry_run::end(request.input.dry_run)?;
        Ok(Nothing {})
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a RetireGrantInput,
        retired: Option<&'a Retired>,
        _output: Option<&'a Nothing>,
    ) {
        shown
            .request
            .push_opt_str("keyId", input.key_id.as_deref())
            .push_opt_str("grantId", input.grant_id.as_deref());
        if input.dry_run == Some(true) {
            shown.request.push_bool("dryRun", true);
        }
        if let Some(Retired { entry, grant }) = retired {
            shown.additional.push_str("grantId", grant.id.to_string());
            show_key(shown, Some(entry));
        }
    }
}
