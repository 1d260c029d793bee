//! <https://github.com/awslabs/aws-encryption-sdk-specification/blob/master/framework/aws-kms/aws-kms-ecdh-keyring.md>

use std::fmt;
use std::sync::Arc;

use keywright_crypto::{
    AesGcm, CryptoError, HashAlgorithm, KeyPairSpec, NONCE_LEN, PublicKey, RandomExt as _, SecretBytes,
    SystemRandom, constant_time_eq, kbkdf_ctr_hmac,
};

use super::arn::is_identifier;
use crate::error::Error;
use crate::keyring::{Attempts, Keyring, refuse_data_key};
use crate::kms::{DeriveSharedSecret, GetPublicKey, KmsClient};
use crate::message::wire::Cursor;
use crate::{BoxFuture, DecryptionMaterials, EncryptedDataKey, EncryptionContext, EncryptionMaterials};

/// A curve of ECDH.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EcdhCurve {
    /// `ECC_NIST_P256`.
    P256,
    /// `ECC_NIST_P384`.
    P384,
    /// `ECC_NIST_P521`.
    P521,
}

impl EcdhCurve {
    fn key_spec(self) -> &'static str {
        match self {
            Self::P256 => "ECC_NIST_P256",
            Self::P384 => "ECC_NIST_P384",
            Self::P521 => "ECC_NIST_P521",
        }
    }

    /// The name that goes into the derivation of the wrapping key.
    fn name(self) -> &'static str {
        match self {
            Self::P256 => "p256",
            Self::P384 => "p384",
            Self::P521 => "p521",
        }
    }

    fn key_pair_spec(self) -> KeyPairSpec {
        match self {
            Self::P256 => KeyPairSpec::NistP256,
            Self::P384 => KeyPairSpec::NistP384,
            Self::P521 => KeyPairSpec::NistP521,
        }
    }
}

/// Wraps data keys under what an ECC key of KMS and the public key of another party agree on.
pub struct KmsEcdhKeyring {
    client: Arc<dyn KmsClient>,
    curve: EcdhCurve,
    key_id: String,
    /// The public half of the key in KMS.
    ours: Party,
    /// Whom it encrypts for. None decrypts what anybody encrypted for `ours`.
    theirs: Option<Party>,
    grant_tokens: Vec<String>,
}

/// A public key in the forms that are asked for.
struct Party {
    spki: Vec<u8>,
    point: Vec<u8>,
}

impl Party {
    fn new(key: &PublicKey) -> Result<Self, Error> {
        Ok(Self { spki: key.spki().to_vec(), point: key.compressed_point()? })
    }
}

impl KmsEcdhKeyring {
    /// Encrypts by the sender's key in KMS for the holder of `recipient_public_key` (a DER `SubjectPublicKeyInfo`), and
    /// decrypts what the two sent each other. Without `sender_public_key`, KMS is asked for it.
    ///
    /// # Errors
    /// [`Error::Configuration`] for a key of another kind, [`Error::Crypto`] for a malformed one, [`Error::Kms`].
    pub async fn between(
        client: Arc<dyn KmsClient>,
        curve: EcdhCurve,
        sender_key_id: impl Into<String>,
        sender_public_key: Option<&[u8]>,
        recipient_public_key: &[u8],
    ) -> Result<Self, Error> {
        let theirs = Party::new(&PublicKey::from_spki(curve.key_pair_spec(), recipient_public_key)?)?;
        let mut keyring = Self::to_decrypt(client, curve, sender_key_id, sender_public_key).await?;
        keyring.theirs = Some(theirs);
        Ok(keyring)
    }

    /// Decrypts what anybody encrypted for the key in KMS. Without `public_key`, KMS is asked for it.
    ///
    /// # Errors
    /// [`Error::Configuration`] for a key of another kind, [`Error::Crypto`] for a malformed one, [`Error::Kms`].
    pub async fn to_decrypt(
        client: Arc<dyn KmsClient>,
        curve: EcdhCurve,
        key_id: impl Into<String>,
        public_key: Option<&[u8]>,
    ) -> Result<Self, Error> {
        let key_id = key_id.into();
        if !is_identifier(&key_id) {
            return Err(Error::Configuration("not a name of a kms key"));
        }
        let public_key = match public_key {
            Some(spki) => spki.to_vec(),
            None => {
                let request = GetPublicKey { key_id: key_id.clone(), grant_tokens: Vec::new() };
                let answer = client.get_public_key(request).await?;
                if answer.key_usage != "KEY_AGREEMENT" || answer.key_spec != curve.key_spec() {
                    return Err(Error::Configuration("the kms key is not for agreement on this curve"));
                }
                answer.public_key
            }
        };
        let ours = Party::new(&PublicKey::from_spki(curve.key_pair_spec(), &public_key)?)?;
        Ok(Self { client, curve, key_id, ours, theirs: None, grant_tokens: Vec::new() })
    }

    /// Sends these grant tokens with every call from now on.
    #[must_use]
    pub fn grant_tokens(mut self, tokens: Vec<String>) -> Self {
        self.grant_tokens = tokens;
        self
    }

    async fn encrypt(&self, materials: &mut EncryptionMaterials) -> Result<(), Error> {
        let theirs = self.theirs.as_ref().ok_or(Error::Configuration("the keyring knows no recipient"))?;
        let parties = Parties { sender: self.ours.point.clone(), recipient: theirs.point.clone() };
        let secret = self.shared_secret(&theirs.spki).await?;
        let salt: [u8; SALT_LEN] = SystemRandom.bytes()?;
        let wrapping = Wrapping::derive(self.curve, &secret, &salt, &parties, materials.context())?;

        let mut wrapped = materials.data_key_or_new(&SystemRandom)?.expose_secret().to_vec();
        let tag = wrapping.cipher.seal_in_place(IV, &wrapping.fixed_info, &mut wrapped)?;
        let commitment = wrapping.commitment.expose_secret();
        materials.add_encrypted_data_key(EncryptedDataKey {
            provider_id: KMS_ECDH.into(),
            provider_info: parties.to_provider_info()?,
            ciphertext: [salt.as_slice(), commitment, &wrapped, &tag].concat(),
        });
        Ok(())
    }

    async fn decrypt(
        &self,
        materials: &mut DecryptionMaterials,
        data_keys: &[EncryptedDataKey],
    ) -> Result<(), Error> {
        refuse_data_key(materials)?;
        let mut attempts = Attempts::default();
        for encrypted in data_keys {
            if let Some((parties, peer)) = self.addressed(encrypted) {
                let decrypted = self.unwrap(materials, encrypted, &parties, peer).await;
                if attempts.settle(materials, decrypted) {
                    return Ok(());
                }
            }
        }
        attempts.failed()
    }

    /// Who sent the data key to whom, and which of them isn't us, if this keyring is for it.
    fn addressed(&self, encrypted: &EncryptedDataKey) -> Option<(Parties, Peer)> {
        if ![KMS_ECDH, RAW_ECDH].contains(&encrypted.provider_id.as_str()) {
            return None;
        }
        let parties = Parties::from_provider_info(&encrypted.provider_info)?;
        let ours = &self.ours.point;
        let peer = match &self.theirs {
            None if parties.recipient == *ours => Peer::Sender,
            Some(theirs) if parties.recipient == *ours && parties.sender == theirs.point => Peer::Sender,
            Some(theirs) if parties.sender == *ours && parties.recipient == theirs.point => Peer::Recipient,
            _ => return None,
        };
        Some((parties, peer))
    }

    async fn unwrap(
        &self,
        materials: &DecryptionMaterials,
        encrypted: &EncryptedDataKey,
        parties: &Parties,
        peer: Peer,
    ) -> Result<SecretBytes, Error> {
        let not_authentic = |_| CryptoError::NotAuthentic;
        let mut cursor = Cursor::new(&encrypted.ciphertext);
        let salt: [u8; SALT_LEN] = cursor.array().map_err(not_authentic)?;
        let commitment: [u8; COMMITMENT_LEN] = cursor.array().map_err(not_authentic)?;
        let wrapped = cursor.bytes(materials.suite().data_key_len()).map_err(not_authentic)?;
        let tag = cursor.array().map_err(not_authentic)?;
        if !cursor.is_at_end() {
            return Err(CryptoError::NotAuthentic.into());
        }

        let point = match peer {
            Peer::Sender => &parties.sender,
            Peer::Recipient => &parties.recipient,
        };
        let peer = PublicKey::from_compressed_point(self.curve.key_pair_spec(), point)?;
        let secret = self.shared_secret(peer.spki()).await?;
        let wrapping = Wrapping::derive(self.curve, &secret, &salt, parties, materials.context())?;
        if !constant_time_eq(wrapping.commitment.expose_secret(), &commitment) {
            return Err(Error::Materials("the encrypted data key is committed to another wrapping key"));
        }
        let mut data_key = wrapped.to_vec();
        wrapping.cipher.open_in_place(IV, &wrapping.fixed_info, &mut data_key, &tag)?;
        Ok(SecretBytes::new(data_key))
    }

    async fn shared_secret(&self, peer_spki: &[u8]) -> Result<SecretBytes, Error> {
        let request = DeriveSharedSecret {
            key_id: self.key_id.clone(),
            public_key: peer_spki.to_vec(),
            grant_tokens: self.grant_tokens.clone(),
        };
        let answer = self.client.derive_shared_secret(request).await?;
        if self.key_id.starts_with("arn:") {
            super::same_key(&self.key_id, &answer.key_id)?;
        }
        Ok(answer.shared_secret)
    }
}

#[derive(Clone, Copy)]
enum Peer {
    Sender,
    Recipient,
}

/// Both public keys, compressed.
struct Parties {
    sender: Vec<u8>,
    recipient: Vec<u8>,
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

impl Keyring for KmsEcdhKeyring {
    fn on_encrypt<'a>(&'a self, materials: &'a mut EncryptionMaterials) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(self.encrypt(materials))
    }

    fn on_decrypt<'a>(
        &'a self,
        materials: &'a mut DecryptionMaterials,
        data_keys: &'a [EncryptedDataKey],
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(self.decrypt(materials, data_keys))
    }
}

impl fmt::Debug for KmsEcdhKeyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KmsEcdhKeyring({}, {:?})", self.key_id, self.curve)
    }
}

const KMS_ECDH: &str = "aws-kms-ecdh";
/// What keyrings write that have both private keys at hand; the form is the same.
const RAW_ECDH: &str = "raw-ecdh";
const VERSION: u8 = 1;
const SALT_LEN: usize = 32;
const COMMITMENT_LEN: usize = 32;
const DERIVED_LEN: usize = 64;
/// Each wrapping key is used once.
const IV: [u8; NONCE_LEN] = [0; NONCE_LEN];
