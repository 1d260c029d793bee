//! From a data key to what encrypts one message.

use keywright_crypto::{AesGcm, HashAlgorithm, SecretBytes, hkdf};

use super::header::COMMITMENT_LEN;
use crate::AlgorithmSuite;
use crate::error::Error;
use crate::suite::KeyDerivation;

/// The key of one message, and what commits to it.
pub(crate) struct MessageKey {
    pub(crate) cipher: AesGcm,
    pub(crate) commitment: Option<[u8; COMMITMENT_LEN]>,
}

impl MessageKey {
    pub(crate) fn derive(
        suite: AlgorithmSuite,
        data_key: &SecretBytes,
        message_id: &[u8],
    ) -> Result<Self, Error> {
        let (id, len, secret) = (suite.id().to_be_bytes(), suite.data_key_len(), data_key.expose_secret());
        if secret.len() != len {
            return Err(Error::Materials("the data key has not the length of the algorithm suite"));
        }
        match suite.key_derivation() {
            KeyDerivation::None => Ok(Self { cipher: AesGcm::new(secret)?, commitment: None }),
            KeyDerivation::Hkdf(hash) => {
                let key = hkdf(hash, secret, &[], &[&id, message_id], len)?;
                Ok(Self { cipher: AesGcm::new(key.expose_secret())?, commitment: None })
            }
            KeyDerivation::Committing => {
                let derive = |info: &[&[u8]], len| hkdf(HashAlgorithm::Sha512, secret, message_id, info, len);
                let key = derive(&[&id, b"DERIVEKEY"], len)?;
                let commitment = derive(&[b"COMMITKEY"], COMMITMENT_LEN)?;
                let commitment = commitment.expose_secret().try_into();
                Ok(Self {
                    cipher: AesGcm::new(key.expose_secret())?,
                    commitment: Some(commitment.map_err(|_| Error::Materials("no commitment"))?),
                })
            }
        }
    }
}
