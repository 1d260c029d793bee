//! A network that breaks at a message.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Passes bytes between clients and one server. Messages of both directions are counted over all connections; at the one
/// that is chosen the connection breaks.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    state: Arc<State>,
    task: JoinHandle<()>,
}

struct State {
    server: u16,
    passed: AtomicU32,
    /// 0: none.
    breaks_at: AtomicU32,
}

impl Proxy {
    pub(crate) async fn to(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State { server, passed: AtomicU32::new(0), breaks_at: AtomicU32::new(0) });
        let task = tokio::spawn(accept(listener, Arc::clone(&state)));
        Self { port, state, task }
    }

    /// From now on the `n`-th message doesn't arrive, once; 0: all do. A question that doesn't arrive is a failure before
    /// the statement, an answer that doesn't is one after it.
    pub(crate) fn break_at(&self, n: u32) {
        self.state.passed.store(0, Ordering::SeqCst);
        self.state.breaks_at.store(n, Ordering::SeqCst);
    }

    /// How many messages there were since.
    pub(crate) fn passed(&self) -> u32 {
        self.state.passed.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, state: Arc<State>) {
    while let Ok((client, _)) = listener.accept().await {
        let state = Arc::clone(&state);
        tokio::spawn(async move {
            // Either way the connection is over.
            _ = pass(client, &state).await;
        });
    }
}

async fn pass(mut client: TcpStream, state: &State) -> std::io::Result<()> {
    let mut server = TcpStream::connect(("127.0.0.1", state.server)).await?;
    let (mut asked, mut answered) = ([0; 65536], [0; 65536]);
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let message = &asked[..read?];
                if message.is_empty() || state.is_broken() {
                    return Ok(());
                }
                server.write_all(message).await?;
            }
            read = server.read(&mut answered) => {
                let message = &answered[..read?];
                if message.is_empty() || state.is_broken() {
                    return Ok(());
                }
                client.write_all(message).await?;
            }
        }
    }
}

impl State {
    fn is_broken(&self) -> bool {
        self.passed.fetch_add(1, Ordering::SeqCst) + 1 == self.breaks_at.load(Ordering::SeqCst)
    }
}
