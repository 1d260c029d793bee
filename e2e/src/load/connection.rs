//! One kept-alive connection, with just enough HTTP to tell one answer from the next.

use std::net::SocketAddr;

use anyhow::{Context as _, Result, bail};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

pub(super) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub(super) async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await.with_context(|| format!("connect to {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(8192) })
    }

    /// Sends a request and reads its whole answer, which must have status 200 and a `content-length`.
    pub(super) async fn exchange(&mut self, request: &[u8]) -> Result<()> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the server closed the connection");
            }
            if let Some(length) = answer_length(&self.buffer)? {
                if self.buffer.len() < length {
                    continue;
                }
                if !self.buffer.starts_with(b"HTTP/1.1 200") {
                    bail!("not a success: {}", String::from_utf8_lossy(&self.buffer));
                }
                return Ok(());
            }
        }
    }
}

/// The length of the answer at the beginning of `bytes`, once its head is complete.
fn answer_length(bytes: &[u8]) -> Result<Option<usize>> {
    let Some(head_end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let head = bytes.get(..head_end).unwrap_or_default();
    for line in head.split(|byte| *byte == b'\n') {
        let mut parts = line.splitn(2, |byte| *byte == b':');
        if parts.next().is_some_and(|name| name.eq_ignore_ascii_case(b"content-length")) {
            let value = std::str::from_utf8(parts.next().unwrap_or_default())?;
            return Ok(Some(head_end + 4 + value.trim().parse::<usize>()?));
        }
    }
    bail!("an answer without content-length")
}

#[cfg(test)]
mod tests {
    use super::answer_length;

    #[test]
    fn the_length_counts_head_and_body() {
        assert_eq!(answer_length(b"HTTP/1.1 200 OK\r\ncontent-").unwrap(), None);
        let whole = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
        assert_eq!(answer_length(whole).unwrap(), Some(whole.len()));
        assert!(answer_length(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }
}
