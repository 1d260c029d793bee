//! Tags of users, roles and what else has them.
//!
//! Keys are told apart without regard to case, and shown as they were given.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html>

use std::collections::{BTreeMap, HashSet};

/// Tags, by key.
pub type Tags = BTreeMap<String, String>;

/// Tags that can't be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TagError {
    /// A key stands twice in one request.
    #[error("duplicate tag keys found; tag keys are case insensitive")]
    Duplicate,
    /// A key is AWS's own.
    #[error("tag keys cannot begin with aws:, key={0}")]
    Reserved(String),
    /// There would be more than [`MOST_TAGS`].
    #[error("more than {MOST_TAGS} tags")]
    TooMany,
}

/// These tags, with those of a request put over them.
///
/// # Errors
/// [`TagError`] for what can't be given, or for too many together.
pub fn with_tags<'t>(
    mut tags: Tags,
    given: impl Iterator<Item = (&'t str, &'t str)>,
) -> Result<Tags, TagError> {
    let mut seen = HashSet::new();
    for (key, value) in given {
        let folded = key.to_lowercase();
        if folded.starts_with("aws:") {
            return Err(TagError::Reserved(key.to_owned()));
        }
        tags.retain(|present, _| present.to_lowercase() != folded);
        tags.insert(key.to_owned(), value.to_owned());
        if !seen.insert(folded) {
            return Err(TagError::Duplicate);
        }
    }
    if tags.len() > MOST_TAGS { Err(TagError::TooMany) } else { Ok(tags) }
}

/// These tags without those of the given keys; a key that isn't there is passed over.
#[must_use]
pub fn without_tags(mut tags: Tags, keys: &[String]) -> Tags {
    let keys: HashSet<String> = keys.iter().map(|key| key.to_lowercase()).collect();
    tags.retain(|key, _| !keys.contains(&key.to_lowercase()));
    tags
}

/// How many tags an entity may have.
pub const MOST_TAGS: usize = 50;

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(given: &[(&str, &str)]) -> Tags {
        given.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_tag_replaces_the_one_of_its_key_in_whatever_case() {
        let merged = with_tags(tags(&[("Team", "red"), ("stage", "prod")]), [("team", "blue")].into_iter());
        assert_eq!(merged.unwrap(), tags(&[("team", "blue"), ("stage", "prod")]));
        let rest = without_tags(tags(&[("Team", "red"), ("stage", "prod")]), &["TEAM".to_owned()]);
        assert_eq!(rest, tags(&[("stage", "prod")]));
    }

    #[test]
    fn what_can_t_be_is_refused() {
        let given = |given: &[(&str, &str)]| with_tags(tags(&[("own", "1")]), given.iter().copied());
        assert_eq!(given(&[("a", "1"), ("A", "2")]), Err(TagError::Duplicate));
        assert_eq!(given(&[("AWS:x", "1")]), Err(TagError::Reserved("AWS:x".to_owned())));
        let names: Vec<String> = (0..50).map(|number| number.to_string()).collect();
        let many: Vec<_> = names.iter().map(|name| (name.as_str(), "")).collect();
        assert_eq!(given(&many), Err(TagError::TooMany));
        assert_eq!(given(&many[..49]).unwrap().len(), 50);
    }
}
