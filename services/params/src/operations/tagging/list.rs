use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::{ResourceTypeForTagging, Tag, Tagged};
use crate::error::Error;
use crate::operations::access::on_arn;
use crate::service::Params;
use crate::store::tags as tag_store;

/// [ListTagsForResource](https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ListTagsForResource.html).
pub struct ListTagsForResource;

/// What ListTagsForResource takes.
#[derive(Input)]
pub struct ListTagsForResourceInput {
    /// The kind of resource.
    pub resource_type: ResourceTypeForTagging,
    /// The parameter's name.
    pub resource_id: String,
}

/// What ListTagsForResource answers.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListTagsForResourceOutput {
    tag_list: Vec<Tag>,
}

impl Operation for ListTagsForResource {
    type Service = Params;
    type Input = ListTagsForResourceInput;
    type Output = ListTagsForResourceOutput;
    type Resource = Tagged;
    type Error = Error;

    const NAME: &'static str = "ListTagsForResource";
    const ACTION: &'static str = "ssm:ListTagsForResource";
    const READ_ONLY: bool = true;

    async fn load(service: &Params, call: &Call, input: &ListTagsForResourceInput) -> Result<Tagged, Error> {
        Tagged::load(service, input.resource_type, &input.resource_id, call).await
    }

    fn accesses(_call: &Call, _input: &ListTagsForResourceInput, tagged: &Tagged) -> Accesses {
        on_arn(Self::ACTION, tagged.account, &tagged.arn).into()
    }

    /// Loading fails only where the text is no name, which tells nothing.
    fn accesses_unloaded(_call: &Call, _input: &ListTagsForResourceInput) -> Accesses {
        Accesses::new()
    }

    fn condition_key(
        _call: &Call,
        _input: &ListTagsForResourceInput,
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
        _work: &mut PostgresWork,
    ) -> Result<ListTagsForResourceOutput, Error> {
        let tagged = request.resource;
        let id = tagged.find(service, request.call).await?;
        let connection = service.store.connection().await?;
        let tags = tag_store::list(&connection, &tagged.scope(request.call), id).await?;
        Ok(ListTagsForResourceOutput {
            tag_list: tags.into_iter().map(|(key, value)| Tag { key, value }).collect(),
        })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a ListTagsForResourceInput,
        resource: Option<&'a Tagged>,
        _output: Option<&'a ListTagsForResourceOutput>,
    ) {
        Tagged::show(shown, input.resource_type, &input.resource_id, resource);
    }
}
