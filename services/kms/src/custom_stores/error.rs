//! What can go wrong with custom key stores, and AWS's answers to it.

use keywright_aws_api::ApiError;

use super::hsm_error::HsmStoreError;
use crate::domain::custom_store::ConnectionStateType;
use crate::xks::{ProxyRefusal, XksError};

/// Why a custom key store, or a key in one, can't be made, changed or used.
#[derive(Debug, thiserror::Error)]
pub enum CustomStoreError {
    /// No such store.
    #[error("there is no custom key store {0}")]
    NotFound(String),
    /// Another store has the name.
    #[error("the name is another custom key store's")]
    NameInUse,
    /// The account has as many as it may.
    #[error("too many custom key stores")]
    LimitExceeded,
    /// The connection state doesn't allow it.
    #[error("the custom key store is in the state {}", .0.as_str())]
    InvalidState(ConnectionStateType),
    /// It still has keys.
    #[error("the custom key store has keys")]
    HasKeys,
    /// There is no such cluster.
    #[error("there is no cluster {0}")]
    ClusterNotFound(String),
    /// Another store has the cluster, or a copy of it.
    #[error("the cluster is another custom key store's")]
    ClusterInUse,
    /// The store's cluster can't be replaced by one with another certificate.
    #[error("the cluster is no copy of the custom key store's")]
    ClusterNotRelated,
    /// Not the cluster's certificate.
    #[error("the certificate is not the cluster's")]
    IncorrectTrustAnchor,
    /// The token doesn't let a key be made, or gives no random bytes.
    #[error("the token of the custom key store can't be used")]
    Store(#[source] HsmStoreError),
    /// The token doesn't encrypt or decrypt.
    #[error("the token of the custom key store can't be used for a key")]
    Token(#[source] HsmStoreError),
    /// The key was taken for one that nobody wants before it was stored.
    #[error("the key took too long to be made")]
    KeyTookTooLong,
    /// Another store has the same proxy and path.
    #[error("the proxy's uri is another custom key store's")]
    UriInUse,
    /// There are no VPC endpoint services.
    #[error("there is no such vpc endpoint service")]
    VpcEndpointServiceNotFound,
    /// The proxy doesn't let a store be made or changed.
    #[error("the external key store proxy can't be used for a store")]
    Proxy(#[source] XksError),
    /// The proxy doesn't let a key be made.
    #[error("the external key can't be used for a key")]
    NewKey(#[source] XksError),
    /// The external key is another key's.
    #[error("the external key is another key's")]
    XksKeyInUse,
    /// The proxy doesn't encrypt or decrypt.
    #[error("the external key store proxy can't be used")]
    Use(#[source] XksError),
}

impl CustomStoreError {
    /// What the caller is told.
    #[must_use]
    pub fn answer(&self) -> ApiError {
        let refuse = |code, message: String| ApiError::service(code, 400, message);
        match self {
            Self::NotFound(id) => {
                refuse("CustomKeyStoreNotFoundException", format!("Custom key store {id} does not exist"))
            }
            Self::NameInUse => refuse(
                "CustomKeyStoreNameInUseException",
                "Another custom key store of the account has this name".to_owned(),
            ),
            Self::LimitExceeded => refuse(
                "LimitExceededException",
                "The account has as many custom key stores as it may have in a Region".to_owned(),
            ),
            Self::InvalidState(state) => refuse(
                "CustomKeyStoreInvalidStateException",
                format!(
                    "The connection state of the custom key store, {}, does not allow this",
                    state.as_str()
                ),
            ),
            Self::HasKeys => refuse(
                "CustomKeyStoreHasCMKsException",
                "The custom key store still has KMS keys: delete them first".to_owned(),
            ),
            Self::ClusterNotFound(id) => {
                refuse("CloudHsmClusterNotFoundException", format!("There is no cluster {id}"))
            }
            Self::ClusterInUse => refuse(
                "CloudHsmClusterInUseException",
                "Another custom key store has this cluster, or one with the same certificate".to_owned(),
            ),
            Self::ClusterNotRelated => refuse(
                "CloudHsmClusterNotRelatedException",
                "The cluster has another certificate than the custom key store's".to_owned(),
            ),
            Self::IncorrectTrustAnchor => refuse(
                "IncorrectTrustAnchorException",
                "TrustAnchorCertificate is not the certificate of the cluster".to_owned(),
            ),
            Self::Store(error) => error.answer("CustomKeyStoreInvalidStateException"),
            Self::Token(error) => error.answer("KMSInvalidStateException"),
            Self::KeyTookTooLong => ApiError::service(
                "DependencyTimeoutException",
                503,
                "The key could not be made in time; try again",
            ),
            Self::UriInUse => refuse(
                "XksProxyUriInUseException",
                "Another external key store has this XksProxyUriEndpoint and XksProxyUriPath".to_owned(),
            ),
            Self::VpcEndpointServiceNotFound => refuse(
                "XksProxyVpcEndpointServiceNotFoundException",
                "There is no such VPC endpoint service: use PUBLIC_ENDPOINT".to_owned(),
            ),
            Self::Proxy(error) => refuse(of_proxy(error), in_words(error).to_owned()),
            Self::NewKey(error) => refuse(of_new_key(error), in_words(error).to_owned()),
            Self::XksKeyInUse => refuse(
                "XksKeyAlreadyInUseException",
                "Another KMS key of this external key store has this XksKeyId".to_owned(),
            ),
            Self::Use(error) => refuse("KMSInvalidStateException", in_words(error).to_owned()),
        }
    }
}

/// The code when a store is made or changed.
fn of_proxy(error: &XksError) -> &'static str {
    match error {
        XksError::Unreachable(_)
        | XksError::Tls(_)
        | XksError::TimedOut
        | XksError::Busy
        | XksError::NothingBehind => "XksProxyUriUnreachableException",
        XksError::Refused(refusal) => match refusal {
            ProxyRefusal::AuthenticationFailed => "XksProxyIncorrectAuthenticationCredentialException",
            ProxyRefusal::InvalidUriPath => "XksProxyInvalidConfigurationException",
            ProxyRefusal::DependencyTimeout | ProxyRefusal::Throttling => "XksProxyUriUnreachableException",
            ProxyRefusal::Validation
            | ProxyRefusal::InvalidState
            | ProxyRefusal::InvalidCiphertext
            | ProxyRefusal::InvalidKeyUsage
            | ProxyRefusal::AccessDenied
            | ProxyRefusal::KeyNotFound
            | ProxyRefusal::UnsupportedOperation
            | ProxyRefusal::Internal => "XksProxyInvalidResponseException",
        },
        XksError::Malformed(_) | XksError::UnsuitableKey(_) => "XksProxyInvalidResponseException",
        XksError::Request(_) => "XksProxyInvalidConfigurationException",
    }
}

/// The code when a key is made.
fn of_new_key(error: &XksError) -> &'static str {
    match error {
        XksError::UnsuitableKey(_) => "XksKeyInvalidConfigurationException",
        XksError::Refused(ProxyRefusal::InvalidState | ProxyRefusal::InvalidKeyUsage) => {
            "XksKeyInvalidConfigurationException"
        }
        XksError::Refused(ProxyRefusal::KeyNotFound) => "XksKeyNotFoundException",
        XksError::Refused(ProxyRefusal::AccessDenied) => "KMSInvalidStateException",
        XksError::Unreachable(_)
        | XksError::Tls(_)
        | XksError::TimedOut
        | XksError::Busy
        | XksError::Malformed(_)
        | XksError::Refused(_)
        | XksError::NothingBehind
        | XksError::Request(_) => "CustomKeyStoreInvalidStateException",
    }
}

/// What the owner of the store can do about it. Nothing of the proxy's own words is in it.
fn in_words(error: &XksError) -> &'static str {
    match error {
        XksError::Unreachable(_) => {
            "The external key store proxy can't be reached: check its endpoint, and that it runs"
        }
        XksError::Tls(_) => {
            "No TLS connection to the external key store proxy can be made: check its certificate"
        }
        XksError::TimedOut => "The external key store proxy did not answer in time: try again",
        XksError::Busy => "Too many requests wait for the external key store proxy: try again later",
        XksError::Malformed(_) | XksError::Refused(ProxyRefusal::Validation) => {
            "The answer of the external key store proxy can't be used: tell who runs it"
        }
        XksError::NothingBehind => {
            "The external key store proxy says that every external key manager is unavailable"
        }
        XksError::UnsuitableKey(_) => {
            "The external key must be an enabled AES key of 256 bits that encrypts and decrypts"
        }
        XksError::Request(_) => "The external key store proxy can't be called with these settings",
        XksError::Refused(refusal) => match refusal {
            ProxyRefusal::Validation | ProxyRefusal::Internal => {
                "The external key store proxy can't reach its external key manager"
            }
            ProxyRefusal::InvalidState => {
                "The external key is not enabled: enable it in the external key manager"
            }
            ProxyRefusal::InvalidCiphertext => {
                "The external key store proxy refused the ciphertext or its encryption context as invalid"
            }
            ProxyRefusal::InvalidKeyUsage => "The external key does not support the operation",
            ProxyRefusal::AuthenticationFailed => {
                "The external key store proxy refused the authentication credential: update it"
            }
            ProxyRefusal::AccessDenied => "The external key store proxy denied access to the operation",
            ProxyRefusal::KeyNotFound => "The external key store proxy has no such external key",
            ProxyRefusal::InvalidUriPath => {
                "The external key store proxy does not know the XksProxyUriPath: check it"
            }
            ProxyRefusal::Throttling => "The external key store proxy got too many requests: send fewer",
            ProxyRefusal::UnsupportedOperation => {
                "The external key store proxy does not support the operation"
            }
            ProxyRefusal::DependencyTimeout => {
                "The external key manager did not answer the external key store proxy in time: try again"
            }
        },
    }
}
