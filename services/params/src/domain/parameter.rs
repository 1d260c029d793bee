//! A parameter as it is stored: what is known of one version, and its value.

use keywright_aws_api::{AccountId, Region};
use keywright_crypto::SecretString;
use time::OffsetDateTime;

use super::kind::{ParameterType, Tier};
use super::name::{arn_of, without_slash};

/// One version of a parameter.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// All but the value.
    pub metadata: Metadata,
    /// The value.
    pub value: StoredValue,
}

impl Parameter {
    /// How many bytes it takes besides its own size, roughly.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let Self { metadata, value } = self;
        let value = match value {
            StoredValue::Plain(text) => text.len(),
            StoredValue::Sealed(blob) => blob.len(),
        };
        let texts = [&metadata.description, &metadata.allowed_pattern, &metadata.key_id];
        let texts = texts.into_iter().flatten().map(String::len).sum::<usize>();
        value + texts + metadata.name.len() + metadata.data_type.len() + metadata.modified_by.len()
    }
}

/// What is known of one version of a parameter, besides its value.
#[derive(Clone, Debug)]
pub struct Metadata {
    /// The parameter's row.
    pub id: ParameterId,
    /// The name, as it was given at creation.
    pub name: String,
    /// The version, counted from 1.
    pub version: i64,
    /// The type.
    pub parameter_type: ParameterType,
    /// The tier.
    pub tier: Tier,
    /// The data type, such as `text`.
    pub data_type: String,
    /// The KMS key of a SecureString, as it was given.
    pub key_id: Option<String>,
    /// What the parameter is for.
    pub description: Option<String>,
    /// What values must match.
    pub allowed_pattern: Option<String>,
    /// When the version was made.
    pub modified_at: OffsetDateTime,
    /// The ARN of who made it.
    pub modified_by: String,
}

impl Metadata {
    /// The parameter's ARN.
    #[must_use]
    pub fn arn(&self, region: &Region, account: AccountId) -> String {
        arn_of(self.path(), region, account)
    }

    /// The name as the ARN has it.
    #[must_use]
    pub fn path(&self) -> &str {
        without_slash(&self.name)
    }
}

/// The primary key of a parameter's row. A parameter that is deleted and made again has another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParameterId(pub i64);

/// A value as it is stored.
#[derive(Clone)]
pub enum StoredValue {
    /// Of a String or StringList.
    Plain(String),
    /// Of a SecureString: KMS's ciphertext (standard tier) or an [`Envelope`](super::envelope::Envelope) (advanced).
    Sealed(Vec<u8>),
}

impl StoredValue {
    /// The text of what isn't sealed; of what is, none.
    #[must_use]
    pub fn text(&self) -> SecretString {
        match self {
            Self::Plain(text) => SecretString::new(text.clone()),
            Self::Sealed(_) => SecretString::new(String::new()),
        }
    }
}

impl std::fmt::Debug for StoredValue {
    /// Even a String may hold what isn't meant for a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Plain(text) => write!(f, "Plain({} bytes)", text.len()),
            Self::Sealed(blob) => write!(f, "Sealed({} bytes)", blob.len()),
        }
    }
}
