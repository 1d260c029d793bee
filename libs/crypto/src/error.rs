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
    /// There is nothing to encrypt or to wrap, and the algorithm defines nothing for that.
    #[error("input is empty")]
    EmptyInput,
    /// A private or public key is malformed, not valid, or of another kind than was asked for. The cause is not told
    /// apart: it could tell about the key.
    #[error("not a valid key of the expected kind")]
    InvalidKey,
    /// A key of this kind does not do this operation, or not with this algorithm.
    #[error("the kind of key does not support the algorithm")]
    UnsupportedAlgorithm,
    /// The signature algorithm takes another kind of message: whole, its digest, or μ.
    #[error("the signature algorithm does not take this kind of message")]
    MessageKind,
    /// A digest (or μ) has not the length that the signature algorithm takes, in bytes.
    #[error("digest has a wrong length: expected={expected} actual={actual}")]
    DigestLength {
        /// The only length the algorithm takes.
        expected: usize,
        /// The length that was given.
        actual: usize,
    },
    /// A signature is not the key's signature of the message.
    #[error("signature does not verify")]
    SignatureInvalid,
    /// The library failed where no input is at fault: it had no memory, or no randomness.
    #[error("the cryptographic library failed")]
    Library,
    /// Argon2 refuses the cost parameters or the length of the salt or of the passphrase.
    #[error("argon2 parameters or input lengths are out of range")]
    Argon2Input,
}
