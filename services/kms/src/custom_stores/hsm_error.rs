//! What goes wrong with a token, and AWS's answers to it.

use std::sync::Arc;

use keywright_aws_api::ApiError;
use keywright_hsm::HsmError;

use crate::domain::custom_store::ConnectionErrorCodeType;

/// Why a store's token can't be used.
#[derive(Debug, thiserror::Error)]
pub enum HsmStoreError {
    /// The operator has configured no such cluster for the account.
    #[error("there is no such cluster")]
    NoCluster,
    /// The token failed.
    #[error("the token failed")]
    Token(#[from] Arc<HsmError>),
}

impl HsmStoreError {
    /// Whether the token won't let this password in however often it is asked.
    pub(super) fn is_refusal(&self) -> bool {
        match self {
            Self::NoCluster => false,
            Self::Token(error) => {
                matches!(**error, HsmError::WrongPin | HsmError::PinLocked | HsmError::NoUser)
            }
        }
    }

    /// Why the store could not be connected.
    pub(super) fn connection_error_code(&self) -> ConnectionErrorCodeType {
        use ConnectionErrorCodeType as Code;
        let Self::Token(error) = self else { return Code::ClusterNotFound };
        match **error {
            HsmError::WrongPin => Code::InvalidCredentials,
            HsmError::PinLocked => Code::UserLockedOut,
            HsmError::NoUser => Code::UserNotFound,
            HsmError::NoSuchToken { .. } | HsmError::AmbiguousToken { .. } => Code::ClusterNotFound,
            HsmError::Unavailable { .. } | HsmError::Timeout { .. } => Code::NetworkErrors,
            HsmError::NoSuchKey { .. }
            | HsmError::AmbiguousKey { .. }
            | HsmError::KeyExists { .. }
            | HsmError::UnsuitableKey { .. }
            | HsmError::NotAuthentic
            | HsmError::MissingMechanism { .. }
            | HsmError::ModuleNotLoadable { .. }
            | HsmError::MalformedKeyId
            | HsmError::Crypto(_)
            | HsmError::Other { .. } => Code::InternalError,
        }
    }

    /// What the caller is told; `invalid_state` is the code for what the store's owner can do something about.
    pub(super) fn answer(&self, invalid_state: &'static str) -> ApiError {
        let in_words = self.in_words();
        let Self::Token(error) = self else { return ApiError::service(invalid_state, 400, in_words) };
        match **error {
            HsmError::Timeout { .. } => ApiError::service("DependencyTimeoutException", 503, in_words),
            HsmError::KeyExists { .. }
            | HsmError::NotAuthentic
            | HsmError::MalformedKeyId
            | HsmError::Crypto(_)
            | HsmError::Other { .. } => ApiError::service("KMSInternalException", 500, in_words),
            HsmError::Unavailable { .. }
            | HsmError::WrongPin
            | HsmError::PinLocked
            | HsmError::NoUser
            | HsmError::NoSuchToken { .. }
            | HsmError::AmbiguousToken { .. }
            | HsmError::NoSuchKey { .. }
            | HsmError::AmbiguousKey { .. }
            | HsmError::UnsuitableKey { .. }
            | HsmError::MissingMechanism { .. }
            | HsmError::ModuleNotLoadable { .. } => ApiError::service(invalid_state, 400, in_words),
        }
    }

    /// What the store's owner can do about it. Nothing of the token's own words is in it.
    fn in_words(&self) -> &'static str {
        let Self::Token(error) = self else { return "The cluster of the custom key store is not there" };
        match **error {
            HsmError::Timeout { .. } => "The cluster did not answer in time: try again",
            HsmError::Unavailable { .. } => {
                "The cluster can't be reached, or has too much to do: try again later"
            }
            HsmError::WrongPin => {
                "The cluster refused the password: disconnect the store, update KeyStorePassword, connect it again"
            }
            HsmError::PinLocked => {
                "The crypto user is locked out of the cluster after too many wrong passwords"
            }
            HsmError::NoUser => "The cluster has no such crypto user",
            HsmError::NoSuchToken { .. } | HsmError::AmbiguousToken { .. } => {
                "The cluster's token is not there"
            }
            HsmError::NoSuchKey { .. } => "The cluster does not have the key material of the KMS key",
            HsmError::AmbiguousKey { .. } => "The cluster has the key material of the KMS key more than once",
            HsmError::UnsuitableKey { .. } => "The key material in the cluster must not be used as it is",
            HsmError::MissingMechanism { .. } => "The cluster lacks a mechanism that is needed",
            HsmError::ModuleNotLoadable { .. } => "The library that reaches the cluster can't be loaded",
            HsmError::KeyExists { .. }
            | HsmError::NotAuthentic
            | HsmError::MalformedKeyId
            | HsmError::Crypto(_)
            | HsmError::Other { .. } => "The cluster failed",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use keywright_hsm::{KeyId, KeyName, TokenSelector};

    use super::*;

    fn code(error: HsmError) -> (String, u16) {
        let answer = HsmStoreError::Token(Arc::new(error)).answer("KMSInvalidStateException");
        let json = keywright_aws_api::Protocol::Json11 { target_prefix: "TrentService" };
        let (code, status) = answer.code(&json);
        (code.to_owned(), status)
    }

    fn other() -> HsmError {
        HsmError::Other { function: "C_Encrypt".to_owned(), code: "CKR_VENDOR".to_owned() }
    }

    #[test]
    fn who_can_do_something_about_it_shows_in_the_code() {
        let after = Duration::from_secs(1);
        let key = || KeyName::Id(KeyId::new("1").unwrap());
        let invalid = ("KMSInvalidStateException".to_owned(), 400);
        assert_eq!(code(HsmError::Timeout { after }), ("DependencyTimeoutException".to_owned(), 503));
        assert_eq!(code(other()), ("KMSInternalException".to_owned(), 500));
        assert_eq!(code(HsmError::NoSuchKey { key: key() }), invalid);
        assert_eq!(code(HsmError::WrongPin), invalid);
        assert_eq!(code(HsmError::Unavailable { reason: "CKR_DEVICE_REMOVED".to_owned() }), invalid);
    }

    #[test]
    fn a_failed_connection_has_the_code_of_its_cause() {
        use ConnectionErrorCodeType as Code;
        let token = TokenSelector::Label("x".to_owned());
        let missing = HsmError::NoSuchToken { module: "m".into(), token };
        let unloaded = HsmError::ModuleNotLoadable { path: "m".into(), reason: "none".to_owned() };
        let after = Duration::from_secs(1);
        for (error, expected) in [
            (HsmError::WrongPin, Code::InvalidCredentials),
            (HsmError::PinLocked, Code::UserLockedOut),
            (HsmError::NoUser, Code::UserNotFound),
            (missing, Code::ClusterNotFound),
            (HsmError::Timeout { after }, Code::NetworkErrors),
            (HsmError::Unavailable { reason: String::new() }, Code::NetworkErrors),
            (unloaded, Code::InternalError),
            (other(), Code::InternalError),
        ] {
            let shown = error.to_string();
            assert_eq!(HsmStoreError::from(Arc::new(error)).connection_error_code(), expected, "{shown}");
        }
        assert_eq!(HsmStoreError::NoCluster.connection_error_code(), Code::ClusterNotFound);
    }

    #[test]
    fn only_a_refused_login_is_never_tried_again() {
        for (error, expected) in [
            (HsmError::WrongPin, true),
            (HsmError::PinLocked, true),
            (HsmError::NoUser, true),
            (other(), false),
            (HsmError::Unavailable { reason: String::new() }, false),
        ] {
            assert_eq!(HsmStoreError::from(Arc::new(error)).is_refusal(), expected);
        }
    }
}
