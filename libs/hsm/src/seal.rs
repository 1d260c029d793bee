//! Authenticated encryption inside the token.
//!
//! Stored form: version (1) || salt (16) || nonce (12) || ciphertext || tag (16). All multi-byte constants are ASCII.
//!
//! Each message has a key of its own. The token derives it by `CKM_AES_CBC_ENCRYPT_DATA`: AES-256-CBC under the long-lived
//! key, the random salt as initialization vector, over 32 constant bytes; the 32 bytes that come out are the message's
//! AES-256-GCM key. The long-lived key does nothing else, so these are values of a pseudorandom permutation at random
//! points: sound for 2^64 messages, where random nonces under one key would end at 2^32. The derived key is as little
//! extractable as its parent, and is destroyed after the message.
//!
//! The nonce is random, the tag has 128 bits, and the version stands before the caller's associated data.

use std::ffi::c_ulong;

use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::mechanism::ekdf::AesCbcDeriveParams;
use cryptoki::object::{Attribute, KeyType, ObjectClass, ObjectHandle};
use keywright_crypto::{NONCE_LEN, Random, RandomExt as _, SecretBytes, TAG_LEN};

use crate::connection::OpenSession;
use crate::error::Fault;
use crate::key::KEY_LEN;
use crate::{Fingerprint, HsmError};

/// How many bytes a ciphertext is longer than its plaintext.
pub const OVERHEAD: usize = 1 + SALT_LEN + NONCE_LEN + TAG_LEN;

impl OpenSession {
    pub(crate) fn seal(
        &self,
        key: ObjectHandle,
        random: &dyn Random,
        aad: &[u8],
        plaintext: &SecretBytes,
    ) -> Result<Vec<u8>, Fault> {
        let (salt, nonce) = (random.bytes()?, random.bytes()?);
        let sealed = self.with_derived(key, salt, MESSAGE_KEY, |derived| {
            self.gcm(nonce, &versioned(aad), |gcm| {
                self.session.encrypt(gcm, derived, plaintext.expose_secret())
            })
        })?;
        Ok([&[VERSION][..], &salt, &nonce, &sealed].concat())
    }

    pub(crate) fn open(&self, key: ObjectHandle, aad: &[u8], sealed: &[u8]) -> Result<SecretBytes, Fault> {
        self.open_as_it_says(key, aad, sealed).map_err(|fault| {
            // Some tokens have no better word for a wrong tag than for their own failure. One that works isn't failing.
            if is_refusal(&fault) || is_unclear(&fault) && self.try_out().is_ok() {
                HsmError::NotAuthentic.into()
            } else {
                fault
            }
        })
    }

    /// Decrypts, with the token's own word for why not.
    pub(crate) fn open_as_it_says(
        &self,
        key: ObjectHandle,
        aad: &[u8],
        sealed: &[u8],
    ) -> Result<SecretBytes, Fault> {
        let (salt, nonce, ciphertext) = split(sealed).ok_or(HsmError::NotAuthentic)?;
        let plaintext = self.with_derived(key, salt, MESSAGE_KEY, |derived| {
            self.gcm(nonce, &versioned(aad), |gcm| self.session.decrypt(gcm, derived, ciphertext))
        })?;
        Ok(SecretBytes::new(plaintext))
    }

    pub(crate) fn random(&self, length: usize) -> Result<SecretBytes, Fault> {
        let mut bytes = vec![0; length];
        let drawn = self.session.generate_random_slice(&mut bytes);
        let bytes = SecretBytes::new(bytes);
        drawn?;
        // Nobody draws this; a token that answers without having filled anything in does not work.
        if length >= SALT_LEN && bytes.expose_secret().iter().all(|byte| *byte == 0) {
            return Err(HsmError::unavailable("its random bytes are all zero").into());
        }
        Ok(bytes)
    }

    /// 16 zero bytes, encrypted by AES-256-GCM with a zero nonce under a key that is derived for this alone, with a zero
    /// salt; without the tag.
    pub(crate) fn fingerprint(&self, key: ObjectHandle) -> Result<Fingerprint, Fault> {
        let sealed = self.with_derived(key, [0; SALT_LEN], FINGERPRINT_KEY, |derived| {
            self.gcm([0; NONCE_LEN], &[], |gcm| self.session.encrypt(gcm, derived, &[0; 16]))
        })?;
        sealed.first_chunk().copied().ok_or_else(|| HsmError::unavailable("it encrypted too little").into())
    }

    fn with_derived<T>(
        &self,
        key: ObjectHandle,
        salt: [u8; SALT_LEN],
        purpose: &[u8; 32],
        call: impl FnOnce(ObjectHandle) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let derivation = Mechanism::AesCbcEncryptData(AesCbcDeriveParams::new(salt, purpose));
        let derived = self.session.derive_key(&derivation, key, &message_key())?;
        let result = call(derived);
        let destroyed = self.session.destroy_object(derived);
        let result = result?;
        destroyed?;
        Ok(result)
    }

    fn gcm<T>(
        &self,
        mut nonce: [u8; NONCE_LEN],
        aad: &[u8],
        call: impl FnOnce(&Mechanism<'_>) -> Result<T, Error>,
    ) -> Result<T, Fault> {
        let params = GcmParams::new(&mut nonce, aad, TAG_BITS.into())?;
        Ok(call(&Mechanism::AesGcm(params))?)
    }
}

fn versioned(aad: &[u8]) -> Vec<u8> {
    [&[VERSION], aad].concat()
}

fn split(sealed: &[u8]) -> Option<([u8; SALT_LEN], [u8; NONCE_LEN], &[u8])> {
    let ([version], rest) = sealed.split_first_chunk()?;
    let (salt, rest) = rest.split_first_chunk()?;
    let (nonce, ciphertext) = rest.split_first_chunk()?;
    (*version == VERSION && ciphertext.len() >= TAG_LEN).then_some((*salt, *nonce, ciphertext))
}

fn message_key() -> [Attribute; 8] {
    [
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::KeyType(KeyType::AES),
        Attribute::ValueLen(KEY_LEN.into()),
        Attribute::Token(false),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Encrypt(true),
        Attribute::Decrypt(true),
    ]
}

/// What tokens say of a wrong tag.
fn is_refusal(fault: &Fault) -> bool {
    matches!(
        fault.code,
        Some(
            RvError::EncryptedDataInvalid
                | RvError::EncryptedDataLenRange
                | RvError::SignatureInvalid
                | RvError::DataInvalid
                | RvError::UnknownErrorCode(AEAD_DECRYPT_FAILED)
        )
    )
}

fn is_unclear(fault: &Fault) -> bool {
    matches!(fault.code, Some(RvError::GeneralError | RvError::FunctionFailed))
}

const VERSION: u8 = 1;
const SALT_LEN: usize = 16;
const TAG_BITS: c_ulong = 128;
const MESSAGE_KEY: &[u8; 32] = b"keywright hsm v1: message key   ";
const FINGERPRINT_KEY: &[u8; 32] = b"keywright hsm v1: fingerprint   ";

/// `CKR_AEAD_DECRYPT_FAILED` of PKCS#11 3.0, which the bindings don't know by name.
const AEAD_DECRYPT_FAILED: c_ulong = 0x42;
