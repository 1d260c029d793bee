//! One kept-alive connection, with just enough HTTP to tell one answer from the next.

use std::net::SocketAddr;

use anyhow::{Context as _, Result, bail};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// One connection to one address.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer as it came.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// All of it, head and body.
    pub bytes: &'a [u8],
    /// The length of its head, with the line that ends it.
    head: usize,
}

impl Answer<'_> {
    /// Its HTTP status; 0 where there is none.
    #[must_use]
    pub fn status(&self) -> u16 {
        let digits = self.bytes.get(9..12).and_then(|digits| std::str::from_utf8(digits).ok());
        digits.and_then(|digits| digits.parse().ok()).unwrap_or_default()
    }

    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        header(self.bytes.get(..self.head)?, name)
    }

    /// What follows the head.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        self.bytes.get(self.head..).unwrap_or_default()
    }
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// When nobody listens there.
    pub async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await.with_context(|| format!("connect to {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(8192) })
    }

    /// Sends a request and reads its whole answer, which must have status 200 and a `content-length`.
    pub(super) async fn exchange(&mut self, request: &[u8]) -> Result<()> {
        let answer = self.ask(request).await?;
        if answer.status() != 200 {
            bail!("not a success: {}", String::from_utf8_lossy(answer.bytes));
        }
        Ok(())
    }

    /// Sends a request and reads its whole answer, whatever it says, which must have a `content-length`.
    ///
    /// # Errors
    /// When there is no whole answer.
    pub async fn ask(&mut self, request: &[u8]) -> Result<Answer<'_>> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the server closed the connection");
            }
            if let Some((head, length)) = answer_length(&self.buffer)? {
                if self.buffer.len() < length {
                    continue;
                }
                return Ok(Answer { bytes: &self.buffer, head });
            }
        }
    }
}

/// The lengths of the head and of the whole answer at the beginning of `bytes`, once its head is complete.
fn answer_length(bytes: &[u8]) -> Result<Option<(usize, usize)>> {
    let Some(head_end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let head = bytes.get(..head_end).unwrap_or_default();
    let length = header(head, "content-length").context("an answer without content-length")?;
    Ok(Some((head_end + 4, head_end + 4 + length.parse::<usize>()?)))
}

fn header<'a>(head: &'a [u8], name: &str) -> Option<&'a str> {
    head.split(|byte| *byte == b'\n').find_map(|line| {
        let mut parts = line.splitn(2, |byte| *byte == b':');
        parts.next().filter(|found| found.eq_ignore_ascii_case(name.as_bytes()))?;
        Some(std::str::from_utf8(parts.next()?).ok()?.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::answer_length;

    #[test]
    fn the_length_counts_head_and_body() {
        assert_eq!(answer_length(b"HTTP/1.1 200 OK\r\ncontent-").unwrap(), None);
        let whole = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
        assert_eq!(answer_length(whole).unwrap(), Some((whole.len() - 5, whole.len())));
        assert!(answer_length(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }
}
