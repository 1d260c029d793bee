//! What sealing and opening a body have in common: its parts, their IVs and what they are authenticated with.
//!
//! <https://github.com/awslabs/aws-encryption-sdk-specification/blob/master/data-format/message-body.md>

use keywright_crypto::{NONCE_LEN, TAG_LEN};

/// A part of the body that has a tag of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PartKind {
    /// A frame before others, of the frame length.
    Regular,
    /// The last frame.
    Final,
    /// The one part of content without frames.
    Unframed,
}

impl PartKind {
    fn name(self) -> &'static [u8] {
        match self {
            Self::Regular => b"AWSKMSEncryptionClient Frame",
            Self::Final => b"AWSKMSEncryptionClient Final Frame",
            Self::Unframed => b"AWSKMSEncryptionClient Single Block",
        }
    }
}

/// Writes what the parts of one message are authenticated with, in one allocation for all of them.
pub(crate) struct BodyAad {
    message_id_len: usize,
    bytes: Vec<u8>,
}

impl BodyAad {
    pub(crate) fn new(message_id: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(message_id.len() + 64);
        bytes.extend_from_slice(message_id);
        Self { message_id_len: message_id.len(), bytes }
    }

    pub(crate) fn of(&mut self, kind: PartKind, sequence: u32, content_len: u64) -> &[u8] {
        self.bytes.truncate(self.message_id_len);
        self.bytes.extend_from_slice(kind.name());
        self.bytes.extend_from_slice(&sequence.to_be_bytes());
        self.bytes.extend_from_slice(&content_len.to_be_bytes());
        &self.bytes
    }
}

/// The IV of a part: its number.
pub(crate) fn part_iv(sequence: u32) -> [u8; NONCE_LEN] {
    let [a, b, c, d] = sequence.to_be_bytes();
    [0, 0, 0, 0, 0, 0, 0, 0, a, b, c, d]
}

/// What precedes the content of a regular frame: number, IV.
pub(crate) const REGULAR_HEAD_LEN: usize = 4 + NONCE_LEN;
/// What precedes the content of the final frame: mark, number, IV, length.
pub(crate) const FINAL_HEAD_LEN: usize = 4 + 4 + NONCE_LEN + 4;
/// Stands where a regular frame has its number.
pub(crate) const FINAL_MARK: u32 = u32::MAX;
/// The number of the first part.
pub(crate) const FIRST: u32 = 1;
/// What AES-GCM may encrypt under one IV, in bytes.
pub(crate) const MAX_UNFRAMED_LEN: u64 = (1 << 36) - 32;

/// The length of the body of `plaintext_len` bytes in frames of `frame_length`.
pub(crate) fn framed_len(plaintext_len: usize, frame_length: usize) -> Option<usize> {
    // The last frame is never empty, unless it is the only one.
    let regular = plaintext_len.saturating_sub(1).checked_div(frame_length)?;
    let heads = regular.checked_mul(REGULAR_HEAD_LEN + TAG_LEN)?;
    plaintext_len.checked_add(heads)?.checked_add(FINAL_HEAD_LEN + TAG_LEN)
}
