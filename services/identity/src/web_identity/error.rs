//! Why a web identity token isn't believed.

use keywright_aws_api::ApiError;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Why a web identity token isn't believed.
#[derive(Debug, thiserror::Error)]
pub enum WebIdentityError {
    /// It is no token.
    #[error("The ID Token provided is not a valid JWT: {0}")]
    Malformed(&'static str),
    /// Signed in a way that isn't taken, or that isn't its key's.
    #[error("The ID Token is signed with an algorithm that is not accepted")]
    Algorithm,
    /// Nobody has registered its issuer in the role's account.
    #[error("No OpenIDConnect provider found in your account for {issuer}")]
    NoProvider {
        /// The issuer.
        issuer: String,
    },
    /// The issuer has no key of the token's id.
    #[error("Couldn't retrieve verification key from your identity provider")]
    UnknownKey,
    /// The signature isn't the key's.
    #[error("The signature of the ID Token could not be verified")]
    Signature,
    /// It is meant for somebody else.
    #[error("Incorrect token audience")]
    Audience,
    /// A claim is missing or of the wrong form.
    #[error("The ID Token has no valid claim {0}")]
    Claim(&'static str),
    /// The provider vouches for what can't be: a time to come, tags that no session can have.
    #[error("The claim of the identity provider is rejected: {0}")]
    Rejected(&'static str),
    /// It was good before.
    #[error("Token expired: current date/time {} must be before the expiration date/time {}", shown(*now), shown(*expired_at))]
    Expired {
        /// The time of the request.
        now: OffsetDateTime,
        /// The token's end.
        expired_at: OffsetDateTime,
    },
    /// The issuer's keys can't be had.
    #[error("Couldn't retrieve verification key from your identity provider, as it could not be reached")]
    Unreachable,
}

impl WebIdentityError {
    /// As STS answers it.
    #[must_use]
    pub fn answer(self) -> ApiError {
        let text = self.to_string();
        match self {
            Self::Malformed(_)
            | Self::Algorithm
            | Self::NoProvider { .. }
            | Self::UnknownKey
            | Self::Signature
            | Self::Audience
            | Self::Claim(_) => ApiError::service("InvalidIdentityToken", 400, text),
            Self::Rejected(_) => ApiError::service("IDPRejectedClaim", 403, text),
            Self::Expired { .. } => ApiError::service("ExpiredTokenException", 400, text),
            Self::Unreachable => ApiError::service("IDPCommunicationError", 400, text),
        }
    }
}

fn shown(time: OffsetDateTime) -> String {
    time.replace_nanosecond(0).unwrap_or(time).format(&Rfc3339).unwrap_or_default()
}
