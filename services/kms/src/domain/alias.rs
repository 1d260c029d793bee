//! Alias names.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html>

use std::fmt;

use keywright_aws_api::{AccountId, Arn, Region};

use crate::error::Error;

/// The whole name of an alias, `alias/` included.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AliasName(Box<str>);

impl AliasName {
    /// Parses a name that a caller gives to an alias of their own.
    ///
    /// # Errors
    /// [`Error::AliasPrefix`] without `alias/`, [`Error::AliasCharacters`] for an empty name or one with other characters than
    /// letters, digits, `/`, `_` and `-`, [`Error::ReservedAlias`] for `alias/aws/`.
    pub fn of_customer(text: &str) -> Result<Self, Error> {
        let name = Self::parse(text)?;
        if name.is_reserved() { Err(Error::ReservedAlias) } else { Ok(name) }
    }

    /// Parses a name by which a caller refers to any alias, AWS managed ones included.
    ///
    /// # Errors
    /// [`Error::AliasPrefix`] or [`Error::AliasCharacters`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        let Some(name) = text.strip_prefix(PREFIX) else { return Err(Error::AliasPrefix) };
        let permitted = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'-');
        if name.is_empty() || text.len() > MAX_LENGTH || !name.bytes().all(permitted) {
            return Err(Error::AliasCharacters(text.chars().take(MAX_LENGTH).collect()));
        }
        Ok(Self(text.into()))
    }

    /// The alias of the AWS managed key of a service, such as `alias/aws/ssm`.
    #[must_use]
    pub fn of_managed(service: &str) -> Self {
        Self(format!("{RESERVED_PREFIX}{service}").into())
    }

    /// Whether it belongs to an AWS managed key.
    #[must_use]
    pub fn is_reserved(&self) -> bool {
        self.0.starts_with(RESERVED_PREFIX)
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its ARN.
    #[must_use]
    pub fn arn(&self, region: &Region, account: AccountId) -> String {
        Arn::regional("kms", region, account, &self.0)
    }
}

impl fmt::Display for AliasName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for AliasName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What every alias name begins with.
pub const PREFIX: &str = "alias/";
/// What the names of AWS managed keys' aliases begin with.
pub const RESERVED_PREFIX: &str = "alias/aws/";
const MAX_LENGTH: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn customers_name_their_aliases_freely_but_for_the_reserved_prefix() {
        assert_eq!(AliasName::of_customer("alias/app/db_1-x").unwrap().as_str(), "alias/app/db_1-x");
        assert!(AliasName::of_customer("alias/awsome").is_ok());
        assert!(matches!(AliasName::of_customer("alias/aws/ssm"), Err(Error::ReservedAlias)));
        assert!(AliasName::parse("alias/aws/ssm").unwrap().is_reserved());
    }

    #[test]
    fn other_names_are_refused() {
        assert!(matches!(AliasName::parse("app"), Err(Error::AliasPrefix)));
        for text in ["alias/", "alias/a:b", "alias/a b", "alias/ä"] {
            assert!(matches!(AliasName::parse(text), Err(Error::AliasCharacters(_))), "{text}");
        }
    }
}
