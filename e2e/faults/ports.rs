//! Ports for services that come and go.

use std::net::{Ipv4Addr, TcpListener};

use anyhow::{Result, bail};
use uuid::Uuid;

/// Outside the range from which connections get theirs, so that a service that is away for a while finds it free.
pub(crate) fn free_port() -> Result<u16> {
    for _ in 0..1_000 {
        let [high, low, ..] = Uuid::new_v4().into_bytes();
        let port = 20_000 + u16::from_be_bytes([high, low]) % 10_000;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no free port from 20000 to 29999")
}
