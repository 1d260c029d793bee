//! Messages of any length in bounded memory: a frame at a time.
//!
//! [`Encryptor`](encryptor::Encryptor) and [`Decryptor`](decryptor::Decryptor) do the work and know no input or output;
//! the others put them over `Read`, `Write` and their asynchronous kin.

mod blocking;
mod buffer;
pub(crate) mod decryptor;
pub(crate) mod encryptor;
mod tokio;

pub use self::blocking::{DecryptReader, DecryptWriter, EncryptReader, EncryptWriter};
pub(crate) use self::blocking::{copy_decrypted, copy_encrypted};
pub use self::tokio::{AsyncDecryptReader, AsyncDecryptWriter, AsyncEncryptReader, AsyncEncryptWriter};
pub(crate) use self::tokio::{copy_decrypted_async, copy_encrypted_async};

/// How much is read or written at once, when frames are not longer.
const CHUNK: usize = 64 * 1024;
