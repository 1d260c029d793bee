//! Files encrypted where they are: what `keywright encrypt` and `keywright decrypt` do, by the Encryption SDK.
//!
//! An output appears when it is complete, or not at all: a message that is refused leaves no plaintext behind. Below a
//! directory no link is followed, neither of what is read nor of what is written.

mod caching;
mod context;
mod draft;
mod error;
mod folder;
mod keyrings;
mod kms;
mod message;
mod metadata;
mod overwrite;
mod pairs;
mod suites;
mod talk;
mod text;
mod work;
mod wrapping_keys;

use std::sync::Arc;

use keywright_encryption_sdk::{
    BlockingClient, Client, CommitmentPolicy, DefaultMaterialsManager, MaterialsManager,
    RequiredContextMaterialsManager,
};

pub(crate) use self::caching::Caching;
pub(crate) use self::context::ContextWords;
pub(crate) use self::draft::Drafts;
pub(crate) use self::error::EncryptionError;
pub(crate) use self::keyrings::KmsAccess;
pub(crate) use self::message::Manner;
pub(crate) use self::metadata::{Metadata, keep_apart};
pub(crate) use self::overwrite::{Asked, Overwrite};
pub(crate) use self::suites::parse as parse_suite;
pub(crate) use self::talk::Talk;
pub(crate) use self::work::{Ending, Files, Work};
pub(crate) use self::wrapping_keys::{Direction, WrappingKeys};

/// What a client is made of.
pub(crate) struct ClientWishes {
    pub(crate) direction: Direction,
    pub(crate) wrapping_keys: Vec<WrappingKeys>,
    pub(crate) caching: Option<Caching>,
    pub(crate) commitment_policy: CommitmentPolicy,
    pub(crate) max_encrypted_data_keys: Option<u16>,
    pub(crate) max_frame_length: Option<u64>,
    /// Keys of the encryption context that must be there.
    pub(crate) demanded_keys: Vec<String>,
    /// Keys whose pairs are authenticated, and don't lie in the message.
    pub(crate) required_keys: Vec<String>,
}

/// A client for threads that wait.
pub(crate) fn client(wishes: ClientWishes, kms: &KmsAccess<'_>) -> Result<BlockingClient, EncryptionError> {
    let keyring = keyrings::keyring(&wishes.wrapping_keys, wishes.direction, kms)?;
    let mut manager: Arc<dyn MaterialsManager> = Arc::new(DefaultMaterialsManager::new(keyring));
    if let Some(caching) = &wishes.caching {
        manager = Arc::new(caching.over(manager).map_err(EncryptionError::Setup)?);
    }
    if !wishes.required_keys.is_empty() {
        let required = RequiredContextMaterialsManager::new(wishes.required_keys, manager);
        manager = Arc::new(required.map_err(EncryptionError::Setup)?);
    }
    let manager = context::DemandedKeys { keys: wishes.demanded_keys, inner: manager };
    let mut builder =
        Client::builder().materials_manager(manager).commitment_policy(wishes.commitment_policy);
    if let Some(maximum) = wishes.max_encrypted_data_keys {
        builder = builder.max_encrypted_data_keys(maximum);
    }
    if let Some(maximum) = wishes.max_frame_length {
        builder = builder.max_frame_length(maximum);
    }
    Ok(builder.build().map_err(EncryptionError::Setup)?.blocking())
}
