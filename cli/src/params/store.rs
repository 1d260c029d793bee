//! Parameter Store, as these commands use it: patient with what passes.

use std::collections::BTreeMap;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use keywright_crypto::SecretString;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::kind::{Kind, Tier};
use super::progress::Progress;
use super::root::Root;
use crate::api_client::{ApiClient, ApiError, SSM, patiently};

/// Parameter Store in one Region, for one principal.
pub(crate) struct ParameterStore(ApiClient);

/// A parameter with its value, decrypted.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Parameter {
    pub(crate) name: String,
    #[serde(rename = "Type")]
    pub(crate) kind: Kind,
    pub(crate) value: SecretString,
    pub(super) version: i64,
    #[serde(rename = "ARN")]
    pub(super) arn: String,
    pub(super) last_modified_date: f64,
    #[serde(default)]
    pub(super) data_type: Option<String>,
}

/// What is known of a parameter besides.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Metadata {
    pub(super) name: String,
    pub(super) key_id: Option<String>,
    pub(super) description: Option<String>,
    pub(super) allowed_pattern: Option<String>,
    pub(super) data_type: Option<String>,
    pub(super) tier: Option<Tier>,
    /// Asked for apart.
    #[serde(skip)]
    pub(super) tags: BTreeMap<String, String>,
}

/// A new version. Empty texts take back what was there.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct NewVersion<'a> {
    pub(super) name: &'a str,
    pub(super) value: Exposed<'a>,
    #[serde(rename = "Type")]
    pub(super) kind: Kind,
    pub(super) overwrite: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tier: Option<Tier>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) key_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) allowed_pattern: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) data_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) tags: Vec<Tag<'a>>,
}

/// A value on its way to the service, which nothing shows on its way there.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Exposed<'a>(pub(super) &'a str);

impl std::fmt::Debug for Exposed<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes, redacted", self.0.len())
    }
}

/// A tag.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tag<'a> {
    pub(super) key: &'a str,
    pub(super) value: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page<T> {
    parameters: Vec<T>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TagList {
    tag_list: Vec<OwnedTag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OwnedTag {
    key: String,
    value: String,
}

#[derive(Deserialize)]
struct Done {}

impl ParameterStore {
    pub(crate) fn new(client: ApiClient) -> Self {
        Self(client)
    }

    /// All parameters below a path with their values, or those of its first level.
    pub(crate) async fn below(
        &self,
        root: &Root,
        one_level: bool,
        progress: &Progress,
    ) -> Result<Vec<Parameter>, ApiError> {
        let input = json!({
            "Path": root.as_str(), "Recursive": !one_level, "WithDecryption": true, "MaxResults": 10,
        });
        self.list("GetParametersByPath", input, progress).await
    }

    /// What is known of the parameters below a path, by name; with their tags, if they are asked for.
    pub(super) async fn metadata(
        &self,
        root: &Root,
        one_level: bool,
        with_tags: bool,
    ) -> Result<BTreeMap<String, Metadata>, ApiError> {
        let option = if one_level { "OneLevel" } else { "Recursive" };
        let filter = json!([{ "Key": "Path", "Option": option, "Values": [root.as_str()] }]);
        let input = json!({ "ParameterFilters": filter, "MaxResults": 50 });
        let found: Vec<Metadata> = self.list("DescribeParameters", input, &Progress::hidden()).await?;
        let found: BTreeMap<_, _> =
            found.into_iter().map(|metadata| (metadata.name.clone(), metadata)).collect();
        if !with_tags {
            return Ok(found);
        }
        let tagged = found.into_iter().map(|(name, metadata)| async move {
            let tags = self.tags(&name).await?;
            Ok((name, Metadata { tags, ..metadata }))
        });
        stream::iter(tagged.collect::<Vec<_>>()).buffer_unordered(CALLS_AT_ONCE).try_collect().await
    }

    /// All of a list, page by page.
    async fn list<T: DeserializeOwned>(
        &self,
        operation: &str,
        mut input: Value,
        progress: &Progress,
    ) -> Result<Vec<T>, ApiError> {
        let mut found = Vec::new();
        loop {
            let page: Page<T> = self.call(operation, &input).await?;
            found.extend(page.parameters);
            progress.set(found.len());
            let (Some(token), Some(input)) = (page.next_token, input.as_object_mut()) else {
                return Ok(found);
            };
            input.insert("NextToken".to_owned(), token.into());
        }
    }

    async fn tags(&self, name: &str) -> Result<BTreeMap<String, String>, ApiError> {
        let input = json!({ "ResourceType": "Parameter", "ResourceId": name });
        let found: TagList = self.call("ListTagsForResource", &input).await?;
        Ok(found.tag_list.into_iter().map(|tag| (tag.key, tag.value)).collect())
    }

    /// Puts a version.
    pub(super) async fn put(&self, new: &NewVersion<'_>) -> Result<(), ApiError> {
        let room = new.value.0.len() * LONGEST_ESCAPE + ROOM_OF_A_REQUEST;
        patiently(|| self.0.secret_json::<Done>(SSM, "PutParameter", new, room)).await?;
        Ok(())
    }

    /// Adds tags, or sets them.
    pub(super) async fn add_tags(&self, name: &str, tags: &[Tag<'_>]) -> Result<(), ApiError> {
        let input = json!({ "ResourceType": "Parameter", "ResourceId": name, "Tags": tags });
        self.call::<Done>("AddTagsToResource", &input).await.map(|_| ())
    }

    /// Removes tags.
    pub(super) async fn remove_tags(&self, name: &str, keys: &[&str]) -> Result<(), ApiError> {
        let input = json!({ "ResourceType": "Parameter", "ResourceId": name, "TagKeys": keys });
        self.call::<Done>("RemoveTagsFromResource", &input).await.map(|_| ())
    }

    /// Deletes a parameter.
    pub(super) async fn delete(&self, name: &str) -> Result<(), ApiError> {
        self.call::<Done>("DeleteParameter", &json!({ "Name": name })).await.map(|_| ())
    }

    async fn call<O: DeserializeOwned>(&self, operation: &str, input: &Value) -> Result<O, ApiError> {
        patiently(|| self.0.secret_json(SSM, operation, input, ROOM_OF_A_REQUEST)).await
    }
}

/// Calls that may be on their way at a time.
pub(super) const CALLS_AT_ONCE: usize = 8;
const LONGEST_ESCAPE: usize = 6;
const ROOM_OF_A_REQUEST: usize = 16_384;
