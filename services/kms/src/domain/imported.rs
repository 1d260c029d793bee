//! Imported materials: which belong to a key for good, and what their absence makes of it.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/importing-keys-delete-key-material.html>

use keywright_aws_api::wire_enum;
use time::OffsetDateTime;

use super::key::{Key, OriginType};
use super::key_id::KeyMaterialId;
use super::material::{KeyMaterialState, MaterialFacts};
use super::state::KeyState;
use crate::error::Error;

wire_enum! {
    /// Whether imported material is another one.
    pub enum ImportType {
        /// The key never had it.
        NewKeyMaterial = "NEW_KEY_MATERIAL",
        /// The key has it, or had it.
        ExistingKeyMaterial = "EXISTING_KEY_MATERIAL",
    }
}

/// What an import says of the material beside its bytes.
#[derive(Clone, Debug)]
pub struct ImportedFacts {
    /// What the importer says about it.
    pub description: Option<String>,
    /// When it expires.
    pub valid_to: Option<OffsetDateTime>,
    /// When it came.
    pub now: OffsetDateTime,
}

impl MaterialFacts {
    /// Of material that is imported for the first time.
    #[must_use]
    pub fn imported(id: KeyMaterialId, state: KeyMaterialState, imported: ImportedFacts) -> Self {
        let ImportedFacts { description, valid_to, now } = imported;
        Self { id, state, description, imported: true, valid_to, rotated: None, created_at: now }
    }

    /// Whether the key can't be without it: it encrypts, or has encrypted, something.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        match self.state {
            KeyMaterialState::Current | KeyMaterialState::NonCurrent => true,
            KeyMaterialState::PendingRotation | KeyMaterialState::PendingMultiRegionImportAndRotation => {
                false
            }
        }
    }

    /// Whether its time is over.
    #[must_use]
    pub fn has_expired(&self, now: OffsetDateTime) -> bool {
        self.valid_to.is_some_and(|valid_to| valid_to <= now)
    }
}

impl Key {
    /// Refuses keys that take no imported material.
    ///
    /// # Errors
    /// [`Error::NotForKey`].
    pub fn check_importable(&self) -> Result<(), Error> {
        if self.origin == OriginType::External { Ok(()) } else { Err(self.not_for_origin()) }
    }

    /// Refuses to import while the key waits for its deletion, or is being changed.
    ///
    /// # Errors
    /// [`Error::KeyState`].
    pub fn check_import_state(&self) -> Result<(), Error> {
        match self.state {
            KeyState::Updating => Err(self.wrong_state()),
            _ => self.check_manageable(),
        }
    }

    /// The state in which it is once a material that it needs is gone; none where that makes no difference.
    #[must_use]
    pub fn state_without_material(&self) -> Option<KeyState> {
        match self.state {
            KeyState::Enabled | KeyState::Disabled => Some(KeyState::PendingImport),
            KeyState::Creating
            | KeyState::PendingDeletion
            | KeyState::PendingImport
            | KeyState::PendingReplicaDeletion
            | KeyState::Unavailable
            | KeyState::Updating => None,
        }
    }
}
