use std::fmt;
use std::io;

use keywright_crypto::CryptoError;

use crate::{AlgorithmSuite, BranchKeyStoreError, CommitmentPolicy, KmsError};

/// Why nothing was encrypted or decrypted. No variant carries plaintext or key material.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The message ends before it is complete.
    #[error("message is truncated")]
    Truncated,
    /// There is more behind the end of the message.
    #[error("data follows the end of the message")]
    TrailingData,
    /// What should be a message is one in base64.
    #[error("message is encoded in base64; decode it first")]
    Base64Encoded,
    /// A message that breaks the format.
    #[error("message is malformed: part={part} reason={reason}")]
    Malformed {
        /// Where.
        part: Part,
        /// What is wrong there.
        reason: &'static str,
    },
    /// A part of the message is not what was encrypted, or the data key is another.
    #[error("message does not authenticate: part={0}")]
    NotAuthentic(Part),
    /// The data key that a keyring gave is not the one that the message is committed to.
    #[error("message is committed to another data key")]
    CommitmentMismatch,
    /// The commitment policy forbids to encrypt or to decrypt with the algorithm suite.
    #[error("commitment policy forbids the algorithm suite: suite={suite} policy={policy:?}")]
    CommitmentPolicy {
        /// The algorithm suite of the message.
        suite: AlgorithmSuite,
        /// The client's policy.
        policy: CommitmentPolicy,
    },
    /// A signed message where only unsigned ones are to be decrypted.
    #[error("message is signed, and only unsigned ones are accepted: suite={0}")]
    SignedMessage(AlgorithmSuite),
    /// A limit of the format or of the client.
    #[error("limit exceeded: {limit} maximum={maximum}")]
    LimitExceeded {
        /// What is limited.
        limit: Limit,
        /// The greatest value that is allowed.
        maximum: u64,
    },
    /// An encryption context that can't be used, or is not the message's.
    #[error("encryption context is refused: {reason} key={key:?}")]
    EncryptionContext {
        /// What is wrong with it.
        reason: &'static str,
        /// The key of the pair, where it is about one.
        key: Option<String>,
    },
    /// No keyring could decrypt any of the encrypted data keys.
    #[error("no encrypted data key could be decrypted: tried={}{}", causes.len(), Causes(causes))]
    NoDataKeyDecrypted {
        /// What went wrong with each that was tried. None was when no keyring matched.
        causes: Vec<Error>,
    },
    /// A keyring or a materials manager was made or used in a way that can't work.
    #[error("configuration is refused: {0}")]
    Configuration(&'static str),
    /// What a keyring or a materials manager gave breaks its contract.
    #[error("cryptographic materials are refused: {0}")]
    Materials(&'static str),
    /// KMS refused, or could not be reached.
    #[error("kms failed: {0}")]
    Kms(#[from] KmsError),
    /// A branch key store has not what it was asked for.
    #[error("branch key store failed: {0}")]
    BranchKeyStore(#[from] BranchKeyStoreError),
    /// A primitive refused.
    #[error("cryptography failed: {0}")]
    Crypto(#[from] CryptoError),
    /// Reading or writing failed.
    #[error("input or output failed: {0}")]
    Io(#[from] io::Error),
    /// A stream is used after it failed.
    #[error("stream has failed before")]
    Poisoned,
}

impl Error {
    pub(crate) fn malformed(part: Part, reason: &'static str) -> Self {
        Self::Malformed { part, reason }
    }

    pub(crate) fn context(reason: &'static str, key: Option<&str>) -> Self {
        Self::EncryptionContext { reason, key: key.map(str::to_owned) }
    }

    /// Whether the message itself is at fault: it is malformed, changed, or not acceptable to this client.
    pub fn is_about_the_message(&self) -> bool {
        match self {
            Self::Truncated
            | Self::TrailingData
            | Self::Base64Encoded
            | Self::Malformed { .. }
            | Self::NotAuthentic(_)
            | Self::CommitmentMismatch
            | Self::CommitmentPolicy { .. }
            | Self::SignedMessage(_)
            | Self::LimitExceeded { .. }
            | Self::EncryptionContext { .. }
            | Self::NoDataKeyDecrypted { .. } => true,
            Self::Configuration(_)
            | Self::Materials(_)
            | Self::Kms(_)
            | Self::BranchKeyStore(_)
            | Self::Crypto(_)
            | Self::Io(_)
            | Self::Poisoned => false,
        }
    }
}

/// For `Read`, `Write` and their asynchronous kin. [`io::Error::get_ref`] has the error itself.
impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Io(error) => error,
            Error::Truncated => Self::new(io::ErrorKind::UnexpectedEof, error),
            other if other.is_about_the_message() => Self::new(io::ErrorKind::InvalidData, other),
            other => Self::other(other),
        }
    }
}

/// A part of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// What precedes the encrypted content.
    Header,
    /// The encrypted content.
    Body,
    /// The signature.
    Footer,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "header",
            Self::Body => "body",
            Self::Footer => "footer",
        })
    }
}

/// What is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Encrypted data keys in one message.
    EncryptedDataKeys,
    /// The length of a header, in bytes.
    HeaderLength,
    /// The length of a frame's plaintext, in bytes. Content without frames is one frame.
    FrameLength,
    /// Frames of one message.
    Frames,
    /// The length of the plaintext that the caller promised, in bytes.
    PlaintextLength,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EncryptedDataKeys => "encrypted data keys",
            Self::HeaderLength => "header length",
            Self::FrameLength => "frame length",
            Self::Frames => "frames",
            Self::PlaintextLength => "plaintext length",
        })
    }
}

/// The causes behind each other.
struct Causes<'a>(&'a [Error]);

impl fmt::Display for Causes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|cause| write!(f, "; {cause}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_lower_case_and_name_what_they_are_about() {
        let policy = Error::CommitmentPolicy {
            suite: AlgorithmSuite::Aes256GcmIv12Tag16HkdfSha384EcdsaP384,
            policy: CommitmentPolicy::RequireEncryptRequireDecrypt,
        };
        assert_eq!(
            policy.to_string(),
            "commitment policy forbids the algorithm suite: suite=0x0378 policy=RequireEncryptRequireDecrypt"
        );
        let causes = vec![Error::Truncated, Error::Crypto(CryptoError::NotAuthentic)];
        assert_eq!(
            Error::NoDataKeyDecrypted { causes }.to_string(),
            "no encrypted data key could be decrypted: tried=2; message is truncated; \
             cryptography failed: ciphertext does not authenticate"
        );
    }

    #[test]
    fn errors_of_streams_keep_their_cause() {
        let error = io::Error::from(Error::NotAuthentic(Part::Body));
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
        assert!(matches!(inner, Some(Error::NotAuthentic(Part::Body))));
        assert_eq!(io::Error::from(Error::Truncated).kind(), io::ErrorKind::UnexpectedEof);
        let passed_on = Error::Io(io::ErrorKind::BrokenPipe.into());
        assert_eq!(io::Error::from(passed_on).kind(), io::ErrorKind::BrokenPipe);
    }
}
