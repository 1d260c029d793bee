//! One message: from where it is read to where it is written.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read, Write};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use keywright_encryption_sdk::{
    AlgorithmSuite, BlockingClient, DecryptOptions, EncryptOptions, EncryptionContext, Error, MessageInfo,
};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use zeroize::Zeroizing;

use super::draft::{Drafts, Existing};
use super::error::EncryptionError;
use super::folder::{Folder, Identity};
use super::metadata::{Metadata, Record};
use super::overwrite::{Decision, Overwrite};
use super::talk::Talk;
use super::text::{Sink, Source};
use super::wrapping_keys::Direction;

/// How messages are made or read.
pub(crate) struct Manner {
    pub(crate) direction: Direction,
    /// To decrypt: signed messages are refused.
    pub(crate) unsigned_only: bool,
    pub(crate) context: EncryptionContext,
    pub(crate) suite: Option<AlgorithmSuite>,
    pub(crate) frame_length: NonZeroU32,
    /// The length of a file is promised, so that its data key may be one that is kept.
    pub(crate) promises_length: bool,
    /// The input is base64.
    pub(crate) decode: bool,
    /// The output is to be base64.
    pub(crate) encode: bool,
    /// Standard output gets nothing before all is there.
    pub(crate) buffer: bool,
}

/// Makes or reads messages.
pub(super) struct Messages {
    pub(super) client: BlockingClient,
    pub(super) manner: Manner,
    pub(super) metadata: Metadata,
    pub(super) overwrite: Overwrite,
    pub(super) drafts: Arc<Drafts>,
    pub(super) talk: Talk,
}

/// What is read.
pub(super) enum Input {
    File(File, PathBuf),
    StandardInput,
}

/// What became of one input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Done,
    Skipped,
}

impl Messages {
    /// Into a file, which appears when it is complete.
    pub(super) fn write_file(
        &self,
        input: Input,
        folder: &Arc<Folder>,
        name: &OsStr,
    ) -> Result<Fate, EncryptionError> {
        let path = folder.path().join(name);
        let existing = match folder.existing(name)? {
            None => Existing::Stays,
            Some((mode, identity)) => {
                if let Input::File(file, shown) = &input
                    && Identity::of_file(file, shown)? == identity
                {
                    return Err(EncryptionError::Same { path });
                }
                let decided = self.overwrite.decide(&path);
                let asked = |cause| EncryptionError::File { action: "ask about", path: path.clone(), cause };
                if decided.map_err(asked)? == Decision::Keep {
                    self.talk.warn(&format!("{} is there already, and stays", path.display()));
                    return Ok(Fate::Skipped);
                }
                self.talk.warn(&format!("{} is there already, and is replaced", path.display()));
                Existing::Replaced(mode)
            }
        };
        let draft = self.drafts.begin(folder, self.manner.file_mode())?;
        let shown = input.name();
        let (draft, info) = self.stream(input, draft)?;
        if !draft.finish(name, existing)? {
            return match self.overwrite {
                Overwrite::Never => Ok(Fate::Skipped),
                Overwrite::Always | Overwrite::Ask(_) => Err(EncryptionError::Appeared { path }),
            };
        }
        self.record(&shown, &absolute(&path), &info)?;
        Ok(Fate::Done)
    }

    /// To standard output.
    pub(super) fn to_standard_output(&self, input: Input) -> Result<Fate, EncryptionError> {
        let shown = input.name();
        let out = io::stdout().lock();
        let info = match self.manner.buffer {
            true => self.at_once(input, out)?,
            false => self.stream(input, out)?.1,
        };
        self.record(&shown, "<stdout>", &info)?;
        Ok(Fate::Done)
    }

    fn stream<W: Write>(&self, input: Input, out: W) -> Result<(W, MessageInfo), EncryptionError> {
        let shown = input.shown();
        let failed = |cause| self.manner.failed(&shown, cause);
        let len = self.len_of(&input)?;
        let mut source = self.source(input)?;
        let mut sink = Sink::new(out, self.manner.encode);
        let info = match self.manner.direction {
            Direction::Encrypt => {
                self.client.encrypt_stream(&mut source, &mut sink, self.manner.encrypt_options(len))
            }
            Direction::Decrypt => {
                self.client.decrypt_stream(&mut source, &mut sink, self.manner.decrypt_options())
            }
        };
        let info = info.map_err(failed)?;
        let out = sink.finish().map_err(|error| failed(Error::Io(error)))?;
        Ok((out, info))
    }

    /// Reads everything, and writes nothing before all of it is made or verified.
    fn at_once(&self, input: Input, out: impl Write) -> Result<MessageInfo, EncryptionError> {
        let shown = input.shown();
        let failed = |cause| self.manner.failed(&shown, cause);
        let mut read = Zeroizing::new(Vec::new());
        self.source(input)?.read_to_end(&mut read).map_err(|error| failed(Error::Io(error)))?;
        let mut sink = Sink::new(out, self.manner.encode);
        let info = match self.manner.direction {
            Direction::Encrypt => {
                let made = self.client.encrypt(&read, self.manner.encrypt_options(None)).map_err(failed)?;
                sink.write_all(&made.message).map(|()| made.info)
            }
            Direction::Decrypt => {
                let made = self.client.decrypt(&read, self.manner.decrypt_options()).map_err(failed)?;
                sink.write_all(made.plaintext.expose_secret()).map(|()| made.info)
            }
        };
        info.and_then(|info| sink.finish().map(|_| info)).map_err(|error| failed(Error::Io(error)))
    }

    fn source(&self, input: Input) -> Result<Source<Counted<'_, Box<dyn Read>>>, EncryptionError> {
        let from: Box<dyn Read> = match input {
            Input::File(file, path) => {
                // It was opened without waiting, in case that it isn't one.
                let plain = fcntl_getfl(&file)
                    .and_then(|flags| fcntl_setfl(&file, flags.difference(OFlags::NONBLOCK)));
                plain.map_err(|errno| super::folder::failed("read", &path, errno))?;
                Box::new(file)
            }
            Input::StandardInput => Box::new(io::stdin()),
        };
        Ok(Source::new(Counted { from, talk: &self.talk }, self.manner.decode))
    }

    /// The greatest length of a file's content.
    fn len_of(&self, input: &Input) -> Result<Option<u64>, EncryptionError> {
        let Input::File(file, path) = input else { return Ok(None) };
        let metadata = file.metadata();
        let len = metadata
            .map_err(|cause| EncryptionError::File { action: "look at", path: path.clone(), cause })?
            .len();
        Ok(Some(if self.manner.decode { len.div_ceil(4).saturating_mul(3) } else { len }))
    }

    fn record(&self, input: &str, output: &str, info: &MessageInfo) -> Result<(), EncryptionError> {
        let mode = self.manner.mode();
        self.metadata.write(&Record { mode, input, output, info })?;
        self.talk.detail(|| format!("{input} is {} into {output}", self.manner.done()));
        Ok(())
    }
}

impl Manner {
    /// The name in metadata.
    fn mode(&self) -> &'static str {
        match (self.direction, self.unsigned_only) {
            (Direction::Encrypt, _) => "encrypt",
            (Direction::Decrypt, false) => "decrypt",
            (Direction::Decrypt, true) => "decrypt-unsigned",
        }
    }

    pub(super) fn done(&self) -> &'static str {
        match self.direction {
            Direction::Encrypt => "encrypted",
            Direction::Decrypt => "decrypted",
        }
    }

    /// Plaintext is for its owner alone, what is encrypted for whom the user's mask lets.
    fn file_mode(&self) -> u32 {
        match self.direction {
            Direction::Encrypt => 0o666,
            Direction::Decrypt => 0o600,
        }
    }

    /// The same of directories.
    pub(super) fn folder_mode(&self) -> u32 {
        match self.direction {
            Direction::Encrypt => 0o777,
            Direction::Decrypt => 0o700,
        }
    }

    fn encrypt_options(&self, len: Option<u64>) -> EncryptOptions {
        let mut options = EncryptOptions::new().context(self.context.clone()).frame_length(self.frame_length);
        if let Some(suite) = self.suite {
            options = options.suite(suite);
        }
        match len.filter(|_| self.promises_length) {
            Some(len) => options.max_plaintext_length(len),
            None => options,
        }
    }

    fn decrypt_options(&self) -> DecryptOptions {
        let options = DecryptOptions::new().context(self.context.clone());
        if self.unsigned_only { options.unsigned_only() } else { options }
    }

    fn failed(&self, input: &str, cause: Error) -> EncryptionError {
        EncryptionError::Message { input: input.to_owned(), done: self.done(), cause }
    }
}

impl Input {
    fn shown(&self) -> String {
        match self {
            Self::File(_, path) => path.to_string_lossy().into_owned(),
            Self::StandardInput => "<stdin>".to_owned(),
        }
    }

    /// The name in metadata.
    fn name(&self) -> String {
        match self {
            Self::File(_, path) => absolute(path),
            Self::StandardInput => self.shown(),
        }
    }

    /// How long a file is.
    pub(super) fn len(&self) -> Option<u64> {
        match self {
            Self::File(file, _) => file.metadata().ok().map(|metadata| metadata.len()),
            Self::StandardInput => None,
        }
    }
}

fn absolute(path: &Path) -> String {
    let absolute = std::path::absolute(path);
    absolute.as_deref().unwrap_or(path).to_string_lossy().into_owned()
}

/// Tells how much was read.
struct Counted<'a, R> {
    from: R,
    talk: &'a Talk,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let len = self.from.read(out)?;
        self.talk.progress.advance(len as u64);
        Ok(len)
    }
}

/// The name of an output in a directory.
pub(super) fn output_name(
    path: &Path,
    name: &OsStr,
    suffix: &OsStr,
) -> Result<std::ffi::OsString, EncryptionError> {
    if name.is_empty() {
        return Err(EncryptionError::Special { path: path.to_owned() });
    }
    let mut output = name.to_owned();
    output.push(suffix);
    Ok(output)
}
