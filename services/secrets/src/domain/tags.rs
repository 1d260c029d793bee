//! Tags on secrets.
//!
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Tag.html>

use keywright_aws_api::Input;
use serde::Serialize;

use super::storable::storable;
use crate::error::Error;

/// A tag as a request has it.
#[derive(Input, Clone, Debug)]
pub struct TagInput {
    /// Its key.
    #[member(length = 1..=128)]
    pub key: Option<String>,
    /// Its value; empty if there is none.
    #[member(length = 0..=256)]
    pub value: Option<String>,
}

/// A tag.
#[derive(Serialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: String,
}

/// The tags that a request sets.
///
/// # Errors
/// [`Error::InvalidParameter`] for a tag without a key, with a reserved key, or whose key comes twice, or that can't be stored.
pub fn of_request(tags: Option<&[TagInput]>) -> Result<Vec<Tag>, Error> {
    let mut parsed = Vec::<Tag>::new();
    for tag in tags.unwrap_or_default() {
        let Some(key) = &tag.key else { return Err(Error::InvalidParameter("A tag must have a key.")) };
        check_key(key)?;
        if parsed.iter().any(|other| other.key == *key) {
            return Err(Error::InvalidParameter("A tag key can't be given more than once."));
        }
        let value = tag.value.as_deref().unwrap_or_default();
        parsed.push(Tag { key: storable(key)?.to_owned(), value: storable(value)?.to_owned() });
    }
    Ok(parsed)
}

/// Refuses the keys that nobody may set or remove.
///
/// # Errors
/// [`Error::InvalidParameter`].
pub fn check_key(key: &str) -> Result<(), Error> {
    if key.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:")) {
        return Err(Error::InvalidParameter("Tag keys that begin with aws: are reserved for AWS's own use."));
    }
    Ok(())
}

/// Refuses more tags than a secret can have, once `added` are set beside those it has.
///
/// # Errors
/// [`Error::InvalidParameter`].
pub fn check_limit(present: &[Tag], added: &[Tag]) -> Result<(), Error> {
    let kept = present.iter().filter(|tag| !added.iter().any(|new| new.key == tag.key)).count();
    if kept + added.len() > MAX_TAGS {
        return Err(Error::InvalidParameter("A secret can have at most 50 tags."));
    }
    Ok(())
}

const MAX_TAGS: usize = 50;

#[cfg(test)]
mod tests {
    use super::*;

    fn input(key: &str) -> TagInput {
        TagInput { key: Some(key.to_owned()), value: None }
    }

    fn tags(count: usize) -> Vec<Tag> {
        (0..count).map(|n| Tag { key: n.to_string(), value: String::new() }).collect()
    }

    #[test]
    fn keys_are_there_once_and_not_reserved() {
        assert_eq!(of_request(Some(&[input("a"), input("A")])).unwrap().len(), 2);
        assert!(of_request(None).unwrap().is_empty());
        for wrong in [[input("a"), input("a")], [input("b"), input("AWS:x")]] {
            assert!(matches!(of_request(Some(&wrong)), Err(Error::InvalidParameter(_))));
        }
        assert!(of_request(Some(&[TagInput { key: None, value: None }])).is_err());
    }

    #[test]
    fn fifty_are_enough_and_a_replaced_one_does_not_count_twice() {
        assert!(check_limit(&tags(50), &tags(50)).is_ok());
        assert!(check_limit(&tags(49), &[Tag { key: "new".into(), value: String::new() }]).is_ok());
        assert!(check_limit(&tags(50), &[Tag { key: "new".into(), value: String::new() }]).is_err());
    }
}
