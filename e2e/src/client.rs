//! A signed call now and then, for what has to be there before a load, or is asked after it.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::requests::{Target, signed};
use crate::stack::Credentials;

/// Makes one call and reads its answer.
///
/// # Errors
/// When it isn't answered in half a minute, or not by status 200.
pub fn call(credentials: &Credentials, address: SocketAddr, target: Target, input: Value) -> Result<Value> {
    let requests = signed(credentials, &address.to_string(), target, [input])?;
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    stream.write_all(requests.first().context("one request")?)?;
    let mut answer = Vec::new();
    let mut chunk = [0; 16_384];
    loop {
        let read = stream.read(&mut chunk)?;
        answer.extend_from_slice(chunk.get(..read).unwrap_or_default());
        if let Some(body) = whole_body(&answer) {
            if !answer.starts_with(b"HTTP/1.1 200") {
                bail!("{}: {}", target.target, String::from_utf8_lossy(&answer));
            }
            return Ok(body);
        }
        if read == 0 {
            bail!("{}: {}", target.target, String::from_utf8_lossy(&answer));
        }
    }
}

/// The body once it is all there; none of our answers is chunked.
fn whole_body(answer: &[u8]) -> Option<Value> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    serde_json::from_slice(answer.get(end + 4..)?).ok()
}
