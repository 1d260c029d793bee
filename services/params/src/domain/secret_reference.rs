//! References to secrets of Secrets Manager, in the form of parameter names.
//!
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/integration-ps-secretsmanager.html>

use keywright_aws_api::{AccountId, Region};

use super::name::{NameError, arn_of};

/// `/aws/reference/secretsmanager/NAME`, perhaps with a version id or a stage behind a colon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretReference {
    secret: Box<str>,
    selector: Option<Box<str>>,
}

/// Which version of a secret is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretVersion<'a> {
    /// The current one.
    Current,
    /// The one with this id.
    Id(&'a str),
    /// The one with this label.
    Stage(&'a str),
}

impl SecretReference {
    /// Parses the name, or the ARN that it has in this account and Region; `None` for whatever is no such reference.
    ///
    /// # Errors
    /// [`NameError::Form`] when it names no secret that can be.
    pub fn parse(text: &str, region: &Region, account: AccountId) -> Option<Result<Self, NameError>> {
        let of_arn = || text.strip_prefix(&arn_of(PATH, region, account));
        let rest = text.strip_prefix('/').and_then(|path| path.strip_prefix(PATH)).or_else(of_arn)?;
        Some(Self::of(rest))
    }

    fn of(rest: &str) -> Result<Self, NameError> {
        let (secret, selector) = match rest.split_once(':') {
            Some((secret, selector)) => (secret, Some(selector)),
            None => (rest, None),
        };
        let is_secret = is_text_of(secret, b"/_+=.@-") && secret.len() <= MAX_SECRET_LENGTH;
        let is_selector =
            |selector: &str| is_text_of(selector, b"_.-") && selector.len() <= MAX_SELECTOR_LENGTH;
        if !is_secret || !selector.is_none_or(is_selector) {
            return Err(NameError::Form);
        }
        Ok(Self { secret: secret.into(), selector: selector.map(Into::into) })
    }

    /// The secret's name.
    #[must_use]
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// The name of the reference, without the selector.
    #[must_use]
    pub fn name(&self) -> String {
        format!("/{PATH}{}", self.secret)
    }

    /// The ARN by which policies name the reference.
    #[must_use]
    pub fn arn(&self, region: &Region, account: AccountId) -> String {
        arn_of(&format!("{PATH}{}", self.secret), region, account)
    }

    /// Which version is meant. Ids have 32 to 64 characters, as Secrets Manager has it; what is shorter or longer is a label.
    #[must_use]
    pub fn version(&self) -> SecretVersion<'_> {
        match self.selector.as_deref() {
            None => SecretVersion::Current,
            Some(id) if (32..=64).contains(&id.len()) => SecretVersion::Id(id),
            Some(stage) => SecretVersion::Stage(stage),
        }
    }

    /// The selector as answers repeat it: `:AWSCURRENT`.
    #[must_use]
    pub fn selector(&self) -> Option<String> {
        self.selector.as_ref().map(|selector| format!(":{selector}"))
    }
}

fn is_text_of(text: &str, more: &[u8]) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || more.contains(&byte))
}

const PATH: &str = "aws/reference/secretsmanager/";
const MAX_SECRET_LENGTH: usize = 512;
const MAX_SELECTOR_LENGTH: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Option<Result<SecretReference, NameError>> {
        SecretReference::parse(text, &"us-east-1".parse().unwrap(), "000000000000".parse().unwrap())
    }

    #[test]
    fn a_secret_is_named_with_a_version_or_without() {
        let id = "01234567-89ab-cdef-0123-456789abcdef";
        for (rest, secret, version, selector) in [
            ("db", "db", SecretVersion::Current, None),
            ("prod/db+x=1@a", "prod/db+x=1@a", SecretVersion::Current, None),
            ("db:AWSPREVIOUS", "db", SecretVersion::Stage("AWSPREVIOUS"), Some(":AWSPREVIOUS".to_owned())),
            (&format!("db:{id}"), "db", SecretVersion::Id(id), Some(format!(":{id}"))),
        ] {
            let by_arn = format!("arn:aws:ssm:us-east-1:000000000000:parameter/{PATH}{rest}");
            for text in [format!("/{PATH}{rest}"), by_arn] {
                let reference = parse(&text).unwrap().unwrap();
                assert_eq!((reference.secret(), reference.version()), (secret, version), "{text}");
                assert_eq!(reference.selector(), selector);
                assert_eq!(reference.name(), format!("/{PATH}{secret}"));
            }
        }
        let arn = parse("/aws/reference/secretsmanager/db:X").unwrap().unwrap();
        let arn = arn.arn(&"us-east-1".parse().unwrap(), "000000000000".parse().unwrap());
        assert_eq!(arn, "arn:aws:ssm:us-east-1:000000000000:parameter/aws/reference/secretsmanager/db");
    }

    #[test]
    fn other_names_are_no_references_and_some_references_name_nothing() {
        for other in [
            "db",
            "/db",
            "/aws/reference/secretsmanager",
            "/aws/service/x",
            "arn:aws:ssm:us-east-1:111111111111:parameter/aws/reference/secretsmanager/db",
        ] {
            assert_eq!(parse(other), None, "{other}");
        }
        for bad in
            ["", ":x", "a b", "db:", "db:a:b", "db:a/b", &"x".repeat(513), &format!("x:{}", "y".repeat(257))]
        {
            assert_eq!(parse(&format!("/{PATH}{bad}")), Some(Err(NameError::Form)), "{bad}");
        }
    }
}
