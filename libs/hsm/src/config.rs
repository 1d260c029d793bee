use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use keywright_crypto::SecretString;

/// Which token, and how it is used.
#[derive(Clone, Debug)]
pub struct TokenConfig {
    /// The token's PKCS#11 library, such as `/usr/lib/softhsm/libsofthsm2.so`.
    pub module: PathBuf,
    /// Which of the library's tokens.
    pub token: TokenSelector,
    /// The user PIN.
    pub pin: SecretString,
    /// How many calls the token works on at once: as many threads, each with a session of its own. At least one.
    pub sessions: usize,
    /// How long a call may take in all, waiting for its turn included.
    pub timeout: Duration,
}

/// Names a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenSelector {
    /// By its label, which must be the only one of its kind.
    Label(String),
    /// By its serial number.
    Serial(String),
}

impl fmt::Display for TokenSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Label(label) => write!(f, "with the label {label:?}"),
            Self::Serial(serial) => write!(f, "with the serial number {serial:?}"),
        }
    }
}
