//! Wrapping by keys of KMS.
//!
//! <https://github.com/awslabs/aws-encryption-sdk-specification/tree/master/framework/aws-kms>

mod arn;
mod discovery;
mod ecdh;
mod rsa;
mod strict;

use keywright_crypto::SecretBytes;

use crate::error::Error;
use crate::{DecryptionMaterials, EncryptedDataKey};

use arn::KeyArn;

pub use discovery::{DiscoveryFilter, KmsDiscoveryKeyring};
pub use ecdh::{EcdhCurve, KmsEcdhKeyring};
pub use rsa::KmsRsaKeyring;
pub use strict::KmsKeyring;

/// The ARN of the key that wrapped `encrypted`, if that was done by the provider `provider_id`.
///
/// # Errors
/// [`Error::NoDataKeyDecrypted`] when it names no key of KMS, as such a message is refused whole.
fn wrapped_by(encrypted: &EncryptedDataKey, provider_id: &str) -> Result<Option<KeyArn>, Error> {
    if encrypted.provider_id != provider_id {
        return Ok(None);
    }
    let key = str::from_utf8(&encrypted.provider_info).ok().and_then(KeyArn::parse).filter(KeyArn::is_key);
    key.map(Some).ok_or_else(|| Error::NoDataKeyDecrypted {
        causes: vec![Error::Materials("an encrypted data key of kms names no key")],
    })
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

/// Refuses an answer of KMS that is about another key than was asked for.
fn same_key(asked: &str, answered: &str) -> Result<(), Error> {
    if asked != answered {
        return Err(Error::Materials("kms answered with another key"));
    }
    Ok(())
}

const KMS: &str = "aws-kms";
