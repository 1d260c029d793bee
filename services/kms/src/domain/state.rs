//! The states of a key, and what each allows.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html>

use std::sync::Arc;

use keywright_aws_api::wire_enum;

use super::key::Key;
use super::key_spec::KeyUsageType;
use crate::error::Error;

wire_enum! {
    /// What may be done with a key.
    pub enum KeyState {
        /// It is being made: a replica key whose material is on its way.
        Creating = "Creating",
        /// Everything.
        Enabled = "Enabled",
        /// It may be managed, but not used.
        Disabled = "Disabled",
        /// It waits for its material to be destroyed.
        PendingDeletion = "PendingDeletion",
        /// It has no material: none was imported yet, or the imported one is gone.
        PendingImport = "PendingImport",
        /// A primary key that waits for its replica keys to be deleted before its own waiting period begins.
        PendingReplicaDeletion = "PendingReplicaDeletion",
        /// Its custom key store can't be reached.
        Unavailable = "Unavailable",
        /// Its primary Region is being changed.
        Updating = "Updating",
    }
}

impl Key {
    /// Refuses cryptography with a key that isn't enabled.
    ///
    /// # Errors
    /// [`Error::KeyDisabled`] or [`Error::KeyState`].
    pub fn check_usable(&self) -> Result<(), Error> {
        match self.state {
            KeyState::Enabled | KeyState::Updating => Ok(()),
            KeyState::Disabled => Err(Error::KeyDisabled { arn: Arc::clone(&self.arn) }),
            KeyState::Creating
            | KeyState::PendingDeletion
            | KeyState::PendingImport
            | KeyState::PendingReplicaDeletion
            | KeyState::Unavailable => Err(self.wrong_state()),
        }
    }

    /// Refuses cryptography that the key isn't for, or not now.
    ///
    /// # Errors
    /// As [`check_usable`](Self::check_usable), or [`Error::KeyUsage`].
    pub fn check_usable_for(&self, usage: KeyUsageType, operation: &'static str) -> Result<(), Error> {
        self.check_usable()?;
        if self.usage == usage {
            Ok(())
        } else {
            Err(Error::KeyUsage { arn: Arc::clone(&self.arn), usage: self.usage, operation })
        }
    }

    /// Refuses to give permissions on a key that can't be used, but for one whose custom key store is away.
    ///
    /// # Errors
    /// [`Error::KeyDisabled`] or [`Error::KeyState`].
    pub fn check_grantable(&self) -> Result<(), Error> {
        if self.state == KeyState::Unavailable { Ok(()) } else { self.check_usable() }
    }

    /// Refuses to change a key that waits for its deletion, or isn't made yet.
    ///
    /// # Errors
    /// [`Error::KeyState`].
    pub fn check_manageable(&self) -> Result<(), Error> {
        match self.state {
            KeyState::Enabled
            | KeyState::Disabled
            | KeyState::PendingImport
            | KeyState::Unavailable
            | KeyState::Updating => Ok(()),
            KeyState::Creating | KeyState::PendingDeletion | KeyState::PendingReplicaDeletion => {
                Err(self.wrong_state())
            }
        }
    }

    /// Refuses another policy for a replica key that is being made: what makes it whole brings its policy, and would undo
    /// the change.
    ///
    /// # Errors
    /// [`Error::KeyState`].
    pub fn check_made(&self) -> Result<(), Error> {
        if self.state == KeyState::Creating { Err(self.wrong_state()) } else { Ok(()) }
    }

    /// Refuses aliases of a key that waits for its deletion.
    ///
    /// # Errors
    /// [`Error::KeyState`].
    pub fn check_nameable(&self) -> Result<(), Error> {
        if self.is_pending_deletion() { Err(self.wrong_state()) } else { Ok(()) }
    }

    /// Refuses to switch on or off what has no material, or waits for its deletion.
    ///
    /// # Errors
    /// [`Error::KeyState`].
    pub fn check_switchable(&self) -> Result<(), Error> {
        match self.state {
            KeyState::PendingImport | KeyState::Updating => Err(self.wrong_state()),
            _ => self.check_manageable(),
        }
    }

    /// Refuses to cancel what wasn't begun.
    ///
    /// # Errors
    /// [`Error::KeyNotPendingDeletion`].
    pub fn check_pending_deletion(&self) -> Result<(), Error> {
        if self.is_pending_deletion() {
            Ok(())
        } else {
            Err(Error::KeyNotPendingDeletion { arn: Arc::clone(&self.arn) })
        }
    }

    /// Whether it waits for its deletion, or for that of its replica keys.
    #[must_use]
    pub fn is_pending_deletion(&self) -> bool {
        matches!(self.state, KeyState::PendingDeletion | KeyState::PendingReplicaDeletion)
    }

    /// The refusal for the state in which the key is.
    #[must_use]
    pub fn wrong_state(&self) -> Error {
        Error::KeyState { arn: Arc::clone(&self.arn), state: self.state }
    }
}

impl KeyState {
    /// As the messages of refusals word it.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Creating => "creating",
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
            Self::PendingDeletion => "pending deletion",
            Self::PendingImport => "pending import",
            Self::PendingReplicaDeletion => "pending replica deletion",
            Self::Unavailable => "unavailable",
            Self::Updating => "updating",
        }
    }
}
