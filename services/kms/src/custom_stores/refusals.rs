//! Stores whose token refused them while they were connected.

use parking_lot::Mutex;

use crate::domain::custom_store::{ConnectionErrorCodeType, StoreName};

/// What the connector is to mark as failed, so that no other replica tries a password that was refused.
#[derive(Debug, Default)]
pub(super) struct Refusals(Mutex<Vec<Refusal>>);

/// One store.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) name: StoreName,
    /// Which attempt to connect had succeeded.
    pub(super) attempt: i64,
    pub(super) code: ConnectionErrorCodeType,
}

impl Refusals {
    pub(super) fn note(&self, refusal: Refusal) {
        let mut noted = self.0.lock();
        if !noted.iter().any(|known| known.name == refusal.name && known.attempt == refusal.attempt) {
            noted.push(refusal);
        }
    }

    pub(super) fn take(&self) -> Vec<Refusal> {
        std::mem::take(&mut *self.0.lock())
    }
}
