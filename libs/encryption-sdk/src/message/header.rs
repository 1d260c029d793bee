//! The header: what a message says of itself.
//!
//! <https://github.com/awslabs/aws-encryption-sdk-specification/blob/master/data-format/message-header.md>

use keywright_crypto::{NONCE_LEN, TAG_LEN};

use super::EncryptedDataKey;
use super::wire::Cursor;
use crate::error::{Error, Limit, Part};
use crate::{AlgorithmSuite, EncryptionContext};

/// What a message says of itself. A header that a client gives out has been authenticated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The algorithm suite.
    pub suite: AlgorithmSuite,
    /// Random, 16 bytes long in version 1 and 32 in version 2.
    pub message_id: Vec<u8>,
    /// The pairs of the encryption context that lie in the message.
    pub stored_context: EncryptionContext,
    /// The data key, once for each wrapping key.
    pub encrypted_data_keys: Vec<EncryptedDataKey>,
    /// How the content is divided.
    pub content_type: ContentType,
    /// What a committing suite commits to.
    pub(crate) commitment: Option<[u8; COMMITMENT_LEN]>,
}

/// How the content is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentType {
    /// In one piece. Only read: old messages may be so.
    Unframed,
    /// In frames of a length.
    Framed {
        /// The length of each frame's content but the last's, in bytes. Not 0.
        frame_length: u32,
    },
}

impl Header {
    /// What the message is committed to its data key by, if its suite is a committing one.
    pub fn commitment(&self) -> Option<&[u8]> {
        self.commitment.as_ref().map(<[u8; COMMITMENT_LEN]>::as_slice)
    }

    /// What is authenticated: all but the authentication itself.
    pub(crate) fn write_body(&self) -> Result<Vec<u8>, Error> {
        let mut out = Vec::with_capacity(256);
        if self.suite.is_committing() {
            out.push(VERSION_2);
        } else {
            out.extend_from_slice(&[VERSION_1, TYPE]);
        }
        out.extend_from_slice(&self.suite.id().to_be_bytes());
        out.extend_from_slice(&self.message_id);

        let context = self.stored_context.serialize()?;
        let context_len = u16::try_from(context.len()).map_err(|_| Error::context("too long", None))?;
        out.extend_from_slice(&context_len.to_be_bytes());
        out.extend_from_slice(&context);

        let count = u16::try_from(self.encrypted_data_keys.len()).map_err(|_| Error::LimitExceeded {
            limit: Limit::EncryptedDataKeys,
            maximum: u16::MAX.into(),
        })?;
        out.extend_from_slice(&count.to_be_bytes());
        for data_key in &self.encrypted_data_keys {
            data_key.write(&mut out)?;
        }

        let (content_type, frame_length) = match self.content_type {
            ContentType::Unframed => (UNFRAMED, 0),
            ContentType::Framed { frame_length } => (FRAMED, frame_length),
        };
        out.push(content_type);
        if !self.suite.is_committing() {
            out.extend_from_slice(&[0, 0, 0, 0, IV_LEN]);
        }
        out.extend_from_slice(&frame_length.to_be_bytes());
        if let Some(commitment) = &self.commitment {
            out.extend_from_slice(commitment);
        }
        Ok(out)
    }
}

/// A header as it was read, not authenticated yet.
#[derive(Debug)]
pub(crate) struct ReadHeader {
    pub(crate) header: Header,
    /// How many of the message's first bytes are authenticated by the rest of the header.
    pub(crate) body_len: usize,
    /// The length of the whole.
    pub(crate) len: usize,
    pub(crate) iv: [u8; NONCE_LEN],
    pub(crate) tag: [u8; TAG_LEN],
}

impl ReadHeader {
    /// Reads the header that `bytes` begin with. `allow` may refuse a suite, or a number of encrypted data keys, before
    /// the rest is read.
    ///
    /// # Errors
    /// [`Error::Truncated`] when there is nothing wrong with what is here.
    pub(crate) fn read(
        bytes: &[u8],
        allow_suite: impl FnOnce(AlgorithmSuite) -> Result<(), Error>,
        max_data_keys: u16,
    ) -> Result<Self, Error> {
        let malformed = |reason| Error::malformed(Part::Header, reason);
        let mut cursor = Cursor::new(bytes);
        let version = cursor.u8()?;
        match version {
            VERSION_1 => {
                if cursor.u8()? != TYPE {
                    return Err(malformed("unknown type"));
                }
            }
            VERSION_2 => {}
            BASE64_OF_EITHER_VERSION if is_base64(bytes) => return Err(Error::Base64Encoded),
            _ => return Err(malformed("unknown version")),
        }
        let suite = AlgorithmSuite::from_id(cursor.u16()?).ok_or(malformed("unknown algorithm suite"))?;
        if suite.is_committing() != (version == VERSION_2) {
            return Err(malformed("algorithm suite is not of this version"));
        }
        allow_suite(suite)?;
        let message_id = cursor.bytes(suite.message_id_len())?.to_vec();
        let stored_context = EncryptionContext::parse(cursor.long()?)?;

        let count = cursor.u16()?;
        if count == 0 {
            return Err(malformed("no encrypted data keys"));
        }
        if count > max_data_keys {
            return Err(Error::LimitExceeded {
                limit: Limit::EncryptedDataKeys,
                maximum: max_data_keys.into(),
            });
        }
        let encrypted_data_keys =
            (0..count).map(|_| EncryptedDataKey::read(&mut cursor)).collect::<Result<_, _>>()?;

        let content_type = cursor.u8()?;
        if version == VERSION_1 {
            if cursor.u32()? != 0 {
                return Err(malformed("reserved bytes are not zero"));
            }
            if cursor.u8()? != IV_LEN {
                return Err(malformed("iv length is not the suite's"));
            }
        }
        let content_type = match (content_type, cursor.u32()?) {
            (UNFRAMED, 0) => ContentType::Unframed,
            (UNFRAMED, _) => return Err(malformed("unframed content has a frame length")),
            (FRAMED, 0) => return Err(malformed("frame length is zero")),
            (FRAMED, frame_length) => ContentType::Framed { frame_length },
            _ => return Err(malformed("unknown content type")),
        };
        let commitment = if suite.is_committing() { Some(cursor.array()?) } else { None };
        let body_len = cursor.taken();

        let iv = if version == VERSION_1 { cursor.array()? } else { HEADER_IV };
        let tag = cursor.array()?;
        let header =
            Header { suite, message_id, stored_context, encrypted_data_keys, content_type, commitment };
        Ok(Self { header, body_len, len: cursor.taken(), iv, tag })
    }
}

/// Whether the first bytes are a header's in base64: `AQ` or `Ag`, and its alphabet.
fn is_base64(bytes: &[u8]) -> bool {
    let head = bytes.get(..8).unwrap_or(bytes);
    matches!(bytes.get(1), Some(b'Q' | b'Y' | b'g'))
        && head.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
}

/// The IV of a header's authentication. Frames count from 1, so it is no frame's.
pub(crate) const HEADER_IV: [u8; NONCE_LEN] = [0; NONCE_LEN];
pub(crate) const COMMITMENT_LEN: usize = 32;

const VERSION_1: u8 = 1;
const VERSION_2: u8 = 2;
const BASE64_OF_EITHER_VERSION: u8 = b'A';
/// Customer Authenticated Encrypted Data.
const TYPE: u8 = 0x80;
const UNFRAMED: u8 = 1;
const FRAMED: u8 = 2;
#[expect(clippy::cast_possible_truncation, reason = "12")]
const IV_LEN: u8 = NONCE_LEN as u8;

#[cfg(test)]
mod tests {
    use super::*;

    fn header(suite: AlgorithmSuite, content_type: ContentType) -> Header {
        let data_key = |info: &[u8]| EncryptedDataKey {
            provider_id: "namespace".into(),
            provider_info: info.to_vec(),
            ciphertext: vec![1, 2, 3],
        };
        Header {
            suite,
            message_id: vec![7; suite.message_id_len()],
            stored_context: EncryptionContext::from([("key", "value")]),
            encrypted_data_keys: vec![data_key(b"one"), data_key(b"")],
            content_type,
            commitment: suite.is_committing().then_some([9; 32]),
        }
    }

    fn read(bytes: &[u8]) -> Result<ReadHeader, Error> {
        ReadHeader::read(bytes, |_| Ok(()), u16::MAX)
    }

    #[test]
    fn headers_of_every_suite_come_back_and_wait_for_their_end() {
        for suite in AlgorithmSuite::ALL {
            for content_type in [ContentType::Unframed, ContentType::Framed { frame_length: 4096 }] {
                let header = header(suite, content_type);
                let mut bytes = header.write_body().unwrap();
                let body_len = bytes.len();
                bytes.extend_from_slice(if suite.is_committing() { &[5; 16] } else { &[5; 28] });
                let len = bytes.len();
                bytes.extend_from_slice(b"body");
                let read_header = read(&bytes).unwrap();
                assert_eq!(read_header.header, header);
                assert_eq!((read_header.body_len, read_header.len), (body_len, len));
                assert_eq!(read_header.iv, [if suite.is_committing() { 0 } else { 5 }; 12]);
                for end in 0..len {
                    assert!(matches!(read(&bytes[..end]), Err(Error::Truncated)), "{suite} {end}");
                }
            }
        }
    }

    #[test]
    fn version_1_is_written_as_specified() {
        let suite = AlgorithmSuite::Aes256GcmIv12Tag16HkdfSha384EcdsaP384;
        let mut header = header(suite, ContentType::Framed { frame_length: 4096 });
        header.encrypted_data_keys.truncate(1);
        let expected = "0180037807070707070707070707070707070707\
             000e000100036b6579000576616c7565\
             000100096e616d65737061636500036f6e650003010203\
             02000000000c00001000";
        assert_eq!(hex::encode(header.write_body().unwrap()), expected.replace(' ', ""));
    }

    #[test]
    fn what_breaks_the_format_is_refused() {
        let good = header(AlgorithmSuite::Aes128GcmIv12Tag16NoKdf, ContentType::Unframed);
        let mut bytes = good.write_body().unwrap();
        bytes.extend_from_slice(&[0; 28]);
        let body_len = bytes.len() - 28;
        let with = |at: usize, value: u8| {
            let mut changed = bytes.clone();
            changed[at] = value;
            read(&changed).unwrap_err().to_string()
        };
        assert!(with(0, 3).contains("unknown version"));
        assert!(with(0, 2).contains("unknown algorithm suite"));
        assert!(with(1, 0x81).contains("unknown type"));
        assert!(with(2, 0x06).contains("unknown algorithm suite"));
        assert!(with(body_len - 10, 3).contains("unknown content type"));
        assert!(with(body_len - 9, 1).contains("reserved"));
        assert!(with(body_len - 5, 16).contains("iv length"));
        assert!(with(body_len - 1, 1).contains("unframed content has a frame length"));
        assert!(with(body_len - 10, 2).contains("frame length is zero"));
        assert!(matches!(read(b"AYADeAAAAAA="), Err(Error::Base64Encoded)));
        assert!(matches!(read(b"AgV4AAAA"), Err(Error::Base64Encoded)));
        assert!(matches!(ReadHeader::read(&bytes, |_| Ok(()), 1), Err(Error::LimitExceeded { .. })));
    }
}
