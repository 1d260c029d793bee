//! Why files can't be encrypted or decrypted. Nothing here has plaintext or key material.

use std::path::PathBuf;

use keywright_encryption_sdk::Error;
use thiserror::Error;

use super::kms::NO_ANSWER;
use crate::api_client::ApiError;

/// Why files can't be encrypted or decrypted.
#[derive(Debug, Error)]
pub(crate) enum EncryptionError {
    /// An argument isn't what it should be.
    #[error("{switch}: {reason}")]
    Argument { switch: &'static str, reason: String },
    /// A key of KMS without a KMS.
    #[error("{missing} is not set: set it, or run eval \"$(keywright env)\"")]
    NoKms { missing: &'static str },
    /// A client of KMS can't be made.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// A key of a file can't be used.
    #[error("{} is not a key that can be used: {reason}", path.display())]
    Key { path: PathBuf, reason: String },
    /// The pieces don't fit together.
    #[error("nothing was begun")]
    Setup(#[source] Error),
    /// A pattern or a name that nothing has.
    #[error("{input} is not found")]
    NotFound { input: String },
    /// A directory without the switch for it.
    #[error("{} is a directory: give --recursive", path.display())]
    Directory { path: PathBuf },
    /// A place for one file where several come.
    #[error("{} must be a directory that is there, as several files go into it", path.display())]
    NoDirectory { path: PathBuf },
    /// A directory where one file comes.
    #[error("{} must be a file", path.display())]
    NoFile { path: PathBuf },
    /// Neither a file nor a directory.
    #[error("{} is neither a file nor a directory, and links are not followed here", path.display())]
    Special { path: PathBuf },
    /// An output that would replace its own input.
    #[error("{} is what is read: choose another output, or a suffix", path.display())]
    Same { path: PathBuf },
    /// Somebody else made a file of the same name.
    #[error("{} was made by somebody else meanwhile, and stays", path.display())]
    Appeared { path: PathBuf },
    /// Two inputs of one name.
    #[error("{} would be written for two inputs", path.display())]
    Twice { path: PathBuf },
    /// A file operation failed.
    #[error("cannot {action} {}", path.display())]
    File {
        action: &'static str,
        path: PathBuf,
        #[source]
        cause: std::io::Error,
    },
    /// A message can't be made, or isn't one that may be read.
    #[error("{input} is not {done}")]
    Message {
        input: String,
        done: &'static str,
        #[source]
        cause: Error,
    },
    /// The metadata can't be written.
    #[error("the metadata cannot be written")]
    Metadata(#[source] std::io::Error),
}

impl EncryptionError {
    pub(super) fn argument(switch: &'static str, reason: impl Into<String>) -> Self {
        Self::Argument { switch, reason: reason.into() }
    }

    /// Whether it is about one message or file, so that others may fare better.
    pub(super) fn is_about_one_file(&self) -> bool {
        match self {
            Self::Message { cause: Error::NoDataKeyDecrypted { causes }, .. } => {
                !causes.iter().any(|cause| matches!(cause, Error::Kms(error) if error.code == NO_ANSWER))
            }
            Self::Message { cause, .. } => cause.is_about_the_message(),
            Self::Special { .. } | Self::Same { .. } | Self::Appeared { .. } | Self::Twice { .. } => true,
            // What can't be read is one file's trouble; what can't be written is soon all files'.
            Self::File { action, .. } => matches!(*action, "open" | "read" | "look at"),
            Self::Argument { .. }
            | Self::NoKms { .. }
            | Self::Api(_)
            | Self::Key { .. }
            | Self::Setup(_)
            | Self::NotFound { .. }
            | Self::Directory { .. }
            | Self::NoDirectory { .. }
            | Self::NoFile { .. }
            | Self::Metadata(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use keywright_encryption_sdk::KmsError;

    use super::*;

    #[test]
    fn what_concerns_all_files_is_told_from_what_concerns_one() {
        let message = |cause| EncryptionError::Message { input: "a".into(), done: "decrypted", cause };
        let kms = |code: &str| Error::Kms(KmsError { code: code.into(), message: String::new() });
        let undecrypted = |cause| message(Error::NoDataKeyDecrypted { causes: vec![cause] });
        for one in [message(Error::Truncated), undecrypted(kms("DisabledException"))] {
            assert!(one.is_about_one_file(), "{one:?}");
        }
        for all in [message(kms("DisabledException")), undecrypted(kms(NO_ANSWER)), message(Error::Poisoned)]
        {
            assert!(!all.is_about_one_file(), "{all:?}");
        }
    }
}
