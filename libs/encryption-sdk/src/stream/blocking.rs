//! Over `Read` and `Write`.

use std::io::{self, Read, Write};

use super::CHUNK;
use super::decryptor::{Decryptor, Step};
use super::encryptor::Encryptor;
use crate::block_on::block_on;
use crate::error::Error;
use crate::{Client, MessageInfo};

/// Reads plaintext, and is read as a message.
pub struct EncryptReader<R> {
    core: Encryptor,
    source: R,
}

impl<R: Read> EncryptReader<R> {
    pub(crate) fn new(core: Encryptor, source: R) -> Self {
        Self { core, source }
    }

    /// What the message says of itself.
    pub fn info(&self) -> &MessageInfo {
        self.core.info()
    }
}

impl<R: Read> Read for EncryptReader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.core.output().is_empty() && !self.core.is_complete() {
            self.core.settle()?;
            if self.core.output().is_empty() {
                match read_some(&mut self.source, self.core.space()?)? {
                    0 => self.core.finish()?,
                    len => self.core.put(len)?,
                }
            }
        }
        let len = copy(self.core.output(), out);
        self.core.took(len);
        Ok(len)
    }
}

/// Is written plaintext, and writes a message. Without [`finish`](Self::finish) the message has no end, and is refused by
/// whoever decrypts it.
pub struct EncryptWriter<W> {
    core: Encryptor,
    sink: W,
}

impl<W: Write> EncryptWriter<W> {
    pub(crate) fn new(core: Encryptor, sink: W) -> Self {
        Self { core, sink }
    }

    /// What the message says of itself.
    pub fn info(&self) -> &MessageInfo {
        self.core.info()
    }

    /// Writes the end of the message and flushes.
    ///
    /// # Errors
    /// [`Error::Io`] when that fails.
    pub fn finish(mut self) -> Result<W, Error> {
        self.core.finish()?;
        self.write_out(1)?;
        self.sink.flush()?;
        Ok(self.sink)
    }

    fn write_out(&mut self, at_least: usize) -> io::Result<()> {
        let output = self.core.output();
        if output.len() >= at_least {
            self.sink.write_all(output)?;
            let len = output.len();
            self.core.took(len);
        }
        Ok(())
    }
}

impl<W: Write> Write for EncryptWriter<W> {
    fn write(&mut self, plaintext: &[u8]) -> io::Result<usize> {
        if plaintext.is_empty() {
            return Ok(0);
        }
        self.core.settle()?;
        self.write_out(CHUNK)?;
        Ok(self.core.append(plaintext)?)
    }

    /// Writes the frames that are complete.
    fn flush(&mut self) -> io::Result<()> {
        self.write_out(1)?;
        self.sink.flush()
    }
}

/// Reads a message, and is read as plaintext. What it gives is verified frame by frame; what a signed message gives is the
/// signer's only once the end was read: undo what was done with it when an error comes.
pub struct DecryptReader<R> {
    core: Decryptor,
    source: R,
    info: MessageInfo,
}

impl<R: Read> DecryptReader<R> {
    /// Reads and verifies the header.
    pub(crate) fn new(client: &Client, mut core: Decryptor, mut source: R) -> Result<Self, Error> {
        let info = loop {
            if let Some(info) = core.info() {
                break info.clone();
            }
            match core.step()? {
                Step::Input => read_into(&mut core, &mut source)?,
                Step::Materials => provide(client, &mut core)?,
                Step::Output | Step::Complete => return Err(Error::Poisoned),
            }
        };
        Ok(Self { core, source, info })
    }

    /// What the message says of itself. It is verified.
    pub fn info(&self) -> &MessageInfo {
        &self.info
    }
}

impl<R: Read> Read for DecryptReader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        loop {
            match self.core.step()? {
                Step::Input => read_into(&mut self.core, &mut self.source)?,
                Step::Output => {
                    let len = copy(self.core.output(), out);
                    self.core.took(len);
                    return Ok(len);
                }
                Step::Complete => return Ok(0),
                Step::Materials => return Err(Error::Poisoned.into()),
            }
        }
    }
}

/// Is written a message, and writes plaintext: verified frame by frame, and complete only after [`finish`](Self::finish).
/// When that or a write fails, undo what was done with the plaintext.
pub struct DecryptWriter<W> {
    client: Client,
    core: Decryptor,
    sink: W,
}

impl<W: Write> DecryptWriter<W> {
    pub(crate) fn new(client: Client, core: Decryptor, sink: W) -> Self {
        Self { client, core, sink }
    }

    /// What the message says of itself, once its header was written and verified.
    pub fn info(&self) -> Option<&MessageInfo> {
        self.core.info()
    }

    /// Verifies that the message is complete, and flushes.
    ///
    /// # Errors
    /// Why the message is refused, [`Error::Truncated`] when its end wasn't written, or [`Error::Io`].
    pub fn finish(mut self) -> Result<(W, MessageInfo), Error> {
        self.core.end();
        self.write_out()?;
        self.sink.flush()?;
        let info = self.core.info().cloned().ok_or(Error::Truncated)?;
        Ok((self.sink, info))
    }

    fn write_out(&mut self) -> Result<(), Error> {
        loop {
            match self.core.step()? {
                Step::Input | Step::Complete => return Ok(()),
                Step::Materials => provide(&self.client, &mut self.core)?,
                Step::Output => {
                    let output = self.core.output();
                    self.sink.write_all(output)?;
                    let len = output.len();
                    self.core.took(len);
                }
            }
        }
    }
}

impl<W: Write> Write for DecryptWriter<W> {
    fn write(&mut self, message: &[u8]) -> io::Result<usize> {
        if message.is_empty() {
            return Ok(0);
        }
        self.write_out()?;
        let len = copy(message, self.core.space());
        self.core.put(len);
        self.write_out()?;
        Ok(len)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sink.flush()
    }
}

/// Encrypts all that `source` has into `sink`, without a copy in between.
pub(crate) fn copy_encrypted(
    core: &mut Encryptor,
    source: &mut impl Read,
    sink: &mut impl Write,
) -> Result<MessageInfo, Error> {
    loop {
        core.settle()?;
        let output = core.output();
        if output.len() >= CHUNK || core.is_complete() {
            sink.write_all(output)?;
            let len = output.len();
            core.took(len);
        }
        if core.is_complete() {
            sink.flush()?;
            return Ok(core.info().clone());
        }
        match read_some(source, core.space()?)? {
            0 => core.finish()?,
            len => core.put(len)?,
        }
    }
}

/// Decrypts all that `source` has into `sink`, without a copy in between.
pub(crate) fn copy_decrypted(
    client: &Client,
    core: &mut Decryptor,
    source: &mut impl Read,
    sink: &mut impl Write,
) -> Result<MessageInfo, Error> {
    loop {
        match core.step()? {
            Step::Input => read_into(core, source)?,
            Step::Materials => provide(client, core)?,
            Step::Output => {
                let output = core.output();
                sink.write_all(output)?;
                let len = output.len();
                core.took(len);
            }
            Step::Complete => {
                sink.flush()?;
                return core.info().cloned().ok_or(Error::Truncated);
            }
        }
    }
}

fn provide(client: &Client, core: &mut Decryptor) -> Result<(), Error> {
    let request = core.request().ok_or(Error::Poisoned)?;
    core.provide(&block_on(client.materials_manager().decryption_materials(request))?)
}

fn read_into(core: &mut Decryptor, source: &mut impl Read) -> io::Result<()> {
    match read_some(source, core.space())? {
        0 => core.end(),
        len => core.put(len),
    }
    Ok(())
}

fn read_some(source: &mut impl Read, out: &mut [u8]) -> io::Result<usize> {
    loop {
        match source.read(out) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}

/// Copies as much as there is and has room.
fn copy(from: &[u8], to: &mut [u8]) -> usize {
    let len = from.len().min(to.len());
    if let (Some(to), Some(from)) = (to.get_mut(..len), from.get(..len)) {
        to.copy_from_slice(from);
    }
    len
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;
    use crate::{AlgorithmSuite, DecryptOptions, EncryptOptions, RawAesKeyring, SecretBytes};

    const SUITE: AlgorithmSuite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKey;

    fn client() -> Client {
        let key = SecretBytes::new(vec![7; 32]);
        Client::builder().keyring(RawAesKeyring::new("n", "k", &key).unwrap()).build().unwrap()
    }

    #[test]
    fn a_long_stream_takes_no_more_memory_than_a_frame_or_two() {
        let client = client();
        for (frame_length, len) in [(1, 20_000), (4096, 1 << 20), (1 << 16, 2 << 20), (100_000, 2 << 20)] {
            // A frame and a chunk, twice while the buffer grows.
            let bound = 2 * ((frame_length as usize).max(CHUNK) + CHUNK);
            let plaintext = || io::repeat(7).take(len);
            let encryptor = || {
                let frame_length = NonZeroU32::new(frame_length).unwrap();
                let options = EncryptOptions::new().suite(SUITE).frame_length(frame_length);
                block_on(client.encryptor(&options)).unwrap()
            };
            let decryptor = || client.decryptor(DecryptOptions::new());
            let within = |memory: usize| assert!(memory <= bound, "{memory} for frames of {frame_length}");

            let (mut core, mut message) = (encryptor(), Vec::new());
            copy_encrypted(&mut core, &mut plaintext(), &mut message).unwrap();
            within(core.memory());
            let mut reader = EncryptReader::new(encryptor(), plaintext());
            assert_eq!(io::copy(&mut reader, &mut io::sink()).unwrap(), message.len() as u64);
            within(reader.core.memory());
            for piece in [1000, 1 << 16, 1 << 20] {
                let mut writer = EncryptWriter::new(encryptor(), io::sink());
                let mut left = len;
                while let Some(rest) = left.checked_sub(piece) {
                    writer.write_all(&vec![7; usize::try_from(piece).unwrap()]).unwrap();
                    left = rest;
                }
                within(writer.core.memory());
            }

            let mut core = decryptor();
            copy_decrypted(&client, &mut core, &mut message.as_slice(), &mut io::sink()).unwrap();
            within(core.memory());
            let mut writer = DecryptWriter::new(client.clone(), decryptor(), io::sink());
            writer.write_all(&message).unwrap();
            within(writer.core.memory());
            let mut reader = DecryptReader::new(&client, decryptor(), message.as_slice()).unwrap();
            assert_eq!(io::copy(&mut reader, &mut io::sink()).unwrap(), len);
            within(reader.core.memory());
        }
    }

    struct Counted<R> {
        source: R,
        reads: usize,
    }

    impl<R: Read> Read for Counted<R> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            self.reads += 1;
            self.source.read(out)
        }
    }

    #[test]
    fn a_frame_is_read_at_once() {
        const FRAMES: usize = 40;
        let client = client();
        for frame_length in [CHUNK, 3 * CHUNK] {
            let frame = NonZeroU32::new(u32::try_from(frame_length).unwrap()).unwrap();
            let options = EncryptOptions::new().suite(SUITE).frame_length(frame);
            let plaintext = vec![7; FRAMES * frame_length];
            let message = client.clone().blocking().encrypt(&plaintext, options).unwrap().message;
            let mut source = Counted { source: message.as_slice(), reads: 0 };
            let mut core = client.decryptor(DecryptOptions::new());
            copy_decrypted(&client, &mut core, &mut source, &mut io::sink()).unwrap();
            // Some more for the header, while the buffer grows, and at the end.
            assert!(source.reads < FRAMES + 10, "{} reads", source.reads);
        }
    }
}
