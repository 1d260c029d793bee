//! Wrapping under what two parties agree on by ECDH: what the keyrings with local keys and with keys of KMS have in common.
//!
//! <https://github.com/awslabs/aws-encryption-sdk-specification/blob/master/framework/key-agreement-schemas.md>

use keywright_crypto::{
    AesGcm, CryptoError, HashAlgorithm, KeyPairSpec, NONCE_LEN, PublicKey, RandomExt as _, SecretBytes,
    SystemRandom, constant_time_eq, kbkdf_ctr_hmac,
};

use crate::error::Error;
use crate::message::wire::Cursor;
use crate::{DecryptionMaterials, EncryptedDataKey, EncryptionContext, EncryptionMaterials};

/// A curve of ECDH.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EcdhCurve {
    /// `ECC_NIST_P256`.
    P256,
    /// `ECC_NIST_P384`.
    P384,
    /// `ECC_NIST_P521`.
    P521,
    /// `SM2`. Of KMS in China Regions; AWS's own libraries know it for keys of KMS only.
    Sm2,
}

impl EcdhCurve {
    pub(super) fn key_spec(self) -> &'static str {
        match self {
            Self::P256 => "ECC_NIST_P256",
            Self::P384 => "ECC_NIST_P384",
            Self::P521 => "ECC_NIST_P521",
            Self::Sm2 => "SM2",
        }
    }

    /// The name that goes into the derivation of the wrapping key.
    fn name(self) -> &'static str {
        match self {
            Self::P256 => "p256",
            Self::P384 => "p384",
            Self::P521 => "p521",
            Self::Sm2 => "sm2",
        }
    }

    pub(super) fn key_pair_spec(self) -> KeyPairSpec {
        match self {
            Self::P256 => KeyPairSpec::NistP256,
            Self::P384 => KeyPairSpec::NistP384,
            Self::P521 => KeyPairSpec::NistP521,
            Self::Sm2 => KeyPairSpec::Sm2,
        }
    }
}

/// A public key in the forms that are asked for.
#[derive(Clone)]
pub(super) struct Party {
    pub(super) spki: Vec<u8>,
    pub(super) point: Vec<u8>,
}

impl Party {
    pub(super) fn new(key: &PublicKey) -> Result<Self, Error> {
        Ok(Self { spki: key.spki().to_vec(), point: key.compressed_point()? })
    }

    /// The key of this compressed point.
    pub(super) fn of_point(curve: EcdhCurve, point: &[u8]) -> Result<Self, Error> {
        Self::new(&PublicKey::from_compressed_point(curve.key_pair_spec(), point)?)
    }
}

/// Both public keys, compressed.
pub(super) struct Parties {
    pub(super) sender: Vec<u8>,
    pub(super) recipient: Vec<u8>,
}

impl Parties {
    fn to_provider_info(&self) -> Result<Vec<u8>, Error> {
        let mut info = vec![VERSION];
        for point in [&self.recipient, &self.sender] {
            let len = u32::try_from(point.len()).map_err(|_| CryptoError::InvalidKey)?;
            info.extend_from_slice(&len.to_be_bytes());
            info.extend_from_slice(point);
        }
        Ok(info)
    }

    fn from_provider_info(info: &[u8]) -> Option<Self> {
        let mut cursor = Cursor::new(info);
        if cursor.u8().ok()? != VERSION {
            return None;
        }
        let mut point = || {
            let len = usize::try_from(cursor.u32().ok()?).ok()?;
            Some(cursor.bytes(len).ok()?.to_vec())
        };
        let (recipient, sender) = (point()?, point()?);
        cursor.is_at_end().then_some(Self { sender, recipient })
    }

    /// Who sent a data key to whom, if one of them is `ours`. With `theirs` the two must be each other's peers, without it
    /// `ours` must be the recipient.
    pub(super) fn of(encrypted: &EncryptedDataKey, ours: &Party, theirs: Option<&Party>) -> Option<Self> {
        if ![KMS_ECDH, RAW_ECDH].contains(&encrypted.provider_id.as_str()) {
            return None;
        }
        let parties = Self::from_provider_info(&encrypted.provider_info)?;
        let pair = (parties.sender.as_slice(), parties.recipient.as_slice());
        let addressed = match theirs {
            None => pair.1 == ours.point,
            Some(theirs) => [(&theirs, &ours), (&ours, &theirs)]
                .into_iter()
                .any(|(sender, recipient)| pair == (sender.point.as_slice(), recipient.point.as_slice())),
        };
        addressed.then_some(parties)
    }

    /// The one that isn't `ours`.
    pub(super) fn peer(&self, ours: &Party) -> &[u8] {
        if self.recipient == ours.point { &self.sender } else { &self.recipient }
    }

    /// Adds the materials' data key, wrapped under the parties' `secret`; a new one if there is none.
    pub(super) fn wrap(
        &self,
        curve: EcdhCurve,
        secret: &SecretBytes,
        materials: &mut EncryptionMaterials,
        provider_id: &str,
    ) -> Result<(), Error> {
        let salt: [u8; SALT_LEN] = SystemRandom.bytes()?;
        let wrapping = Wrapping::derive(curve, secret, &salt, self, materials.context())?;
        let mut wrapped = materials.data_key_or_new(&SystemRandom)?.expose_secret().to_vec();
        let tag = wrapping.cipher.seal_in_place(IV, &wrapping.fixed_info, &mut wrapped)?;
        let commitment = wrapping.commitment.expose_secret();
        materials.add_encrypted_data_key(EncryptedDataKey {
            provider_id: provider_id.into(),
            provider_info: self.to_provider_info()?,
            ciphertext: [salt.as_slice(), commitment, &wrapped, &tag].concat(),
        });
        Ok(())
    }

    /// The data key that was wrapped under the parties' `secret`.
    pub(super) fn unwrap(
        &self,
        curve: EcdhCurve,
        secret: &SecretBytes,
        materials: &DecryptionMaterials,
        wrapped: &WrappedKey<'_>,
    ) -> Result<SecretBytes, Error> {
        let wrapping = Wrapping::derive(curve, secret, &wrapped.salt, self, materials.context())?;
        if !constant_time_eq(wrapping.commitment.expose_secret(), &wrapped.commitment) {
            return Err(Error::Materials("the encrypted data key is committed to another wrapping key"));
        }
        let mut data_key = wrapped.data_key.to_vec();
        wrapping.cipher.open_in_place(IV, &wrapping.fixed_info, &mut data_key, &wrapped.tag)?;
        Ok(SecretBytes::new(data_key))
    }
}

/// The ciphertext of an encrypted data key, taken apart.
pub(super) struct WrappedKey<'a> {
    salt: [u8; SALT_LEN],
    commitment: [u8; COMMITMENT_LEN],
    data_key: &'a [u8],
    tag: [u8; keywright_crypto::TAG_LEN],
}

impl<'a> WrappedKey<'a> {
    /// Of a data key with `len` bytes.
    pub(super) fn read(ciphertext: &'a [u8], len: usize) -> Result<Self, CryptoError> {
        let not_authentic = |_| CryptoError::NotAuthentic;
        let mut cursor = Cursor::new(ciphertext);
        let read = Self {
            salt: cursor.array().map_err(not_authentic)?,
            commitment: cursor.array().map_err(not_authentic)?,
            data_key: cursor.bytes(len).map_err(not_authentic)?,
            tag: cursor.array().map_err(not_authentic)?,
        };
        if cursor.is_at_end() { Ok(read) } else { Err(CryptoError::NotAuthentic) }
    }
}

/// The key that wraps one data key, and what commits to it.
struct Wrapping {
    cipher: AesGcm,
    commitment: SecretBytes,
    fixed_info: Vec<u8>,
}

impl Wrapping {
    fn derive(
        curve: EcdhCurve,
        secret: &SecretBytes,
        salt: &[u8; SALT_LEN],
        parties: &Parties,
        context: &EncryptionContext,
    ) -> Result<Self, Error> {
        let fixed_info = [
            b"ecdh-key-derivation\0".as_slice(),
            curve.name().as_bytes(),
            b"\0HMAC_SHA384\0",
            &parties.sender,
            &parties.recipient,
            &[0, VERSION, 0],
            &context.serialize()?,
        ]
        .concat();
        let derived =
            kbkdf_ctr_hmac(HashAlgorithm::Sha384, secret.expose_secret(), &fixed_info, salt, DERIVED_LEN)?;
        let (commitment, key) =
            derived.expose_secret().split_at_checked(COMMITMENT_LEN).ok_or(CryptoError::Library)?;
        let commitment = SecretBytes::new(commitment.to_vec());
        Ok(Self { cipher: AesGcm::new(key)?, commitment, fixed_info })
    }
}

pub(super) const KMS_ECDH: &str = "aws-kms-ecdh";
/// What keyrings write that have the private key at hand; the form is the same.
pub(super) const RAW_ECDH: &str = "raw-ecdh";
const VERSION: u8 = 1;
const SALT_LEN: usize = 32;
const COMMITMENT_LEN: usize = 32;
const DERIVED_LEN: usize = 64;
/// Each wrapping key is used once.
const IV: [u8; NONCE_LEN] = [0; NONCE_LEN];
