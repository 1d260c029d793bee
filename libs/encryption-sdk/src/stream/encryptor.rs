//! Encrypting, without input or output.

use keywright_crypto::TAG_LEN;

use super::CHUNK;
use super::buffer::Buffer;
use crate::MessageInfo;
use crate::error::{Error, Limit};
use crate::message::body::{FINAL_HEAD_LEN, PartKind, REGULAR_HEAD_LEN};
use crate::message::seal::Sealer;

/// Takes plaintext into the place where it will be sealed, and gives out the message.
///
/// The buffer holds sealed output, then the frame that is being filled: room for a regular frame's head, its plaintext.
/// A full frame is sealed when more is to come, by [`settle`](Self::settle). If nothing comes then, the final frame is
/// empty, which the format allows; whoever settles only with plaintext at hand never makes one. Output that is taken
/// between settling and asking for space leaves the buffer, so that it holds no more than a frame and what is not taken.
pub(crate) struct Encryptor {
    /// None once the message is complete, or failed.
    sealer: Option<Sealer>,
    complete: bool,
    info: MessageInfo,
    frame_length: usize,
    /// How much plaintext may still come.
    allowance: Option<u64>,
    maximum: u64,
    buffer: Buffer,
    /// The output that wasn't taken begins here.
    start: usize,
    /// And ends here.
    sealed: usize,
    /// The length of the plaintext in the open frame.
    content_len: usize,
}

impl Encryptor {
    /// A message that begins with `header`, for a plaintext of at most `maximum` bytes.
    pub(crate) fn new(
        sealer: Sealer,
        info: MessageInfo,
        header: &[u8],
        frame_length: u32,
        maximum: Option<u64>,
    ) -> Self {
        let mut buffer = Buffer::new();
        buffer.grow(header.len(), 0..0);
        buffer.get_mut(0..header.len()).copy_from_slice(header);
        Self {
            sealer: Some(sealer),
            complete: false,
            info,
            frame_length: frame_length as usize,
            allowance: maximum,
            maximum: maximum.unwrap_or(u64::MAX),
            buffer,
            start: 0,
            sealed: header.len(),
            content_len: 0,
        }
    }

    pub(crate) fn info(&self) -> &MessageInfo {
        &self.info
    }

    /// How much memory it holds.
    #[cfg(test)]
    pub(crate) fn memory(&self) -> usize {
        self.buffer.len()
    }

    /// The part of the message that is ready.
    pub(crate) fn output(&self) -> &[u8] {
        self.buffer.get(self.start..self.sealed)
    }

    /// Notes that the first `len` bytes of the output were taken.
    pub(crate) fn took(&mut self, len: usize) {
        self.start = self.start.saturating_add(len).min(self.sealed);
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.complete
    }

    /// Seals the open frame if it is full.
    pub(crate) fn settle(&mut self) -> Result<(), Error> {
        if self.content_len == self.frame_length {
            self.seal(PartKind::Regular, None)?;
        }
        Ok(())
    }

    /// Where the next plaintext is to be put; never empty.
    pub(crate) fn space(&mut self) -> Result<&mut [u8], Error> {
        self.settle()?;
        self.leave();
        let content_start = self.sealed + REGULAR_HEAD_LEN;
        // As plaintext comes, so that a great frame length costs nothing by itself.
        let room = self.frame_length.min(CHUNK.max(self.content_len.saturating_mul(2)));
        self.grow(content_start.saturating_add(room).saturating_add(TAIL_LEN));
        let end = content_start.saturating_add(self.frame_length).min(self.buffer.len() - TAIL_LEN);
        Ok(self.buffer.get_mut(content_start + self.content_len..end))
    }

    /// Takes the first of `plaintext`, which isn't empty: how many bytes. A frame that is all in it, with more behind, is
    /// sealed from there.
    pub(crate) fn append(&mut self, plaintext: &[u8]) -> Result<usize, Error> {
        self.settle()?;
        if let Some(content) = plaintext.get(..self.frame_length)
            && self.content_len == 0
            && plaintext.len() > self.frame_length
        {
            self.leave();
            self.grow(self.sealed + REGULAR_HEAD_LEN + self.frame_length + TAG_LEN);
            self.put(self.frame_length)?;
            self.seal(PartKind::Regular, Some(content))?;
            return Ok(self.frame_length);
        }
        let space = self.space()?;
        let len = plaintext.len().min(space.len());
        if let (Some(to), Some(from)) = (space.get_mut(..len), plaintext.get(..len)) {
            to.copy_from_slice(from);
        }
        self.put(len)?;
        Ok(len)
    }

    /// Notes that `len` bytes of plaintext were put into the space.
    pub(crate) fn put(&mut self, len: usize) -> Result<(), Error> {
        if let Some(allowance) = &mut self.allowance {
            let Some(left) = allowance.checked_sub(len as u64) else {
                self.sealer = None;
                return Err(Error::LimitExceeded { limit: Limit::PlaintextLength, maximum: self.maximum });
            };
            *allowance = left;
        }
        self.content_len += len;
        Ok(())
    }

    /// Notes that there is no more plaintext: the rest of the message becomes ready.
    pub(crate) fn finish(&mut self) -> Result<(), Error> {
        if self.complete {
            return Ok(());
        }
        let content_start = self.sealed + REGULAR_HEAD_LEN;
        self.grow(content_start + self.content_len + TAIL_LEN);
        // The final frame's head is longer.
        let content = content_start..content_start + self.content_len;
        self.buffer.shift(content, self.sealed + FINAL_HEAD_LEN);
        self.seal(PartKind::Final, None)?;
        let footer = self.sealer.take().ok_or(Error::Poisoned)?.finish()?;
        self.grow(self.sealed + footer.len());
        let end = self.sealed + footer.len();
        self.buffer.get_mut(self.sealed..end).copy_from_slice(&footer);
        self.sealed = end;
        self.complete = true;
        Ok(())
    }

    /// Seals the open frame, whose content is `plaintext` or lies where it belongs.
    fn seal(&mut self, kind: PartKind, plaintext: Option<&[u8]>) -> Result<(), Error> {
        let mut sealer = self.sealer.take().ok_or(Error::Poisoned)?;
        let head_len = if kind == PartKind::Final { FINAL_HEAD_LEN } else { REGULAR_HEAD_LEN };
        let frame_len = head_len + self.content_len + TAG_LEN;
        sealer.seal(kind, plaintext, self.buffer.get_mut(self.sealed..self.sealed + frame_len))?;
        self.sealer = Some(sealer);
        self.sealed += frame_len;
        self.content_len = 0;
        Ok(())
    }

    /// Begins anew where nothing is left.
    fn leave(&mut self) {
        if self.content_len == 0 && self.start == self.sealed {
            (self.start, self.sealed) = (0, 0);
        }
    }

    fn grow(&mut self, len: usize) {
        let used = self.sealed + REGULAR_HEAD_LEN + self.content_len;
        self.buffer.grow(len, self.start..used.min(self.buffer.len()));
    }
}

/// What a final frame needs beyond a regular one's head and its plaintext.
const TAIL_LEN: usize = FINAL_HEAD_LEN - REGULAR_HEAD_LEN + TAG_LEN;
