use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::{ResourceTypeForTagging, Tag, Tagged, add_tag_keys, shown_tags, tags};
use crate::domain::tags::{MAX_TAGS, TagError};
use crate::error::Error;
use crate::operations::access::on_arn;
use crate::service::Params;
use crate::store::tags as tag_store;

/// [AddTagsToResource](https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_AddTagsToResource.html).
pub struct AddTagsToResource;

/// What AddTagsToResource takes.
#[derive(Input)]
pub struct AddTagsToResourceInput {
    /// The kind of resource.
    pub resource_type: ResourceTypeForTagging,
    /// The parameter's name.
    pub resource_id: String,
    /// The tags.
    #[member(shape, length = ..=1000)]
    pub tags: Vec<Tag>,
}

/// What AddTagsToResource answers.
#[derive(Debug, Serialize)]
pub struct AddTagsToResourceOutput {}

impl Operation for AddTagsToResource {
    type Service = Params;
    type Input = AddTagsToResourceInput;
    type Output = AddTagsToResourceOutput;
    type Resource = Tagged;
    type Error = Error;

    const NAME: &'static str = "AddTagsToResource";
    const ACTION: &'static str = "ssm:AddTagsToResource";
    const READ_ONLY: bool = false;

    async fn load(service: &Params, call: &Call, input: &AddTagsToResourceInput) -> Result<Tagged, Error> {
        Tagged::load(service, input.resource_type, &input.resource_id, call).await
    }

    fn accesses(_call: &Call, _input: &AddTagsToResourceInput, tagged: &Tagged) -> Accesses {
        on_arn(Self::ACTION, tagged.account, &tagged.arn).into()
    }

    /// Loading fails only where the text is no name, which tells nothing.
    fn accesses_unloaded(_call: &Call, _input: &AddTagsToResourceInput) -> Accesses {
        Accesses::new()
    }

    fn context_keys(_call: &Call, input: &AddTagsToResourceInput, _tagged: &Tagged, keys: &mut ContextKeys) {
        add_tag_keys(keys, Some(&input.tags));
    }

    fn condition_key(
        _call: &Call,
        _input: &AddTagsToResourceInput,
        tagged: Option<&Tagged>,
        _access: usize,
        key: &str,
        each: &mut dyn FnMut(&str),
    ) -> bool {
        tagged.is_some_and(|tagged| tagged.condition_key(key, each))
    }

    async fn run(
        service: &Params,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<AddTagsToResourceOutput, Error> {
        let tags = tags(Some(&request.input.tags))?;
        let id = request.resource.lock(service, work, request.call).await?;
        let count = tag_store::put(work.transaction().await?, id, &tags).await?;
        if usize::try_from(count).is_ok_and(|count| count <= MAX_TAGS) {
            Ok(AddTagsToResourceOutput {})
        } else {
            Err(TagError::TooMany.into())
        }
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a AddTagsToResourceInput,
        resource: Option<&'a Tagged>,
        _output: Option<&'a AddTagsToResourceOutput>,
    ) {
        Tagged::show(shown, input.resource_type, &input.resource_id, resource);
        shown.request.push_objects("tags", shown_tags(&input.tags));
    }
}
