//! Making a message: its header, then its frames, then its footer.

use keywright_crypto::{Hasher, Message, Random, TAG_LEN};

use super::body::{BodyAad, FINAL_HEAD_LEN, FINAL_MARK, FIRST, PartKind, REGULAR_HEAD_LEN, part_iv};
use super::derivation::MessageKey;
use super::header::{ContentType, HEADER_IV, Header};
use super::wire::put_long;
use crate::error::{Error, Limit, Part};
use crate::materials::{EncryptionMaterials, SigningKey};

/// Seals the frames of one message, in their order.
pub(crate) struct Sealer {
    key: MessageKey,
    aad: BodyAad,
    /// The number of the next frame.
    sequence: u32,
    signer: Option<Signer>,
}

struct Signer {
    key: SigningKey,
    hasher: Hasher,
}

impl Sealer {
    /// Begins a message: with its header, and the bytes of that.
    pub(crate) fn begin(
        materials: &EncryptionMaterials,
        frame_length: u32,
        random: &dyn Random,
    ) -> Result<(Self, Header, Vec<u8>), Error> {
        let suite = materials.suite();
        let mut message_id = vec![0; suite.message_id_len()];
        random.fill(&mut message_id)?;
        let data_key = materials.data_key().ok_or(Error::Materials("no data key"))?;
        let key = MessageKey::derive(suite, data_key, &message_id)?;
        let (authenticated, stored) = materials.context().partition(materials.required_context_keys());

        let header = Header {
            suite,
            stored_context: stored,
            encrypted_data_keys: materials.encrypted_data_keys().to_vec(),
            content_type: ContentType::Framed { frame_length },
            commitment: key.commitment,
            message_id,
        };
        let mut bytes = header.write_body()?;
        let tag = key.cipher.seal_in_place(
            HEADER_IV,
            &[bytes.as_slice(), &authenticated.serialize()?].concat(),
            &mut [],
        )?;
        if !suite.is_committing() {
            bytes.extend_from_slice(&HEADER_IV);
        }
        bytes.extend_from_slice(&tag);

        let signer = match (suite.signature(), materials.signing_key()) {
            (Some(signature), Some(key)) => {
                let mut hasher = Hasher::new(signature.hash);
                hasher.update(&bytes);
                Some(Signer { key: key.clone(), hasher })
            }
            (None, None) => None,
            _ => return Err(Error::Materials("a signing key without signatures, or the other way round")),
        };
        let aad = BodyAad::new(&header.message_id);
        Ok((Self { key, aad, sequence: FIRST, signer }, header, bytes))
    }

    /// Seals the frame that fills `frame`: room for its head, its plaintext (unless that is given), room for its tag.
    pub(crate) fn seal(
        &mut self,
        kind: PartKind,
        plaintext: Option<&[u8]>,
        frame: &mut [u8],
    ) -> Result<(), Error> {
        let sequence = self.sequence;
        self.sequence = match (kind, sequence.checked_add(1)) {
            (PartKind::Regular, Some(next)) => next,
            // No regular frame may have the number that marks the final one.
            (PartKind::Regular, None) => {
                return Err(Error::LimitExceeded { limit: Limit::Frames, maximum: FINAL_MARK.into() });
            }
            (PartKind::Final | PartKind::Unframed, _) => sequence,
        };
        let (head, content, tag_room) = split(kind, frame)?;
        let iv = part_iv(sequence);
        let aad = self.aad.of(kind, sequence, content.len() as u64);
        let tag = match plaintext {
            Some(plaintext) => self.key.cipher.seal_into(iv, aad, plaintext, content)?,
            None => self.key.cipher.seal_in_place(iv, aad, content)?,
        };
        write_head(head, kind, sequence, content.len())?;
        tag_room.copy_from_slice(&tag);
        if let Some(signer) = &mut self.signer {
            signer.hasher.update(frame);
        }
        Ok(())
    }

    /// The footer, behind the final frame: nothing when the message is not signed.
    pub(crate) fn finish(self) -> Result<Vec<u8>, Error> {
        let Some(Signer { key, hasher }) = self.signer else { return Ok(Vec::new()) };
        let signature = key.sign(Message::Digest(&hasher.finish()))?;
        let mut footer = Vec::with_capacity(2 + signature.len());
        put_long(&mut footer, &signature)
            .ok_or(Error::malformed(Part::Footer, "signature is too long for the format"))?;
        Ok(footer)
    }
}

/// A frame's head, its content and its tag.
type Pieces<'a> = (&'a mut [u8], &'a mut [u8], &'a mut [u8]);

fn split(kind: PartKind, frame: &mut [u8]) -> Result<Pieces<'_>, Error> {
    let head_len = match kind {
        PartKind::Regular => REGULAR_HEAD_LEN,
        PartKind::Final => FINAL_HEAD_LEN,
        PartKind::Unframed => return Err(Error::malformed(Part::Body, "unframed content is not written")),
    };
    let too_short = || Error::malformed(Part::Body, "frame is too short");
    let (head, rest) = frame.split_at_mut_checked(head_len).ok_or_else(too_short)?;
    let content_len = rest.len().checked_sub(TAG_LEN).ok_or_else(too_short)?;
    let (content, tag) = rest.split_at_mut(content_len);
    Ok((head, content, tag))
}

fn write_head(head: &mut [u8], kind: PartKind, sequence: u32, content_len: usize) -> Result<(), Error> {
    let content_len = u32::try_from(content_len)
        .map_err(|_| Error::LimitExceeded { limit: Limit::FrameLength, maximum: u32::MAX.into() })?;
    let (number, iv) = (sequence.to_be_bytes(), part_iv(sequence));
    let (mark, length) = (FINAL_MARK.to_be_bytes(), content_len.to_be_bytes());
    let fields: &[&[u8]] = match kind {
        PartKind::Final => &[&mark, &number, &iv, &length],
        PartKind::Regular | PartKind::Unframed => &[&number, &iv],
    };
    let mut rest = head;
    for field in fields {
        let (place, behind) = rest.split_at_mut_checked(field.len()).ok_or(Error::Truncated)?;
        place.copy_from_slice(field);
        rest = behind;
    }
    Ok(())
}
