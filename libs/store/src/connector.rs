//! Opens connections: those of the pool and the listener's own.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio_postgres::{AsyncMessage, Client, Config, Error, NoTls, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::sqlstate::from_connecting;
use crate::{StoreConfig, StoreError, TlsMode, Unavailable, tls};

/// What the server sends unasked. The connection makes progress only while this is polled.
pub(crate) type Messages = BoxStream<'static, Result<AsyncMessage, Error>>;

/// Everything needed to open a connection, read and checked once.
#[derive(Clone)]
pub(crate) struct Connector {
    postgres: Config,
    tls: Option<MakeRustlsConnect>,
    timeout: Duration,
    /// Connections live here and not on the runtime of whoever asked first: an actix worker has its own.
    home: Handle,
}

impl Connector {
    /// Reads the password and the trusted certificates. Must be called on a tokio runtime.
    pub(crate) fn new(config: &StoreConfig) -> Result<Self, StoreError> {
        config.check()?;
        Ok(Self {
            postgres: postgres_config(config)?,
            tls: tls::connector(config)?,
            timeout: config.connect_timeout,
            home: Handle::current(),
        })
    }

    /// The same, shown under another name in `pg_stat_activity`.
    pub(crate) fn named(mut self, application_name: String) -> Self {
        self.postgres.application_name(application_name);
        self
    }

    /// A connection whose messages the caller reads.
    pub(crate) async fn open(&self) -> Result<(Client, Messages), StoreError> {
        match tokio::time::timeout(self.timeout, connect(&self.postgres, self.tls.clone())).await {
            Ok(opened) => opened.map_err(from_connecting),
            Err(_) => Err(StoreError::Unavailable(Unavailable::NoAnswer)),
        }
    }
}

impl deadpool_postgres::Connect for Connector {
    fn connect(
        &self,
        postgres: &Config,
    ) -> Pin<Box<dyn Future<Output = Result<(Client, JoinHandle<()>), Error>> + Send + '_>> {
        let postgres = postgres.clone();
        Box::pin(async move {
            let opening = {
                let (postgres, tls) = (postgres.clone(), self.tls.clone());
                self.home.spawn(async move { connect(&postgres, tls).await })
            };
            let (client, messages) = match opening.await {
                Ok(opened) => opened?,
                // The home runtime is shutting down: whoever still asks is served from here.
                Err(_) => connect(&postgres, self.tls.clone()).await?,
            };
            Ok((client, self.home.spawn(drain(messages))))
        })
    }
}

/// The driver's configuration, which the pool's manager wants too.
impl Connector {
    pub(crate) fn postgres(&self) -> Config {
        self.postgres.clone()
    }
}

async fn connect(postgres: &Config, tls: Option<MakeRustlsConnect>) -> Result<(Client, Messages), Error> {
    match tls {
        None => postgres.connect(NoTls).await.map(|(client, connection)| (client, messages(connection))),
        Some(tls) => postgres.connect(tls).await.map(|(client, connection)| (client, messages(connection))),
    }
}

fn messages<T>(mut connection: tokio_postgres::Connection<Socket, T>) -> Messages
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    stream::poll_fn(move |context| connection.poll_message(context)).boxed()
}

/// Drives a connection that listens to nothing until it closes.
async fn drain(mut messages: Messages) {
    while let Some(message) = messages.next().await {
        match message {
            Ok(AsyncMessage::Notice(notice)) => {
                tracing::debug!(code = notice.code().code(), "database notice")
            }
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(error = %StoreError::from(error), "a database connection ended");
                return;
            }
        }
    }
}

fn postgres_config(config: &StoreConfig) -> Result<Config, StoreError> {
    let mut postgres = Config::new();
    postgres
        .host(&config.host)
        .port(config.port)
        .dbname(&config.database)
        .user(&config.user)
        .password(config.read_password()?.expose_secret())
        .application_name(&config.application_name)
        .connect_timeout(config.connect_timeout)
        .ssl_mode(match config.tls {
            TlsMode::Disable => tokio_postgres::config::SslMode::Disable,
            TlsMode::Require => tokio_postgres::config::SslMode::Require,
        })
        // Settings in the start-up packet hold for the session and cost no round trip.
        .options(session_settings(config))
        // A peer that vanished without a word is noticed within these bounds.
        .keepalives(true)
        .keepalives_idle(KEEPALIVE_IDLE)
        .keepalives_interval(KEEPALIVE_INTERVAL)
        .keepalives_retries(KEEPALIVE_RETRIES)
        .tcp_user_timeout(TCP_USER_TIMEOUT);
    Ok(postgres)
}

fn session_settings(config: &StoreConfig) -> String {
    let statement = config.statement_timeout.as_millis().max(1);
    // A transaction that its client forgot must not hold its locks.
    let idle = IDLE_IN_TRANSACTION.as_millis();
    format!("-c statement_timeout={statement} -c idle_in_transaction_session_timeout={idle} -c TimeZone=UTC")
}

const KEEPALIVE_IDLE: Duration = Duration::from_secs(5);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(2);
const KEEPALIVE_RETRIES: u32 = 3;
const TCP_USER_TIMEOUT: Duration = Duration::from_secs(10);
const IDLE_IN_TRANSACTION: Duration = Duration::from_secs(60);
