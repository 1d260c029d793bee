use std::path::PathBuf;
use std::time::Duration;

use cryptoki::context::Function;
use cryptoki::error::{Error, RvError};
use keywright_crypto::CryptoError;

use crate::{KeyName, TokenSelector};

/// Why a token could not be opened or used. No message has a PIN, a key or a plaintext in it.
#[derive(Debug, thiserror::Error)]
pub enum HsmError {
    /// The token is away, or refuses to work for now; the same call may succeed later.
    #[error("the token is not available: {reason}")]
    Unavailable {
        /// What the token said, or what it can't do.
        reason: String,
    },
    /// The token gave no answer in time. Whether a key was made or destroyed is not known then.
    #[error("the token did not answer within {} ms", after.as_millis())]
    Timeout {
        /// The time limit.
        after: Duration,
    },
    /// The PIN is wrong. It is not tried again: tokens lock after a few wrong ones.
    #[error("the token refused the PIN: set the right one before the token locks itself")]
    WrongPin,
    /// The user PIN is locked after too many wrong ones.
    #[error("the token's user PIN is locked: unlock it as the token's security officer")]
    PinLocked,
    /// The token has no user who could log in: his PIN was never set.
    #[error("the token has no user yet: set the user PIN as the token's security officer")]
    NoUser,
    /// The library has no such token.
    #[error("{} has no token {token}: see which it has with pkcs11-tool --list-token-slots", module.display())]
    NoSuchToken {
        /// The library.
        module: PathBuf,
        /// The token that was asked for.
        token: TokenSelector,
    },
    /// The library has several such tokens.
    #[error("{} has more than one token {token}: name it by its serial number", module.display())]
    AmbiguousToken {
        /// The library.
        module: PathBuf,
        /// The token that was asked for.
        token: TokenSelector,
    },
    /// The token has no such key.
    #[error("the token has no AES key {key}")]
    NoSuchKey {
        /// The key that was asked for.
        key: KeyName,
    },
    /// The token has several such keys.
    #[error("the token has more than one AES key {key}: rename or remove all but the right one")]
    AmbiguousKey {
        /// The key that was asked for.
        key: KeyName,
    },
    /// The token has a key of that name already.
    #[error("the token has a key {key} already")]
    KeyExists {
        /// The name that is taken.
        key: KeyName,
    },
    /// The key is there, but can't be used or must not be trusted.
    #[error("the token's key {key} can't be used: {reason}")]
    UnsuitableKey {
        /// The key.
        key: KeyName,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The ciphertext was altered, or belongs to another key or other associated data.
    #[error("the ciphertext does not authenticate")]
    NotAuthentic,
    /// The token lacks something that this crate is built on.
    #[error("the token can't do {mechanism}, which is needed: enable it, or use another token")]
    MissingMechanism {
        /// The mechanism's name in PKCS#11.
        mechanism: &'static str,
    },
    /// The library can't be loaded.
    #[error("can't load the PKCS#11 module {}: {reason}", path.display())]
    ModuleNotLoadable {
        /// The library.
        path: PathBuf,
        /// What the loader or the library said.
        reason: String,
    },
    /// An identifier of a key has 1 to 64 bytes.
    #[error("a key id has 1 to 64 bytes")]
    MalformedKeyId,
    /// There is no randomness for a salt.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
    /// Anything else, by the token's own name for it.
    #[error("the token failed: {function}: {code}")]
    Other {
        /// The PKCS#11 function.
        function: String,
        /// The PKCS#11 error code's name.
        code: String,
    },
}

impl HsmError {
    pub(crate) fn unavailable(reason: impl Into<String>) -> Self {
        Self::Unavailable { reason: reason.into() }
    }
}

/// An error, and what it means for the session it was met on.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) error: HsmError,
    /// The token's own code, if it gave one.
    pub(crate) code: Option<RvError>,
}

impl Fault {
    /// Whether the same call may succeed on a new session.
    pub(crate) fn is_of_the_session(&self) -> bool {
        matches!(
            self.code,
            Some(
                RvError::SessionHandleInvalid
                    | RvError::SessionClosed
                    | RvError::UserNotLoggedIn
                    | RvError::OperationActive
                    | RvError::OperationNotInitialized
                    | RvError::KeyHandleInvalid
                    | RvError::ObjectHandleInvalid
                    | RvError::SlotIdInvalid
                    | RvError::DeviceError
                    | RvError::DeviceRemoved
                    | RvError::TokenNotPresent
                    | RvError::TokenNotRecognized
                    | RvError::FunctionCanceled
                    | RvError::GeneralError
                    | RvError::FunctionFailed
            )
        )
    }
}

impl From<HsmError> for Fault {
    fn from(error: HsmError) -> Self {
        Self { error, code: None }
    }
}

impl From<CryptoError> for Fault {
    fn from(error: CryptoError) -> Self {
        HsmError::from(error).into()
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        match error {
            Error::Pkcs11(code, function) => Self { error: meaning(code, function), code: Some(code) },
            Error::NullFunctionPointer => HsmError::unavailable("the module lacks a function").into(),
            other => HsmError::Other { function: "cryptoki".to_owned(), code: other.to_string() }.into(),
        }
    }
}

fn meaning(code: RvError, function: Function) -> HsmError {
    match code {
        RvError::PinIncorrect | RvError::PinInvalid | RvError::PinLenRange => HsmError::WrongPin,
        RvError::PinLocked => HsmError::PinLocked,
        RvError::UserPinNotInitialized => HsmError::NoUser,
        RvError::CryptokiNotInitialized
        | RvError::DeviceError
        | RvError::DeviceMemory
        | RvError::DeviceRemoved
        | RvError::FunctionCanceled
        | RvError::HostMemory
        | RvError::SessionClosed
        | RvError::SessionCount
        | RvError::SessionHandleInvalid
        | RvError::SlotIdInvalid
        | RvError::TokenNotPresent
        | RvError::TokenNotRecognized
        | RvError::UserNotLoggedIn => {
            HsmError::Unavailable { reason: format!("C_{function:?}: {}", name(code)) }
        }
        code => HsmError::Other { function: format!("C_{function:?}"), code: name(code) },
    }
}

/// The name in the PKCS#11 standard, such as `CKR_DEVICE_REMOVED`.
pub(crate) fn name(code: RvError) -> String {
    if let RvError::VendorDefined(code) | RvError::UnknownErrorCode(code) = code {
        return format!("CKR {code:#x}");
    }
    let mut name = "CKR".to_owned();
    for letter in format!("{code:?}").chars() {
        if letter.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(code: RvError) -> Fault {
        Error::Pkcs11(code, Function::Decrypt).into()
    }

    #[test]
    fn codes_have_their_names_of_the_standard() {
        assert_eq!(name(RvError::DeviceRemoved), "CKR_DEVICE_REMOVED");
        assert_eq!(name(RvError::GeneralError), "CKR_GENERAL_ERROR");
        assert_eq!(name(RvError::VendorDefined(0x8000_0001)), "CKR 0x80000001");
    }

    #[test]
    fn an_error_says_which_function_and_code() {
        let message = fault(RvError::DeviceRemoved).error.to_string();
        assert_eq!(message, "the token is not available: C_Decrypt: CKR_DEVICE_REMOVED");
        let message = fault(RvError::FunctionNotSupported).error.to_string();
        assert_eq!(message, "the token failed: C_Decrypt: CKR_FUNCTION_NOT_SUPPORTED");
    }

    #[test]
    fn a_refused_pin_is_never_a_reason_for_another_session() {
        let codes = [RvError::PinIncorrect, RvError::PinInvalid, RvError::PinLenRange, RvError::PinLocked];
        for code in codes.into_iter().chain([RvError::UserPinNotInitialized]) {
            let fault = fault(code);
            let refused = matches!(fault.error, HsmError::WrongPin | HsmError::PinLocked | HsmError::NoUser);
            assert!(refused, "{fault:?}");
            assert!(!fault.is_of_the_session(), "{fault:?}");
        }
    }

    #[test]
    fn a_lost_session_or_token_is_a_reason_for_another_session() {
        for code in [RvError::SessionHandleInvalid, RvError::DeviceRemoved, RvError::TokenNotPresent] {
            let fault = fault(code);
            assert!(matches!(fault.error, HsmError::Unavailable { .. }), "{fault:?}");
            assert!(fault.is_of_the_session(), "{fault:?}");
        }
    }
}
