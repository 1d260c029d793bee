//! The servers whose users are rotated, each with a proxy in front of it. They crash when they are told to.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, ensure};
use keywright_local_stack::testing::{OwnMariaDb, OwnRedis, own_mariadb_or_skip, own_redis_or_skip};
use keywright_local_stack::{PostgresCluster, PostgresConfig, RedisUsers};
use serde_json::Value;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::administrator::Administrator;
use crate::login::Engine;
use crate::moments::{Breaks, Moments};
use crate::proxy::Proxy;

/// A server's process, which is killed and started again when it is rung for.
pub(crate) struct Crashing {
    ring: Arc<Notify>,
    keeper: JoinHandle<()>,
}

/// A server whose users are rotated.
pub(crate) struct Target {
    pub(crate) proxy: Proxy,
    pub(crate) administrator: Administrator,
    process: Crashing,
}

/// Which sort of process is kept.
enum Server {
    Postgres(PostgresCluster),
    MariaDb(OwnMariaDb),
    Redis(OwnRedis),
}

impl Crashing {
    /// Keeps a Postgres.
    pub(crate) fn postgres(cluster: PostgresCluster) -> Self {
        Self::keep(Server::Postgres(cluster))
    }

    fn keep(mut server: Server) -> Self {
        let ring = Arc::new(Notify::new());
        let rung = Arc::clone(&ring);
        let keeper = tokio::spawn(async move {
            loop {
                rung.notified().await;
                if let Err(error) = server.crash().await {
                    eprintln!("rotation-crashes: a server has not come back: {error:#}");
                    return;
                }
            }
        });
        Self { ring, keeper }
    }

    /// How it is told to crash.
    pub(crate) fn bell(&self) -> Box<dyn Fn() + Send + Sync> {
        let ring = Arc::clone(&self.ring);
        Box::new(move || ring.notify_one())
    }

    /// That it is there, or about to be.
    pub(crate) fn check(&self) -> Result<()> {
        ensure!(!self.keeper.is_finished(), "a server that crashed has not come back");
        Ok(())
    }
}

impl Server {
    async fn crash(&mut self) -> Result<()> {
        match self {
            Self::Postgres(cluster) => {
                cluster.crash().await?;
                cluster.restart().await?;
            }
            Self::MariaDb(own) => own.server.restart().await?,
            Self::Redis(own) => own.server.restart().await?,
        }
        Ok(())
    }
}

impl Target {
    /// A new server; none where this machine has no such program, which is counted as a skip.
    pub(crate) async fn start(
        engine: Engine,
        dir: &Path,
        kill: Box<dyn Fn() + Send + Sync>,
    ) -> Result<Option<Self>> {
        let (server, administrator) = match engine {
            Engine::Postgres => {
                let cluster = PostgresCluster::start(quick_postgres(&dir.join("target-postgres"))).await?;
                let administrator = Administrator::of_postgres(&cluster).await?;
                (Server::Postgres(cluster), administrator)
            }
            Engine::MariaDb => {
                let Some(own) = own_mariadb_or_skip("rotation_crashes", None).await else { return Ok(None) };
                let administrator = Administrator::of_mariadb(&own).await?;
                (Server::MariaDb(own), administrator)
            }
            Engine::Redis => {
                let own = own_redis_or_skip("rotation_crashes", RedisUsers::AclFile, None).await;
                let Some(own) = own else { return Ok(None) };
                let administrator = Administrator::of_redis(&own);
                (Server::Redis(own), administrator)
            }
        };
        let process = Crashing::keep(server);
        let moments = Moments::new(Breaks { kill, crash: process.bell() });
        let proxy = Proxy::start(engine, administrator.address, moments).await?;
        Ok(Some(Self { proxy, administrator, process }))
    }

    /// That it is there, or about to be.
    pub(crate) fn check(&self) -> Result<()> {
        self.process.check()
    }

    /// A new user's secret.
    pub(crate) async fn make_user(&self) -> Result<Value> {
        self.administrator.make_user(self.proxy.port, "+@all").await
    }

    /// The secret of who may do everything.
    pub(crate) fn master(&self) -> Value {
        self.administrator.secret(self.proxy.port)
    }
}

/// A cluster that loses nothing when it is killed; but when the machine fails.
pub(crate) fn quick_postgres(dir: &Path) -> PostgresConfig {
    let settings = ["fsync", "full_page_writes"].map(|name| (name.to_owned(), "off".to_owned()));
    PostgresConfig { dir: dir.to_owned(), port: 0, settings: settings.to_vec() }
}
