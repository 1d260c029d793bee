//! <https://github.com/awslabs/aws-encryption-sdk-specification/blob/master/framework/aws-kms/aws-kms-ecdh-keyring.md>

use std::fmt;
use std::sync::Arc;

use keywright_crypto::{PublicKey, SecretBytes};

use super::arn::is_identifier;
use crate::error::Error;
use crate::keyring::ecdh::{EcdhCurve, KMS_ECDH, Parties, Party, WrappedKey};
use crate::keyring::{Attempts, Keyring, refuse_data_key};
use crate::kms::{DeriveSharedSecret, GetPublicKey, KmsClient};
use crate::{BoxFuture, DecryptionMaterials, EncryptedDataKey, EncryptionMaterials};

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
        let secret = self.shared_secret(&theirs.spki).await?;
        let parties = Parties { sender: self.ours.point.clone(), recipient: theirs.point.clone() };
        parties.wrap(self.curve, &secret, materials, KMS_ECDH)
    }

    async fn decrypt(
        &self,
        materials: &mut DecryptionMaterials,
        data_keys: &[EncryptedDataKey],
    ) -> Result<(), Error> {
        refuse_data_key(materials)?;
        let mut attempts = Attempts::default();
        for encrypted in data_keys {
            if let Some(parties) = Parties::of(encrypted, &self.ours, self.theirs.as_ref()) {
                let decrypted = self.unwrap(materials, encrypted, &parties).await;
                if attempts.settle(materials, decrypted) {
                    return Ok(());
                }
            }
        }
        attempts.failed()
    }

    async fn unwrap(
        &self,
        materials: &DecryptionMaterials,
        encrypted: &EncryptedDataKey,
        parties: &Parties,
    ) -> Result<SecretBytes, Error> {
        let wrapped = WrappedKey::read(&encrypted.ciphertext, materials.suite().data_key_len())?;
        let peer = Party::of_point(self.curve, parties.peer(&self.ours))?;
        let secret = self.shared_secret(&peer.spki).await?;
        parties.unwrap(self.curve, &secret, materials, &wrapped)
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
