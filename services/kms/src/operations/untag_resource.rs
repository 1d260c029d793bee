//! UntagResource.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_UntagResource.html>

use std::sync::Arc;

use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_policy::ContextKeys as _;
use keywright_service::PostgresWork;

use super::condition_keys::{ConditionKeys, RequestKeys};
use super::key_access::{KeyChange, change_manageable_key, on_key, show_key, unresolved};
use super::wire::Nothing;
use crate::domain::entry::KeyEntry;
use crate::domain::tags;
use crate::error::Error;
use crate::service::Kms;
use crate::store;

pub(crate) struct UntagResource;

#[derive(Input)]
pub(crate) struct UntagResourceInput {
    #[member(length = 1..=2048)]
    key_id: String,
    #[member(each(length = 1..=128))]
    tag_keys: Vec<String>,
}

impl Operation for UntagResource {
    type Service = Kms;
    type Input = UntagResourceInput;
    type Output = Nothing;
    type Resource = Arc<KeyEntry>;
    type Error = Error;
    const NAME: &'static str = "UntagResource";
    const ACTION: &'static str = "kms:UntagResource";
    const READ_ONLY: bool = false;

    async fn load(kms: &Kms, call: &Call, input: &UntagResourceInput) -> Result<Arc<KeyEntry>, Error> {
        input.tag_keys.iter().try_for_each(|key| tags::check_key(key))?;
        kms.directory.resolve_key(&input.key_id, call.account()).await
    }

    fn accesses(_call: &Call, _input: &UntagResourceInput, entry: &Arc<KeyEntry>) -> Accesses {
        on_key(Self::ACTION, entry).into()
    }

    fn accesses_unloaded(call: &Call, input: &UntagResourceInput) -> Accesses {
        unresolved(Self::ACTION, call, &input.key_id)
    }

    fn condition_key(
        call: &Call,
        input: &UntagResourceInput,
        entry: Option<&Arc<KeyEntry>>,
        _access: usize,
        key: &str,
        each: &mut dyn FnMut(&str),
    ) -> bool {
        ConditionKeys::new(call, entry.map(|entry| &**entry))
            .with(RequestKeys { tag_keys: Some(&input.tag_keys), ..RequestKeys::default() })
            .get(key, each)
    }

    async fn run(
        kms: &Kms,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<Nothing, Error> {
        let KeyChange { at, transaction, .. } = change_manageable_key(kms, &request, work).await?;
        store::tags::delete(transaction, &at, &request.input.tag_keys).await?;
        Ok(Nothing {})
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a UntagResourceInput,
        entry: Option<&'a Arc<KeyEntry>>,
        _output: Option<&'a Nothing>,
    ) {
        shown.request.push_str("keyId", input.key_id.as_str());
        shown.request.push_list("tagKeys", input.tag_keys.iter().map(String::as_str));
        show_key(shown, entry.map(|entry| &**entry));
    }
}
