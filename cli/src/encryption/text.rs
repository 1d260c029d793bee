//! Base64 on the way in and on the way out.

use std::io::{self, Read, Write};

use base64::engine::general_purpose::{GeneralPurpose, STANDARD};
use base64::read::DecoderReader;
use base64::write::EncoderWriter;

/// What is read, decoded or as it is.
pub(super) enum Source<R: Read> {
    Bytes(R),
    Text(Box<DecoderReader<'static, GeneralPurpose, WithoutSpace<R>>>),
}

/// What is written, encoded or as it is.
pub(super) enum Sink<W: Write> {
    Bytes(W),
    Text(Box<EncoderWriter<'static, GeneralPurpose, W>>),
}

/// Text without its line breaks and other space.
pub(super) struct WithoutSpace<R>(R);

impl<R: Read> Source<R> {
    pub(super) fn new(from: R, is_text: bool) -> Self {
        match is_text {
            true => Self::Text(Box::new(DecoderReader::new(WithoutSpace(from), &STANDARD))),
            false => Self::Bytes(from),
        }
    }
}

impl<W: Write> Sink<W> {
    pub(super) fn new(to: W, is_text: bool) -> Self {
        match is_text {
            true => Self::Text(Box::new(EncoderWriter::new(to, &STANDARD))),
            false => Self::Bytes(to),
        }
    }

    /// Writes what is left, and gives back what is below.
    pub(super) fn finish(self) -> io::Result<W> {
        match self {
            Self::Bytes(mut to) => to.flush().map(|()| to),
            Self::Text(mut to) => {
                let mut to = to.finish()?;
                to.flush()?;
                Ok(to)
            }
        }
    }
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Bytes(from) => from.read(out),
            Self::Text(from) => from.read(out),
        }
    }
}

impl<W: Write> Write for Sink<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Bytes(to) => to.write(bytes),
            Self::Text(to) => to.write(bytes),
        }
    }

    /// Bytes that make no whole group yet wait for [`finish`](Self::finish).
    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Bytes(to) => to.flush(),
            Self::Text(_) => Ok(()),
        }
    }
}

impl<R: Read> Read for WithoutSpace<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            let len = self.0.read(out)?;
            let mut kept = 0;
            for at in 0..len {
                match out.get(at).copied() {
                    Some(byte) if !byte.is_ascii_whitespace() => {
                        if let Some(place) = out.get_mut(kept) {
                            *place = byte;
                        }
                        kept += 1;
                    }
                    _ => {}
                }
            }
            if kept > 0 || len == 0 {
                return Ok(kept);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_decoded_wherever_its_lines_are_broken() {
        let content: Vec<u8> = (0..=255).cycle().take(10_001).collect();
        for is_text in [false, true] {
            let mut sink = Sink::new(Vec::new(), is_text);
            for part in content.chunks(97) {
                sink.write_all(part).unwrap();
                sink.flush().unwrap();
            }
            let written = sink.finish().unwrap();
            assert_eq!(written == content, !is_text);
            let broken = match is_text {
                true => {
                    written.chunks(61).flat_map(|line| [b" \r\n", line].concat()).chain(*b"\n\n").collect()
                }
                false => written,
            };
            let mut read = Vec::new();
            Source::new(broken.as_slice(), is_text).read_to_end(&mut read).unwrap();
            assert_eq!(read, content);
        }
    }

    #[test]
    fn what_is_no_base64_is_an_error() {
        for wrong in ["AAA", "A*==", "AAAA=AAA", "AA==AAAA"] {
            assert!(Source::new(wrong.as_bytes(), true).read_to_end(&mut Vec::new()).is_err(), "{wrong}");
        }
    }
}
