//! Several keyrings as one.
//!
//! <https://github.com/awslabs/aws-encryption-sdk-specification/blob/master/framework/multi-keyring.md>

use super::{Keyring, refuse_data_key};
use crate::error::Error;
use crate::{BoxFuture, DecryptionMaterials, EncryptedDataKey, EncryptionMaterials};

/// Encrypts with every one of its keyrings, so that any of them decrypts.
pub struct MultiKeyring {
    generator: Option<Box<dyn Keyring>>,
    children: Vec<Box<dyn Keyring>>,
}

impl MultiKeyring {
    /// `generator` makes the data keys, and wraps them as well.
    pub fn new(generator: impl Keyring + 'static) -> Self {
        Self { generator: Some(Box::new(generator)), children: Vec::new() }
    }

    /// Without a keyring that makes data keys: to decrypt, or within another multi-keyring.
    pub fn without_generator() -> Self {
        Self { generator: None, children: Vec::new() }
    }

    /// Adds a keyring that wraps the data key.
    #[must_use]
    pub fn with(mut self, child: impl Keyring + 'static) -> Self {
        self.children.push(Box::new(child));
        self
    }

    async fn encrypt(&self, materials: &mut EncryptionMaterials) -> Result<(), Error> {
        match (&self.generator, materials.data_key()) {
            (Some(_), Some(_)) => return Err(Error::Materials("there is a data key already")),
            (Some(generator), None) => generator.on_encrypt(materials).await?,
            (None, Some(_)) => {}
            (None, None) => return Err(Error::Configuration("the multi-keyring has no generator")),
        }
        if materials.data_key().is_none() {
            return Err(Error::Materials("the generator made no data key"));
        }
        for child in &self.children {
            child.on_encrypt(materials).await?;
        }
        Ok(())
    }

    async fn decrypt(
        &self,
        materials: &mut DecryptionMaterials,
        data_keys: &[EncryptedDataKey],
    ) -> Result<(), Error> {
        refuse_data_key(materials)?;
        let mut causes = Vec::new();
        for keyring in self.generator.iter().chain(&self.children) {
            match keyring.on_decrypt(materials, data_keys).await {
                Ok(()) if materials.data_key().is_some() => return Ok(()),
                Ok(()) => {}
                Err(Error::NoDataKeyDecrypted { causes: more }) => causes.extend(more),
                Err(cause) => causes.push(cause),
            }
        }
        Err(Error::NoDataKeyDecrypted { causes })
    }
}

impl Keyring for MultiKeyring {
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
