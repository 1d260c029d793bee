//! Tags of sessions: those passed with a request, and those that the calling session hands down.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html>

use keywright_audit_log::Fields;
use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::{Caller, Input};

use crate::domain::session::SessionTag;
use crate::domain::sts_refusal::StsRefusal;

/// A tag in a request.
#[derive(Input)]
pub(super) struct Tag {
    #[member(length = 1..=128, pattern = "[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+")]
    key: String,
    #[member(length = 0..=256, pattern = "[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*")]
    value: String,
}

/// The tags of a session that is to be.
#[derive(Default)]
pub(super) struct SessionTags {
    passed: Vec<SessionTag>,
    inherited: Vec<SessionTag>,
}

impl SessionTags {
    /// Those of a request by this caller.
    ///
    /// # Errors
    /// [`StsRefusal`] for tags that a session can't have.
    pub(super) fn of_request(
        caller: &Caller,
        tags: Option<&[Tag]>,
        transitive_keys: Option<&[String]>,
    ) -> Result<Self, StsRefusal> {
        let (tags, transitive_keys) = (tags.unwrap_or_default(), transitive_keys.unwrap_or_default());
        if let Some(key) = transitive_keys.iter().find(|key| !tags.iter().any(|tag| is(&tag.key, key))) {
            return Err(StsRefusal::TransitiveKeyWithoutTag(key.clone()));
        }
        let passed = tags.iter().map(|tag| SessionTag {
            key: tag.key.clone(),
            value: tag.value.clone(),
            transitive: transitive_keys.iter().any(|key| is(&tag.key, key)),
        });
        Self::new(passed.collect(), handed_down(caller))
    }

    /// Those that an identity provider gives.
    ///
    /// # Errors
    /// [`StsRefusal`] for tags that a session can't have.
    pub(super) fn given(tags: Vec<SessionTag>) -> Result<Self, StsRefusal> {
        Self::new(tags, Vec::new())
    }

    fn new(passed: Vec<SessionTag>, inherited: Vec<SessionTag>) -> Result<Self, StsRefusal> {
        for (index, tag) in passed.iter().enumerate() {
            if SessionTag::is_reserved(&tag.key) {
                return Err(StsRefusal::ReservedTag(tag.key.clone()));
            }
            if passed.iter().skip(index + 1).any(|other| is(&other.key, &tag.key)) {
                return Err(StsRefusal::DuplicateTag);
            }
            if inherited.iter().any(|other| is(&other.key, &tag.key)) {
                return Err(StsRefusal::InheritedTag(tag.key.clone()));
            }
        }
        if passed.len() + inherited.len() > SessionTag::PER_SESSION {
            return Err(StsRefusal::TooManyTags);
        }
        Ok(Self { passed, inherited })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.passed.is_empty() && self.inherited.is_empty()
    }

    /// The keys of the tags that are passed, and which of them go on.
    pub(super) fn push_condition_keys(&self, keys: &mut ContextKeys) {
        for tag in &self.passed {
            keys.push(format!("aws:RequestTag/{}", tag.key), tag.value.clone());
            keys.push("aws:TagKeys", tag.key.clone());
            if tag.transitive {
                keys.push("sts:TransitiveTagKeys", tag.key.clone());
            }
        }
    }

    /// All of them.
    pub(super) fn all(&self) -> Vec<SessionTag> {
        self.passed.iter().chain(&self.inherited).cloned().collect()
    }

    /// Those that the calling session hands down, as a record shows them.
    pub(super) fn show_inherited<'a>(&'a self, request: &mut Fields<'a>) {
        if !self.inherited.is_empty() {
            let inherited = self.inherited.iter().map(|tag| (&*tag.key, &*tag.value));
            request.push_map("incomingTransitiveTags", inherited);
        }
    }

    /// Those that an identity provider gave, as a record shows them.
    pub(super) fn show_given<'a>(&'a self, request: &mut Fields<'a>) {
        if !self.passed.is_empty() {
            request.push_map("principalTags", self.passed.iter().map(|tag| (&*tag.key, &*tag.value)));
            let transitive = self.passed.iter().filter(|tag| tag.transitive).map(|tag| &*tag.key);
            request.push_list("transitiveTagKeys", transitive);
        }
    }
}

/// What a record shows of the tags in a request.
pub(super) fn show<'a>(
    request: &mut Fields<'a>,
    tags: Option<&'a [Tag]>,
    transitive_keys: Option<&'a [String]>,
) {
    if let Some(tags) = tags {
        request.push_objects(
            "tags",
            tags.iter().map(|tag| {
                let mut fields = Fields::new();
                fields.push_str("key", &*tag.key).push_str("value", &*tag.value);
                fields
            }),
        );
    }
    if let Some(keys) = transitive_keys {
        request.push_list("transitiveTagKeys", keys.iter().map(String::as_str));
    }
}

/// The caller's transitive tags.
fn handed_down(caller: &Caller) -> Vec<SessionTag> {
    let Some(session) = &caller.session else { return Vec::new() };
    let is_transitive = |key: &str| session.transitive_tag_keys.iter().any(|name| is(name, key));
    let tags = caller.tags.iter().filter(|(key, _)| is_transitive(key));
    tags.map(|(key, value)| SessionTag { key: key.clone(), value: value.clone(), transitive: true }).collect()
}

/// Keys are told apart without regard to case.
fn is(key: &str, other: &str) -> bool {
    key.eq_ignore_ascii_case(other)
}
