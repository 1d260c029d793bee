//! ListResourceTags.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_ListResourceTags.html>

use std::sync::Arc;

use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_policy::ContextKeys as _;
use keywright_service::PostgresWork;
use serde::Serialize;

use super::condition_keys::ConditionKeys;
use super::key_access::{on_key, show_key, unresolved};
use super::wire::page_size;
use crate::domain::entry::KeyEntry;
use crate::domain::marker;
use crate::domain::tags::Tag;
use crate::error::Error;
use crate::service::Kms;
use crate::store;
use crate::store::KeyRow;

pub(crate) struct ListResourceTags;

#[derive(Input)]
pub(crate) struct ListResourceTagsInput {
    #[member(length = 1..=2048)]
    key_id: String,
    #[member(range = 1..=1000)]
    limit: Option<i32>,
    #[member(length = 1..=1024, pattern = "[\\u0020-\\u00FF]*")]
    marker: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListResourceTagsOutput {
    tags: Vec<Tag>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_marker: Option<String>,
    truncated: bool,
}

impl Operation for ListResourceTags {
    type Service = Kms;
    type Input = ListResourceTagsInput;
    type Output = ListResourceTagsOutput;
    type Resource = Arc<KeyEntry>;
    type Error = Error;
    const NAME: &'static str = "ListResourceTags";
    const ACTION: &'static str = "kms:ListResourceTags";
    const READ_ONLY: bool = true;

    async fn load(kms: &Kms, call: &Call, input: &ListResourceTagsInput) -> Result<Arc<KeyEntry>, Error> {
        marker::decode(LIST, input.marker.as_deref())?;
        kms.directory.resolve_key(&input.key_id, call.account()).await
    }

    fn accesses(_call: &Call, _input: &ListResourceTagsInput, entry: &Arc<KeyEntry>) -> Accesses {
        on_key(Self::ACTION, entry).into()
    }

    fn accesses_unloaded(call: &Call, input: &ListResourceTagsInput) -> Accesses {
        unresolved(Self::ACTION, call, &input.key_id)
    }

    fn condition_key(
        call: &Call,
        _input: &ListResourceTagsInput,
        entry: Option<&Arc<KeyEntry>>,
        _access: usize,
        key: &str,
        each: &mut dyn FnMut(&str),
    ) -> bool {
        ConditionKeys::new(call, entry.map(|entry| &**entry)).get(key, each)
    }

    async fn run(
        kms: &Kms,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<ListResourceTagsOutput, Error> {
        let after = marker::decode(LIST, request.input.marker.as_deref())?.unwrap_or_default();
        let page = page_size(request.input.limit, 50, 50);
        let at = KeyRow::new(&kms.region, request.resource.name());
        let connection = kms.store.connection().await?;
        let mut tags = store::tags::list(&connection, &at, &after, page.rows()).await?;
        let next_marker = marker::page(LIST, &mut tags, page.len(), |tag| tag.tag_key.clone());
        Ok(ListResourceTagsOutput { tags, truncated: next_marker.is_some(), next_marker })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a ListResourceTagsInput,
        entry: Option<&'a Arc<KeyEntry>>,
        _output: Option<&'a ListResourceTagsOutput>,
    ) {
        shown.request.push_str("keyId", input.key_id.as_str());
        if let Some(limit) = input.limit {
            shown.request.push_i64("limit", limit.into());
        }
        shown.request.push_opt_str("marker", input.marker.as_deref());
        show_key(shown, entry.map(|entry| &**entry));
    }
}

const LIST: &str = "tags";
