use keywright_crypto::SystemRandom;

use super::{DecryptionRequest, EncryptionRequest, MaterialsManager};
use crate::error::Error;
use crate::{BoxFuture, DecryptionMaterials, EncryptionMaterials, Keyring};

/// Asks its keyring for every message.
pub struct DefaultMaterialsManager {
    keyring: Box<dyn Keyring>,
}

impl DefaultMaterialsManager {
    /// Over `keyring`.
    pub fn new(keyring: impl Keyring + 'static) -> Self {
        Self { keyring: Box::new(keyring) }
    }

    async fn encrypt(&self, request: EncryptionRequest) -> Result<EncryptionMaterials, Error> {
        let policy = request.commitment_policy;
        let suite = request.suite.unwrap_or_else(|| policy.default_suite());
        if !policy.allows_encrypt(suite) {
            return Err(Error::CommitmentPolicy { suite, policy });
        }
        let mut materials =
            EncryptionMaterials::new(suite, request.context, request.required_context_keys, &SystemRandom)?;
        self.keyring.on_encrypt(&mut materials).await?;
        materials.check()?;
        Ok(materials)
    }

    async fn decrypt(&self, request: DecryptionRequest) -> Result<DecryptionMaterials, Error> {
        let (suite, policy) = (request.suite, request.commitment_policy);
        if !policy.allows_decrypt(suite) {
            return Err(Error::CommitmentPolicy { suite, policy });
        }
        let mut materials =
            DecryptionMaterials::new(suite, request.stored_context, &request.reproduced_context)?;
        self.keyring.on_decrypt(&mut materials, &request.encrypted_data_keys).await?;
        if materials.data_key().is_none() {
            return Err(Error::NoDataKeyDecrypted { causes: Vec::new() });
        }
        Ok(materials)
    }
}

impl MaterialsManager for DefaultMaterialsManager {
    fn encryption_materials(
        &self,
        request: EncryptionRequest,
    ) -> BoxFuture<'_, Result<EncryptionMaterials, Error>> {
        Box::pin(self.encrypt(request))
    }

    fn decryption_materials(
        &self,
        request: DecryptionRequest,
    ) -> BoxFuture<'_, Result<DecryptionMaterials, Error>> {
        Box::pin(self.decrypt(request))
    }
}
