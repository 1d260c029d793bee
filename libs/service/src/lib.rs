//! What every service's process is made of: configuration, listeners, probes, storage, journal, credentials.
//!
//! A service's `main` reads its [`Settings`], starts telemetry and runs its app; the app builds a [`Base`], registers its
//! operations and [`Base::serve`]s them. All services start, answer probes, drain and stop in this one way.

pub mod base;
pub mod client;
mod compiled_policies;
pub mod config;
pub mod due_work;
pub mod error;
pub mod host;
pub mod https;
pub mod identity;
pub mod kms;
pub mod memory;
pub mod neighbours;
pub mod origin;
mod outbox;
pub mod probes;
pub mod process;
pub mod quotas;
mod relay;
pub mod root_key;
mod root_keys;
pub mod routing;
pub mod running;
mod store_failure;
mod surroundings;
mod tasks;
#[cfg(feature = "testing")]
pub mod testing;
pub mod webhook_signature;
mod work;

pub use base::{ApiNames, Base, read_secret};
pub use client::{CallError, Destination, ServiceClient, ServiceKey};
pub use compiled_policies::CompiledPolicies;
pub use config::{BaseConfig, Settings, SettingsError};
pub use error::ServiceError;
pub use kms::KmsSection;
pub use memory::{
    AccountName, AccountNameRef, Announcements, Hearing, Lists, Memory, MemorySection, Moment, Remembered,
};
pub use outbox::Outbox;
pub use root_key::{RootKeyKind, RootKeySection};
pub use root_keys::open_root_keys;
pub use running::Running;
pub use store_failure::StoreFailure;
pub use surroundings::Surroundings;
pub use webhook_signature::SigningKeys;
pub use work::PostgresWork;
