//! TagResource.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_TagResource.html>

use std::sync::Arc;

use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_policy::ContextKeys as _;
use keywright_service::PostgresWork;

use super::condition_keys::{ConditionKeys, RequestKeys};
use super::create_key::shown_tag;
use super::key_access::{KeyChange, change_manageable_key, on_key, show_key, unresolved};
use super::wire::Nothing;
use crate::domain::entry::KeyEntry;
use crate::domain::tags::{self, Tag};
use crate::error::Error;
use crate::service::Kms;
use crate::store;

pub(crate) struct TagResource;

#[derive(Input)]
pub(crate) struct TagResourceInput {
    #[member(length = 1..=2048)]
    key_id: String,
    #[member(shape)]
    tags: Vec<Tag>,
}

impl Operation for TagResource {
    type Service = Kms;
    type Input = TagResourceInput;
    type Output = Nothing;
    type Resource = Arc<KeyEntry>;
    type Error = Error;
    const NAME: &'static str = "TagResource";
    const ACTION: &'static str = "kms:TagResource";
    const READ_ONLY: bool = false;

    async fn load(kms: &Kms, call: &Call, input: &TagResourceInput) -> Result<Arc<KeyEntry>, Error> {
        tags::check(&input.tags)?;
        kms.directory.resolve_key(&input.key_id, call.account()).await
    }

    fn accesses(_call: &Call, _input: &TagResourceInput, entry: &Arc<KeyEntry>) -> Accesses {
        on_key(Self::ACTION, entry).into()
    }

    fn accesses_unloaded(call: &Call, input: &TagResourceInput) -> Accesses {
        unresolved(Self::ACTION, call, &input.key_id)
    }

    fn condition_key(
        call: &Call,
        input: &TagResourceInput,
        entry: Option<&Arc<KeyEntry>>,
        _access: usize,
        key: &str,
        each: &mut dyn FnMut(&str),
    ) -> bool {
        ConditionKeys::new(call, entry.map(|entry| &**entry))
            .with(RequestKeys { tags: Some(&input.tags), ..RequestKeys::default() })
            .get(key, each)
    }

    async fn run(
        kms: &Kms,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<Nothing, Error> {
        let KeyChange { at, transaction, .. } = change_manageable_key(kms, &request, work).await?;
        store::tags::put(transaction, &at, &request.input.tags).await?;
        if store::tags::count(transaction, &at).await? > i64::from(tags::MAX_TAGS) {
            return Err(tags::too_many());
        }
        Ok(Nothing {})
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a TagResourceInput,
        entry: Option<&'a Arc<KeyEntry>>,
        _output: Option<&'a Nothing>,
    ) {
        shown.request.push_str("keyId", input.key_id.as_str());
        shown.request.push_objects("tags", input.tags.iter().map(shown_tag));
        show_key(shown, entry.map(|entry| &**entry));
    }
}
