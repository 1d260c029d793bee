use std::error::Error as StdError;

use super::{BranchKeyItem, BranchKeyRecord};
use crate::BoxFuture;

/// Why a place where things are kept failed, in its own words.
pub type BoxError = Box<dyn StdError + Send + Sync>;

/// Where branch keys are kept. What it holds is not secret: KMS wrapped the keys, and tells when anything was changed.
pub trait BranchKeyStorage: Send + Sync {
    /// The item, if there is one.
    ///
    /// # Errors
    /// [`BranchKeyStoreError::Storage`] when it isn't known whether there is, [`BranchKeyStoreError::Record`].
    fn read<'a>(
        &'a self,
        branch_key_id: &'a str,
        item: BranchKeyItem,
    ) -> BoxFuture<'a, Result<Option<BranchKeyRecord>, BranchKeyStoreError>>;

    /// Keeps the items of a new branch key, all or none.
    ///
    /// # Errors
    /// [`BranchKeyStoreError::AlreadyExists`] when there is a branch key of this id, [`BranchKeyStoreError::Storage`].
    fn create<'a>(
        &'a self,
        version: &'a BranchKeyRecord,
        active: &'a BranchKeyRecord,
        beacon: &'a BranchKeyRecord,
    ) -> BoxFuture<'a, Result<(), BranchKeyStoreError>>;

    /// Keeps a new version, and `active` in place of `replaced`: both or none.
    ///
    /// # Errors
    /// [`BranchKeyStoreError::Changed`] when `replaced` isn't the active one any more,
    /// [`BranchKeyStoreError::AlreadyExists`] when there is such a version, [`BranchKeyStoreError::Storage`].
    fn replace_active<'a>(
        &'a self,
        version: &'a BranchKeyRecord,
        active: &'a BranchKeyRecord,
        replaced: &'a BranchKeyRecord,
    ) -> BoxFuture<'a, Result<(), BranchKeyStoreError>>;
}

/// Why a branch key store has not what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum BranchKeyStoreError {
    /// There is no such branch key, or it has no such version.
    #[error("not found: branch_key_id={branch_key_id} item={item}")]
    NotFound {
        /// The branch key.
        branch_key_id: String,
        /// The `type` that was looked for.
        item: String,
    },
    /// There is one already.
    #[error("exists already: branch_key_id={0}")]
    AlreadyExists(String),
    /// Somebody else made a new version at the same time.
    #[error("changed in the meantime: branch_key_id={0}")]
    Changed(String),
    /// What is kept is no record of a branch key, or another's.
    #[error("record is refused: {0}")]
    Record(&'static str),
    /// The place where records are kept failed.
    #[error("storage failed: {0}")]
    Storage(BoxError),
}
