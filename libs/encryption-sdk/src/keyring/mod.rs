//! Keyrings: what encrypts data keys and decrypts them.
//!
//! <https://github.com/awslabs/aws-encryption-sdk-specification/blob/master/framework/keyring-interface.md>

mod ecdh;
pub(crate) mod kms;
mod multi;
mod pem;
mod raw_aes;
mod raw_ecdh;
mod raw_rsa;

use std::sync::Arc;

use keywright_crypto::SecretBytes;

use crate::error::Error;
use crate::{BoxFuture, DecryptionMaterials, EncryptedDataKey, EncryptionMaterials};

pub use ecdh::EcdhCurve;
pub use kms::{
    BranchKeySupplier, DiscoveryFilter, HierarchicalKeyring, KmsDiscoveryKeyring, KmsEcdhKeyring, KmsKeyring,
    KmsRsaKeyring,
};
pub use multi::MultiKeyring;
pub use raw_aes::RawAesKeyring;
pub use raw_ecdh::RawEcdhKeyring;
pub use raw_rsa::{RawRsaKeyring, RsaPadding};

/// Encrypts data keys under wrapping keys, and decrypts them.
pub trait Keyring: Send + Sync {
    /// Makes a data key if there is none, and adds it encrypted to the materials.
    ///
    /// # Errors
    /// Whatever keeps it from that. The materials are not used then.
    fn on_encrypt<'a>(&'a self, materials: &'a mut EncryptionMaterials) -> BoxFuture<'a, Result<(), Error>>;

    /// Sets the materials' data key, from the first of `data_keys` that it can decrypt.
    ///
    /// # Errors
    /// [`Error::NoDataKeyDecrypted`] when it can decrypt none.
    fn on_decrypt<'a>(
        &'a self,
        materials: &'a mut DecryptionMaterials,
        data_keys: &'a [EncryptedDataKey],
    ) -> BoxFuture<'a, Result<(), Error>>;
}

impl<K: Keyring + ?Sized> Keyring for Arc<K> {
    fn on_encrypt<'a>(&'a self, materials: &'a mut EncryptionMaterials) -> BoxFuture<'a, Result<(), Error>> {
        (**self).on_encrypt(materials)
    }

    fn on_decrypt<'a>(
        &'a self,
        materials: &'a mut DecryptionMaterials,
        data_keys: &'a [EncryptedDataKey],
    ) -> BoxFuture<'a, Result<(), Error>> {
        (**self).on_decrypt(materials, data_keys)
    }
}

/// Refuses materials that have a data key, as a keyring is to find it.
fn refuse_data_key(materials: &DecryptionMaterials) -> Result<(), Error> {
    match materials.data_key() {
        None => Ok(()),
        Some(_) => Err(Error::Materials("there is a data key already")),
    }
}

/// Collects what went wrong, until something doesn't.
#[derive(Default)]
struct Attempts {
    causes: Vec<Error>,
}

impl Attempts {
    /// Whether the data key is found.
    fn settle(&mut self, materials: &mut DecryptionMaterials, decrypted: Result<SecretBytes, Error>) -> bool {
        match decrypted.and_then(|data_key| materials.set_data_key(data_key)) {
            Ok(()) => true,
            Err(cause) => {
                self.causes.push(cause);
                false
            }
        }
    }

    fn failed(self) -> Result<(), Error> {
        Err(Error::NoDataKeyDecrypted { causes: self.causes })
    }
}

/// A keyring that calls nobody: tries `decrypt` on each of `data_keys`, which answers nothing for one that isn't its own.
fn decrypt_first(
    materials: &mut DecryptionMaterials,
    data_keys: &[EncryptedDataKey],
    mut decrypt: impl FnMut(&DecryptionMaterials, &EncryptedDataKey) -> Option<Result<SecretBytes, Error>>,
) -> Result<(), Error> {
    refuse_data_key(materials)?;
    let mut attempts = Attempts::default();
    for encrypted in data_keys {
        let Some(decrypted) = decrypt(materials, encrypted) else { continue };
        if attempts.settle(materials, decrypted) {
            return Ok(());
        }
    }
    attempts.failed()
}

/// Refuses the namespace of a raw keyring that is KMS's.
fn check_namespace(namespace: &str) -> Result<(), Error> {
    if namespace.starts_with("aws-kms") {
        return Err(Error::Configuration("the namespace of a raw keyring can't be that of kms"));
    }
    Ok(())
}
