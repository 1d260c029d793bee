//! How a request names a secret: by its name, its ARN, or its ARN without the suffix.
//!
//! <https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot.html#ARN_secretnamehyphen>

use keywright_aws_api::{AccountId, Arn, Region};

use super::name::{SecretName, Suffix};
use crate::error::Error;

/// A `SecretId`, parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretReference {
    /// The account that the secret belongs to.
    pub account: AccountId,
    /// Name and suffix, where the reference ends in what can be a suffix. Tried first.
    pub complete: Option<(SecretName, Suffix)>,
    /// The whole as a name: a friendly name, or an ARN without its suffix.
    pub name: SecretName,
}

impl SecretReference {
    /// Parses a name or an ARN; a name is one of `account`.
    ///
    /// # Errors
    /// [`Error::InvalidName`] for text which is neither, [`Error::SecretNotFound`] for another Region's ARN.
    pub fn parse(text: &str, region: &Region, account: AccountId) -> Result<Self, Error> {
        if !text.starts_with("arn:") {
            return Ok(Self { account, complete: None, name: SecretName::parse(text)? });
        }
        let arn = Arn::parse(text).map_err(|_| Error::InvalidName)?;
        let resource = arn.resource().strip_prefix("secret:").ok_or(Error::InvalidName)?;
        let account = AccountId::parse(arn.account()).map_err(|_| Error::InvalidName)?;
        let name = SecretName::parse(resource)?;
        if arn.service() != "secretsmanager" {
            return Err(Error::InvalidName);
        }
        if arn.partition() != keywright_aws_api::partition() || arn.region() != region.as_str() {
            return Err(Error::SecretNotFound);
        }
        Ok(Self { account, complete: complete(resource), name })
    }

    /// The ARN by which it is decided whether a caller may hear that there is no such secret.
    #[must_use]
    pub fn presumed_arn(&self, region: &Region) -> String {
        match &self.complete {
            Some((name, suffix)) => name.arn(region, self.account, suffix),
            None => self.name.arn_of_any(region, self.account),
        }
    }
}

fn complete(resource: &str) -> Option<(SecretName, Suffix)> {
    let (name, suffix) = resource.rsplit_once('-')?;
    Some((SecretName::parse(name).ok()?, Suffix::parse(suffix)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<SecretReference, Error> {
        SecretReference::parse(
            text,
            &Region::parse("us-east-1").unwrap(),
            AccountId::parse("111122223333").unwrap(),
        )
    }

    fn name(text: &str) -> SecretName {
        SecretName::parse(text).unwrap()
    }

    #[test]
    fn a_name_is_only_a_name_whatever_it_ends_in() {
        let reference = parse("db-abcdef").unwrap();
        assert_eq!((reference.complete, reference.name), (None, name("db-abcdef")));
    }

    #[test]
    fn an_arn_may_lack_its_suffix() {
        let partial = parse("arn:aws:secretsmanager:us-east-1:444455556666:secret:app/db").unwrap();
        assert_eq!((partial.complete.clone(), partial.name.clone()), (None, name("app/db")));
        assert_eq!(partial.account.as_str(), "444455556666");
        let full = parse("arn:aws:secretsmanager:us-east-1:111122223333:secret:app/db-abCD12").unwrap();
        assert_eq!(full.complete, Some((name("app/db"), Suffix::parse("abCD12").unwrap())));
        assert_eq!(full.name, name("app/db-abCD12"), "it can be a name that ends so");
        let region = Region::parse("us-east-1").unwrap();
        assert!(full.presumed_arn(&region).ends_with(":secret:app/db-abCD12"));
        assert!(partial.presumed_arn(&region).ends_with(":444455556666:secret:app/db-??????"));
    }

    #[test]
    fn other_texts_and_regions_are_refused() {
        for text in [
            "",
            "a b",
            "arn:x",
            "arn:aws:kms:us-east-1:111122223333:secret:x",
            "arn:aws:secretsmanager:us-east-1:1:secret:x",
        ] {
            assert!(matches!(parse(text), Err(Error::InvalidName)), "{text}");
        }
        let elsewhere = parse("arn:aws:secretsmanager:eu-west-1:111122223333:secret:x");
        assert!(matches!(elsewhere, Err(Error::SecretNotFound)));
    }
}
