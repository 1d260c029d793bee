//! Decrypting, without input or output.

use std::ops::Range;

use super::CHUNK;
use super::buffer::Buffer;
use crate::cmm::DecryptionRequest;
use crate::error::{Error, Limit};
use crate::materials::DecryptionMaterials;
use crate::message::body::PartKind;
use crate::message::header::ReadHeader;
use crate::message::open::Opener;
use crate::{AlgorithmSuite, CommitmentPolicy, EncryptionContext, MessageInfo};

/// What a client accepts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Acceptance {
    pub(crate) policy: CommitmentPolicy,
    pub(crate) max_data_keys: u16,
    pub(crate) max_header_length: usize,
    pub(crate) max_frame_length: u64,
    pub(crate) unsigned_only: bool,
}

impl Acceptance {
    /// Reads a header as far as this client accepts it.
    pub(crate) fn read_header(&self, bytes: &[u8]) -> Result<ReadHeader, Error> {
        let bounded = bytes.get(..self.max_header_length).unwrap_or(bytes);
        match ReadHeader::read(bounded, |suite| self.allow(suite), self.max_data_keys) {
            Err(Error::Truncated) if bounded.len() == self.max_header_length => {
                let maximum = self.max_header_length as u64;
                Err(Error::LimitExceeded { limit: Limit::HeaderLength, maximum })
            }
            other => other,
        }
    }

    fn allow(&self, suite: AlgorithmSuite) -> Result<(), Error> {
        if !self.policy.allows_decrypt(suite) {
            return Err(Error::CommitmentPolicy { suite, policy: self.policy });
        }
        if self.unsigned_only && suite.is_signed() {
            return Err(Error::SignedMessage(suite));
        }
        Ok(())
    }

    pub(crate) fn request(&self, read: &ReadHeader, reproduced: &EncryptionContext) -> DecryptionRequest {
        DecryptionRequest {
            suite: read.header.suite,
            commitment_policy: self.policy,
            encrypted_data_keys: read.header.encrypted_data_keys.clone(),
            stored_context: read.header.stored_context.clone(),
            reproduced_context: reproduced.clone(),
        }
    }
}

/// What a decryptor waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// More of the message, or to hear that it has ended.
    Input,
    /// Materials for its [`request`](Decryptor::request).
    Materials,
    /// That its output is taken.
    Output,
    /// Nothing: the message is complete and verified.
    Complete,
}

/// Takes a message as it comes, and gives out the plaintext of frames that are verified.
///
/// The plaintext of a signed message's last frame, or of its unframed content, waits for the signature.
pub(crate) struct Decryptor {
    acceptance: Acceptance,
    reproduced: EncryptionContext,
    state: State,
    info: Option<MessageInfo>,
    buffer: Buffer,
    /// What wasn't looked at begins here.
    start: usize,
    /// And ends here.
    end: usize,
    /// How many bytes the next step needs.
    wanted: usize,
    ended: bool,
    /// Plaintext to be taken, within the buffer, before `start`.
    output: Range<usize>,
    /// Plaintext that waits for the signature.
    held: Range<usize>,
}

enum State {
    Header,
    Materials(Box<ReadHeader>),
    Body(Box<Opener>),
    Footer(Box<Opener>),
    End,
    Failed,
}

impl Decryptor {
    pub(crate) fn new(acceptance: Acceptance, reproduced: EncryptionContext) -> Self {
        Self {
            acceptance,
            reproduced,
            state: State::Header,
            info: None,
            buffer: Buffer::new(),
            start: 0,
            end: 0,
            wanted: FIRST_READ,
            ended: false,
            output: 0..0,
            held: 0..0,
        }
    }

    /// What the message says of itself, once its header is verified.
    pub(crate) fn info(&self) -> Option<&MessageInfo> {
        self.info.as_ref()
    }

    /// How much memory it holds.
    #[cfg(test)]
    pub(crate) fn memory(&self) -> usize {
        self.buffer.len()
    }

    /// Plaintext that may be taken.
    pub(crate) fn output(&self) -> &[u8] {
        self.buffer.get(self.output.clone())
    }

    /// Notes that the first `len` bytes of the output were taken.
    pub(crate) fn took(&mut self, len: usize) {
        self.output.start = self.output.start.saturating_add(len).min(self.output.end);
    }

    /// Where more of the message is to be put; never empty.
    pub(crate) fn space(&mut self) -> &mut [u8] {
        let first = [&self.output, &self.held].into_iter().filter(|range| !range.is_empty());
        let keep = first.map(|range| range.start).min().unwrap_or(self.start).min(self.start);
        if keep == self.end {
            (self.start, self.end) = (0, 0);
        } else if keep > 0 && self.end + self.missing() > self.buffer.len() {
            self.buffer.shift(keep..self.end, 0);
            self.start -= keep;
            self.end -= keep;
            for range in [&mut self.output, &mut self.held] {
                *range = range.start.saturating_sub(keep)..range.end.saturating_sub(keep);
            }
        }
        // As it comes, so that a length in the message costs nothing by itself; what room there is already, at once.
        let here = self.buffer.len().saturating_sub(self.end);
        let room = self.missing().min(CHUNK.max(self.end).max(here));
        self.buffer.grow(self.end.saturating_add(room), 0..self.end);
        self.buffer.get_mut(self.end..self.end + room)
    }

    /// What the next step needs beyond what is here. Small frames come several at once.
    fn missing(&self) -> usize {
        let here = self.end - self.start;
        match &self.state {
            State::Body(_) if self.wanted < CHUNK => CHUNK.saturating_sub(here).max(1),
            _ => self.wanted.saturating_sub(here).max(1),
        }
    }

    /// Notes that `len` bytes of the message were put into the space.
    pub(crate) fn put(&mut self, len: usize) {
        self.end = self.end.saturating_add(len).min(self.buffer.len());
    }

    /// Notes that nothing follows.
    pub(crate) fn end(&mut self) {
        self.ended = true;
    }

    /// Goes on as far as it can.
    ///
    /// # Errors
    /// Why the message is refused. There is no output then, and no way to go on.
    pub(crate) fn step(&mut self) -> Result<Step, Error> {
        let stepped = self.try_step();
        if stepped.is_err() {
            self.state = State::Failed;
            (self.output, self.held) = (0..0, 0..0);
        }
        stepped
    }

    fn try_step(&mut self) -> Result<Step, Error> {
        loop {
            if !self.output.is_empty() {
                return Ok(Step::Output);
            }
            let done = match &self.state {
                State::Header => self.read_header(),
                State::Materials(_) => return Ok(Step::Materials),
                State::Body(_) => self.open_part(),
                State::Footer(_) => self.verify_footer(),
                State::End if self.start < self.end => return Err(Error::TrailingData),
                State::End if self.ended => return Ok(Step::Complete),
                State::End => {
                    self.wanted = 1;
                    return Ok(Step::Input);
                }
                State::Failed => return Err(Error::Poisoned),
            };
            match done {
                Ok(()) => {}
                Err(Error::Truncated) if !self.ended => return Ok(Step::Input),
                Err(error) => return Err(error),
            }
        }
    }

    fn read_header(&mut self) -> Result<(), Error> {
        let here = self.buffer.get(self.start..self.end);
        match self.acceptance.read_header(here) {
            Ok(read) => {
                self.wanted = 1;
                self.state = State::Materials(Box::new(read));
                Ok(())
            }
            Err(error) => {
                // Twice as much each time, so that a long header isn't read from its beginning for every byte.
                self.wanted = here.len().saturating_mul(2).max(FIRST_READ);
                Err(error)
            }
        }
    }

    /// What materials are needed for, once the header is read.
    pub(crate) fn request(&self) -> Option<DecryptionRequest> {
        match &self.state {
            State::Materials(read) => Some(self.acceptance.request(read, &self.reproduced)),
            _ => None,
        }
    }

    /// Verifies the header.
    pub(crate) fn provide(&mut self, materials: &DecryptionMaterials) -> Result<(), Error> {
        let State::Materials(read) = std::mem::replace(&mut self.state, State::Failed) else {
            return Err(Error::Poisoned);
        };
        let end = self.start + read.len;
        let bytes = self.buffer.get(self.start..end);
        let (opener, header) = Opener::begin(*read, bytes, materials, self.acceptance.max_frame_length)?;
        self.info = Some(MessageInfo { header, context: materials.context().clone() });
        self.start = end;
        self.wanted = opener.likely_len();
        self.state = State::Body(Box::new(opener));
        Ok(())
    }

    fn open_part(&mut self) -> Result<(), Error> {
        let State::Body(opener) = &mut self.state else { return Err(Error::Poisoned) };
        self.wanted = opener.likely_len();
        let head = opener.head(self.buffer.get(self.start..self.end))?;
        self.wanted = head.len();
        if self.end - self.start < head.len() {
            return Err(Error::Truncated);
        }
        let part = self.start..self.start + head.len();
        opener.open_in_place(&head, self.buffer.get_mut(part.clone()))?;
        self.start = part.end;
        let content_start = part.start + head.head_len;
        let content = content_start..content_start + head.content_len;
        self.wanted = opener.likely_len();
        match (head.kind, opener.is_signed()) {
            (PartKind::Regular, _) => self.output = content,
            (PartKind::Final | PartKind::Unframed, false) => {
                self.output = content;
                self.state = State::End;
            }
            (PartKind::Final | PartKind::Unframed, true) => {
                self.held = content;
                self.wanted = 1;
                if let State::Body(opener) = std::mem::replace(&mut self.state, State::Failed) {
                    self.state = State::Footer(opener);
                }
            }
        }
        Ok(())
    }

    fn verify_footer(&mut self) -> Result<(), Error> {
        let State::Footer(opener) = &self.state else { return Err(Error::Poisoned) };
        let here = self.buffer.get(self.start..self.end);
        self.wanted = here.len() + 1;
        let len = match here.first_chunk() {
            Some(len) => 2 + usize::from(u16::from_be_bytes(*len)),
            None => 2,
        };
        if here.len() < len {
            self.wanted = len;
            return Err(Error::Truncated);
        }
        self.start += opener.verify_footer(here)?;
        self.output = std::mem::take(&mut self.held);
        self.state = State::End;
        Ok(())
    }
}

/// What is read at first: most headers are shorter.
const FIRST_READ: usize = 4096;
