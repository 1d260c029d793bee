/// Why a primitive refused. No variant carries key material, plaintext or an expected value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CryptoError {
    /// The operating system gave no random bytes.
    #[error("the system's random generator failed")]
    RandomUnavailable,
    /// Key material of a wrong length, in bytes.
    #[error("key has a wrong length: expected={expected} actual={actual}")]
    KeyLength {
        /// The only length the algorithm takes.
        expected: usize,
        /// The length that was given.
        actual: usize,
    },
    /// A ciphertext, its nonce, its associated data or its key is not what was sealed. The cause is deliberately
    /// not told apart.
    #[error("ciphertext does not authenticate")]
    NotAuthentic,
    /// The message is longer than the algorithm may encrypt under one nonce.
    #[error("message is too long for the cipher: bytes={bytes}")]
    MessageTooLong {
        /// The length of the message.
        bytes: usize,
    },
    /// A key derivation function was asked for more output than it defines.
    #[error("derived output is too long: bytes={bytes}")]
    OutputTooLong {
        /// The length that was asked for.
        bytes: usize,
    },
    /// Argon2 refuses the cost parameters or the length of the salt or of the passphrase.
    #[error("argon2 parameters or input lengths are out of range")]
    Argon2Input,
}
