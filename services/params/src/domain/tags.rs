//! Tags.

use std::collections::BTreeMap;

/// The most tags of a parameter.
pub const MAX_TAGS: usize = 50;

/// Why tags are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TagError {
    /// More than [`MAX_TAGS`].
    #[error("the parameter would have too many tags")]
    TooMany,
    /// A key that begins with `aws:`.
    #[error("the prefix aws: is reserved")]
    ReservedPrefix,
    /// One key twice.
    #[error("a tag key is given twice")]
    Duplicate,
}

/// The tags of one request, by key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags(BTreeMap<String, String>);

impl Tags {
    /// Checks the tags of a request.
    ///
    /// # Errors
    /// Any [`TagError`].
    pub fn new<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, TagError> {
        let mut tags = BTreeMap::new();
        for (key, value) in pairs {
            if key.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:")) {
                return Err(TagError::ReservedPrefix);
            }
            if tags.insert(key.to_owned(), value.to_owned()).is_some() {
                return Err(TagError::Duplicate);
            }
        }
        if tags.len() > MAX_TAGS { Err(TagError::TooMany) } else { Ok(Self(tags)) }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Keys and values, in the order of the keys.
    #[must_use]
    pub fn columns(&self) -> (Vec<&str>, Vec<&str>) {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str())).unzip()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_unique_bounded_and_not_awss() {
        assert_eq!(Tags::new([("b", "2"), ("a", "1")]).unwrap().columns(), (vec!["a", "b"], vec!["1", "2"]));
        assert_eq!(Tags::new([("AWS:x", "1")]), Err(TagError::ReservedPrefix));
        assert_eq!(Tags::new([("a", "1"), ("a", "2")]), Err(TagError::Duplicate));
        let many = (0..51).map(|number| number.to_string()).collect::<Vec<_>>();
        assert!(Tags::new(many.iter().take(50).map(|key| (key.as_str(), ""))).is_ok());
        assert_eq!(Tags::new(many.iter().map(|key| (key.as_str(), ""))), Err(TagError::TooMany));
    }
}
