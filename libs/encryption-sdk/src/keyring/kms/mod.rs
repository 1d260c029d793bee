//! Wrapping by keys of KMS.
//!
//! <https://github.com/awslabs/aws-encryption-sdk-specification/tree/master/framework/aws-kms>

pub(crate) mod arn;
mod discovery;
mod ecdh;
mod hierarchical;
mod rsa;
mod strict;

use keywright_crypto::SecretBytes;

use crate::error::Error;
use crate::kms::{KmsClient, KmsDecrypt};
use crate::{DecryptionMaterials, EncryptedDataKey};

use arn::KeyArn;

pub use discovery::{DiscoveryFilter, KmsDiscoveryKeyring};
pub use ecdh::KmsEcdhKeyring;
pub use hierarchical::{BranchKeySupplier, HierarchicalKeyring};
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

/// Has KMS decrypt, by the key that the request names and no other.
pub(crate) async fn decrypt(client: &dyn KmsClient, request: KmsDecrypt) -> Result<SecretBytes, Error> {
    let key_id = request.key_id.clone();
    let answer = client.decrypt(request).await?;
    same_key(&key_id, &answer.key_id)?;
    Ok(answer.plaintext)
}

/// Has KMS unwrap a data key that this symmetric key wrapped.
async fn unwrap(
    client: &dyn KmsClient,
    key_id: &str,
    grant_tokens: &[String],
    materials: &DecryptionMaterials,
    encrypted: &EncryptedDataKey,
) -> Result<SecretBytes, Error> {
    let request = KmsDecrypt {
        key_id: key_id.to_owned(),
        ciphertext_blob: encrypted.ciphertext.clone(),
        encryption_context: materials.context().clone(),
        encryption_algorithm: None,
        grant_tokens: grant_tokens.to_vec(),
    };
    decrypt(client, request).await
}

/// Refuses an answer of KMS that is about another key than was asked for.
pub(crate) fn same_key(asked: &str, answered: &str) -> Result<(), Error> {
    if asked != answered {
        return Err(Error::Materials("kms answered with another key"));
    }
    Ok(())
}

const KMS: &str = "aws-kms";
