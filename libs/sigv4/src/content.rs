//! What a request says of its body: the value of `x-amz-content-sha256`.

use crate::{Malformed, SigV4Error};

/// How the body is bound to the signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentHash {
    /// Nothing is said: the hash of the body as received is what was signed.
    Absent,
    /// The body has this hash.
    Sha256([u8; 32]),
    /// `UNSIGNED-PAYLOAD`. Refused on verification.
    Unsigned,
    /// `STREAMING-...`. Refused on verification.
    Streaming,
}

impl ContentHash {
    pub(crate) fn parse(text: Option<&str>) -> Result<Self, Malformed> {
        match text {
            None => Ok(Self::Absent),
            Some("UNSIGNED-PAYLOAD") => Ok(Self::Unsigned),
            Some(text) if text.starts_with("STREAMING-") => Ok(Self::Streaming),
            Some(text) => lower_hex(text).map(Self::Sha256).ok_or(Malformed::ContentHash),
        }
    }

    /// Refuses what does not bind the body, and a body that is another than declared.
    pub(crate) fn check(self, actual: &[u8; 32]) -> Result<(), SigV4Error> {
        match self {
            Self::Absent => Ok(()),
            Self::Sha256(declared) if declared == *actual => Ok(()),
            Self::Sha256(_) => Err(SigV4Error::PayloadMismatch),
            Self::Unsigned => Err(SigV4Error::UnsignedPayload),
            Self::Streaming => Err(SigV4Error::StreamingPayload),
        }
    }
}

/// 32 bytes from exactly 64 lower-case hexadecimal digits.
pub(crate) fn lower_hex(text: &str) -> Option<[u8; 32]> {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    let pairs: &[[u8; 2]; 32] = pairs.try_into().ok()?;
    let mut bytes = [0; 32];
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}
