use std::fmt;
use std::sync::Arc;

use super::arn::{KeyArn, is_identifier, same_multi_region};
use super::{KMS, unwrap, wrapped_by};
use crate::error::Error;
use crate::keyring::{Attempts, Keyring, refuse_data_key};
use crate::kms::{GenerateDataKey, KmsClient, KmsEncrypt};
use crate::{BoxFuture, DecryptionMaterials, EncryptedDataKey, EncryptionMaterials};

/// Wraps data keys with one symmetric key of KMS, and unwraps what this key wrapped.
pub struct KmsKeyring {
    client: Arc<dyn KmsClient>,
    key_id: String,
    multi_region_aware: bool,
    grant_tokens: Vec<String>,
}

impl KmsKeyring {
    /// The key by its ARN, or by an id or alias; to decrypt, it must be the ARN.
    ///
    /// # Errors
    /// [`Error::Configuration`] when `key_id` can't name a key.
    pub fn new(client: Arc<dyn KmsClient>, key_id: impl Into<String>) -> Result<Self, Error> {
        let key_id = key_id.into();
        if !is_identifier(&key_id) {
            return Err(Error::Configuration("not a name of a kms key"));
        }
        Ok(Self { client, key_id, multi_region_aware: false, grant_tokens: Vec::new() })
    }

    /// Unwraps as well what the same multi-Region key wrapped in another Region.
    #[must_use]
    pub fn multi_region_aware(mut self) -> Self {
        self.multi_region_aware = true;
        self
    }

    /// Sends these grant tokens with every call.
    #[must_use]
    pub fn grant_tokens(mut self, tokens: Vec<String>) -> Self {
        self.grant_tokens = tokens;
        self
    }

    async fn encrypt(&self, materials: &mut EncryptionMaterials) -> Result<(), Error> {
        let (key_id, grant_tokens) = (self.key_id.clone(), self.grant_tokens.clone());
        let encryption_context = materials.context().clone();
        let (arn, ciphertext) = match materials.data_key() {
            None => {
                let number_of_bytes = materials.suite().data_key_len();
                let request = GenerateDataKey { key_id, number_of_bytes, encryption_context, grant_tokens };
                let made = self.client.generate_data_key(request).await?;
                check_arn(&made.key_id)?;
                materials.set_data_key(made.plaintext)?;
                (made.key_id, made.ciphertext_blob)
            }
            Some(data_key) => {
                let plaintext = data_key.clone();
                let request = KmsEncrypt { key_id, plaintext, encryption_context, grant_tokens };
                let made = self.client.encrypt(request).await?;
                check_arn(&made.key_id)?;
                (made.key_id, made.ciphertext_blob)
            }
        };
        materials.add_encrypted_data_key(EncryptedDataKey {
            provider_id: KMS.into(),
            provider_info: arn.into_bytes(),
            ciphertext,
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
            let Some(arn) = wrapped_by(encrypted, KMS)? else { continue };
            let ours = if self.multi_region_aware {
                same_multi_region(&self.key_id, &arn)
            } else {
                encrypted.provider_info == self.key_id.as_bytes()
            };
            if ours {
                let decrypted =
                    unwrap(&*self.client, &self.key_id, &self.grant_tokens, materials, encrypted).await;
                if attempts.settle(materials, decrypted) {
                    return Ok(());
                }
            }
        }
        attempts.failed()
    }
}

fn check_arn(key_id: &str) -> Result<(), Error> {
    match KeyArn::parse(key_id) {
        Some(arn) if arn.is_key() => Ok(()),
        _ => Err(Error::Materials("kms answered without the arn of a key")),
    }
}

impl Keyring for KmsKeyring {
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

impl fmt::Debug for KmsKeyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KmsKeyring({})", self.key_id)
    }
}
