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
            match read_some(&mut self.source, self.core.space()?)? {
                0 => self.core.finish()?,
                len => self.core.put(len)?,
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
        let len = copy(plaintext, self.core.space()?);
        self.core.put(len)?;
        self.write_out(CHUNK)?;
        Ok(len)
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
    mut core: Encryptor,
    source: &mut impl Read,
    sink: &mut impl Write,
) -> Result<MessageInfo, Error> {
    loop {
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
    mut core: Decryptor,
    source: &mut impl Read,
    sink: &mut impl Write,
) -> Result<MessageInfo, Error> {
    loop {
        match core.step()? {
            Step::Input => read_into(&mut core, source)?,
            Step::Materials => provide(client, &mut core)?,
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
