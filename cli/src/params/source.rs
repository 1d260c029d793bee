//! The file that parameters are read from.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use zeroize::Zeroizing;

use super::error::ParamsError;
use super::format::Format;

/// A file, or standard input.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    StandardInput,
    File(PathBuf),
}

impl Source {
    /// `-` is standard input.
    pub(crate) fn of(path: PathBuf) -> Self {
        if path.as_os_str() == "-" { Self::StandardInput } else { Self::File(path) }
    }

    /// What messages call it.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::StandardInput => "standard input".to_owned(),
            Self::File(path) => path.display().to_string(),
        }
    }

    /// Its text, without a byte order mark.
    ///
    /// # Errors
    /// When it can't be read, is too large, or is no text.
    pub(super) fn read(&self) -> Result<Zeroizing<String>, ParamsError> {
        let cause = |cause| ParamsError::Read { what: self.name(), cause };
        let read = match self {
            Self::StandardInput => read_all(io::stdin().lock()),
            Self::File(path) => File::open(path).and_then(read_all),
        };
        let mut bytes = read.map_err(cause)?;
        if bytes.len() > MAX_BYTES {
            return Err(ParamsError::TooLarge { what: self.name(), limit: MAX_BYTES / 1_000_000 });
        }
        let not_text = |at| ParamsError::NotText { what: self.name(), at };
        if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
            return Err(not_text(at));
        }
        let text = String::from_utf8(std::mem::take(&mut *bytes)).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            drop(Zeroizing::new(error.into_bytes()));
            not_text(at)
        })?;
        let mut text = Zeroizing::new(text);
        if text.starts_with(BYTE_ORDER_MARK) {
            text.remove(0);
        }
        Ok(text)
    }

    /// The format that its name says, or else its content.
    pub(super) fn format(&self, text: &str) -> Result<Format, ParamsError> {
        let named = match self {
            Self::StandardInput => None,
            Self::File(path) => Format::of_name(path),
        };
        let found = named.or_else(|| Format::of_content(text));
        found.ok_or_else(|| ParamsError::UnknownFormat { what: self.name() })
    }
}

/// Reads all, or a little more than is taken. What outgrows its place is erased there.
fn read_all(mut from: impl Read) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(FIRST_ROOM));
    loop {
        let room = bytes.capacity() - bytes.len();
        let read = from.by_ref().take(room as u64).read_to_end(&mut bytes)?;
        if read < room || bytes.len() > MAX_BYTES {
            return Ok(bytes);
        }
        let mut larger = Zeroizing::new(Vec::with_capacity(bytes.capacity() * 2));
        larger.extend_from_slice(&bytes);
        bytes = larger;
    }
}

const FIRST_ROOM: usize = 64 * 1024;
/// Ten thousand advanced parameters, with their escapes.
const MAX_BYTES: usize = 200_000_000;
const BYTE_ORDER_MARK: char = '\u{feff}';

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<String, ParamsError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        std::fs::write(&path, bytes).unwrap();
        Source::of(path).read().map(|text| text.to_string())
    }

    #[test]
    fn text_is_read_without_its_mark_and_junk_is_not() {
        assert_eq!(read("\u{feff}A=ü".as_bytes()).unwrap(), "A=ü");
        assert!(matches!(read(b"A=1\xff").unwrap_err(), ParamsError::NotText { at: 3, .. }));
        assert!(matches!(read(b"\x7fELF\0").unwrap_err(), ParamsError::NotText { at: 4, .. }));
        let long = "x".repeat(3 * FIRST_ROOM);
        assert_eq!(read(long.as_bytes()).unwrap(), long);
        let missing = Source::of("/nowhere/at/all.env".into()).read().unwrap_err();
        assert_eq!(missing.to_string(), "cannot read /nowhere/at/all.env");
    }
}
