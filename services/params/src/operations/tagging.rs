//! AddTagsToResource, RemoveTagsFromResource, ListTagsForResource; and the tags of a new parameter.

mod add;
mod list;
mod remove;

pub use add::{AddTagsToResource, AddTagsToResourceInput};
pub use list::{ListTagsForResource, ListTagsForResourceInput};
pub use remove::{RemoveTagsFromResource, RemoveTagsFromResourceInput};

use keywright_audit_log::Fields;
use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::{AccountId, Call, Input, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::access::show_parameter;
use crate::domain::name::ParameterName;
use crate::domain::parameter::ParameterId;
use crate::domain::tags::{ResourceTags, TagError, Tags};
use crate::error::Error;
use crate::service::Params;
use crate::store::{Scope, changes, parameters};

/// A [Tag](https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_Tag.html).
#[derive(Debug, Input, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    /// The key.
    #[member(length = 1..=128, pattern = r"^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$")]
    pub key: String,
    /// The value.
    #[member(length = 0..=256, pattern = r"^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$")]
    pub value: String,
}

keywright_aws_api::wire_enum! {
    /// What SSM has tags for. Here it is parameters only.
    pub enum ResourceTypeForTagging {
        /// A document.
        Document = "Document",
        /// A managed instance.
        ManagedInstance = "ManagedInstance",
        /// A maintenance window.
        MaintenanceWindow = "MaintenanceWindow",
        /// A parameter.
        Parameter = "Parameter",
        /// A patch baseline.
        PatchBaseline = "PatchBaseline",
        /// An OpsItem.
        OpsItem = "OpsItem",
        /// The metadata of an application.
        OpsMetadata = "OpsMetadata",
        /// An automation.
        Automation = "Automation",
        /// An association.
        Association = "Association",
    }
}

/// A parameter whose tags are asked for or changed.
pub struct Tagged {
    name: ParameterName,
    account: AccountId,
    arn: String,
    tags: ResourceTags,
}

impl Tagged {
    async fn load(
        service: &Params,
        kind: ResourceTypeForTagging,
        id: &str,
        call: &Call,
    ) -> Result<Self, Error> {
        if kind != ResourceTypeForTagging::Parameter {
            return Err(Error::ResourceType(kind.as_str()));
        }
        let name = ParameterName::parse(id).map_err(|_| Error::ResourceId(id.to_owned()))?;
        let account = call.account();
        let connection = service.store.connection().await?;
        let scope = Scope::new(&call.region, account);
        let found = parameters::find_tagged(&connection, &scope, name.path()).await?;
        let found = found.filter(|(parameter, _)| parameter.metadata.name == name.as_str());
        let tags = found.map(|(_, tags)| tags).unwrap_or_default();
        Ok(Self { arn: name.arn(&call.region, account), name, account, tags })
    }

    fn condition_key(&self, key: &str, each: &mut dyn FnMut(&str)) -> bool {
        self.tags.condition_key(key, each)
    }

    fn scope(&self, call: &Call) -> Scope {
        Scope::new(&call.region, self.account)
    }

    async fn find(&self, service: &Params, call: &Call) -> Result<ParameterId, Error> {
        let connection = service.store.connection().await?;
        let found = parameters::find_current(&connection, &self.scope(call), self.name.path()).await?;
        let found = found.filter(|parameter| parameter.metadata.name == self.name.as_str());
        found.map(|parameter| parameter.metadata.id).ok_or_else(|| self.missing())
    }

    /// Locks it, so that its tags can be changed.
    async fn lock(
        &self,
        service: &Params,
        work: &mut PostgresWork,
        call: &Call,
    ) -> Result<ParameterId, Error> {
        service.directory.forget_after(work, self.account, self.name.path());
        let locked = changes::lock(work.transaction().await?, &self.scope(call), self.name.path()).await?;
        let locked = locked.filter(|locked| locked.name == self.name.as_str());
        locked.map(|locked| locked.id).ok_or_else(|| self.missing())
    }

    fn missing(&self) -> Error {
        Error::ResourceId(self.name.as_str().to_owned())
    }

    fn show<'a>(shown: &mut Shown<'a>, kind: ResourceTypeForTagging, id: &'a str, found: Option<&'a Self>) {
        shown.request.push_str("resourceType", kind.as_str()).push_str("resourceId", id);
        if let Some(tagged) = found {
            show_parameter(shown, &tagged.account, &tagged.arn);
        }
    }
}

/// The tags of a request, checked.
pub(super) fn tags(tags: Option<&[Tag]>) -> Result<Tags, TagError> {
    Tags::new(tags.unwrap_or_default().iter().map(|tag| (tag.key.as_str(), tag.value.as_str())))
}

/// The tags of a request, for the conditions of policies.
pub(super) fn add_tag_keys(keys: &mut ContextKeys, tags: Option<&[Tag]>) {
    for tag in tags.unwrap_or_default() {
        keys.push("aws:TagKeys", tag.key.clone());
        keys.push(format!("aws:RequestTag/{}", tag.key), tag.value.clone());
    }
}

/// The tags of a request, as its record shows them.
pub(super) fn shown_tags(tags: &[Tag]) -> impl Iterator<Item = Fields<'_>> {
    tags.iter().map(|tag| {
        let mut fields = Fields::new();
        fields.push_str("key", &tag.key).push_str("value", &tag.value);
        fields
    })
}
