//! Tags on keys.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_Tag.html>

use keywright_aws_api::Input;
use serde::Serialize;

use crate::error::Error;

/// One tag.
#[derive(Input, Serialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    /// Its key.
    #[member(length = 1..=128)]
    pub tag_key: String,
    /// Its value.
    #[member(length = 0..=256)]
    pub tag_value: String,
}

/// Refuses a list of tags to be set that names a key twice, or one that is reserved.
///
/// # Errors
/// [`Error::Tag`].
pub fn check(tags: &[Tag]) -> Result<(), Error> {
    for (index, tag) in tags.iter().enumerate() {
        check_key(&tag.tag_key)?;
        if tags.iter().skip(index + 1).any(|other| other.tag_key == tag.tag_key) {
            return Err(Error::Tag("Duplicate tag keys"));
        }
    }
    if tags.len() > usize::from(MAX_TAGS) { Err(too_many()) } else { Ok(()) }
}

/// The refusal of more than [`MAX_TAGS`] tags.
#[must_use]
pub fn too_many() -> Error {
    Error::LimitExceeded("The KMS key has too many tags")
}

/// Refuses a reserved tag key.
///
/// # Errors
/// [`Error::Tag`].
pub fn check_key(key: &str) -> Result<(), Error> {
    let reserved = key.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:"));
    if reserved { Err(Error::Tag("Tag keys that begin with aws: are reserved")) } else { Ok(()) }
}

/// How many tags a key has at most.
pub const MAX_TAGS: u8 = 50;

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(key: &str) -> Tag {
        Tag { tag_key: key.to_owned(), tag_value: String::new() }
    }

    #[test]
    fn a_list_of_tags_has_no_duplicate_and_no_reserved_key() {
        assert!(check(&[tag("a"), tag("A"), tag("aws")]).is_ok());
        assert!(matches!(check(&[tag("a"), tag("b"), tag("a")]), Err(Error::Tag(_))));
        assert!(matches!(check(&[tag("aws:x")]), Err(Error::Tag(_))));
        assert!(matches!(check(&[tag("AWS:x")]), Err(Error::Tag(_))));
    }

    #[test]
    fn there_are_at_most_fifty() {
        let tags: Vec<Tag> = (0..51).map(|number| tag(&number.to_string())).collect();
        assert!(check(&tags[..50]).is_ok());
        assert!(matches!(check(&tags), Err(Error::LimitExceeded(_))));
    }
}
