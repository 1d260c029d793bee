//! Keyrings of the wrapping keys that a command names.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use keywright_aws_api::Region;
use keywright_encryption_sdk::{
    BoxFuture, DecryptionMaterials, DiscoveryFilter, EncryptedDataKey, EncryptionMaterials, Error, Keyring,
    KmsDiscoveryKeyring, KmsKeyring, MultiKeyring, RawAesKeyring, RawRsaKeyring, SecretBytes,
};
use tokio::runtime::Handle;
use zeroize::Zeroizing;

use super::error::EncryptionError;
use super::kms::Kms;
use super::wrapping_keys::{Direction, WrappingKeys};
use crate::api_client::ApiClient;

/// KMS for keyrings, which is asked for when there is a key of it.
pub(crate) struct KmsAccess<'a> {
    /// A client, and the Region of keys that say none.
    pub(crate) client: &'a dyn Fn() -> Result<(ApiClient, Region), EncryptionError>,
    /// Where calls run.
    pub(crate) runtime: Handle,
}

/// One keyring of all: the first key makes data keys, each of them decrypts.
pub(super) fn keyring(
    all: &[WrappingKeys],
    direction: Direction,
    kms: &KmsAccess<'_>,
) -> Result<MultiKeyring, EncryptionError> {
    let mut keyrings: Vec<Arc<dyn Keyring>> = Vec::new();
    for keys in all {
        match keys {
            WrappingKeys::Kms { keys, region } => {
                let (client, default) = (kms.client)()?;
                let default = region.clone().unwrap_or(default);
                for key in keys {
                    let region = region_of(key).unwrap_or_else(|| default.clone());
                    let kms = Arc::new(Kms::new(&client, region, kms.runtime.clone()));
                    let keyring = KmsKeyring::new(kms, key.as_str()).map_err(EncryptionError::Setup)?;
                    keyrings.push(Arc::new(keyring.multi_region_aware()));
                }
            }
            WrappingKeys::Discovery { filter, region } => {
                let (client, default) = (kms.client)()?;
                let region = region.clone().unwrap_or(default);
                let (filter, runtime) = (filter.clone(), kms.runtime.clone());
                keyrings.push(Arc::new(Discovery { client, region, filter, runtime }));
            }
            WrappingKeys::RawAes { namespace, name, files } => {
                for file in files {
                    let key = aes_key(file)?;
                    let keyring = RawAesKeyring::new(namespace, name.as_str(), &key)
                        .map_err(|error| unfit(file, &error))?;
                    keyrings.push(Arc::new(keyring));
                }
            }
            WrappingKeys::RawRsa { namespace, name, padding, files } => {
                for file in files {
                    let keyring = RawRsaKeyring::new(namespace, name.as_str(), *padding);
                    let keyring = keyring.map_err(EncryptionError::Setup)?;
                    let pem = SecretBytes::new(read(file)?);
                    let keyring = match direction {
                        Direction::Encrypt => keyring.with_public_key(pem.expose_secret()),
                        Direction::Decrypt => keyring.with_private_key(&pem),
                    };
                    keyrings.push(Arc::new(keyring.map_err(|error| unfit(file, &error))?));
                }
            }
        }
    }
    let mut keyrings = keyrings.into_iter();
    let first = keyrings
        .next()
        .ok_or_else(|| EncryptionError::argument("--wrapping-keys", "there must be one at least"))?;
    Ok(keyrings.fold(MultiKeyring::new(first), |all, next| all.with(next)))
}

/// Asks for each data key in the Region of its key; for one of a multi-Region key in the Region of this command.
struct Discovery {
    client: ApiClient,
    region: Region,
    filter: Option<DiscoveryFilter>,
    runtime: Handle,
}

impl Discovery {
    async fn decrypt(
        &self,
        materials: &mut DecryptionMaterials,
        data_keys: &[EncryptedDataKey],
    ) -> Result<(), Error> {
        let mut causes = Vec::new();
        for data_key in data_keys {
            let arn = str::from_utf8(&data_key.provider_info).unwrap_or_default();
            let region = match region_of(arn) {
                Some(region) if !arn.contains(":key/mrk-") => region,
                _ => self.region.clone(),
            };
            let kms = Arc::new(Kms::new(&self.client, region, self.runtime.clone()));
            let mut keyring = KmsDiscoveryKeyring::new(kms).multi_region_aware();
            if let Some(filter) = &self.filter {
                keyring = keyring.filter(filter.clone());
            }
            match keyring.on_decrypt(materials, std::slice::from_ref(data_key)).await {
                Ok(()) => return Ok(()),
                Err(Error::NoDataKeyDecrypted { causes: more }) => causes.extend(more),
                Err(cause) => causes.push(cause),
            }
        }
        Err(Error::NoDataKeyDecrypted { causes })
    }
}

impl Keyring for Discovery {
    fn on_encrypt<'a>(&'a self, _: &'a mut EncryptionMaterials) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async { Err(Error::Configuration("a discovery keyring does not encrypt")) })
    }

    fn on_decrypt<'a>(
        &'a self,
        materials: &'a mut DecryptionMaterials,
        data_keys: &'a [EncryptedDataKey],
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(self.decrypt(materials, data_keys))
    }
}

/// The Region in an ARN.
fn region_of(arn: &str) -> Option<Region> {
    let mut parts = arn.strip_prefix("arn:")?.split(':');
    Region::parse(parts.nth(2)?).ok()
}

/// A key in hexadecimal.
fn aes_key(file: &Path) -> Result<SecretBytes, EncryptionError> {
    let digits = SecretBytes::new(read(file)?);
    let digits = digits.expose_secret().trim_ascii();
    let mut key = Zeroizing::new(Vec::with_capacity(digits.len() / 2));
    for pair in digits.chunks(2) {
        let byte = str::from_utf8(pair).ok().filter(|pair| pair.len() == 2 && !pair.starts_with('+'));
        let byte = byte.and_then(|pair| u8::from_str_radix(pair, 16).ok());
        key.push(byte.ok_or_else(|| EncryptionError::Key {
            path: file.to_owned(),
            reason: "it has 32, 48 or 64 hexadecimal digits".to_owned(),
        })?);
    }
    Ok(SecretBytes::new(std::mem::take(&mut *key)))
}

fn read(file: &Path) -> Result<Vec<u8>, EncryptionError> {
    fs::read(file).map_err(|cause| EncryptionError::File { action: "read", path: file.to_owned(), cause })
}

fn unfit(file: &Path, error: &Error) -> EncryptionError {
    EncryptionError::Key { path: file.to_owned(), reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_region_of_a_key_is_that_of_its_arn() {
        let region = region_of("arn:aws:kms:eu-west-1:1:key/a").unwrap();
        assert_eq!(region.as_str(), "eu-west-1");
        assert_eq!(region_of("alias/a"), None);
        assert_eq!(region_of("arn:aws:kms"), None);
    }

    #[test]
    fn a_key_in_a_file_has_hexadecimal_digits() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("key");
        fs::write(&file, "00ff10\n").unwrap();
        assert_eq!(aes_key(&file).unwrap().expose_secret(), [0, 255, 16]);
        for wrong in ["0", "zz", "+1", "00 ff"] {
            fs::write(&file, wrong).unwrap();
            assert!(aes_key(&file).unwrap_err().to_string().contains("hexadecimal"), "{wrong}");
        }
    }
}
