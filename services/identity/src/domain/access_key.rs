//! Access keys.

use std::fmt;

use keywright_aws_api::AccountId;
use keywright_crypto::{CryptoError, Random, SecretString};
use serde::{Deserialize, Serialize};

use super::random_text;

/// The id of an access key, such as `AKIA...`. Not a secret.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "Box<str>", try_from = "Box<str>")]
pub struct AccessKeyId(Box<str>);

/// A text which is no access key id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an access key id has 16 to 128 letters, digits and underscores")]
pub struct AccessKeyIdError;

impl AccessKeyId {
    /// Takes 16 to 128 ASCII letters, digits and underscores, as IAM's `accessKeyIdType`.
    ///
    /// # Errors
    /// [`AccessKeyIdError`] for anything else.
    pub fn parse(text: &str) -> Result<Self, AccessKeyIdError> {
        let valid = (16..=128).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if valid { Ok(Self(text.into())) } else { Err(AccessKeyIdError) }
    }

    /// Whether it is one of temporary credentials.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        self.0.starts_with(TEMPORARY_PREFIX)
    }

    /// The account of temporary credentials, which their id tells.
    #[must_use]
    pub fn temporary_account(&self) -> Option<AccountId> {
        random_text::account_of_temporary(self.0.strip_prefix(TEMPORARY_PREFIX)?)
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<Box<str>> for AccessKeyId {
    type Error = AccessKeyIdError;

    fn try_from(text: Box<str>) -> Result<Self, AccessKeyIdError> {
        Self::parse(&text)
    }
}

impl From<AccessKeyId> for Box<str> {
    fn from(id: AccessKeyId) -> Self {
        id.0
    }
}

impl fmt::Display for AccessKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for AccessKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An access key with its secret, as it is shown once.
#[derive(Debug)]
pub struct NewAccessKey {
    /// The id.
    pub access_key_id: AccessKeyId,
    /// The secret.
    pub secret_access_key: SecretString,
}

impl NewAccessKey {
    /// A fresh random one.
    ///
    /// # Errors
    /// [`CryptoError::RandomUnavailable`].
    pub fn generate(random: &dyn Random) -> Result<Self, CryptoError> {
        Self::of(random_text::access_key_id(random)?, random)
    }

    /// A fresh random one for temporary credentials of an account.
    ///
    /// # Errors
    /// [`CryptoError::RandomUnavailable`].
    pub fn generate_temporary(account: AccountId, random: &dyn Random) -> Result<Self, CryptoError> {
        Self::of(random_text::temporary_access_key_id(TEMPORARY_PREFIX, account, random)?, random)
    }

    fn of(access_key_id: String, random: &dyn Random) -> Result<Self, CryptoError> {
        let access_key_id = AccessKeyId(access_key_id.into());
        Ok(Self { access_key_id, secret_access_key: random_text::secret_access_key(random)? })
    }
}

/// Whether an access key may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessKeyStatus {
    /// It may.
    Active,
    /// It may not, until it is made active again.
    Inactive,
}

impl AccessKeyStatus {
    /// IAM's word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::Inactive => "Inactive",
        }
    }
}

const TEMPORARY_PREFIX: &str = "ASIA";

#[cfg(test)]
mod tests {
    use keywright_crypto::SystemRandom;

    use super::*;

    #[test]
    fn other_texts_are_no_access_key_ids() {
        for bad in ["", "AKIASHORT", "AKIA/AAAAAAAAAAAAAAAA", "AKIAÄAAAAAAAAAAAAAAA", &"A".repeat(129)] {
            assert_eq!(AccessKeyId::parse(bad), Err(AccessKeyIdError), "{bad}");
        }
    }

    #[test]
    fn generated_ones_are_valid_and_hide_their_secret() {
        let key = NewAccessKey::generate(&SystemRandom).unwrap();
        assert_eq!(AccessKeyId::parse(key.access_key_id.as_str()).unwrap(), key.access_key_id);
        assert!(!format!("{key:?}").contains(key.secret_access_key.expose_secret()));
    }
}
