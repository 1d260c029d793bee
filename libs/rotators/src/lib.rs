//! The built-in rotators of Secrets Manager: what AWS's rotation function templates do, for real servers.
//!
//! The crate exists so that rotation works without a function of one's own. It depends on no service: a [`Rotator`] does one
//! step of a rotation, asks Secrets Manager through a [`SecretsApi`], and never logs or returns a part of a secret.

mod api;
mod error;
mod kind;
mod request;
mod rotator;

pub use api::{PutSecretValue, SecretDescription, SecretsApi, SecretsApiError, UpdateVersionStage};
pub use error::RotationError;
pub use kind::RotatorKind;
pub use request::{RotationRequest, RotationStep, UnknownStep};
pub use rotator::Rotator;
