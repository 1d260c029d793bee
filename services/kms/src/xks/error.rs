//! Why a proxy gave no answer of use.

use keywright_aws_api::wire_enum;

/// Why a call to a proxy failed. The proxy's own words are logged, and told to nobody.
#[derive(Debug, thiserror::Error)]
pub enum XksError {
    /// No connection.
    #[error("the proxy can't be reached: {0}")]
    Unreachable(String),
    /// No TLS connection, or none with a certificate that can be trusted.
    #[error("no tls connection to the proxy can be made: {0}")]
    Tls(String),
    /// No answer in time.
    #[error("the proxy did not answer in time")]
    TimedOut,
    /// All calls that may wait for this store's proxy at once do so already.
    #[error("too many calls wait for the proxy")]
    Busy,
    /// An answer that isn't one, or contradicts itself.
    #[error("the proxy's answer can't be used: {0}")]
    Malformed(&'static str),
    /// An error of the proxy's own.
    #[error("the proxy refused: {}", .0.as_str())]
    Refused(ProxyRefusal),
    /// Every external key manager behind the proxy says that it is unavailable.
    #[error("no external key manager behind the proxy is available")]
    NothingBehind,
    /// The external key isn't an enabled AES-256 key that encrypts and decrypts.
    #[error("the external key is not suitable: {0}")]
    UnsuitableKey(&'static str),
    /// The request could not be made.
    #[error("no request to the proxy can be made: {0}")]
    Request(&'static str),
}

wire_enum! {
    /// The errors that a proxy names.
    pub enum ProxyRefusal {
        /// An input is wrong.
        Validation = "ValidationException",
        /// The external key or its store is disabled.
        InvalidState = "InvalidStateException",
        /// The ciphertext, or what it is bound to, is wrong.
        InvalidCiphertext = "InvalidCiphertextException",
        /// The external key can't do it.
        InvalidKeyUsage = "InvalidKeyUsageException",
        /// The signature is wrong.
        AuthenticationFailed = "AuthenticationFailedException",
        /// The proxy's own rules are against it.
        AccessDenied = "AccessDeniedException",
        /// No such external key.
        KeyNotFound = "KeyNotFoundException",
        /// The path is wrong.
        InvalidUriPath = "InvalidUriPathException",
        /// Too many requests.
        Throttling = "ThrottlingException",
        /// The proxy can't do it.
        UnsupportedOperation = "UnsupportedOperationException",
        /// What is behind the proxy doesn't answer in time.
        DependencyTimeout = "DependencyTimeoutException",
        /// The proxy failed.
        Internal = "InternalException",
    }
}

impl XksError {
    /// Whether the same request may succeed at once.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::TimedOut => true,
            Self::Refused(refusal) => matches!(refusal, ProxyRefusal::DependencyTimeout),
            Self::Tls(_)
            | Self::Busy
            | Self::Malformed(_)
            | Self::NothingBehind
            | Self::UnsuitableKey(_)
            | Self::Request(_) => false,
        }
    }
}
