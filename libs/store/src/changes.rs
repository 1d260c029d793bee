//! Tells this replica's caches what other replicas changed.
//!
//! Postgres delivers a notification to whoever listens when it is sent, and to nobody later. So a listener that was
//! away must assume that everything has changed, and one that can't hear must say so.

mod health;
mod session;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

use crate::connector::Connector;
use crate::metrics;
use crate::{StoreConfig, StoreError};

use health::Health;

/// What a cache must react to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Another transaction, of this replica or another, committed with this notification.
    Notified {
        /// One of the channels listened to.
        channel: String,
        /// What its sender said about the change.
        payload: String,
    },
    /// The listener has just connected, for the first time or again: notifications may have been missed. Drop
    /// everything cached.
    Resynchronize,
}

/// A task with a connection of its own that listens for changes.
///
/// Dropping it stops it. A handler that panics ends it too; [`staleness`](Self::staleness) then grows for good.
pub struct ChangeListener {
    health: Arc<Health>,
    task: JoinHandle<()>,
}

/// How well a listener hears.
#[derive(Debug, Clone, Copy)]
pub struct ListenerHealth {
    /// Everything committed before this moment has been handled; at first, when the listener was started.
    pub last_confirmed: Instant,
    /// Whether there is a connection that listens now.
    pub connected: bool,
}

impl ChangeListener {
    /// Starts listening, and goes on connecting for as long as it lives. `handler` runs on the listener's task, in
    /// order, and must be quick. Must be called on a tokio runtime.
    ///
    /// # Errors
    /// For a wrong setting only: an absent server is waited for.
    pub fn spawn(
        config: &StoreConfig,
        channels: &[&'static str],
        handler: impl Fn(Change) + Send + Sync + 'static,
    ) -> Result<Self, StoreError> {
        let connector = Connector::new(config)?.named(format!("{} listener", config.application_name));
        let health = Arc::new(Health::new(Instant::now()));
        let listener = Listener {
            connector,
            channels: channels.to_vec(),
            handler: Box::new(handler),
            health: Arc::clone(&health),
            database: config.database.clone(),
        };
        Ok(Self { health, task: tokio::spawn(listener.run()) })
    }

    /// How well it hears.
    pub fn health(&self) -> ListenerHealth {
        self.health.get()
    }

    /// For how long changes may have gone unheard. Callers refuse to serve from their caches when this exceeds
    /// their bound. Cheap: one atomic load and a reading of the clock.
    pub fn staleness(&self) -> Duration {
        self.staleness_at(Instant::now())
    }

    /// [`staleness`](Self::staleness) as of `now`.
    pub fn staleness_at(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.health.get().last_confirmed)
    }

    /// Ends the connection and waits until it has ended.
    pub async fn stop(mut self) {
        self.task.abort();
        // An abort is what was asked for; a panic of the handler has been printed by the runtime.
        let _ = (&mut self.task).await;
    }
}

impl Drop for ChangeListener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl fmt::Debug for ChangeListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChangeListener").field("health", &self.health()).finish_non_exhaustive()
    }
}

/// What the task owns.
struct Listener {
    connector: Connector,
    channels: Vec<&'static str>,
    handler: Box<dyn Fn(Change) + Send + Sync>,
    health: Arc<Health>,
    database: String,
}

impl Listener {
    async fn run(self) {
        let mut pause = FIRST_PAUSE;
        loop {
            let ended = session::run(&self, || pause = FIRST_PAUSE).await;
            self.health.disconnected();
            match ended {
                Ok(never) => match never {},
                Err(error) => tracing::warn!(
                    database = self.database, %error, staleness = ?self.health.get().last_confirmed.elapsed(),
                    "the change listener lost its connection"
                ),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
            metrics::get().listener_reconnects.with_label_values(&[self.database.as_str()]).inc();
        }
    }
}

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
