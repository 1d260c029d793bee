//! What a caller is told when the database fails: the same by every service.

use std::error::Error;

use keywright_aws_api::ApiError;
use keywright_store::StoreError;

/// What a failure of the database means for who asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreFailure {
    /// The same request may succeed later.
    Unavailable,
    /// It won't: a bug of ours, or something for the operator.
    Internal,
}

impl StoreFailure {
    /// What this error means.
    #[must_use]
    pub fn of(error: &StoreError) -> Self {
        // No session with the database is an outage to the caller, as while its role's password is changed, although only
        // the operator can end it.
        let no_session = matches!(error, StoreError::LoginRefused { .. } | StoreError::Handshake { .. });
        if no_session || error.retryable() { Self::Unavailable } else { Self::Internal }
    }

    /// The answer to the caller; the cause goes to the log only.
    pub fn answer(self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> ApiError {
        match self {
            Self::Unavailable => {
                ApiError::unavailable("the service cannot reach its database now; try again", cause)
            }
            Self::Internal => ApiError::internal(cause),
        }
    }
}

#[cfg(test)]
mod tests {
    use keywright_aws_api::Common;
    use keywright_store::Unavailable;

    use super::*;

    fn answer(error: StoreError) -> ApiError {
        StoreFailure::of(&error).answer(error)
    }

    #[test]
    fn a_lost_database_is_unavailable_and_a_refused_statement_is_our_fault() {
        assert!(answer(StoreError::Unavailable(Unavailable::Connect)).is(Common::ServiceUnavailable));
        assert!(answer(StoreError::Deadlock).is(Common::ServiceUnavailable));
        let refused = StoreError::Refused { sqlstate: "42703".to_owned(), message: "no column x".to_owned() };
        let told = answer(refused);
        assert!(told.is(Common::InternalFailure));
        assert!(!told.message().contains("column"), "{}", told.message());
    }
}
