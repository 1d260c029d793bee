use super::{DecryptionRequest, EncryptionRequest, MaterialsManager};
use crate::error::Error;
use crate::{BoxFuture, DecryptionMaterials, EncryptionContext, EncryptionMaterials};

/// Demands pairs of the encryption context, which are authenticated but not stored: whoever decrypts must know them.
///
/// <https://github.com/awslabs/aws-encryption-sdk-specification/blob/master/framework/required-encryption-context-cmm.md>
pub struct RequiredContextMaterialsManager {
    keys: Vec<String>,
    inner: Box<dyn MaterialsManager>,
}

impl RequiredContextMaterialsManager {
    /// Demands a pair for each of `keys`, over `inner`.
    ///
    /// # Errors
    /// [`Error::Configuration`] without any key, and for reserved ones.
    pub fn new<K: Into<String>>(
        keys: impl IntoIterator<Item = K>,
        inner: impl MaterialsManager + 'static,
    ) -> Result<Self, Error> {
        let keys: Vec<String> = keys.into_iter().map(Into::into).collect();
        if keys.is_empty() || keys.iter().any(|key| key.starts_with(crate::materials::RESERVED_PREFIX)) {
            return Err(Error::Configuration("required keys of the encryption context are none or reserved"));
        }
        Ok(Self { keys, inner: Box::new(inner) })
    }

    fn demand(&self, context: &EncryptionContext) -> Result<(), Error> {
        match self.keys.iter().find(|key| !context.contains_key(key)) {
            Some(missing) => Err(Error::context("required key is missing", Some(missing))),
            None => Ok(()),
        }
    }

    async fn encrypt(&self, mut request: EncryptionRequest) -> Result<EncryptionMaterials, Error> {
        self.demand(&request.context)?;
        for key in &self.keys {
            if !request.required_context_keys.contains(key) {
                request.required_context_keys.push(key.clone());
            }
        }
        let materials = self.inner.encryption_materials(request).await?;
        if self.keys.iter().any(|key| !materials.required_context_keys().contains(key)) {
            return Err(Error::Materials("a required pair of the encryption context would be stored"));
        }
        Ok(materials)
    }

    async fn decrypt(&self, request: DecryptionRequest) -> Result<DecryptionMaterials, Error> {
        self.demand(&request.reproduced_context)?;
        let materials = self.inner.decryption_materials(request).await?;
        self.demand(materials.context())?;
        Ok(materials)
    }
}

impl MaterialsManager for RequiredContextMaterialsManager {
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
