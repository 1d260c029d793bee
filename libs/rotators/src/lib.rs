//! The built-in rotators of Secrets Manager: what AWS's rotation function templates do, for real servers.
//!
//! The crate exists so that rotation works without a function of one's own. It depends on no service: a [`Rotator`] does one
//! step of a rotation, asks Secrets Manager through a [`SecretsApi`], and never logs or returns a part of a secret.
//! [`NewUsers`] make the users that are rotated then.

mod alternating_users;
mod api;
mod built_in;
mod document;
mod engine;
mod error;
mod generic_random;
mod hosts;
mod kind;
mod mysql;
mod new_users;
mod password;
mod postgres;
mod redis;
mod request;
mod rotation;
mod rotator;
mod settings;
mod single_user;
mod steps;
mod task;
mod tls;

pub use api::{PutSecretValue, SecretDescription, SecretsApi, SecretsApiError, UpdateVersionStage};
pub use built_in::BuiltInRotators;
pub use error::RotationError;
pub use hosts::{HostRules, InvalidHostRule};
pub use kind::RotatorKind;
pub use new_users::{AccessLevel, NewUser, NewUsers};
pub use request::{RotationRequest, RotationStep, UnknownStep};
pub use rotator::Rotator;
pub use settings::{Plaintext, RotatorSettings, RotatorSettingsError};
