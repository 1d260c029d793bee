//! Multi-Region keys between Regions: each Region's KMS tells the others how its keys are.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html>
//!
//! Every Region has a key pair ([`region_key`]) whose public half the others are told by their operators
//! ([`peers`]). All that goes between Regions is sealed from one key pair to the other and proves its sender
//! ([`envelope`]); nothing else is admitted ([`endpoint`]), and each message is recorded.
//!
//! What is told is a state and never a step: a change notes, in its own transaction, that a Region is to be told of the
//! key; a task ([`delivery`]) reads how the key is ([`snapshot`]) and tells it until the Region has confirmed it. So it
//! doesn't matter how often a message arrives, what is lost, or where either side dies: the newest state arrives in the
//! end. A message has a version above those before it, and an older one changes nothing ([`acceptance`]).
//!
//! The primary key decides over what is shared, a replica key over whether it is there and what it has imported. Each
//! change of the primary Region has a number, so that of two that both say to be the primary one all know which is.

pub mod acceptance;
mod acknowledgement;
pub mod delivery;
pub mod endpoint;
pub mod envelope;
pub mod message;
pub mod peers;
pub mod region_key;
mod reservations;
mod rotation;
pub mod sharing;
pub mod snapshot;

use keywright_store::{CommitError, Transaction};

use crate::error::Error;

/// Commits what no caller asked for, and needs no record in an account's trail.
async fn commit(transaction: Transaction) -> Result<(), Error> {
    transaction.commit().await.map_err(|error| match error {
        CommitError::RolledBack(cause) | CommitError::Unknown(cause) => Error::Store(cause),
    })
}
