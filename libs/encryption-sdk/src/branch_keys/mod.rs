//! Branch keys: data keys of KMS that are kept, versioned, and wrap the data keys of messages, so that a message needs no
//! call to KMS.
//!
//! <https://github.com/awslabs/aws-encryption-sdk-specification/blob/master/framework/branch-key-store.md>

mod record;
mod storage;
mod store;
mod text_storage;

pub use record::{BranchKeyItem, BranchKeyRecord};
pub use storage::{BoxError, BranchKeyStorage, BranchKeyStoreError};
pub use store::{BranchKeyKms, BranchKeyMaterials, BranchKeyStore};
pub use text_storage::{TextBranchKeyStorage, TextStore};
