//! The work of private keys.
//!
//! An RSA key takes 0.7 ms (2048 bits) to 5 ms (4096 bits) for it: on a thread that serves requests, all its other
//! requests would wait. So that work goes to a thread of its own; every other key needs well below a millisecond, and
//! works where it is.

use std::sync::Arc;

use keywright_crypto::{AsymmetricEncryption, CryptoError, SecretBytes};

use crate::domain::algorithms::SigningAlgorithmSpec;
use crate::domain::entry::KeyEntry;
use crate::domain::message::{MessageType, message};
use crate::error::Error;
use crate::rsa_pool::RsaSize;

/// Signs a message of this type; the key has the algorithm, and may be used.
///
/// # Errors
/// [`Error::Message`] when the algorithm doesn't take it so.
pub(super) async fn sign(
    entry: &Arc<KeyEntry>,
    algorithm: SigningAlgorithmSpec,
    message_type: MessageType,
    bytes: &SecretBytes,
) -> Result<Vec<u8>, Error> {
    let sign = move |entry: &KeyEntry, bytes: &SecretBytes| {
        let message = message(entry.key.spec, algorithm, message_type, bytes.expose_secret())?;
        Ok(entry.key_pair()?.sign(algorithm.primitive(), message)?)
    };
    if is_slow(entry) {
        let (entry, bytes) = (Arc::clone(entry), bytes.clone());
        elsewhere(move || sign(&entry, &bytes)).await
    } else {
        sign(entry, bytes)
    }
}

/// Decrypts what was encrypted with the key's public half; the key has the algorithm, and may be used.
///
/// # Errors
/// [`Error::InvalidCiphertext`] for anything else.
pub(super) async fn decrypt(
    entry: &Arc<KeyEntry>,
    algorithm: AsymmetricEncryption,
    ciphertext: &[u8],
) -> Result<SecretBytes, Error> {
    let decrypt = move |entry: &KeyEntry, ciphertext: &[u8]| {
        entry.key_pair()?.decrypt(algorithm, ciphertext).map_err(|error| match error {
            CryptoError::NotAuthentic => Error::InvalidCiphertext,
            other => Error::Crypto(other),
        })
    };
    if is_slow(entry) {
        let (entry, ciphertext) = (Arc::clone(entry), ciphertext.to_vec());
        elsewhere(move || decrypt(&entry, &ciphertext)).await
    } else {
        decrypt(entry, ciphertext)
    }
}

fn is_slow(entry: &KeyEntry) -> bool {
    entry.key.spec.key_pair().and_then(RsaSize::of).is_some()
}

pub(super) async fn elsewhere<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    match tokio::task::spawn_blocking(work).await.map_err(tokio::task::JoinError::try_into_panic) {
        Ok(done) => done,
        Err(Ok(panic)) => std::panic::resume_unwind(panic),
        // Only a process that ends gives work up.
        Err(Err(_)) => Err(Error::LoadEnded),
    }
}
