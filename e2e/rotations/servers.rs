//! A server of each kind, of this run's own, and users on them.

use std::net::Ipv4Addr;

use anyhow::{Context as _, Result};
use keywright_local_stack::testing::{
    OwnMariaDb, OwnRedis, TemporaryDir, own_mariadb_or_skip, own_redis_or_skip, test_postgres,
};
use keywright_local_stack::{PostgresCluster, RedisUsers};
use mysql_async::prelude::Queryable as _;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::kind::Kind;
use crate::login::{DATABASE, Engine, mariadb, redis};

/// The running servers; without MariaDB or Redis where this machine has none.
pub(crate) struct Servers {
    postgres: PostgresCluster,
    mariadb: Option<OwnMariaDb>,
    redis: Option<OwnRedis>,
    _dir: TemporaryDir,
}

impl Servers {
    pub(crate) async fn start() -> Result<Self> {
        let dir = TemporaryDir::new("rotations")?;
        let postgres = PostgresCluster::start(test_postgres(dir.path().to_owned())).await?;
        let superuser = postgres.superuser().in_database("postgres").connect().await?;
        superuser.batch_execute(&format!("CREATE DATABASE {}", DATABASE)).await?;
        superuser
            .batch_execute(&format!("CREATE ROLE {MASTER} LOGIN SUPERUSER PASSWORD '{MASTER_PASSWORD}'"))
            .await?;
        let mariadb = own_mariadb_or_skip("rotations", None).await;
        if let Some(own) = &mariadb {
            let mut administrator = administrator_of(own).await?;
            administrator.query_drop(format!("CREATE DATABASE {}", DATABASE)).await?;
            administrator.disconnect().await?;
        }
        let redis = own_redis_or_skip("rotations", RedisUsers::AclFile, None).await;
        Ok(Self { postgres, mariadb, redis, _dir: dir })
    }

    /// Whether there is a server for it.
    pub(crate) fn has(&self, kind: Kind) -> bool {
        match kind.engine() {
            Engine::Postgres => true,
            Engine::MariaDb => self.mariadb.is_some(),
            Engine::Redis => self.redis.is_some(),
        }
    }

    /// A new user: its secret, without a master's.
    pub(crate) async fn make_user(&self, kind: Kind) -> Result<Value> {
        let (user, password) = (format!("u{}", Uuid::new_v4().simple()), "first-password");
        let mut secret = match kind.engine() {
            Engine::Postgres => {
                let superuser = self.postgres.superuser().in_database(DATABASE).connect().await?;
                superuser.batch_execute(&format!("CREATE ROLE {user} LOGIN PASSWORD '{password}'")).await?;
                json!({ "dbname": DATABASE })
            }
            Engine::MariaDb => {
                let own = self.mariadb.as_ref().context("a MariaDB")?;
                let mut administrator = administrator_of(own).await?;
                administrator
                    .query_drop(format!("CREATE USER {user}@'%' IDENTIFIED BY '{password}'"))
                    .await?;
                administrator.disconnect().await?;
                json!({})
            }
            Engine::Redis => {
                let server = &self.redis.as_ref().context("a Redis")?.server;
                let rights = if kind.has_master() { "+ping" } else { "+@all" };
                let address = (Ipv4Addr::LOCALHOST, server.port()).into();
                let mut administrator = redis(address, "default", server.default_password()).await?;
                let mut make = ::redis::cmd("ACL");
                make.arg(&["SETUSER", &user, "on", &format!(">{password}"), "~*", rights]);
                make.query_async::<()>(&mut administrator).await?;
                json!({})
            }
        };
        let members = secret.as_object_mut().context("an object")?;
        let engine = json!(kind.engine().name());
        let own = [
            ("engine", engine),
            ("host", json!("127.0.0.1")),
            ("port", json!(self.port(kind)?)),
            ("ssl", json!(false)),
        ];
        members.extend(own.map(|(name, value)| (name.to_owned(), value)));
        let own = [("username", json!(user)), ("password", json!(password))];
        members.extend(own.map(|(name, value)| (name.to_owned(), value)));
        Ok(secret)
    }

    /// The secret of who may change users.
    pub(crate) fn master(&self, kind: Kind) -> Result<Value> {
        let (user, password) = match kind.engine() {
            Engine::Postgres => (MASTER, MASTER_PASSWORD),
            Engine::MariaDb => {
                let server = &self.mariadb.as_ref().context("a MariaDB")?.server;
                (server.administrator(), server.administrator_password())
            }
            Engine::Redis => ("default", self.redis.as_ref().context("a Redis")?.server.default_password()),
        };
        Ok(json!({
            "engine": kind.engine().name(), "host": "127.0.0.1", "port": self.port(kind)?, "ssl": false,
            "username": user, "password": password,
        }))
    }

    fn port(&self, kind: Kind) -> Result<u16> {
        Ok(match kind.engine() {
            Engine::Postgres => self.postgres.port(),
            Engine::MariaDb => self.mariadb.as_ref().context("a MariaDB")?.server.port(),
            Engine::Redis => self.redis.as_ref().context("a Redis")?.server.port(),
        })
    }
}

async fn administrator_of(own: &OwnMariaDb) -> Result<mysql_async::Conn> {
    let address = (Ipv4Addr::LOCALHOST, own.server.port()).into();
    Ok(mariadb(address, own.server.administrator(), own.server.administrator_password()).await?)
}

const MASTER: &str = "rotation_master";
/// Of a server that nobody else reaches, and that goes with this run.
const MASTER_PASSWORD: &str = "master-password";
