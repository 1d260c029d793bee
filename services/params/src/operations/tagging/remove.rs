use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::{ResourceTypeForTagging, Tagged};
use crate::error::Error;
use crate::operations::access::on_arn;
use crate::service::Params;
use crate::store::tags as tag_store;

/// [RemoveTagsFromResource](https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_RemoveTagsFromResource.html).
pub struct RemoveTagsFromResource;

/// What RemoveTagsFromResource takes.
#[derive(Input)]
pub struct RemoveTagsFromResourceInput {
    /// The kind of resource.
    pub resource_type: ResourceTypeForTagging,
    /// The parameter's name.
    pub resource_id: String,
    /// The keys of the tags.
    #[member(each(length = 1..=128, pattern = r"^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$"))]
    pub tag_keys: Vec<String>,
}

/// What RemoveTagsFromResource answers.
#[derive(Debug, Serialize)]
pub struct RemoveTagsFromResourceOutput {}

impl Operation for RemoveTagsFromResource {
    type Service = Params;
    type Input = RemoveTagsFromResourceInput;
    type Output = RemoveTagsFromResourceOutput;
    type Resource = Tagged;
    type Error = Error;

    const NAME: &'static str = "RemoveTagsFromResource";
    const ACTION: &'static str = "ssm:RemoveTagsFromResource";
    const READ_ONLY: bool = false;

    async fn load(
        service: &Params,
        call: &Call,
        input: &RemoveTagsFromResourceInput,
    ) -> Result<Tagged, Error> {
        Tagged::load(service, input.resource_type, &input.resource_id, call).await
    }

    fn accesses(_call: &Call, _input: &RemoveTagsFromResourceInput, tagged: &Tagged) -> Accesses {
        on_arn(Self::ACTION, tagged.account, &tagged.arn).into()
    }

    /// Loading fails only where the text is no name, which tells nothing.
    fn accesses_unloaded(_call: &Call, _input: &RemoveTagsFromResourceInput) -> Accesses {
        Accesses::new()
    }

    fn context_keys(
        _call: &Call,
        input: &RemoveTagsFromResourceInput,
        _tagged: &Tagged,
        keys: &mut ContextKeys,
    ) {
        for key in &input.tag_keys {
            keys.push("aws:TagKeys", key.clone());
        }
    }

    fn condition_key(
        _call: &Call,
        _input: &RemoveTagsFromResourceInput,
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
    ) -> Result<RemoveTagsFromResourceOutput, Error> {
        let id = request.resource.lock(service, work, request.call).await?;
        tag_store::delete(work.transaction().await?, id, &request.input.tag_keys).await?;
        Ok(RemoveTagsFromResourceOutput {})
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a RemoveTagsFromResourceInput,
        resource: Option<&'a Tagged>,
        _output: Option<&'a RemoveTagsFromResourceOutput>,
    ) {
        Tagged::show(shown, input.resource_type, &input.resource_id, resource);
        shown.request.push_list("tagKeys", input.tag_keys.iter().map(String::as_str));
    }
}
