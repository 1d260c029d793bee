//! One version of a secret, as it is stored.

use time::{Date, OffsetDateTime};

use super::stage::Stage;
use super::version_id::VersionId;

/// A version with its sealed value.
#[derive(Clone, Debug)]
pub struct Version {
    /// Its id.
    pub id: VersionId,
    /// The value, as [`sealed_value`](super::sealed_value) describes.
    pub sealed_value: Vec<u8>,
    /// The key to it, encrypted by KMS.
    pub data_key: WrappedDataKey,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// The day on which it was last read.
    pub last_accessed_on: Option<Date>,
}

/// A data key as KMS gave it out encrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrappedDataKey {
    /// KMS's ciphertext.
    pub encrypted: Vec<u8>,
    /// The ARN of the key which encrypted it.
    pub kms_key_arn: String,
    /// Whether that is the AWS managed key.
    pub is_managed: bool,
}

/// A version as it is listed: all but its value.
#[derive(Clone, Debug)]
pub struct ListedVersion {
    /// Its id.
    pub id: VersionId,
    /// Its labels, in order.
    pub stages: Vec<Stage>,
    /// The ARN of the KMS key; none while it has no value.
    pub kms_key_arn: Option<String>,
    /// Whether that is the AWS managed key.
    pub is_managed: bool,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// The day on which it was last read.
    pub last_accessed_on: Option<Date>,
}
