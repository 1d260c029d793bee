use std::num::NonZeroU32;

use crate::{AlgorithmSuite, EncryptionContext};

/// The length of a frame when nothing is said of it, in bytes.
pub const DEFAULT_FRAME_LENGTH: NonZeroU32 = match NonZeroU32::new(4096) {
    Some(length) => length,
    None => NonZeroU32::MIN,
};

/// How one message is encrypted.
#[derive(Debug, Clone)]
pub struct EncryptOptions {
    pub(super) context: EncryptionContext,
    pub(super) suite: Option<AlgorithmSuite>,
    pub(super) frame_length: NonZeroU32,
    pub(super) max_plaintext_length: Option<u64>,
}

impl EncryptOptions {
    /// No encryption context, the suite of the client's policy, frames of 4096 bytes.
    pub fn new() -> Self {
        Self {
            context: EncryptionContext::new(),
            suite: None,
            frame_length: DEFAULT_FRAME_LENGTH,
            max_plaintext_length: None,
        }
    }

    /// Binds the message to this encryption context. Keys may not begin with `aws-crypto-`.
    #[must_use]
    pub fn context(mut self, context: impl Into<EncryptionContext>) -> Self {
        self.context = context.into();
        self
    }

    /// Encrypts with this suite, which the client's commitment policy must allow.
    #[must_use]
    pub fn suite(mut self, suite: AlgorithmSuite) -> Self {
        self.suite = Some(suite);
        self
    }

    /// Divides the plaintext so, in bytes. Longer frames are faster, and whoever decrypts needs memory for one.
    #[must_use]
    pub fn frame_length(mut self, length: NonZeroU32) -> Self {
        self.frame_length = length;
        self
    }

    /// Promises that a stream has no more plaintext than this, in bytes; one that has more fails. A caching materials
    /// manager uses kept materials for streams that promise it only.
    #[must_use]
    pub fn max_plaintext_length(mut self, maximum: u64) -> Self {
        self.max_plaintext_length = Some(maximum);
        self
    }
}

impl Default for EncryptOptions {
    fn default() -> Self {
        Self::new()
    }
}

/// How one message is decrypted.
#[derive(Debug, Clone, Default)]
pub struct DecryptOptions {
    pub(super) context: EncryptionContext,
    pub(super) unsigned_only: bool,
}

impl DecryptOptions {
    /// Any encryption context, signed or not.
    pub fn new() -> Self {
        Self::default()
    }

    /// Refuses a message that has other values for these keys, and takes from here what is authenticated and doesn't lie
    /// in the message.
    #[must_use]
    pub fn context(mut self, context: impl Into<EncryptionContext>) -> Self {
        self.context = context.into();
        self
    }

    /// Refuses signed messages. Then all that a stream gives out is final: no signature at its end can still be wrong.
    #[must_use]
    pub fn unsigned_only(mut self) -> Self {
        self.unsigned_only = true;
        self
    }
}
