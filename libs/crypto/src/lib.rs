//! Every cryptographic primitive Keywright uses, and the types that hold its secrets.
//!
//! No other crate names `ring`: an algorithm is changed, audited or replaced here. Each primitive comes in the
//! one form the platform needs, so a caller can't choose a wrong parameter.
//!
//! Secrets are [`SecretBytes`], [`SecretString`] and [`Key256`]: erased on drop, unprintable, unserializable and
//! without `==`; [`constant_time_eq`] compares. Expanded keys ([`HmacSha256Key`], [`Aes256Gcm`]) live in `ring`'s
//! types, which are not erased on drop: keep them where the process's memory is protected as a whole.

mod aead;
mod digest;
mod error;
mod kdf;
mod mac;
mod password;
mod random;
mod secret;

pub use aead::{Aes256Gcm, NONCE_LEN, TAG_LEN};
pub use digest::{Sha256, append_hex_lower, hex_lower, sha256, sha256_hex};
pub use error::CryptoError;
pub use kdf::{hkdf_sha256, hkdf_sha256_key, kbkdf_ctr_hmac_sha256};
pub use mac::{HmacSha256Key, constant_time_eq};
pub use password::{Argon2Params, argon2id};
pub use random::{Random, RandomExt, SystemRandom};
pub use secret::{Key256, SecretBytes, SecretString};
