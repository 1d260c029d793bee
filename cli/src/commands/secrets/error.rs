//! Why a database user isn't made.

use keywright_rotators::{RotationError, RotatorSettingsError};
use thiserror::Error;

use crate::api_client::ApiError;

/// Why a database user isn't made with its secret.
#[derive(Debug, Error)]
pub(crate) enum DatabaseUserError {
    /// The master secret has none of what it needs.
    #[error("{secret} has no text: a master secret is the JSON of a database's secret")]
    NoText { secret: String },
    /// Rotation couldn't read the master secret.
    #[error(
        "{arn} lacks the tag keywright:rotation-master=true, without which rotations may not read it: aws secretsmanager \
         tag-resource --secret-id {arn} --tags Key=keywright:rotation-master,Value=true"
    )]
    NotForRotation { arn: String },
    /// Rotation would have no role.
    #[error(
        "the account has no role for rotations yet: aws iam create-service-linked-role --aws-service-name \
         secretsmanager.amazonaws.com"
    )]
    NoRole,
    /// The server refuses, or can't be asked.
    #[error(transparent)]
    Server(#[from] RotationError),
    /// What was given about connections or passwords can't be used.
    #[error(transparent)]
    Settings(#[from] RotatorSettingsError),
    /// The secret can't be stored.
    #[error("the secret was not stored, and the user {username:?} was taken away again")]
    NotStored {
        username: String,
        #[source]
        cause: Box<ApiError>,
    },
    /// Nobody knows whether the secret is stored.
    #[error(
        "it is not known whether the secret {secret} was stored; the user {username:?} was taken away again: if the secret \
         is there, delete it, and begin anew"
    )]
    MayBeStored {
        secret: String,
        username: String,
        #[source]
        cause: Box<ApiError>,
    },
    /// The secret can't be stored, and the user can't be taken away.
    #[error(
        "the secret was not stored ({cause}), and the user {username:?}, whose password nobody knows, could not be taken away \
         again: drop it"
    )]
    LeftBehind {
        username: String,
        cause: Box<ApiError>,
        #[source]
        removal: Box<RotationError>,
    },
}
