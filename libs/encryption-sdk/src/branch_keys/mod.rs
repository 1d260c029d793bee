//! Branch keys: data keys of KMS that are kept, versioned, and wrap the data keys of messages, so that a message needs no
//! call to KMS.
//!
//! <https://github.com/awslabs/aws-encryption-sdk-specification/blob/master/framework/branch-key-store.md>

#[cfg(feature = "aws-sdk-ssm")]
mod parameter_store;
mod record;
#[cfg(feature = "aws-sdk-secretsmanager")]
mod secrets_manager;
mod storage;
mod store;
mod text_storage;

#[cfg(feature = "aws-sdk-ssm")]
pub use parameter_store::AwsParameterStore;
pub use record::{BranchKeyItem, BranchKeyRecord};
#[cfg(feature = "aws-sdk-secretsmanager")]
pub use secrets_manager::AwsSecretsManager;
pub use storage::{BoxError, BranchKeyStorage, BranchKeyStoreError};
pub use store::{BranchKeyKms, BranchKeyMaterials, BranchKeyStore};
pub use text_storage::{TextBranchKeyStorage, TextStore};
