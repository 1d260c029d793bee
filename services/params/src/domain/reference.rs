//! What a caller writes to get a parameter: its name or ARN, perhaps with a version or label behind it.
//!
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-versions.html>

use std::fmt;

use keywright_aws_api::{AccountId, Arn, Region};

use super::label::MAX_LABEL_LENGTH;
use super::name::{ARN_RESOURCE, NameError, ParameterName, arn_of};

/// A reference to a parameter, parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterReference {
    /// The Region that has it.
    pub region: Region,
    /// The account it belongs to.
    pub account: AccountId,
    /// Which version.
    pub selector: Option<Selector>,
    name: ParameterName,
    by_arn: bool,
}

/// Which version of a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    /// The one of this number.
    Version(i64),
    /// The one with this label.
    Label(Box<str>),
}

impl ParameterReference {
    /// Parses `name`, `name:version`, `name:label`, or the same with an ARN.
    ///
    /// # Errors
    /// [`NameError`] when it is none of them.
    pub fn parse(text: &str, region: &Region, account: AccountId) -> Result<Self, NameError> {
        let text = text.trim_matches(' ');
        if !text.starts_with("arn:") {
            let (name, selector) = split(text)?;
            let name = ParameterName::parse(name)?;
            return Ok(Self { region: region.clone(), account, selector, name, by_arn: false });
        }
        let arn = Arn::parse(text).map_err(|_| NameError::Form)?;
        let path = arn.resource().strip_prefix(ARN_RESOURCE).filter(|_| arn.service() == "ssm");
        let (path, selector) = split(path.ok_or(NameError::Form)?)?;
        let name = ParameterName::parse(&format!("/{path}"))?;
        let region = Region::parse(arn.region()).map_err(|_| NameError::Form)?;
        let account = AccountId::parse(arn.account()).map_err(|_| NameError::Form)?;
        Ok(Self { region, account, selector, name, by_arn: true })
    }

    /// The path of the parameter that is meant.
    #[must_use]
    pub fn path(&self) -> &str {
        self.name.path()
    }

    /// Whether a parameter with this path and `name` is the one that is meant: an ARN tells nothing of a leading slash.
    #[must_use]
    pub fn means(&self, name: &str) -> bool {
        self.by_arn || name == self.name.as_str()
    }

    /// The ARN of the parameter, without the selector.
    #[must_use]
    pub fn arn(&self) -> String {
        arn_of(self.path(), &self.region, self.account)
    }
}

impl fmt::Display for Selector {
    /// As answers show it: `:3`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(version) => write!(f, ":{version}"),
            Self::Label(label) => write!(f, ":{label}"),
        }
    }
}

fn split(text: &str) -> Result<(&str, Option<Selector>), NameError> {
    let Some((name, selector)) = text.split_once(':') else { return Ok((text, None)) };
    let permitted = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    if selector.is_empty() || selector.len() > MAX_LABEL_LENGTH || !selector.bytes().all(permitted) {
        return Err(NameError::Form);
    }
    let selector = if selector.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number that is too large is no version's.
        Selector::Version(selector.parse().unwrap_or(i64::MAX))
    } else {
        Selector::Label(selector.into())
    };
    Ok((name, Some(selector)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<ParameterReference, NameError> {
        ParameterReference::parse(text, &"us-east-1".parse().unwrap(), "000000000000".parse().unwrap())
    }

    #[test]
    fn names_are_of_the_callers_account_and_region() {
        let reference = parse("/prod/url").unwrap();
        assert_eq!(reference.arn(), "arn:aws:ssm:us-east-1:000000000000:parameter/prod/url");
        assert_eq!(reference.selector, None);
        assert!(reference.means("/prod/url"));
        assert!(!parse("url").unwrap().means("/url"));
    }

    #[test]
    fn versions_and_labels_stand_behind_a_colon() {
        let selector = |text: &str| parse(text).unwrap().selector.unwrap();
        assert_eq!(selector("/a/b:3"), Selector::Version(3));
        assert_eq!(selector("a:99999999999999999999"), Selector::Version(i64::MAX));
        assert_eq!(selector("a:prod-2"), Selector::Label("prod-2".into()));
        assert_eq!(selector("a:3").to_string(), ":3");
        for bad in ["a:", "a:1:2", ":1", "a: 1", &format!("a:{}", "x".repeat(101))] {
            assert_eq!(parse(bad), Err(NameError::Form), "{bad}");
        }
    }

    #[test]
    fn arns_say_where_and_do_not_tell_of_a_leading_slash() {
        let reference = parse("arn:aws:ssm:eu-west-1:111111111111:parameter/url:2").unwrap();
        assert_eq!((reference.region.as_str(), reference.account.as_str()), ("eu-west-1", "111111111111"));
        assert_eq!(reference.selector, Some(Selector::Version(2)));
        assert!(reference.means("url") && reference.means("/url"));
        for bad in [
            "arn:aws:kms:us-east-1:000000000000:parameter/x",
            "arn:aws:ssm:us-east-1:000000000000:document/x",
            "arn:aws:ssm::000000000000:parameter/x",
            "arn:aws:ssm:us-east-1:1:parameter/x",
            "arn:aws:ssm:us-east-1:000000000000:parameter/",
            "arn:aws:ssm:us-east-1:000000000000:parameter//x",
        ] {
            assert_eq!(parse(bad), Err(NameError::Form), "{bad}");
        }
    }
}
