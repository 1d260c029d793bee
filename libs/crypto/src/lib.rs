//! Every cryptographic primitive Keywright uses, and the types that hold its secrets.
//!
//! No other crate names the libraries below: an algorithm is changed, audited or replaced here. Each primitive comes
//! in the one form the platform needs, so a caller can't choose a wrong parameter. `ring` does AES-GCM, SHA-256, HKDF,
//! our own HMAC-SHA-256 and randomness; AWS-LC does RSA, ECDSA, ECDH, ML-DSA, the HMACs of KMS, AES key wrap, AES-CBC, and
//! what the Encryption SDK's format needs beyond that (AES-GCM of every key length, HKDF of every hash function);
//! `ed25519-dalek`, `sm2`, `ml-dsa` (for an external μ) and `hpke` do what their names say.
//!
//! Secrets are [`SecretBytes`], [`SecretString`] and [`Key256`]: erased on drop, unprintable, unserializable and
//! without `==`; [`constant_time_eq`] compares. [`PrivateKey`], [`HmacKey`] and [`HpkePrivateKey`] are erased on drop
//! as well. The expanded keys of `ring` ([`HmacSha256Key`], [`Aes256Gcm`]) are not: keep them where the process's memory
//! is protected as a whole.

mod aead;
mod aes_gcm;
mod asymmetric;
mod cbc;
mod digest;
mod error;
mod hash;
mod hmac;
mod hpke;
mod kdf;
mod key_wrap;
mod legacy;
mod mac;
mod password;
mod random;
mod rng;
mod secret;

pub use aead::{Aes256Gcm, NONCE_LEN, TAG_LEN};
pub use aes_gcm::AesGcm;
pub use asymmetric::{AsymmetricEncryption, KeyPairSpec, Message, PrivateKey, PublicKey, SignatureAlgorithm};
pub use cbc::{AES_BLOCK_LEN, aes256_cbc_encrypt};
pub use digest::{Sha256, append_hex_lower, from_hex_lower, hex_lower, sha256, sha256_hex};
pub use error::CryptoError;
pub use hash::{HashAlgorithm, Hasher, hkdf, kbkdf_ctr_hmac};
pub use hmac::{HmacAlgorithm, HmacKey};
pub use hpke::{HPKE_KEY_LEN, HpkePrivateKey, HpkePublicKey, HpkeSealed, hpke_open_auth, hpke_seal_auth};
pub use kdf::{hkdf_sha256, hkdf_sha256_key, kbkdf_ctr_hmac_sha256};
pub use key_wrap::{aes_kwp_unwrap, aes_kwp_wrap};
pub use legacy::sha1_for_legacy_use_only;
pub use mac::{HmacSha256Key, constant_time_eq};
pub use password::{Argon2Params, argon2id};
pub use random::{Random, RandomExt, SystemRandom};
pub use secret::{Key256, SecretBytes, SecretString};
