//! Names of secrets, and the ARNs made of them.
//!
//! <https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html>

use std::fmt;

use keywright_aws_api::{AccountId, Arn, Region};
use keywright_crypto::{CryptoError, Random, RandomExt as _};

use crate::error::Error;

/// The name of a secret: 1 to 512 ASCII letters, digits and `/_+=.@!-`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SecretName(Box<str>);

/// The six letters and digits behind the name in an ARN, which tell a secret from a former one of the same name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Suffix(Box<str>);

impl SecretName {
    /// Parses a name.
    ///
    /// # Errors
    /// [`Error::InvalidName`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        let permitted = |byte: u8| byte.is_ascii_alphanumeric() || b"/_+=.@!-".contains(&byte);
        if (1..=MAX_LENGTH).contains(&text.len()) && text.bytes().all(permitted) {
            Ok(Self(text.into()))
        } else {
            Err(Error::InvalidName)
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The ARN of the secret with this name and suffix.
    #[must_use]
    pub fn arn(&self, region: &Region, account: AccountId, suffix: &Suffix) -> String {
        Arn::regional("secretsmanager", region, account, &format!("secret:{}-{}", self.0, suffix.0))
    }

    /// The ARN of a secret with this name whose suffix isn't known, as a policy would write it.
    #[must_use]
    pub fn arn_of_any(&self, region: &Region, account: AccountId) -> String {
        Arn::regional("secretsmanager", region, account, &format!("secret:{}-??????", self.0))
    }
}

impl fmt::Display for SecretName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Suffix {
    /// The length, in characters.
    pub const LENGTH: usize = 6;

    /// A random one.
    ///
    /// # Errors
    /// [`CryptoError::RandomUnavailable`].
    pub fn generate(random: &dyn Random) -> Result<Self, CryptoError> {
        let mut text = String::with_capacity(Self::LENGTH);
        while text.len() < Self::LENGTH {
            // Bytes beyond the last multiple of 62 are left out: every character is as likely as any other.
            let drawn: [u8; 2 * Self::LENGTH] = random.bytes()?;
            let fair = drawn.into_iter().filter(|byte| *byte < FAIR_BELOW);
            let characters = fair.filter_map(|byte| ALPHABET.get(usize::from(byte) % ALPHABET.len()));
            text.extend(characters.take(Self::LENGTH - text.len()).map(|byte| char::from(*byte)));
        }
        Ok(Self(text.into()))
    }

    /// Parses six letters and digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let valid = text.len() == Self::LENGTH && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        valid.then(|| Self(text.into()))
    }

    /// The characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

const MAX_LENGTH: usize = 512;
const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const FAIR_BELOW: u8 = 248;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use keywright_crypto::SystemRandom;

    use super::*;

    #[test]
    fn names_have_letters_digits_and_a_few_signs() {
        assert_eq!(SecretName::parse("prod/db_1+=.@!-x").unwrap().as_str(), "prod/db_1+=.@!-x");
        assert!(SecretName::parse(&"x".repeat(512)).is_ok());
        for text in ["", "a b", "a:b", "ä", "a\n", "a*", &"x".repeat(513)] {
            assert!(matches!(SecretName::parse(text), Err(Error::InvalidName)), "{text}");
        }
    }

    #[test]
    fn an_arn_ends_in_the_suffix() {
        let region = Region::parse("eu-west-1").unwrap();
        let account = AccountId::parse("111122223333").unwrap();
        let (name, suffix) = (SecretName::parse("app/db").unwrap(), Suffix::parse("aB3dE6").unwrap());
        assert_eq!(
            name.arn(&region, account, &suffix),
            "arn:aws:secretsmanager:eu-west-1:111122223333:secret:app/db-aB3dE6"
        );
    }

    #[test]
    fn suffixes_are_six_letters_and_digits_that_differ() {
        let suffixes: BTreeSet<_> =
            (0..200).map(|_| Suffix::generate(&SystemRandom).unwrap().as_str().to_owned()).collect();
        assert_eq!(suffixes.len(), 200);
        assert!(suffixes.iter().all(|text| Suffix::parse(text).is_some()));
        for text in ["", "abcde", "abcdefg", "abc-ef"] {
            assert_eq!(Suffix::parse(text), None, "{text}");
        }
    }
}
