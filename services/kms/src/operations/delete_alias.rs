//! DeleteAlias.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_DeleteAlias.html>

use std::sync::Arc;

use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_policy::ContextKeys as _;
use keywright_service::PostgresWork;

use super::condition_keys::ConditionKeys;
use super::create_alias::ON_KEY;
use super::key_access::{on_alias, on_key, show_alias, show_key};
use super::wire::Nothing;
use crate::domain::alias::AliasName;
use crate::domain::entry::{KeyEntry, KeyName};
use crate::error::Error;
use crate::service::Kms;
use crate::store;
use crate::store::AccountRows;

pub(crate) struct DeleteAlias;

#[derive(Input)]
pub(crate) struct DeleteAliasInput {
    #[member(length = 1..=256, pattern = "^[a-zA-Z0-9:/_-]+$")]
    alias_name: String,
}

pub(crate) struct OldAlias {
    alias: AliasName,
    arn: String,
    entry: Arc<KeyEntry>,
}

impl Operation for DeleteAlias {
    type Service = Kms;
    type Input = DeleteAliasInput;
    type Output = Nothing;
    type Resource = OldAlias;
    type Error = Error;
    const NAME: &'static str = "DeleteAlias";
    const ACTION: &'static str = "kms:DeleteAlias";
    const READ_ONLY: bool = false;

    async fn load(kms: &Kms, call: &Call, input: &DeleteAliasInput) -> Result<OldAlias, Error> {
        let (alias, account) = (AliasName::of_customer(&input.alias_name)?, call.account());
        let id = *kms.directory.alias(account, alias.as_str()).await?;
        let entry = kms.directory.key(KeyName { account, id }).await?;
        Ok(OldAlias { arn: alias.arn(&kms.region, account), alias, entry })
    }

    fn accesses(call: &Call, _input: &DeleteAliasInput, old: &OldAlias) -> Accesses {
        [on_alias(Self::ACTION, call, &old.alias), on_key(Self::ACTION, &old.entry)].into()
    }

    fn condition_key(
        call: &Call,
        _input: &DeleteAliasInput,
        old: Option<&OldAlias>,
        access: usize,
        key: &str,
        each: &mut dyn FnMut(&str),
    ) -> bool {
        ConditionKeys::new(call, old.filter(|_| access == ON_KEY).map(|old| &*old.entry)).get(key, each)
    }

    async fn run(
        kms: &Kms,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<Nothing, Error> {
        let OldAlias { alias, entry, .. } = request.resource;
        kms.change_alias(work, alias, entry.name()).await?;
        let of = AccountRows::new(&kms.region, entry.key.account);
        store::aliases::delete(work.transaction().await?, &of, alias.as_str()).await?;
        // Policies may ask for the aliases of the key.
        kms.announce_key(work, entry.name()).await?;
        Ok(Nothing {})
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a DeleteAliasInput,
        old: Option<&'a OldAlias>,
        _output: Option<&'a Nothing>,
    ) {
        shown.request.push_str("aliasName", input.alias_name.as_str());
        if let Some(OldAlias { arn, entry, .. }) = old {
            show_key(shown, Some(entry));
            show_alias(shown, entry.key.account.as_str(), arn);
        }
    }
}
