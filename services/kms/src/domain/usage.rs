//! The last use of a key.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_KeyLastUsageData.html>

use keywright_aws_api::{Call, wire_enum};
use time::OffsetDateTime;
use uuid::Uuid;

wire_enum! {
    /// The operations that are a use of a key.
    pub enum KeyLastUsageTrackingOperation {
        /// Decrypt.
        Decrypt = "Decrypt",
        /// DeriveSharedSecret.
        DeriveSharedSecret = "DeriveSharedSecret",
        /// Encrypt.
        Encrypt = "Encrypt",
        /// GenerateDataKey.
        GenerateDataKey = "GenerateDataKey",
        /// GenerateDataKeyPair.
        GenerateDataKeyPair = "GenerateDataKeyPair",
        /// GenerateDataKeyPairWithoutPlaintext.
        GenerateDataKeyPairWithoutPlaintext = "GenerateDataKeyPairWithoutPlaintext",
        /// GenerateDataKeyWithoutPlaintext.
        GenerateDataKeyWithoutPlaintext = "GenerateDataKeyWithoutPlaintext",
        /// GenerateMac.
        GenerateMac = "GenerateMac",
        /// ReEncrypt, for both of its keys.
        ReEncrypt = "ReEncrypt",
        /// Sign.
        Sign = "Sign",
        /// Verify.
        Verify = "Verify",
        /// VerifyMac.
        VerifyMac = "VerifyMac",
    }
}

/// A successful use of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyUsage {
    /// What it was used for.
    pub operation: KeyLastUsageTrackingOperation,
    /// When.
    pub at: OffsetDateTime,
    /// The audit event.
    pub event_id: Uuid,
    /// The request.
    pub request_id: Uuid,
}

impl KeyUsage {
    /// A use by this call.
    #[must_use]
    pub fn by(call: &Call, operation: KeyLastUsageTrackingOperation) -> Self {
        Self {
            operation,
            at: call.received_at,
            event_id: call.event_id,
            request_id: call.request_id.as_uuid(),
        }
    }

    /// The later of two.
    #[must_use]
    pub fn later(self, other: Option<Self>) -> Self {
        other.filter(|other| other.at > self.at).unwrap_or(self)
    }
}
