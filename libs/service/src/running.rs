//! A service that runs, until it is stopped.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use keywright_audit_log::Journal;
use keywright_aws_api::HttpApi;
use tokio::sync::watch;

use crate::host::Hosted;
use crate::outbox::OutboxTasks;
use crate::process::Serving;
use crate::relay::RelayTask;
use crate::tasks::Tasks;

/// A running service.
pub struct Running {
    pub(crate) api: Hosted,
    pub(crate) probes: Hosted,
    pub(crate) apis: Vec<Arc<dyn HttpApi>>,
    pub(crate) journal: Journal,
    pub(crate) relay: Option<RelayTask>,
    pub(crate) outbox: OutboxTasks,
    pub(crate) workers: Tasks,
    pub(crate) at_end: Vec<LastWork>,
    pub(crate) closing: watch::Sender<bool>,
}

/// What is done once no request runs any more.
pub(crate) type LastWork = Box<dyn FnOnce() -> BoxFuture<'static, ()> + Send + Sync>;

impl Running {
    /// Where the API listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.api.address
    }

    /// Where the probes and metrics are.
    #[must_use]
    pub fn ops_address(&self) -> SocketAddr {
        self.probes.address
    }

    /// What it serves.
    #[must_use]
    pub fn apis(&self) -> &[Arc<dyn HttpApi>] {
        &self.apis
    }

    /// The service's journal.
    #[must_use]
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Answers the requests that are running, lets the relay finish what it can, and stops.
    pub async fn stop(self) {
        self.stop_serving().await.finish().await;
    }

    /// Answers the requests that are running and takes no more; the journal can still be read.
    pub async fn stop_serving(self) -> Stopping {
        self.closing.send_replace(true);
        self.api.stop().await;
        drop(self.workers);
        let all = futures::future::join_all(self.at_end.into_iter().map(|last| last()));
        if tokio::time::timeout(LAST_WORK_TIME_LIMIT, all).await.is_err() {
            tracing::warn!("what was to be done at the end took too long and was left undone");
        }
        Stopping { probes: self.probes, journal: self.journal, relay: self.relay, outbox: self.outbox }
    }
}

impl Serving for Running {
    fn address(&self) -> SocketAddr {
        self.address()
    }

    fn ops_address(&self) -> SocketAddr {
        self.ops_address()
    }

    async fn stop(self) {
        self.stop().await;
    }
}

/// A service that serves no more, but whose journal is still open.
pub struct Stopping {
    probes: Hosted,
    journal: Journal,
    relay: Option<RelayTask>,
    outbox: OutboxTasks,
}

impl Stopping {
    /// Closes the journal and ends.
    pub async fn finish(self) {
        self.outbox.stop().await;
        if let Some(relay) = self.relay {
            relay.stop().await;
        }
        self.journal.close().await;
        self.probes.stop().await;
    }
}

const LAST_WORK_TIME_LIMIT: Duration = Duration::from_secs(5);
