//! The pool of connections to one service's database.

use std::fmt;
use std::time::{Duration, Instant};

use deadpool_postgres::{Manager, ManagerConfig, Pool, PoolError, RecyclingMethod, Runtime, TimeoutType};

use crate::connection::Connection;
use crate::connector::Connector;
use crate::metrics::{self, Gauged};
use crate::sqlstate::from_connecting;
use crate::{StoreConfig, StoreError, TlsMode, Transaction, Unavailable};

/// A service's database. Cheap to clone; all clones share one pool.
#[derive(Clone)]
pub struct Store {
    pool: Pool,
    database: String,
    statement_timeout: Duration,
}

impl Store {
    /// Opens the pool and proves that one connection can be had. A server that is not there yet is waited for, up to
    /// `startup_timeout`, so that services may start before Postgres. Must be called on a tokio runtime, which then
    /// carries the connections.
    ///
    /// # Errors
    /// At once for what waiting can't mend: a wrong setting, a refused login, an unacceptable certificate.
    /// [`StoreError::Unavailable`] when the server did not appear in time.
    pub async fn connect(config: &StoreConfig) -> Result<Self, StoreError> {
        let store = Self::open(config)?;
        let deadline = Instant::now() + config.startup_timeout;
        let mut pause = FIRST_PAUSE;
        loop {
            let error = match store.ping().await {
                Ok(()) => return Ok(store),
                Err(error) => error,
            };
            if !error.retryable() || Instant::now() + pause > deadline {
                return Err(error);
            }
            tracing::info!(database = store.database, %error, "waiting for the database");
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// A connection of the pool, for reading. It goes back when dropped.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when none is to be had within `connect_timeout`.
    pub async fn connection(&self) -> Result<Connection, StoreError> {
        let waiting = Gauged::new(metrics::get().pool_waiting.with_label_values(&[self.database.as_str()]));
        let object = self.pool.get().await.map_err(from_pool)?;
        drop(waiting);
        let in_use = Gauged::new(metrics::get().pool_in_use.with_label_values(&[self.database.as_str()]));
        Ok(Connection::new(object, self.statement_timeout + ANSWER_GRACE, in_use))
    }

    /// Begins a transaction (read committed).
    ///
    /// # Errors
    /// As [`connection`](Self::connection).
    pub async fn begin(&self) -> Result<Transaction, StoreError> {
        Transaction::begin(self.connection().await?).await
    }

    /// Whether the database answers: for a readiness probe.
    ///
    /// # Errors
    /// Whatever kept it from answering.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.connection().await?.batch("SELECT 1").await
    }

    /// The database's name, which labels this store's metrics.
    pub fn database(&self) -> &str {
        &self.database
    }

    fn open(config: &StoreConfig) -> Result<Self, StoreError> {
        let connector = Connector::new(config)?;
        if config.tls == TlsMode::Disable && !is_local(&config.host) {
            tracing::warn!(host = config.host, "the connection to the database is not encrypted");
        }
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let pool = Pool::builder(Manager::from_connect(connector.postgres(), connector, recycling))
            .max_size(config.pool_size)
            .wait_timeout(Some(config.connect_timeout))
            .create_timeout(Some(config.connect_timeout))
            .recycle_timeout(Some(config.connect_timeout))
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|_| StoreError::Configuration { setting: "pool_size", reason: "can't build a pool" })?;
        Ok(Self { pool, database: config.database.clone(), statement_timeout: config.statement_timeout })
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("database", &self.database).finish_non_exhaustive()
    }
}

fn from_pool(error: PoolError) -> StoreError {
    match error {
        PoolError::Backend(error) => from_connecting(error),
        PoolError::Timeout(TimeoutType::Wait) => StoreError::Unavailable(Unavailable::PoolExhausted),
        PoolError::Timeout(TimeoutType::Create | TimeoutType::Recycle) => {
            StoreError::Unavailable(Unavailable::NoAnswer)
        }
        PoolError::Closed | PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => {
            StoreError::Unavailable(Unavailable::Connect)
        }
    }
}

/// Whether this host is this machine, as far as its name tells.
fn is_local(host: &str) -> bool {
    host.starts_with('/')
        || host == "localhost"
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// How much longer than the server's own statement time-out the client waits.
const ANSWER_GRACE: Duration = Duration::from_secs(2);
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
