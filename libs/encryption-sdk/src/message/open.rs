//! Taking a message apart: its verified header, then its frames, then its footer.

use keywright_crypto::{Hasher, Message, NONCE_LEN, PublicKey, TAG_LEN, constant_time_eq};

use super::body::{BodyAad, FINAL_HEAD_LEN, FINAL_MARK, FIRST, MAX_UNFRAMED_LEN, PartKind, REGULAR_HEAD_LEN};
use super::derivation::MessageKey;
use super::header::{ContentType, Header, ReadHeader};
use super::wire::Cursor;
use crate::error::{Error, Limit, Part};
use crate::materials::DecryptionMaterials;
use crate::suite::Signature;

/// Opens the parts of one message, in their order.
pub(crate) struct Opener {
    key: MessageKey,
    aad: BodyAad,
    content_type: ContentType,
    max_frame_length: u64,
    /// The number of the next part.
    sequence: u32,
    verifier: Option<Verifier>,
}

struct Verifier {
    key: std::sync::Arc<PublicKey>,
    signature: Signature,
    hasher: Hasher,
}

/// Where a part's pieces lie.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PartHead {
    pub(crate) kind: PartKind,
    pub(crate) head_len: usize,
    pub(crate) content_len: usize,
    iv: [u8; NONCE_LEN],
}

impl PartHead {
    /// The length of the whole part.
    pub(crate) fn len(&self) -> usize {
        // The content's length is at most 2^36.
        self.head_len.saturating_add(self.content_len).saturating_add(TAG_LEN)
    }
}

impl Opener {
    /// Verifies the header. `bytes` are all of its bytes.
    pub(crate) fn begin(
        read: ReadHeader,
        bytes: &[u8],
        materials: &DecryptionMaterials,
        max_frame_length: u64,
    ) -> Result<(Self, Header), Error> {
        let ReadHeader { header, body_len, iv, tag, .. } = read;
        let suite = materials.suite();
        if suite != header.suite {
            return Err(Error::Materials("materials are of another algorithm suite"));
        }
        let data_key = materials.data_key().ok_or(Error::Materials("no data key"))?;
        let key = MessageKey::derive(suite, data_key, &header.message_id)?;
        match (&key.commitment, &header.commitment) {
            (None, None) => {}
            (Some(ours), Some(theirs)) if constant_time_eq(ours, theirs) => {}
            _ => return Err(Error::CommitmentMismatch),
        }
        let (authenticated, _) = materials.context().partition(materials.required_context_keys());
        let body = bytes.get(..body_len).ok_or(Error::Truncated)?;
        let aad = [body, &authenticated.serialize()?].concat();
        key.cipher.open_in_place(iv, &aad, &mut [], &tag).map_err(|_| Error::NotAuthentic(Part::Header))?;

        let verifier = match (suite.signature(), materials.verification_key()) {
            (Some(signature), Some(key)) => {
                let mut hasher = Hasher::new(signature.hash);
                hasher.update(bytes);
                Some(Verifier { key: key.clone(), signature, hasher })
            }
            (None, None) => None,
            _ => {
                return Err(Error::Materials(
                    "a verification key without signatures, or the other way round",
                ));
            }
        };
        let aad = BodyAad::new(&header.message_id);
        let content_type = header.content_type;
        if let ContentType::Framed { frame_length } = content_type {
            within(frame_length.into(), max_frame_length)?;
        }
        Ok((Self { key, aad, content_type, max_frame_length, sequence: FIRST, verifier }, header))
    }

    /// Whether a footer follows the body.
    pub(crate) fn is_signed(&self) -> bool {
        self.verifier.is_some()
    }

    /// How many bytes the next part probably has.
    pub(crate) fn likely_len(&self) -> usize {
        match self.content_type {
            ContentType::Framed { frame_length } => {
                (frame_length as usize).saturating_add(REGULAR_HEAD_LEN + TAG_LEN)
            }
            ContentType::Unframed => NONCE_LEN + 8,
        }
    }

    /// Reads where the pieces of the part lie that `bytes` begin with.
    ///
    /// # Errors
    /// [`Error::Truncated`] when more bytes are needed to tell.
    pub(crate) fn head(&self, bytes: &[u8]) -> Result<PartHead, Error> {
        let malformed = |reason| Error::malformed(Part::Body, reason);
        let mut cursor = Cursor::new(bytes);
        let ContentType::Framed { frame_length } = self.content_type else {
            let iv = cursor.array()?;
            let content_len = cursor.u64()?;
            within(content_len, MAX_UNFRAMED_LEN.min(self.max_frame_length))?;
            let content_len = usize::try_from(content_len).map_err(|_| malformed("content is too long"))?;
            return Ok(PartHead { kind: PartKind::Unframed, head_len: cursor.taken(), content_len, iv });
        };
        let mut sequence = cursor.u32()?;
        let is_final = sequence == FINAL_MARK;
        if is_final {
            sequence = cursor.u32()?;
        }
        if sequence != self.sequence {
            return Err(malformed("frame is out of sequence"));
        }
        let iv = cursor.array()?;
        if !is_final {
            let content_len = frame_length as usize;
            return Ok(PartHead { kind: PartKind::Regular, head_len: REGULAR_HEAD_LEN, content_len, iv });
        }
        let content_len = cursor.u32()?;
        if content_len > frame_length {
            return Err(malformed("final frame is longer than the frame length"));
        }
        let content_len = content_len as usize;
        Ok(PartHead { kind: PartKind::Final, head_len: FINAL_HEAD_LEN, content_len, iv })
    }

    /// Verifies and decrypts the part where it lies: its content is plaintext afterwards.
    pub(crate) fn open_in_place(&mut self, head: &PartHead, part: &mut [u8]) -> Result<(), Error> {
        self.take(head, part)?;
        let content = part.get_mut(head.head_len..).ok_or(Error::Truncated)?;
        let (content, tag) = content.split_last_chunk_mut::<TAG_LEN>().ok_or(Error::Truncated)?;
        self.open_content(head, content, tag)
    }

    /// Verifies and decrypts the part into `plaintext`, which is as long as its content and erased if that isn't authentic.
    pub(crate) fn open_into(
        &mut self,
        head: &PartHead,
        part: &[u8],
        plaintext: &mut [u8],
    ) -> Result<(), Error> {
        self.take(head, part)?;
        let content = part.get(head.head_len..).ok_or(Error::Truncated)?;
        let (content, tag) = content.split_last_chunk::<TAG_LEN>().ok_or(Error::Truncated)?;
        if plaintext.len() != content.len() {
            return Err(Error::Truncated);
        }
        // Copied and opened where it then is: to open from one place into another takes twice as long.
        plaintext.copy_from_slice(content);
        self.open_content(head, plaintext, tag)
    }

    fn open_content(
        &mut self,
        head: &PartHead,
        content: &mut [u8],
        tag: &[u8; TAG_LEN],
    ) -> Result<(), Error> {
        let aad = self.aad.of(head.kind, self.sequence, head.content_len as u64);
        let opened = self.key.cipher.open_in_place(head.iv, aad, content, tag);
        opened.map_err(|_| Error::NotAuthentic(Part::Body))?;
        self.advance(head.kind)
    }

    fn take(&mut self, head: &PartHead, part: &[u8]) -> Result<(), Error> {
        if part.len() != head.len() {
            return Err(Error::Truncated);
        }
        if let Some(verifier) = &mut self.verifier {
            verifier.hasher.update(part);
        }
        Ok(())
    }

    fn advance(&mut self, kind: PartKind) -> Result<(), Error> {
        if kind == PartKind::Regular {
            self.sequence = self
                .sequence
                .checked_add(1)
                .ok_or(Error::LimitExceeded { limit: Limit::Frames, maximum: FINAL_MARK.into() })?;
        }
        Ok(())
    }

    /// Verifies the signature in the footer that `bytes` begin with: the footer's length.
    ///
    /// # Errors
    /// [`Error::Truncated`] when not all of the footer is here.
    pub(crate) fn verify_footer(&self, bytes: &[u8]) -> Result<usize, Error> {
        let Some(Verifier { key, signature, hasher }) = &self.verifier else { return Ok(0) };
        let mut cursor = Cursor::new(bytes);
        let found = cursor.long()?;
        let digest = hasher.clone().finish();
        key.verify(signature.algorithm, Message::Digest(&digest), found)
            .map_err(|_| Error::NotAuthentic(Part::Footer))?;
        Ok(cursor.taken())
    }
}

fn within(len: u64, maximum: u64) -> Result<(), Error> {
    if len > maximum {
        return Err(Error::LimitExceeded { limit: Limit::FrameLength, maximum });
    }
    Ok(())
}
