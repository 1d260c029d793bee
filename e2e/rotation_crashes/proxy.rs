//! A TCP proxy in front of a Postgres which counts the exchanges, and strikes at one of them.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use crate::moments::{Moments, Strike};

/// A running proxy.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    pub(crate) moments: Arc<Moments>,
}

impl Proxy {
    /// A proxy of this address.
    pub(crate) async fn start(upstream: SocketAddr, moments: Moments) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let moments = Arc::new(moments);
        let accepting = Arc::clone(&moments);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let moments = Arc::clone(&accepting);
                tokio::spawn(async move {
                    // A connection that is lost is what this is for.
                    let _ = connection(&moments, client, upstream).await;
                });
            }
        });
        Ok(Self { port, moments })
    }
}

/// What one half of a connection tells the other: that the answer to come is to be struck.
#[derive(Default)]
struct Behind {
    strike: std::sync::Mutex<Option<Strike>>,
    struck: Notify,
}

async fn connection(moments: &Moments, client: TcpStream, upstream: SocketAddr) -> Result<()> {
    let server = TcpStream::connect(upstream).await?;
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    let behind = Behind::default();
    // Either side's end is the connection's.
    tokio::select! {
        ended = forward(moments, &behind, from_client, to_server) => ended,
        ended = answer(moments, &behind, from_server, to_client) => ended,
        () = behind.struck.notified() => Ok(()),
    }
}

/// From the service to the server: an exchange goes when all of it is there.
async fn forward(
    moments: &Moments,
    behind: &Behind,
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
) -> Result<()> {
    let mut exchange = Vec::new();
    let length = from.read_u32().await?;
    exchange.extend_from_slice(&length.to_be_bytes());
    read_more(&mut from, &mut exchange, length).await?;
    to.write_all(&exchange).await?;
    exchange.clear();
    loop {
        let kind = from.read_u8().await?;
        let length = from.read_u32().await?;
        exchange.push(kind);
        exchange.extend_from_slice(&length.to_be_bytes());
        read_more(&mut from, &mut exchange, length).await?;
        match kind {
            SYNC | QUERY => match moments.next() {
                Some(strike) if strike.is_before() => {
                    moments.strike(strike);
                    return Ok(());
                }
                Some(strike) => *behind.strike.lock().ok().context("a lock")? = Some(strike),
                None => {}
            },
            PASSWORD | TERMINATE => {}
            _ => continue,
        }
        to.write_all(&exchange).await?;
        exchange.clear();
    }
}

/// From the server to the service: an answer that is to be struck is read to its end, and not passed on.
async fn answer(
    moments: &Moments,
    behind: &Behind,
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
) -> Result<()> {
    loop {
        let kind = from.read_u8().await?;
        let length = from.read_u32().await?;
        let mut message = vec![kind];
        message.extend_from_slice(&length.to_be_bytes());
        read_more(&mut from, &mut message, length).await?;
        let strike = *behind.strike.lock().ok().context("a lock")?;
        match strike {
            None => to.write_all(&message).await?,
            Some(strike) if kind == READY => {
                moments.strike(strike);
                behind.struck.notify_one();
                return Ok(());
            }
            Some(_) => {}
        }
    }
}

/// The rest of a message whose length counts itself.
async fn read_more(from: &mut (impl AsyncRead + Unpin), message: &mut Vec<u8>, length: u32) -> Result<()> {
    let rest = length.checked_sub(4).context("a message's length")?;
    from.take(rest.into()).read_to_end(message).await?;
    Ok(())
}

const SYNC: u8 = b'S';
const QUERY: u8 = b'Q';
const PASSWORD: u8 = b'p';
const TERMINATE: u8 = b'X';
const READY: u8 = b'Z';
