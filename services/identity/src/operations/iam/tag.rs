//! Tags on the wire.

use keywright_audit_log::Fields;
use keywright_aws_api::Input;
use keywright_aws_api::context::ContextKeys;
use serde::Serialize;

use crate::domain::tags::{TagError, Tags, with_tags};

/// [Tag](https://docs.aws.amazon.com/IAM/latest/APIReference/API_Tag.html).
#[derive(Clone, Debug, Input, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Tag {
    #[member(length = 1..=128, pattern = "[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+")]
    pub(super) key: String,
    #[member(length = 0..=256, pattern = "[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*")]
    pub(super) value: String,
}

impl Tag {
    /// As an audit record shows it.
    pub(super) fn shown(&self) -> Fields<'_> {
        let mut fields = Fields::new();
        fields.push_str("key", self.key.as_str()).push_str("value", self.value.as_str());
        fields
    }
}

/// Those of an entity, in the order of keys.
pub(super) fn listed(tags: &Tags) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag { key: key.clone(), value: value.clone() }).collect()
}

/// These tags, with those of a request put over them.
pub(super) fn put_over(tags: Tags, given: &[Tag]) -> Result<Tags, TagError> {
    with_tags(tags, given.iter().map(|tag| (tag.key.as_str(), tag.value.as_str())))
}

/// The condition keys `aws:RequestTag/...` and `aws:TagKeys` of a request with these tags.
pub(super) fn push_request_tags(keys: &mut ContextKeys, given: &[Tag]) {
    for Tag { key, value } in given {
        keys.push(format!("aws:RequestTag/{key}"), value.clone());
        keys.push("aws:TagKeys", key.clone());
    }
}

/// The condition key `aws:TagKeys` of a request with these keys.
pub(super) fn push_tag_keys(keys: &mut ContextKeys, given: &[String]) {
    for key in given {
        keys.push("aws:TagKeys", key.clone());
    }
}
