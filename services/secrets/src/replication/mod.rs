//! Secrets in several Regions: each Region's Secrets Manager tells the others how its secrets are.
//!
//! <https://docs.aws.amazon.com/secretsmanager/latest/userguide/replicate-secrets.html>
//!
//! The Regions of an installation share identity, so a service of one Region is a principal in the others ([`peers`]); an
//! internal operation admits that principal alone ([`endpoint`]).
//!
//! A value goes to another Region as ciphertext only. While the caller is there who gives it, KMS *of that Region* hands out
//! a data key for the caller, and what is sealed under it is stored beside the change ([`copying`]). Where it could not be
//! asked, it is asked later, for the role that identity links to this service ([`own_role`]).
//!
//! What is told is a state and never a step: a change notes, in its own transaction, that a Region is to be told of the
//! secret ([`sharing`]); a task ([`delivery`]) reads how the secret is ([`snapshot`]) and tells it until the Region has
//! confirmed it ([`acknowledgement`]). Messages have rising numbers, and an older one changes nothing ([`acceptance`]). So it
//! doesn't matter how often one arrives, what is lost, or where either side dies.
//!
//! A primary secret decides over all but whether its replica is still one, and under which KMS key: that a replica tells.

pub mod acceptance;
mod acknowledgement;
mod begin;
pub mod copying;
pub mod delivery;
pub mod endpoint;
pub mod message;
mod metrics;
pub mod own_role;
pub mod peers;
pub mod section;
pub mod sharing;
mod snapshot;
