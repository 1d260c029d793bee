//! ListKeys.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeys.html>

use keywright_aws_api::{Access, Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_policy::ContextKeys as _;
use keywright_service::PostgresWork;
use serde::Serialize;

use super::condition_keys::ConditionKeys;
use super::wire::page_size;
use crate::domain::marker;
use crate::error::Error;
use crate::service::Kms;
use crate::store;
use crate::store::AccountRows;

pub(crate) struct ListKeys;

#[derive(Input)]
pub(crate) struct ListKeysInput {
    #[member(range = 1..=1000)]
    limit: Option<i32>,
    #[member(length = 1..=1024, pattern = "[\\u0020-\\u00FF]*")]
    marker: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListKeysOutput {
    keys: Vec<KeyListEntry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_marker: Option<String>,
    truncated: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct KeyListEntry {
    key_id: String,
    key_arn: String,
}

impl Operation for ListKeys {
    type Service = Kms;
    type Input = ListKeysInput;
    type Output = ListKeysOutput;
    /// Behind which key the page begins.
    type Resource = String;
    type Error = Error;
    const NAME: &'static str = "ListKeys";
    const ACTION: &'static str = "kms:ListKeys";
    const READ_ONLY: bool = true;

    async fn load(_kms: &Kms, _call: &Call, input: &ListKeysInput) -> Result<String, Error> {
        Ok(marker::decode(LIST, input.marker.as_deref())?.unwrap_or_default())
    }

    fn accesses(_call: &Call, _input: &ListKeysInput, _after: &String) -> Accesses {
        Access::any(Self::ACTION).into()
    }

    fn condition_key(
        call: &Call,
        _input: &ListKeysInput,
        _after: Option<&String>,
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
    ) -> Result<ListKeysOutput, Error> {
        let (account, page) = (request.call.account(), page_size(request.input.limit, 100, 1000));
        let of = AccountRows::new(&kms.region, account);
        let connection = kms.store.connection().await?;
        let mut ids = store::keys::list(&connection, &of, request.resource, page.rows()).await?;
        let next_marker = marker::page(LIST, &mut ids, page.len(), ToString::to_string);
        let keys = ids
            .iter()
            .map(|id| KeyListEntry { key_id: id.to_string(), key_arn: id.arn(&kms.region, account) });
        Ok(ListKeysOutput { keys: keys.collect(), truncated: next_marker.is_some(), next_marker })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a ListKeysInput,
        _after: Option<&'a String>,
        _output: Option<&'a ListKeysOutput>,
    ) {
        if let Some(limit) = input.limit {
            shown.request.push_i64("limit", limit.into());
        }
        shown.request.push_opt_str("marker", input.marker.as_deref());
    }
}

const LIST: &str = "keys";
