//! A network between the store and Postgres that can be made to fail.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Passes bytes between clients and one server, both on the loopback interface.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    network: Arc<Network>,
    task: JoinHandle<()>,
}

struct Network {
    server: u16,
    opened: AtomicUsize,
    /// Connections with a lower number pass nothing any more, and don't close either.
    frozen_below: watch::Sender<usize>,
    loses_commits: AtomicBool,
}

impl Proxy {
    pub(crate) async fn to(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let network = Arc::new(Network {
            server,
            opened: AtomicUsize::new(0),
            frozen_below: watch::Sender::new(0),
            loses_commits: AtomicBool::new(false),
        });
        let task = tokio::spawn(accept(listener, Arc::clone(&network)));
        Self { port, network, task }
    }

    /// From now on the connections there are go silent; new ones work.
    pub(crate) fn freeze(&self) {
        self.network.frozen_below.send_replace(self.network.opened.load(Ordering::SeqCst));
    }

    /// From now on a COMMIT reaches the server, but its answer doesn't come back: the connection breaks.
    pub(crate) fn lose_commits(&self) {
        self.network.loses_commits.store(true, Ordering::SeqCst);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, network: Arc<Network>) {
    while let Ok((client, _)) = listener.accept().await {
        let number = network.opened.fetch_add(1, Ordering::SeqCst);
        let network = Arc::clone(&network);
        tokio::spawn(async move {
            let mut frozen_below = network.frozen_below.subscribe();
            let mut passing = std::pin::pin!(pass(client, &network));
            let ended = tokio::select! {
                _ = &mut passing => true,
                frozen = frozen_below.wait_for(|below| number < *below) => frozen.is_err(),
            };
            if !ended {
                // Both sockets stay open, and nothing is read from them.
                std::future::pending::<()>().await;
            }
        });
    }
}

async fn pass(mut client: TcpStream, network: &Network) -> std::io::Result<()> {
    let mut server = TcpStream::connect(("127.0.0.1", network.server)).await?;
    let (mut asked, mut answered) = ([0; 16384], [0; 16384]);
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let request = &asked[..read?];
                if request.is_empty() {
                    return Ok(());
                }
                server.write_all(request).await?;
                if network.loses_commits.load(Ordering::SeqCst)
                    && request.windows(6).any(|window| window == b"COMMIT")
                {
                    // It has been carried out when the answer is here.
                    server.readable().await?;
                    return Ok(());
                }
            }
            read = server.read(&mut answered) => {
                let answer = &answered[..read?];
                if answer.is_empty() {
                    return Ok(());
                }
                client.write_all(answer).await?;
            }
        }
    }
}
