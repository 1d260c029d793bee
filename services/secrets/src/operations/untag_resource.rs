//! UntagResource.

use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;

use super::secret_access::{add_context_keys, check_still_allowed, on_secret, show_secret, unfound};
use super::wire::Nothing;
use crate::domain::secret::Secret;
use crate::domain::storable::storable;
use crate::domain::tags;
use crate::error::Error;
use crate::service::Secrets;
use crate::store;

/// Input of [UntagResource](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UntagResource.html).
#[derive(Input)]
pub struct UntagResourceInput {
    /// The secret.
    #[member(length = 1..=2048)]
    pub secret_id: String,
    /// The keys of the tags to remove.
    #[member(each(length = 1..=128))]
    pub tag_keys: Vec<String>,
}

/// The operation.
pub struct UntagResource;

impl Operation for UntagResource {
    type Service = Secrets;
    type Input = UntagResourceInput;
    type Output = Nothing;
    type Resource = Secret;
    type Error = Error;

    const NAME: &'static str = "UntagResource";
    const ACTION: &'static str = "secretsmanager:UntagResource";
    const READ_ONLY: bool = false;

    async fn load(service: &Secrets, call: &Call, input: &UntagResourceInput) -> Result<Secret, Error> {
        service.find(call, &input.secret_id).await
    }

    fn accesses(_call: &Call, _input: &UntagResourceInput, secret: &Secret) -> Accesses {
        on_secret(Self::ACTION, secret).into()
    }

    fn accesses_unloaded(call: &Call, input: &UntagResourceInput) -> Accesses {
        unfound(Self::ACTION, call, &input.secret_id)
    }

    fn context_keys(_call: &Call, input: &UntagResourceInput, secret: &Secret, keys: &mut ContextKeys) {
        add_context_keys(keys, secret);
        add_tag_keys(keys, &input.tag_keys);
    }

    async fn run(
        service: &Secrets,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<Nothing, Error> {
        let keys = &request.input.tag_keys;
        keys.iter().try_for_each(|key| storable(key).and_then(tags::check_key))?;
        let (transaction, locked) = service.change(work, request.resource).await?;
        locked.active()?;
        let kept = locked.tags.iter().filter(|tag| !keys.contains(&tag.key));
        let after = Secret { tags: kept.cloned().collect(), ..locked.clone() };
        let mut context = ContextKeys::default();
        add_tag_keys(&mut context, keys);
        check_still_allowed(request.call, Self::ACTION, &after, context)?;
        store::tags::delete(transaction, locked.id, keys).await?;
        store::secrets::set_changed(transaction, locked.id, request.call.received_at).await?;
        service.tell_regions_after(work, &locked, request.call.received_at).await?;
        Ok(Nothing {})
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a UntagResourceInput,
        secret: Option<&'a Secret>,
        _output: Option<&'a Nothing>,
    ) {
        shown.request.push_str("secretId", &input.secret_id);
        shown.request.push_list("tagKeys", input.tag_keys.iter().map(String::as_str));
        show_secret(shown, secret);
    }
}

/// The condition key of the tag keys of a request.
fn add_tag_keys(keys: &mut ContextKeys, tag_keys: &[String]) {
    for key in tag_keys {
        keys.push("aws:TagKeys", key.clone());
    }
}
