//! ListAliases.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_ListAliases.html>

use std::sync::Arc;

use keywright_aws_api::shape::Timestamp;
use keywright_aws_api::{
    Access, Accesses, AccountId, Arn, Authorized, Call, Input, Operation, Region, Shown,
};
use keywright_policy::ContextKeys as _;
use keywright_service::PostgresWork;
use serde::Serialize;

use super::condition_keys::ConditionKeys;
use super::key_access::unresolved;
use super::wire::page_size;
use crate::domain::entry::KeyEntry;
use crate::domain::marker;
use crate::error::Error;
use crate::service::Kms;
use crate::store;
use crate::store::aliases::StoredAlias;
use crate::store::{AccountRows, KeyRow};

pub(crate) struct ListAliases;

#[derive(Input)]
pub(crate) struct ListAliasesInput {
    #[member(length = 1..=2048)]
    key_id: Option<String>,
    #[member(range = 1..=1000)]
    limit: Option<i32>,
    #[member(length = 1..=1024, pattern = "[\\u0020-\\u00FF]*")]
    marker: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListAliasesOutput {
    aliases: Vec<AliasListEntry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_marker: Option<String>,
    truncated: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct AliasListEntry {
    alias_name: String,
    alias_arn: String,
    target_key_id: String,
    creation_date: Timestamp,
    last_updated_date: Timestamp,
}

/// Whose aliases, and behind which one the page begins.
pub(crate) struct Listed {
    key: Option<Arc<KeyEntry>>,
    after: String,
}

impl AliasListEntry {
    fn new(alias: StoredAlias, region: &Region, account: AccountId) -> Self {
        Self {
            alias_arn: Arn::regional("kms", region, account, &alias.name),
            alias_name: alias.name,
            target_key_id: alias.key_id.to_string(),
            creation_date: alias.created_at.into(),
            last_updated_date: alias.last_updated_at.into(),
        }
    }
}

impl Operation for ListAliases {
    type Service = Kms;
    type Input = ListAliasesInput;
    type Output = ListAliasesOutput;
    type Resource = Listed;
    type Error = Error;
    const NAME: &'static str = "ListAliases";
    const ACTION: &'static str = "kms:ListAliases";
    const READ_ONLY: bool = true;

    async fn load(kms: &Kms, call: &Call, input: &ListAliasesInput) -> Result<Listed, Error> {
        let after = marker::decode(LIST, input.marker.as_deref())?.unwrap_or_default();
        let key = match &input.key_id {
            Some(id) => Some(kms.directory.resolve_key(id, call.account()).await?),
            None => None,
        };
        Ok(Listed { key, after })
    }

    /// The API has no permission on a single key.
    fn accesses(_call: &Call, _input: &ListAliasesInput, _listed: &Listed) -> Accesses {
        Access::any(Self::ACTION).into()
    }

    fn accesses_unloaded(call: &Call, input: &ListAliasesInput) -> Accesses {
        match &input.key_id {
            Some(id) => unresolved(Self::ACTION, call, id),
            None => Access::any(Self::ACTION).into(),
        }
    }

    fn condition_key(
        call: &Call,
        _input: &ListAliasesInput,
        _listed: Option<&Listed>,
        _access: usize,
        key: &str,
        each: &mut dyn FnMut(&str),
    ) -> bool {
        ConditionKeys::new(call, None).get(key, each)
    }

    async fn run(
        kms: &Kms,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<ListAliasesOutput, Error> {
        let (account, page) = (request.call.account(), page_size(request.input.limit, 50, 100));
        let Listed { key, after } = request.resource;
        let connection = kms.store.connection().await?;
        let mut aliases = match key {
            Some(entry) => {
                let at = KeyRow::new(&kms.region, entry.name());
                store::aliases::list_of_key(&connection, &at, after, page.rows()).await?
            }
            None => {
                let of = AccountRows::new(&kms.region, account);
                store::aliases::list(&connection, &of, after, page.rows()).await?
            }
        };
        let next_marker = marker::page(LIST, &mut aliases, page.len(), |alias| alias.name.clone());
        let aliases = aliases.into_iter().map(|alias| AliasListEntry::new(alias, &kms.region, account));
        Ok(ListAliasesOutput { aliases: aliases.collect(), truncated: next_marker.is_some(), next_marker })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a ListAliasesInput,
        _listed: Option<&'a Listed>,
        _output: Option<&'a ListAliasesOutput>,
    ) {
        shown.request.push_opt_str("keyId", input.key_id.as_deref());
        if let Some(limit) = input.limit {
            shown.request.push_i64("limit", limit.into());
        }
        shown.request.push_opt_str("marker", input.marker.as_deref());
    }
}

const LIST: &str = "aliases";
