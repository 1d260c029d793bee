//! CreateAlias.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html>

use std::sync::Arc;

use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_policy::ContextKeys as _;
use keywright_service::PostgresWork;

use super::condition_keys::ConditionKeys;
use super::key_access::{on_alias, on_key, show_alias, show_key, unresolved};
use super::wire::Nothing;
use crate::domain::alias::AliasName;
use crate::domain::entry::KeyEntry;
use crate::error::Error;
use crate::service::Kms;
use crate::store;
use crate::store::KeyRow;

pub(crate) struct CreateAlias;

#[derive(Input)]
pub(crate) struct CreateAliasInput {
    #[member(length = 1..=256, pattern = "^[a-zA-Z0-9:/_-]+$")]
    alias_name: String,
    #[member(length = 1..=2048)]
    target_key_id: String,
}

pub(crate) struct NewAlias {
    alias: AliasName,
    arn: String,
    entry: Arc<KeyEntry>,
}

impl Operation for CreateAlias {
    type Service = Kms;
    type Input = CreateAliasInput;
    type Output = Nothing;
    type Resource = NewAlias;
    type Error = Error;
    const NAME: &'static str = "CreateAlias";
    const ACTION: &'static str = "kms:CreateAlias";
    const READ_ONLY: bool = false;

    async fn load(kms: &Kms, call: &Call, input: &CreateAliasInput) -> Result<NewAlias, Error> {
        let alias = AliasName::of_customer(&input.alias_name)?;
        let entry = kms.directory.resolve_key(&input.target_key_id, call.account()).await?;
        Ok(NewAlias { arn: alias.arn(&kms.region, call.account()), alias, entry })
    }

    fn accesses(call: &Call, _input: &CreateAliasInput, new: &NewAlias) -> Accesses {
        [on_alias(Self::ACTION, call, &new.alias), on_key(Self::ACTION, &new.entry)].into()
    }

    fn accesses_unloaded(call: &Call, input: &CreateAliasInput) -> Accesses {
        unresolved(Self::ACTION, call, &input.target_key_id)
    }

    fn condition_key(
        call: &Call,
        _input: &CreateAliasInput,
        new: Option<&NewAlias>,
        access: usize,
        key: &str,
        each: &mut dyn FnMut(&str),
    ) -> bool {
        ConditionKeys::new(call, new.filter(|_| access == ON_KEY).map(|new| &*new.entry)).get(key, each)
    }

    async fn run(
        kms: &Kms,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<Nothing, Error> {
        let NewAlias { alias, arn, entry } = request.resource;
        let key = kms.change_customer_key(work, entry.name(), request.call, Self::ACTION).await?;
        key.check_nameable()?;
        let at = KeyRow::new(&kms.region, entry.name());
        let transaction = work.transaction().await?;
        if store::aliases::count_of_key(transaction, &at).await? >= MAX_ALIASES {
            return Err(Error::LimitExceeded("The KMS key has too many aliases"));
        }
        if !store::aliases::insert(transaction, &at, alias.as_str(), kms.now()).await? {
            return Err(Error::AliasExists { arn: arn.clone() });
        }
        kms.announce_alias(work, request.call.account(), alias.as_str()).await?;
        Ok(Nothing {})
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a CreateAliasInput,
        new: Option<&'a NewAlias>,
        _output: Option<&'a Nothing>,
    ) {
        shown
            .request
            .push_str("aliasName", input.alias_name.as_str())
            .push_str("targetKeyId", input.target_key_id.as_str());
        if let Some(NewAlias { arn, entry, .. }) = new {
            show_key(shown, Some(entry));
            show_alias(shown, entry.key.account.as_str(), arn);
        }
    }
}

/// How many aliases a key has at most.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html>
pub(super) const MAX_ALIASES: i64 = 50;
/// Which of the accesses is the one on the key, behind the one on the alias.
pub(super) const ON_KEY: usize = 1;
