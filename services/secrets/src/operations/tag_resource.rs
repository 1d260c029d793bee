//! TagResource.

use keywright_audit_log::Fields;
use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;

use super::secret_access::{add_context_keys, check_still_allowed, on_secret, show_secret, unfound};
use super::wire::Nothing;
use crate::domain::secret::Secret;
use crate::domain::tags::{self, TagInput};
use crate::error::Error;
use crate::service::Secrets;
use crate::store;

/// Input of [TagResource](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_TagResource.html).
#[derive(Input)]
pub struct TagResourceInput {
    /// The secret.
    #[member(length = 1..=2048)]
    pub secret_id: String,
    /// The tags to set.
    #[member(shape)]
    pub tags: Vec<TagInput>,
}

/// The operation.
pub struct TagResource;

impl Operation for TagResource {
    type Service = Secrets;
    type Input = TagResourceInput;
    type Output = Nothing;
    type Resource = Secret;
    type Error = Error;

    const NAME: &'static str = "TagResource";
    const ACTION: &'static str = ACTION;
    const READ_ONLY: bool = false;

    async fn load(service: &Secrets, call: &Call, input: &TagResourceInput) -> Result<Secret, Error> {
        service.find(call, &input.secret_id).await
    }

    fn accesses(_call: &Call, _input: &TagResourceInput, secret: &Secret) -> Accesses {
        on_secret(Self::ACTION, secret).into()
    }

    fn accesses_unloaded(call: &Call, input: &TagResourceInput) -> Accesses {
        unfound(Self::ACTION, call, &input.secret_id)
    }

    fn context_keys(_call: &Call, input: &TagResourceInput, secret: &Secret, keys: &mut ContextKeys) {
        add_context_keys(keys, secret);
        add_request_tags(keys, &input.tags);
    }

    async fn run(
        service: &Secrets,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<Nothing, Error> {
        let tags = tags::of_request(Some(&request.input.tags))?;
        let (transaction, locked) = service.change(work, request.resource).await?;
        locked.active()?;
        tags::check_limit(&locked.tags, &tags)?;
        let kept = locked.tags.iter().filter(|tag| !tags.iter().any(|new| new.key == tag.key));
        let after = Secret { tags: kept.chain(&tags).cloned().collect(), ..locked.clone() };
        let mut keys = ContextKeys::default();
        add_request_tags(&mut keys, &request.input.tags);
        check_still_allowed(request.call, Self::ACTION, &after, keys)?;
        store::tags::put(transaction, locked.id, &tags).await?;
        store::secrets::set_changed(transaction, locked.id, request.call.received_at).await?;
        service.tell_regions_after(work, &locked, request.call.received_at).await?;
        Ok(Nothing {})
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a TagResourceInput,
        secret: Option<&'a Secret>,
        _output: Option<&'a Nothing>,
    ) {
        shown.request.push_str("secretId", &input.secret_id);
        show_tags(shown, Some(&input.tags));
        show_secret(shown, secret);
    }
}

/// The condition keys of the tags of a request.
pub(crate) fn add_request_tags(keys: &mut ContextKeys, tags: &[TagInput]) {
    for tag in tags {
        let (key, value) = (tag.key.clone().unwrap_or_default(), tag.value.clone().unwrap_or_default());
        keys.push(format!("aws:RequestTag/{key}"), value);
        keys.push("aws:TagKeys", key);
    }
}

/// What the record shows of tags in a request.
pub(crate) fn show_tags<'a>(shown: &mut Shown<'a>, tags: Option<&'a [TagInput]>) {
    let Some(tags) = tags.filter(|tags| !tags.is_empty()) else { return };
    let objects = tags.iter().map(|tag| {
        let mut object = Fields::new();
        object.push_opt_str("key", tag.key.as_deref()).push_opt_str("value", tag.value.as_deref());
        object
    });
    shown.request.push_objects("tags", objects);
}

/// Also needed by who makes a secret with tags.
pub(crate) const ACTION: &str = "secretsmanager:TagResource";
