//! CreateGrant.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateGrant.html>

use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_crypto::RandomExt as _;
use keywright_policy::ContextKeys as _;
use keywright_service::PostgresWork;
use serde::Serialize;

use super::condition_keys::{ConditionKeys, RequestKeys};
use super::dry_run;
use super::grant_entry::GrantConstraintsInput;
use super::key_access::{show_key, unresolved};
use crate::domain::condition_keys::truth;
use crate::domain::grant::{Grant, GrantId, GrantOperation, MAX_GRANTS, check_principal};
use crate::domain::grant_token::Granted;
use crate::error::Error;
use crate::granted::GrantedKey;
use crate::service::Kms;
use crate::store;
use crate::store::KeyRow;

pub(crate) struct CreateGrant;

#[derive(Input)]
pub(crate) struct CreateGrantInput {
    #[member(length = 1..=2048)]
    key_id: String,
    #[member(length = 1..=256, pattern = "^[\\w+=,.@:/-]+$")]
    grantee_principal: String,
    #[member(length = 1..=256, pattern = "^[\\w+=,.@:/-]+$")]
    retiring_principal: Option<String>,
    operations: Vec<GrantOperation>,
    #[member(shape)]
    constraints: Option<GrantConstraintsInput>,
    #[member(length = 0..=10, each(length = 1..=8192))]
    grant_tokens: Option<Vec<String>>,
    #[member(length = 1..=256, pattern = "^[a-zA-Z0-9:/_-]+$")]
    name: Option<String>,
    dry_run: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateGrantOutput {
    grant_token: String,
    grant_id: String,
}

/// The key, and the grant as it is asked for.
pub(crate) struct Wanted {
    key: GrantedKey,
    grant: Grant,
}

impl CreateGrantInput {
    fn grant(&self, id: GrantId, call: &Call) -> Result<Grant, Error> {
        check_principal(&self.grantee_principal)?;
        self.retiring_principal.as_deref().map_or(Ok(()), check_principal)?;
        let constraints =
            self.constraints.as_ref().map(GrantConstraintsInput::constraints).unwrap_or_default();
        constraints.check()?;
        if self.operations.is_empty() {
            return Err(Error::Invalid("A grant must have at least one operation"));
        }
        Ok(Grant {
            id,
            name: self.name.clone(),
            grantee: self.grantee_principal.as_str().into(),
            retiring: self.retiring_principal.as_deref().map(Into::into),
            issuing_account: call.account(),
            operations: self.operations.iter().copied().collect(),
            constraints,
            created_at: call.received_at,
        })
    }

    fn condition_keys<'a>(&'a self, call: &'a Call) -> Vec<(&'a str, &'a str)> {
        let mut keys = vec![
            ("GranteePrincipal", self.grantee_principal.as_str()),
            ("GrantIsForAWSResource", truth(call.invoked_by().is_some())),
        ];
        keys.extend(self.retiring_principal.as_deref().map(|principal| ("RetiringPrincipal", principal)));
        keys.extend(self.operations.iter().map(|operation| ("GrantOperations", operation.as_str())));
        if let Some([equals, subset]) = self.constraints.as_ref().map(GrantConstraintsInput::contexts) {
            keys.extend(equals.map(|_| ("GrantConstraintType", "EncryptionContextEquals")));
            keys.extend(subset.map(|_| ("GrantConstraintType", "EncryptionContextSubset")));
        }
        keys
    }
}

impl Operation for CreateGrant {
    type Service = Kms;
    type Input = CreateGrantInput;
    type Output = CreateGrantOutput;
    type Resource = Wanted;
    type Error = Error;
    const NAME: &'static str = "CreateGrant";
    const ACTION: &'static str = "kms:CreateGrant";
    const READ_ONLY: bool = false;

    async fn load(kms: &Kms, call: &Call, input: &CreateGrantInput) -> Result<Wanted, Error> {
        let grant = input.grant(GrantId::from_bytes(kms.random.bytes()?), call)?;
        let entry = kms.directory.resolve_any_key(&input.key_id, call.account()).await?;
        let key = kms.granted(call, entry, input.grant_tokens.as_deref()).await?;
        Ok(Wanted { key, grant })
    }

    fn accesses(_call: &Call, _input: &CreateGrantInput, wanted: &Wanted) -> Accesses {
        let Wanted { key, grant } = wanted;
        key.access_to_grant(Self::ACTION, grant.operations, &grant.constraints).into()
    }

    fn accesses_unloaded(call: &Call, input: &CreateGrantInput) -> Accesses {
        unresolved(Self::ACTION, call, &input.key_id)
    }

    fn condition_key(
        call: &Call,
        input: &CreateGrantInput,
        wanted: Option<&Wanted>,
        _access: usize,
        key: &str,
        each: &mut dyn FnMut(&str),
    ) -> bool {
        let others = input.condition_keys(call);
        let contexts = input.constraints.as_ref().map(GrantConstraintsInput::contexts).unwrap_or_default();
        let request = RequestKeys { contexts, others: &others, ..RequestKeys::default() };
        ConditionKeys::new(call, wanted.map(|wanted| &*wanted.key.entry)).with(request).get(key, each)
    }

    async fn run(
        kms: &Kms,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<CreateGrantOutput, Error> {
        let Wanted { key, grant } = request.resource;
        let name = key.entry.name();
        let key = kms.change_key(work, name).await?;
        key.check_grantable()?;
        grant.check_fits(&key)?;
        let (at, transaction) = (KeyRow::new(&kms.region, name), work.transaction().await?);
        let made = match grant.request_digest() {
            Some(digest) => store::grants::find_requested(transaction, &at, &digest).await?,
            None => None,
        };
        if made.is_none() {
            if store::grants::count(transaction, &at, MAX_GRANTS).await? >= i64::from(MAX_GRANTS) {
                return Err(Error::LimitExceeded("The KMS key has too many grants"));
            }
            store::grants::insert(transaction, &at, grant).await?;
        }
        dry_run::end(request.input.dry_run)?;
        let id = made.unwrap_or(grant.id);
        let grant_token = kms.new_token(&Granted { key: name, grant: id })?;
        Ok(CreateGrantOutput { grant_token, grant_id: id.to_string() })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a CreateGrantInput,
        wanted: Option<&'a Wanted>,
        output: Option<&'a CreateGrantOutput>,
    ) {
        shown
            .request
            .push_str("keyId", input.key_id.as_str())
            .push_str("granteePrincipal", input.grantee_principal.as_str())
            .push_opt_str("retiringPrincipal", input.retiring_principal.as_deref())
            .push_opt_str("name", input.name.as_deref());
        shown.request.push_list("operations", input.operations.iter().map(|operation| operation.as_str()));
        if let Some(constraints) = &input.constraints {
            shown.request.push_object("constraints", constraints.shown());
        }
        if input.dry_run == Some(true) {
            shown.request.push_bool("dryRun", true);
        }
        if let Some(output) = output {
            shown.response.push_str("grantId", output.grant_id.as_str());
        }
        show_key(shown, wanted.map(|wanted| &*wanted.key.entry));
    }
}
