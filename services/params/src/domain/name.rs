//! Parameter names.
//!
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-parameter-name-constraints.html>

use std::fmt;

use keywright_aws_api::{AccountId, Arn, Region};

/// The name of a parameter: `name`, or `/level/.../name`.
///
/// The ARN has no leading slash, so `name` and `/name` have the same one: only one of them can exist.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ParameterName(Box<str>);

/// Why a text is no name, or none that a parameter may be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Characters other than letters, digits and `.-_`, or an empty level.
    #[error("the parameter name has characters or levels that are not allowed")]
    Form,
    /// Several levels without a leading slash.
    #[error("the parameter name is not fully qualified")]
    NotFullyQualified,
    /// Begins with `aws` or `ssm`.
    #[error("the parameter name has a reserved prefix")]
    ReservedPrefix,
    /// A path below `/aws`, where only the operator publishes.
    #[error("the parameter name is in a reserved hierarchy")]
    ReservedHierarchy,
    /// More than 15 levels.
    #[error("the parameter name has too many levels")]
    TooManyLevels,
    /// The ARN would have more than 1011 characters.
    #[error("the parameter name is too long")]
    TooLong,
}

impl ParameterName {
    /// Parses a name by which a caller refers to a parameter. Spaces around it don't count.
    ///
    /// # Errors
    /// [`NameError::Form`] or [`NameError::NotFullyQualified`].
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let text = text.trim_matches(' ');
        let path = without_slash(text);
        if path.is_empty() || !path.split('/').all(is_level) {
            return Err(NameError::Form);
        }
        if path.contains('/') && path.len() == text.len() {
            return Err(NameError::NotFullyQualified);
        }
        Ok(Self(text.into()))
    }

    /// Parses a name that a caller gives to a parameter.
    ///
    /// # Errors
    /// Any [`NameError`].
    pub fn of_new(text: &str, region: &Region, account: AccountId) -> Result<Self, NameError> {
        let name = Self::parse(text)?;
        let path = name.path();
        let is_hierarchy = path.contains('/');
        let begins_with =
            |prefix: &str| path.get(..3).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
        if begins_with("aws") && is_hierarchy {
            return Err(NameError::ReservedHierarchy);
        }
        if begins_with("aws") || begins_with("ssm") {
            return Err(NameError::ReservedPrefix);
        }
        if path.split('/').count() > MAX_LEVELS {
            return Err(NameError::TooManyLevels);
        }
        if name.arn(region, account).len() > MAX_ARN_LENGTH {
            return Err(NameError::TooLong);
        }
        Ok(name)
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as its ARN has it: without a leading slash.
    #[must_use]
    pub fn path(&self) -> &str {
        without_slash(&self.0)
    }

    /// The path of the level above; empty at the root.
    #[must_use]
    pub fn parent(&self) -> &str {
        self.path().rsplit_once('/').map_or("", |(parent, _)| parent)
    }

    /// Its ARN.
    #[must_use]
    pub fn arn(&self, region: &Region, account: AccountId) -> String {
        arn_of(self.path(), region, account)
    }
}

impl fmt::Display for ParameterName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ParameterName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The ARN of the parameter, or of all below, with this path.
#[must_use]
pub fn arn_of(path: &str, region: &Region, account: AccountId) -> String {
    Arn::regional("ssm", region, account, &format!("{ARN_RESOURCE}{path}"))
}

pub(super) fn without_slash(text: &str) -> &str {
    text.strip_prefix('/').unwrap_or(text)
}

pub(super) fn is_level(level: &str) -> bool {
    !level.is_empty() && level.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
}

/// What stands before the path in an ARN's resource.
pub const ARN_RESOURCE: &str = "parameter/";
/// The most levels of a hierarchy.
pub const MAX_LEVELS: usize = 15;
/// Of a new parameter's ARN; the rest of the 2,048 of the model is AWS's own.
const MAX_ARN_LENGTH: usize = 1011;

#[cfg(test)]
mod tests {
    use super::*;

    fn of_new(text: &str) -> Result<ParameterName, NameError> {
        ParameterName::of_new(text, &"us-east-1".parse().unwrap(), "000000000000".parse().unwrap())
    }

    #[test]
    fn a_name_is_one_word_or_a_whole_hierarchy() {
        for good in ["a", "/a", "MyParameter1", "/Dev/DB.url/pass_word-1", "awareness/".trim_end_matches('/')]
        {
            assert_eq!(ParameterName::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "/", "a b", "/a//b", "//a", "/a/", "a:1", "/a/ä", "*", "/a/*"] {
            assert_eq!(ParameterName::parse(bad), Err(NameError::Form), "{bad}");
        }
        assert_eq!(ParameterName::parse("a/b"), Err(NameError::NotFullyQualified));
        assert_eq!(ParameterName::parse("  /a/b ").unwrap().as_str(), "/a/b");
    }

    #[test]
    fn path_and_parent_have_no_leading_slash() {
        let parts = |text: &str| {
            let name = ParameterName::parse(text).unwrap();
            (name.path().to_owned(), name.parent().to_owned())
        };
        assert_eq!(parts("/prod/db/url"), ("prod/db/url".to_owned(), "prod/db".to_owned()));
        assert_eq!(parts("/url"), ("url".to_owned(), String::new()));
        assert_eq!(parts("url"), ("url".to_owned(), String::new()));
    }

    #[test]
    fn the_arn_is_the_same_with_and_without_a_leading_slash() {
        for text in ["x", "/x"] {
            let name = ParameterName::parse(text).unwrap();
            let arn = name.arn(&"us-east-1".parse().unwrap(), "000000000000".parse().unwrap());
            assert_eq!(arn, "arn:aws:ssm:us-east-1:000000000000:parameter/x");
        }
    }

    #[test]
    fn reserved_names_are_refused_in_any_case() {
        for text in ["aws", "/AWS", "awsTest", "ssm-x", "/ssm/x", "/SSM1"] {
            assert_eq!(of_new(text), Err(NameError::ReservedPrefix), "{text}");
        }
        assert_eq!(of_new("/aws/service/x"), Err(NameError::ReservedHierarchy));
        for text in ["/my/aws", "/my/ssm", "aw", "/x-ssm"] {
            assert!(of_new(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn levels_and_length_are_bounded() {
        assert!(of_new(&"/a".repeat(15)).is_ok());
        assert_eq!(of_new(&"/a".repeat(16)), Err(NameError::TooManyLevels));
        let room = 1011 - "arn:aws:ssm:us-east-1:000000000000:parameter/".len();
        assert!(of_new(&"a".repeat(room)).is_ok());
        assert_eq!(of_new(&"a".repeat(room + 1)), Err(NameError::TooLong));
    }
}
