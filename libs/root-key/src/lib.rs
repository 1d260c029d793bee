//! The root of trust: the key at the top of the hierarchy, which wraps the keys below it.
//!
//! A [`RootKey`] wraps and unwraps, and never hands itself out. It comes from a key file or a passphrase, or it is a key
//! in an HSM, which wraps inside it ([`RootKeySource`]). Whoever loses it (for a passphrase: the passphrase or its salt
//! file; for an HSM: the token) loses all that lies below, so it belongs into a backup.

mod durable_file;
mod error;
mod id;
mod key_file;
mod passphrase;
mod pkcs11;
mod roots;
mod software;
mod wrapped;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use keywright_crypto::{Random, SecretBytes, SecretString, SystemRandom};

pub use error::RootKeyError;
pub use id::RootKeyId;
pub use passphrase::PASSPHRASE_MIN_CHARS;
pub use roots::RootKeys;
pub use wrapped::WrappedKey;

use pkcs11::HsmRootKey;
use software::SoftwareRootKey;

/// The key that wraps all others.
pub trait RootKey: Send + Sync + fmt::Debug {
    /// Names this key publicly and stably. Stored beside what it wrapped (and inside it).
    fn id(&self) -> &RootKeyId;

    /// Encrypts `key` for storage. `purpose` says what the key is for and whose it is; it is authenticated, not
    /// stored, and unwrapping needs the same.
    ///
    /// # Errors
    /// [`RootKeyError::Crypto`] when there is no randomness, or the key is absurdly long; [`RootKeyError::Hsm`] when the
    /// token doesn't work, after a time limit.
    fn wrap(&self, purpose: &[u8], key: &SecretBytes) -> Result<WrappedKey, RootKeyError>;

    /// Decrypts what [`wrap`](Self::wrap) made.
    ///
    /// # Errors
    /// [`RootKeyError::OtherRootKey`] when another root key wrapped it, [`RootKeyError::NotAuthentic`] when the
    /// purpose differs or the wrapped key was altered, [`RootKeyError::Hsm`] as [`wrap`](Self::wrap).
    fn unwrap_key(&self, purpose: &[u8], wrapped: &WrappedKey) -> Result<SecretBytes, RootKeyError>;
}

/// Where the root key comes from.
#[derive(Debug, Clone)]
pub enum RootKeySource {
    /// A file that holds the key, readable by this process's user alone.
    KeyFile {
        /// The file.
        path: PathBuf,
        /// Make a new key where there is no file. Only right while nothing has been wrapped yet.
        create: bool,
    },
    /// A passphrase, from which Argon2id derives the key.
    Passphrase {
        /// At least [`PASSPHRASE_MIN_CHARS`] characters.
        passphrase: SecretString,
        /// The file with salt, cost parameters and a verifier. It is not secret, but can't be made anew.
        salt_file: PathBuf,
        /// Make a new salt where there is no file. Only right while nothing has been wrapped yet.
        create: bool,
    },
    /// An AES-256 key in a PKCS#11 token, which never leaves it.
    Pkcs11 {
        /// The token's library.
        module: PathBuf,
        /// The token's label.
        token_label: String,
        /// The user PIN.
        pin: SecretString,
        /// The key's label.
        key_label: String,
        /// Make a new key where the token has none of this label. Only right while nothing has been wrapped yet.
        create: bool,
    },
}

/// Opens the root key, or makes it where `source` allows that. `random` makes new keys and salts; the nonces of
/// later wraps come from the system. Blocks on files, with a passphrase for a good part of a second, and on a token
/// until a time limit.
///
/// # Errors
/// A [`RootKeyError`] that names the file and says what to do.
pub fn open(source: &RootKeySource, random: &dyn Random) -> Result<Arc<dyn RootKey>, RootKeyError> {
    let key = match source {
        RootKeySource::KeyFile { path, create } => key_file::open(path, *create, random)?,
        RootKeySource::Passphrase { passphrase, salt_file, create } => {
            passphrase::open(passphrase, salt_file, *create, random)?
        }
        RootKeySource::Pkcs11 { module, token_label, pin, key_label, create } => {
            let token = pkcs11::token(module, token_label, pin)?;
            return Ok(Arc::new(HsmRootKey::open(token, token_label, key_label, *create, random)?));
        }
    };
    Ok(Arc::new(SoftwareRootKey::new(&key, Arc::new(SystemRandom))?))
}
