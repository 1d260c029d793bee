//! ListTags.
//!
//! <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_ListTags.html>

use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::named_trail::find;
use crate::error::AuditError;
use crate::lake::event_data_store::Tag;
use crate::operations::lake::{access, find_store};
use crate::service::AuditTrail;

/// Lists the tags of trails and event data stores.
pub struct ListTags;

/// Of which.
#[derive(Input)]
pub struct ListTagsInput {
    /// Their ARNs.
    pub resource_id_list: Vec<String>,
    /// There is one page only.
    pub next_token: Option<String>,
}

/// The tags of each.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListTagsOutput {
    resource_tag_list: Vec<Tagged>,
}

/// A resource with its tags.
#[derive(Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tagged {
    resource_id: String,
    tags_list: Vec<Tag>,
}

impl Operation for ListTags {
    type Service = AuditTrail;
    type Input = ListTagsInput;
    type Output = ListTagsOutput;
    type Resource = Vec<Tagged>;
    type Error = AuditError;

    const NAME: &'static str = "ListTags";
    const ACTION: &'static str = "cloudtrail:ListTags";
    const READ_ONLY: bool = true;

    async fn load(trail: &AuditTrail, call: &Call, input: &ListTagsInput) -> Result<Vec<Tagged>, AuditError> {
        let mut found = Vec::new();
        for id in input.resource_id_list.iter().take(MAX_RESOURCES) {
            let tags_list = if id.contains(":eventdatastore/") {
                find_store(trail, call, id).await?.tags
            } else {
                find(trail, call, id).map_err(|_| AuditError::ResourceNotFound)?;
                Vec::new()
            };
            found.push(Tagged { resource_id: id.clone(), tags_list });
        }
        if found.is_empty() {
            return Err(AuditError::InvalidParameter("Specify at least one resource."));
        }
        Ok(found)
    }

    fn accesses(call: &Call, _input: &ListTagsInput, found: &Vec<Tagged>) -> Accesses {
        found.iter().map(|tagged| access(Self::ACTION, call, &tagged.resource_id)).collect()
    }

    async fn run(
        _trail: &AuditTrail,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<ListTagsOutput, AuditError> {
        if request.input.next_token.is_some() {
            return Err(AuditError::InvalidNextToken);
        }
        Ok(ListTagsOutput { resource_tag_list: request.resource.clone() })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a ListTagsInput,
        _found: Option<&'a Vec<Tagged>>,
        _output: Option<&'a ListTagsOutput>,
    ) {
        shown.request.push_list("resourceIdList", input.resource_id_list.iter().map(String::as_str));
    }
}

/// AWS's limit.
const MAX_RESOURCES: usize = 20;
