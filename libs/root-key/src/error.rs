use std::path::PathBuf;

use keywright_crypto::CryptoError;
use keywright_hsm::HsmError;

use crate::{PASSPHRASE_MIN_CHARS, RootKeyId};

/// Why the root key could not be opened or used. The messages say what the operator can do.
#[derive(Debug, thiserror::Error)]
pub enum RootKeyError {
    /// There is no file, and none may be made.
    #[error("{} does not exist: restore it from a backup, or allow creating it if nothing was ever encrypted under it", path.display())]
    Absent {
        /// The missing file.
        path: PathBuf,
    },
    /// The operating system refused to read or write.
    #[error("can't {action} {}", path.display())]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// On which file or directory.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// A directory, a device or a pipe stands where a file should.
    #[error("{} is not a regular file: name the file itself", path.display())]
    NotAFile {
        /// What was named.
        path: PathBuf,
    },
    /// The key file is open to others, who may know the key already.
    #[error("{} is open to others (mode {mode:04o}): find out who could read it, then run chmod 600 on it", path.display())]
    OpenToOthers {
        /// The key file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The key file belongs to another user, who can read and replace it.
    #[error("{} belongs to user {owner}, but this process runs as user {user}: run chown on it, or run as its owner", path.display())]
    ForeignOwner {
        /// The key file.
        path: PathBuf,
        /// Its owner's user id.
        owner: u32,
        /// This process's effective user id.
        user: u32,
    },
    /// The file is truncated, altered or something else altogether.
    #[error("{} is damaged ({reason}): restore it from a backup", path.display())]
    Damaged {
        /// The damaged file.
        path: PathBuf,
        /// What is wrong with it, without its content.
        reason: &'static str,
    },
    /// The file was written by a version of Keywright that this one doesn't know.
    #[error("{} has a format this version doesn't know: run the version that wrote it, or a newer one", path.display())]
    UnknownFormat {
        /// The file.
        path: PathBuf,
    },
    /// A short passphrase can be guessed.
    #[error("the root passphrase is too short: it needs at least {PASSPHRASE_MIN_CHARS} characters")]
    PassphraseTooShort,
    /// The passphrase is not the one the salt file was made with.
    #[error("the root passphrase is not the one that {} was made with", salt_file.display())]
    WrongPassphrase {
        /// The salt file, whose verifier did not match.
        salt_file: PathBuf,
    },
    /// The token has no such key, and none may be made.
    #[error(
        "the token {token_label:?} has no key {key_label:?}: restore the token from a backup, or name the right one; \
         a new key is made only where nothing was ever encrypted under it"
    )]
    AbsentFromToken {
        /// The token's label.
        token_label: String,
        /// The missing key's label.
        key_label: String,
    },
    /// The token can't be opened, or doesn't work.
    #[error("the root key's token can't be used")]
    Hsm(#[source] HsmError),
    /// Not the text of a root key id.
    #[error("a root key id is 32 hexadecimal digits")]
    MalformedId,
    /// Not the stored form of a wrapped key, or of a version this one doesn't know.
    #[error("the wrapped key is truncated or of an unknown version")]
    MalformedWrappedKey,
    /// The key was wrapped by another root key: a wrong key file, or the data of another installation.
    #[error(
        "the key was wrapped by another root key: wrapped_by={wrapped_by} this={this}; if the root key is being replaced, name the former one under previous_root_key until that is done"
    )]
    OtherRootKey {
        /// The root key that wrapped it.
        wrapped_by: RootKeyId,
        /// The root key that was asked.
        this: RootKeyId,
    },
    /// The wrapped key was altered, or wrapped for another purpose.
    #[error("the wrapped key does not authenticate: it was altered, or wrapped for another purpose")]
    NotAuthentic,
    /// A primitive failed.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
}
