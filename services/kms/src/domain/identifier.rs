//! The four ways to name a key: key id, key ARN, alias name, alias ARN.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id>

use keywright_aws_api::{AccountId, Region};

use super::alias;
use super::entry::KeyName;
use super::key_id::KeyId;
use crate::error::Error;

/// What a caller names a key by; its account is the caller's where the text has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyIdentifier<'a> {
    /// By key id or key ARN.
    Key(KeyName),
    /// By alias name or alias ARN.
    Alias {
        /// The alias's account.
        account: AccountId,
        /// The whole name, `alias/` included.
        name: &'a str,
    },
}

impl<'a> KeyIdentifier<'a> {
    /// Parses any of the four forms.
    ///
    /// # Errors
    /// [`Error::InvalidKeyId`], [`Error::InvalidArn`], or [`Error::OtherRegion`].
    pub fn parse(text: &'a str, region: &Region, caller: AccountId) -> Result<Self, Error> {
        if text.starts_with("arn:") {
            return Self::parse_arn(text, region);
        }
        if text.starts_with(alias::PREFIX) {
            return Ok(Self::Alias { account: caller, name: text });
        }
        let id = KeyId::parse(text).ok_or_else(|| invalid_key_id(text))?;
        Ok(Self::Key(KeyName { account: caller, id }))
    }

    /// Parses a key id or key ARN, for the operations that take no alias.
    ///
    /// # Errors
    /// As [`KeyIdentifier::parse`]; an alias is an [`Error::InvalidKeyId`].
    pub fn parse_key(text: &str, region: &Region, caller: AccountId) -> Result<KeyName, Error> {
        match KeyIdentifier::parse(text, region, caller)? {
            KeyIdentifier::Key(name) => Ok(name),
            KeyIdentifier::Alias { .. } => Err(invalid_key_id(text)),
        }
    }

    /// Without [`Arn`](keywright_aws_api::Arn), which would copy the text.
    fn parse_arn(text: &'a str, region: &Region) -> Result<Self, Error> {
        let invalid = || Error::InvalidArn(shorten(text));
        let mut parts = text.splitn(6, ':').skip(1);
        let mut part = || parts.next().ok_or_else(invalid);
        let (partition, service, in_region, account, resource) =
            (part()?, part()?, part()?, part()?, part()?);
        if partition != keywright_aws_api::partition() || service != "kms" {
            return Err(invalid());
        }
        let account = AccountId::parse(account).map_err(|_| invalid())?;
        if in_region != region.as_str() {
            return Err(Error::OtherRegion(shorten(in_region)));
        }
        if resource.starts_with(alias::PREFIX) {
            return Ok(Self::Alias { account, name: resource });
        }
        let id = resource.strip_prefix("key/").ok_or_else(invalid)?;
        let id = KeyId::parse(id).ok_or_else(|| invalid_key_id(id))?;
        Ok(Self::Key(KeyName { account, id }))
    }
}

fn invalid_key_id(text: &str) -> Error {
    Error::InvalidKeyId(shorten(text))
}

fn shorten(text: &str) -> String {
    text.chars().take(SHOWN_CHARACTERS).collect()
}

/// As much of a wrong identifier as a message repeats.
const SHOWN_CHARACTERS: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";

    fn parse(text: &str) -> Result<KeyIdentifier<'_>, Error> {
        let (region, account) =
            (Region::parse("us-east-1").unwrap(), AccountId::parse("000000000000").unwrap());
        KeyIdentifier::parse(text, &region, account)
    }

    #[test]
    fn all_four_forms_are_taken() {
        let (own, other) =
            (AccountId::parse("000000000000").unwrap(), AccountId::parse("111122223333").unwrap());
        let id = KeyId::parse(ID).unwrap();
        assert_eq!(parse(ID).unwrap(), KeyIdentifier::Key(KeyName { account: own, id }));
        assert_eq!(
            parse(&format!("arn:aws:kms:us-east-1:111122223333:key/{ID}")).unwrap(),
            KeyIdentifier::Key(KeyName { account: other, id })
        );
        assert_eq!(parse("alias/app").unwrap(), KeyIdentifier::Alias { account: own, name: "alias/app" });
        assert_eq!(
            parse("arn:aws:kms:us-east-1:111122223333:alias/a/b").unwrap(),
            KeyIdentifier::Alias { account: other, name: "alias/a/b" }
        );
    }

    #[test]
    fn wrong_ones_are_told_apart() {
        assert!(matches!(parse("app"), Err(Error::InvalidKeyId(text)) if text == "app"));
        assert!(matches!(parse("arn:aws:kms"), Err(Error::InvalidArn(_))));
        assert!(matches!(parse("arn:aws:s3:us-east-1:000000000000:key/x"), Err(Error::InvalidArn(_))));
        assert!(matches!(parse("arn:aws:kms:us-east-1:000000000000:thing/x"), Err(Error::InvalidArn(_))));
        assert!(matches!(parse("arn:aws:kms:us-east-1:0:alias/x"), Err(Error::InvalidArn(_))));
        let elsewhere = format!("arn:aws:kms:eu-west-1:000000000000:key/{ID}");
        assert!(matches!(parse(&elsewhere), Err(Error::OtherRegion(region)) if region == "eu-west-1"));
        assert!(matches!(parse("arn:aws:kms:us-east-1:000000000000:key/x"), Err(Error::InvalidKeyId(_))));
    }
}
