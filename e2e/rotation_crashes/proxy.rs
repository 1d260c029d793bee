//! A TCP proxy in front of a Postgres which counts the exchanges, and strikes at one of them.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use anyhow::{Context as _, Result};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// What is done at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strike {
    /// `kill -9`, before the exchange is forwarded.
    KillBefore,
    /// `kill -9`, when the answer is there, which the service doesn't get.
    KillAfter,
    /// The connection is lost, before the exchange is forwarded.
    DropBefore,
    /// The connection is lost, and the answer with it.
    DropAfter,
}

impl Strike {
    pub(crate) const ALL: [Self; 4] = [Self::KillBefore, Self::KillAfter, Self::DropBefore, Self::DropAfter];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::KillBefore => "kill-before",
            Self::KillAfter => "kill-after",
            Self::DropBefore => "drop-before",
            Self::DropAfter => "drop-after",
        }
    }

    fn is_kill(self) -> bool {
        matches!(self, Self::KillBefore | Self::KillAfter)
    }

    fn is_before(self) -> bool {
        matches!(self, Self::KillBefore | Self::DropBefore)
    }
}

/// A running proxy.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    upstream: SocketAddr,
    kill: Box<dyn Fn() + Send + Sync>,
    /// How many exchanges there were since it was armed; none are counted at other times.
    count: AtomicU64,
    armed: AtomicBool,
    at: AtomicU64,
    strike: std::sync::Mutex<Strike>,
    fired: AtomicBool,
}

impl Proxy {
    /// A proxy of this address; `kill` is how it kills.
    pub(crate) async fn start(upstream: SocketAddr, kill: impl Fn() + Send + Sync + 'static) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared {
            upstream,
            kill: Box::new(kill),
            count: AtomicU64::new(0),
            armed: AtomicBool::new(false),
            at: AtomicU64::new(0),
            strike: std::sync::Mutex::new(Strike::KillBefore),
            fired: AtomicBool::new(false),
        });
        let accepting = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let shared = Arc::clone(&accepting);
                tokio::spawn(async move {
                    // A connection that is lost is what this is for.
                    let _ = connection(&shared, client).await;
                });
            }
        });
        Ok(Self { port, shared })
    }

    /// From now on exchanges are counted, and the `at`-th is struck.
    pub(crate) fn arm(&self, at: u64, strike: Strike) -> Result<()> {
        *self.shared.strike.lock().ok().context("a lock")? = strike;
        self.shared.at.store(at, Ordering::SeqCst);
        self.shared.count.store(0, Ordering::SeqCst);
        self.shared.fired.store(false, Ordering::SeqCst);
        self.shared.armed.store(true, Ordering::SeqCst);
        Ok(())
    }

    /// Whether it has struck; it does so no more.
    pub(crate) fn disarm(&self) -> bool {
        self.shared.armed.store(false, Ordering::SeqCst);
        self.shared.fired.load(Ordering::SeqCst)
    }
}

impl Shared {
    /// Counts an exchange: what is to be done at it.
    fn exchange(&self) -> Option<Strike> {
        if !self.armed.load(Ordering::SeqCst) {
            return None;
        }
        let number = self.count.fetch_add(1, Ordering::SeqCst) + 1;
        if number != self.at.load(Ordering::SeqCst) {
            return None;
        }
        self.fired.store(true, Ordering::SeqCst);
        self.strike.lock().ok().map(|strike| *strike)
    }

    fn strike(&self, strike: Strike) {
        if strike.is_kill() {
            (self.kill)();
        }
    }
}

/// What one half of a connection tells the other: that the answer to come is to be struck.
#[derive(Default)]
struct Behind {
    strike: std::sync::Mutex<Option<Strike>>,
    struck: Notify,
}

async fn connection(shared: &Shared, client: TcpStream) -> Result<()> {
    let server = TcpStream::connect(shared.upstream).await?;
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    let behind = Behind::default();
    // Either side's end is the connection's.
    tokio::select! {
        ended = forward(shared, &behind, from_client, to_server) => ended,
        ended = answer(shared, &behind, from_server, to_client) => ended,
        () = behind.struck.notified() => Ok(()),
    }
}

/// From the service to the server: an exchange goes when all of it is there.
async fn forward(
    shared: &Shared,
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
            SYNC | QUERY => match shared.exchange() {
                Some(strike) if strike.is_before() => {
                    shared.strike(strike);
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
    shared: &Shared,
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
                shared.strike(strike);
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
