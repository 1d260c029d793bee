use std::time::Duration;

use thiserror::Error;

use crate::SecretsApiError;

/// Why a step of a rotation failed, for the people who look after the secret. No variant holds a part of a secret but the
/// names of users and hosts.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RotationError {
    /// DescribeSecret says `RotationEnabled: false`.
    #[error("rotation is not enabled for this secret")]
    NotEnabled,
    /// The request's token is no version of the secret.
    #[error("the secret has no version {version_id}")]
    UnknownVersion {
        /// The request's token.
        version_id: String,
    },
    /// The version is there, but not as the pending one.
    #[error("version {version_id} is not staged AWSPENDING")]
    NotPending {
        /// The request's token.
        version_id: String,
    },
    /// Secrets Manager did not do what it was asked for.
    #[error("{action} failed: {source}")]
    SecretsApi {
        /// The operation and what for, such as `GetSecretValue of AWSCURRENT`.
        action: &'static str,
        /// Why.
        source: SecretsApiError,
    },
    /// A version's value is not what this rotator works on.
    #[error("the value of {stage} {problem}")]
    InvalidSecret {
        /// The version's stage, or `the master secret`.
        stage: &'static str,
        /// What is wrong with it, without a part of it.
        problem: &'static str,
    },
    /// A member that must be the same in two versions is not.
    #[error("{member} of {stage} is {found:?}, and that of AWSPENDING {expected:?}: they must be the same")]
    Mismatch {
        /// `host` or `username`.
        member: &'static str,
        /// The version's stage, or `the master secret`.
        stage: &'static str,
        /// What it says.
        found: String,
        /// What the pending version says.
        expected: String,
    },
    /// The name of the second user would be too long.
    #[error("the name of the user {username:?} with _clone would have more than {limit} characters")]
    UsernameTooLong {
        /// The first user.
        username: String,
        /// The server's bound.
        limit: usize,
    },
    /// The operator's settings don't let rotators connect there.
    #[error("rotators may not connect to {host}: {reason}")]
    HostNotAllowed {
        /// The host, as the secret names it.
        host: String,
        /// Which rule forbids it.
        reason: String,
    },
    /// No connection came about.
    #[error("{host} can't be reached: {reason}")]
    Unreachable {
        /// The host.
        host: String,
        /// Why not.
        reason: String,
    },
    /// The server's certificate is not to be trusted, or it has no TLS.
    #[error("no verified TLS connection to {host}: {reason}")]
    Tls {
        /// The host.
        host: String,
        /// Why not.
        reason: String,
    },
    /// The server refused the password of the versions that were tried.
    #[error("{host} lets {username:?} in with the password of none of {tried}")]
    LoginRefused {
        /// The host.
        host: String,
        /// The user.
        username: String,
        /// The stages of the versions.
        tried: &'static str,
    },
    /// The user that is to be made is there already.
    #[error("{host} has a user {username:?} already")]
    UserExists {
        /// The host.
        host: String,
        /// The user.
        username: String,
    },
    /// A statement failed.
    #[error("{action} failed: {reason}")]
    Database {
        /// What was to be done.
        action: &'static str,
        /// The server's code, and its words where they can hold no secret.
        reason: String,
    },
    /// The server did not answer in time.
    #[error("{action} took longer than {} s", limit.as_secs_f32())]
    TimedOut {
        /// What was to be done.
        action: &'static str,
        /// The bound.
        limit: Duration,
    },
    /// The rotator can't do this on this server.
    #[error("{problem}")]
    Unsupported {
        /// What, and what to do about it.
        problem: String,
    },
    /// No password could be made.
    #[error("no password could be made: {reason}")]
    NoPassword {
        /// Why.
        reason: String,
    },
}
