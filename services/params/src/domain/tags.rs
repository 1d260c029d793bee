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

/// The tags that a parameter has, by key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResourceTags(Vec<(String, String)>);

impl ResourceTags {
    /// These.
    #[must_use]
    pub fn new(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    /// How many bytes keys and values have.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.0.iter().map(|(key, value)| key.len() + value.len()).sum()
    }

    /// Passes the value of the condition key `aws:ResourceTag/...` on, if there is such a tag; `ssm:resourceTag/...` is the
    /// same.
    pub fn condition_key(&self, key: &str, each: &mut dyn FnMut(&str)) -> bool {
        let wanted = RESOURCE_TAG.iter().find_map(|prefix| strip_ignoring_case(key, prefix));
        let found = wanted.and_then(|wanted| self.0.iter().find(|(own, _)| own.eq_ignore_ascii_case(wanted)));
        found.inspect(|(_, value)| each(value)).is_some()
    }
}

fn strip_ignoring_case<'a>(key: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = key.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

const RESOURCE_TAG: [&str; 2] = ["aws:ResourceTag/", "ssm:resourceTag/"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_a_condition_key_by_both_names() {
        let tags = ResourceTags::new(vec![("Team".to_owned(), "Blue".to_owned())]);
        let value = |key: &str| {
            let mut found = None;
            tags.condition_key(key, &mut |value| found = Some(value.to_owned())).then_some(found)
        };
        for key in ["aws:ResourceTag/Team", "ssm:resourceTag/team", "AWS:resourcetag/TEAM"] {
            assert_eq!(value(key), Some(Some("Blue".to_owned())), "{key}");
        }
        for key in ["aws:ResourceTag/", "aws:ResourceTag/Teams", "aws:RequestTag/Team", "Team", "ssm:é"] {
            assert_eq!(value(key), None, "{key}");
        }
    }

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
