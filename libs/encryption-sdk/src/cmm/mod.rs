//! Cryptographic materials managers: between a client and its keyring.
//!
//! <https://github.com/awslabs/aws-encryption-sdk-specification/blob/master/framework/cmm-interface.md>

pub(crate) mod cache;
mod caching;
mod default;
mod required_context;

use std::sync::Arc;

use crate::error::Error;
use crate::{
    AlgorithmSuite, BoxFuture, CommitmentPolicy, DecryptionMaterials, EncryptedDataKey, EncryptionContext,
    EncryptionMaterials,
};

pub use cache::MaterialsCache;
pub use caching::{CachingMaterialsManager, Clock, SystemClock};
pub use default::DefaultMaterialsManager;
pub use required_context::RequiredContextMaterialsManager;

/// Gives materials for each message.
pub trait MaterialsManager: Send + Sync {
    /// Materials to encrypt a message, with a data key.
    ///
    /// # Errors
    /// Whatever its keyring or the request is refused for.
    fn encryption_materials(
        &self,
        request: EncryptionRequest,
    ) -> BoxFuture<'_, Result<EncryptionMaterials, Error>>;

    /// Materials to decrypt a message, with its data key.
    ///
    /// # Errors
    /// Whatever its keyring or the request is refused for.
    fn decryption_materials(
        &self,
        request: DecryptionRequest,
    ) -> BoxFuture<'_, Result<DecryptionMaterials, Error>>;
}

impl<M: MaterialsManager + ?Sized> MaterialsManager for Arc<M> {
    fn encryption_materials(
        &self,
        request: EncryptionRequest,
    ) -> BoxFuture<'_, Result<EncryptionMaterials, Error>> {
        (**self).encryption_materials(request)
    }

    fn decryption_materials(
        &self,
        request: DecryptionRequest,
    ) -> BoxFuture<'_, Result<DecryptionMaterials, Error>> {
        (**self).decryption_materials(request)
    }
}

/// What a message is to be encrypted with.
#[derive(Debug, Clone)]
pub struct EncryptionRequest {
    /// The caller's encryption context.
    pub context: EncryptionContext,
    /// The keys of the pairs that are to be authenticated and not stored.
    pub required_context_keys: Vec<String>,
    /// The client's policy.
    pub commitment_policy: CommitmentPolicy,
    /// The suite that the caller asks for; nothing leaves it to the policy.
    pub suite: Option<AlgorithmSuite>,
    /// The greatest length that the plaintext can have, in bytes, if that is known.
    pub max_plaintext_length: Option<u64>,
}

/// What a message, whose header is read and not verified yet, says of its data key.
#[derive(Debug, Clone)]
pub struct DecryptionRequest {
    /// The message's suite.
    pub suite: AlgorithmSuite,
    /// The client's policy.
    pub commitment_policy: CommitmentPolicy,
    /// The message's encrypted data keys.
    pub encrypted_data_keys: Vec<EncryptedDataKey>,
    /// The encryption context as it lies in the message.
    pub stored_context: EncryptionContext,
    /// The pairs that the caller knows, and that must be the message's.
    pub reproduced_context: EncryptionContext,
}
