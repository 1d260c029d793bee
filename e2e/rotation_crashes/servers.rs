//! The servers whose users are rotated, each with a proxy in front of it. They crash when they are told to.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, ensure};
use keywright_local_stack::testing::{OwnMariaDb, OwnRedis, own_mariadb_or_skip, own_redis_or_skip};
use keywright_local_stack::{PgLogin, PostgresCluster, PostgresConfig, RedisUsers};
use mysql_async::prelude::Queryable as _;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::login::{DATABASE, Engine, mariadb, redis};
use crate::moments::{Breaks, Moments};
use crate::proxy::Proxy;

/// A server's process, which is killed and started again when it is rung for.
pub(crate) struct Crashing {
    ring: Arc<Notify>,
    keeper: JoinHandle<()>,
}

/// A server whose users are rotated.
pub(crate) struct Target {
    pub(crate) engine: Engine,
    pub(crate) proxy: Proxy,
    /// The server itself, not the proxy.
    pub(crate) address: SocketAddr,
    administrator: Administrator,
    process: Crashing,
}

/// Who may do everything.
enum Administrator {
    Postgres(PgLogin),
    MariaDb { user: &'static str, password: String },
    Redis { password: String },
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
        let (server, port, administrator) = match engine {
            Engine::Postgres => {
                let cluster = PostgresCluster::start(quick_postgres(&dir.join("target-postgres"))).await?;
                let superuser = cluster.superuser().clone();
                let port = cluster.port();
                let database = superuser.connect().await?;
                database.batch_execute(&format!("CREATE DATABASE {DATABASE}")).await?;
                (Server::Postgres(cluster), port, Administrator::Postgres(superuser.in_database(DATABASE)))
            }
            Engine::MariaDb => {
                let Some(own) = own_mariadb_or_skip("rotation_crashes", None).await else { return Ok(None) };
                let (user, password) = (own.server.administrator(), own.server.administrator_password());
                let administrator = Administrator::MariaDb { user, password: password.to_owned() };
                let port = own.server.port();
                let mut connection = mariadb((Ipv4Addr::LOCALHOST, port).into(), user, password).await?;
                connection.query_drop(format!("CREATE DATABASE {DATABASE}")).await?;
                (Server::MariaDb(own), port, administrator)
            }
            Engine::Redis => {
                let own = own_redis_or_skip("rotation_crashes", RedisUsers::AclFile, None).await;
                let Some(own) = own else { return Ok(None) };
                let password = own.server.default_password().to_owned();
                let port = own.server.port();
                (Server::Redis(own), port, Administrator::Redis { password })
            }
        };
        let process = Crashing::keep(server);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let moments = Moments::new(Breaks { kill, crash: process.bell() });
        let proxy = Proxy::start(engine, address, moments).await?;
        Ok(Some(Self { engine, proxy, address, administrator, process }))
    }

    /// That it is there, or about to be.
    pub(crate) fn check(&self) -> Result<()> {
        self.process.check()
    }

    /// The superuser of a Postgres.
    pub(crate) fn superuser(&self) -> Result<&PgLogin> {
        match &self.administrator {
            Administrator::Postgres(login) => Ok(login),
            Administrator::MariaDb { .. } | Administrator::Redis { .. } => anyhow::bail!("no Postgres"),
        }
    }

    /// A new user's secret.
    pub(crate) async fn new_user(&self) -> Result<Value> {
        let user = format!("u{}", Uuid::new_v4().simple());
        let password = Uuid::new_v4().simple().to_string();
        match &self.administrator {
            Administrator::Postgres(login) => {
                let sql = format!("CREATE ROLE {user} LOGIN PASSWORD '{password}'");
                login.connect().await?.batch_execute(&sql).await?;
            }
            Administrator::MariaDb { user: administrator, password: own } => {
                let mut connection = mariadb(self.address, administrator, own).await?;
                for statement in [
                    format!("CREATE USER '{user}'@'%' IDENTIFIED BY '{password}'"),
                    format!("GRANT SELECT, INSERT ON {DATABASE}.* TO '{user}'@'%'"),
                ] {
                    connection.query_drop(statement).await?;
                }
            }
            Administrator::Redis { password: own } => {
                let mut connection = redis(self.address, "default", own).await?;
                let with_password = format!(">{password}");
                let set = ["SETUSER", &user, "on", &with_password, "~*", "&*", "+@all"];
                for words in [&set[..], &["SAVE"]] {
                    let mut command = ::redis::cmd("ACL");
                    command.arg(words).query_async::<()>(&mut connection).await?;
                }
            }
        }
        Ok(self.secret(&user, &password))
    }

    /// The secret of who may do everything.
    pub(crate) async fn master(&self) -> Result<Value> {
        match &self.administrator {
            Administrator::Postgres(login) => {
                let password = Uuid::new_v4().simple().to_string();
                let sql = format!("CREATE ROLE {MASTER} LOGIN SUPERUSER PASSWORD '{password}'");
                login.connect().await?.batch_execute(&sql).await?;
                Ok(self.secret(MASTER, &password))
            }
            Administrator::MariaDb { user, password } => Ok(self.secret(user, password)),
            Administrator::Redis { password } => Ok(self.secret("default", password)),
        }
    }

    fn secret(&self, user: &str, password: &str) -> Value {
        let mut secret = json!({
            "host": "127.0.0.1", "port": self.proxy.port, "ssl": false, "username": user, "password": password,
        });
        if let Some(members) = secret.as_object_mut() {
            members.insert("engine".to_owned(), json!(self.engine.name()));
            if self.engine == Engine::Postgres {
                members.insert("dbname".to_owned(), json!(DATABASE));
            }
        }
        secret
    }
}

/// A cluster that loses nothing when it is killed; but when the machine fails.
pub(crate) fn quick_postgres(dir: &Path) -> PostgresConfig {
    let settings = ["fsync", "full_page_writes"].map(|name| (name.to_owned(), "off".to_owned()));
    PostgresConfig { dir: dir.to_owned(), port: 0, settings: settings.to_vec() }
}

const MASTER: &str = "rotation_master";
