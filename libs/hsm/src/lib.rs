//! One PKCS#11 token as the platform needs it: AES-256 keys that never leave it, and authenticated encryption inside it.
//!
//! No other crate names `cryptoki`. A hardware security module is a library that somebody else wrote, behind a network
//! or a bus that may stall, with a login that all threads share and that locks after a few wrong PINs. What that takes
//! is here, once:
//!
//! - Every call runs on one of a [`Token`]'s own threads, under a time limit. A token that hangs holds up its own
//!   callers and nobody else; it can hang no more threads than [`TokenConfig::sessions`].
//! - A session that the token has forgotten is opened anew, with a new login; the call is then made once more.
//! - A PIN that was refused is not tried again.
//! - An error says what it means ([`HsmError`]), with the name that the token gave it.
//!
//! How a message is encrypted stands in [`Token::encrypt`]. The token must have the mechanisms `CKM_AES_KEY_GEN`,
//! `CKM_AES_CBC_ENCRYPT_DATA` and `CKM_AES_GCM`; [`Token::open`] tries them out.

mod config;
mod connection;
mod error;
mod key;
mod login;
mod module;
mod seal;
mod self_test;
mod slot;
mod token;
#[cfg(test)]
mod token_tests;
mod workers;

pub use config::{TokenConfig, TokenSelector};
pub use error::HsmError;
pub use key::{Fingerprint, KeyHandle, KeyId, KeyName};
pub use seal::OVERHEAD;
pub use token::Token;
