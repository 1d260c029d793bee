//! A TCP proxy in front of a server which counts the exchanges, and strikes at one of them.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use anyhow::{Context as _, Result};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use crate::login::Engine;
use crate::moments::{Moments, Strike, Way};
use crate::wire::{Answers, Questions};

/// A running proxy.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    pub(crate) moments: Arc<Moments>,
}

impl Proxy {
    /// A proxy of this server.
    pub(crate) async fn start(engine: Engine, upstream: SocketAddr, moments: Moments) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let moments = Arc::new(moments);
        let accepting = Arc::clone(&moments);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let moments = Arc::clone(&accepting);
                tokio::spawn(async move {
                    // A connection that is lost is what this is for.
                    let _ = connection(&moments, engine, client, upstream).await;
                });
            }
        });
        Ok(Self { port, moments })
    }
}

/// What one half of a connection tells the other: that the answer to come is to be struck.
#[derive(Default)]
struct Behind {
    strike: Mutex<Option<Strike>>,
    struck: Notify,
}

async fn connection(
    moments: &Moments,
    engine: Engine,
    client: TcpStream,
    upstream: SocketAddr,
) -> Result<()> {
    let server = TcpStream::connect(upstream).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    let behind = Behind::default();
    // Either side's end is the connection's.
    tokio::select! {
        ended = forward(moments, &behind, Questions::new(engine, from_client), to_server) => ended,
        ended = answer(moments, &behind, Answers::new(engine, from_server), to_client) => ended,
        () = behind.struck.notified() => Ok(()),
    }
}

/// From the service to the server.
async fn forward(
    moments: &Moments,
    behind: &Behind,
    mut from: Questions<impl AsyncRead + Unpin>,
    mut to: impl AsyncWrite + Unpin,
) -> Result<()> {
    loop {
        let question = from.next().await?;
        if let Some(strike) = question.asks.as_deref().and_then(|asks| moments.next(asks)) {
            if strike.is_before {
                moments.strike(strike);
                if strike.way == Way::Crash {
                    // The server's end is the connection's.
                    std::future::pending::<()>().await;
                }
                return Ok(());
            }
            *behind.strike.lock().ok().context("a lock")? = Some(strike);
        }
        to.write_all(&question.bytes).await?;
    }
}

/// From the server to the service: an answer that is to be struck is read to its end, and not passed on.
async fn answer(
    moments: &Moments,
    behind: &Behind,
    mut from: Answers<impl AsyncRead + Unpin>,
    mut to: impl AsyncWrite + Unpin,
) -> Result<()> {
    let mut is_struck = false;
    loop {
        let answer = from.next().await?;
        let strike = *behind.strike.lock().ok().context("a lock")?;
        match strike {
            None => to.write_all(&answer.bytes).await?,
            Some(strike) if answer.is_done && !is_struck => {
                moments.strike(strike);
                is_struck = true;
                // Of a server that crashes the end is seen here.
                if strike.way != Way::Crash {
                    behind.struck.notify_one();
                }
            }
            Some(_) => {}
        }
    }
}
