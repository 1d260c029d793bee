use std::net::{Ipv4Addr, TcpListener};

/// A loopback port that was free a moment ago. Whoever uses it must bear that another process was quicker.
pub(crate) fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
