//! Who may do everything on a server whose users are rotated.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Context as _, Result};
use keywright_local_stack::testing::{OwnMariaDb, OwnRedis};
use keywright_local_stack::{PgLogin, PostgresCluster};
use mysql_async::prelude::Queryable as _;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::login::{DATABASE, Engine, mariadb, redis};

/// Makes users; has a secret of its own, to rotate them by.
pub(crate) struct Administrator {
    /// The server itself, whatever stands before it.
    pub(crate) address: SocketAddr,
    user: String,
    password: String,
    superuser: Option<PgLogin>,
    pub(crate) engine: Engine,
}

impl Administrator {
    /// Of a Postgres, where it makes the database of the users and another superuser: its own has no password.
    pub(crate) async fn of_postgres(cluster: &PostgresCluster) -> Result<Self> {
        let connection = cluster.superuser().in_database("postgres").connect().await?;
        connection.batch_execute(&format!("CREATE DATABASE {DATABASE}")).await?;
        let password = Uuid::new_v4().simple().to_string();
        let create = format!("CREATE ROLE {SUPERUSER} LOGIN SUPERUSER PASSWORD '{password}'");
        connection.batch_execute(&create).await?;
        let superuser = cluster.superuser().in_database(DATABASE);
        let made = Self::new(Engine::Postgres, cluster.port(), SUPERUSER, &password);
        Ok(Self { superuser: Some(superuser), ..made })
    }

    /// Of a MariaDB, where it makes the database of the users.
    pub(crate) async fn of_mariadb(own: &OwnMariaDb) -> Result<Self> {
        let (user, password) = (own.server.administrator(), own.server.administrator_password());
        let made = Self::new(Engine::MariaDb, own.server.port(), user, password);
        made.tell_mariadb(&[format!("CREATE DATABASE {DATABASE}")]).await?;
        Ok(made)
    }

    /// Of a Redis.
    pub(crate) fn of_redis(own: &OwnRedis) -> Self {
        Self::new(Engine::Redis, own.server.port(), "default", own.server.default_password())
    }

    fn new(engine: Engine, port: u16, user: &str, password: &str) -> Self {
        let address = (Ipv4Addr::LOCALHOST, port).into();
        Self { address, user: user.to_owned(), password: password.to_owned(), superuser: None, engine }
    }

    /// The superuser of a Postgres, in the database of the users.
    pub(crate) fn superuser(&self) -> Result<&PgLogin> {
        self.superuser.as_ref().context("no Postgres")
    }

    /// Makes a user, which gives these commands to a Redis; tells its secret, for whoever connects by this port.
    pub(crate) async fn make_user(&self, port: u16, redis_commands: &str) -> Result<Value> {
        let user = format!("u{}", Uuid::new_v4().simple());
        let password = Uuid::new_v4().simple().to_string();
        match self.engine {
            Engine::Postgres => {
                let create = format!("CREATE ROLE {user} LOGIN PASSWORD '{password}'");
                self.superuser()?.connect().await?.batch_execute(&create).await?;
            }
            Engine::MariaDb => {
                let create = format!("CREATE USER '{user}'@'%' IDENTIFIED BY '{password}'");
                let grant = format!("GRANT SELECT, INSERT ON {DATABASE}.* TO '{user}'@'%'");
                self.tell_mariadb(&[create, grant]).await?;
            }
            Engine::Redis => {
                let mut connection = redis(self.address, &self.user, &self.password).await?;
                let with_password = format!(">{password}");
                let set = ["SETUSER", &user, "on", &with_password, "~*", "&*", redis_commands];
                for words in [&set[..], &["SAVE"]] {
                    let mut command = ::redis::cmd("ACL");
                    command.arg(words).query_async::<()>(&mut connection).await?;
                }
            }
        }
        Ok(self.secret_of(&user, &password, port))
    }

    /// Its own secret, for whoever connects by this port.
    pub(crate) fn secret(&self, port: u16) -> Value {
        self.secret_of(&self.user, &self.password, port)
    }

    async fn tell_mariadb(&self, statements: &[String]) -> Result<()> {
        let mut connection = mariadb(self.address, &self.user, &self.password).await?;
        for statement in statements {
            connection.query_drop(statement).await?;
        }
        Ok(connection.disconnect().await?)
    }

    fn secret_of(&self, user: &str, password: &str, port: u16) -> Value {
        let mut secret = json!({
            "engine": self.engine.name(), "host": "127.0.0.1", "port": port, "ssl": false,
            "username": user, "password": password,
        });
        if let (Some(members), Engine::Postgres) = (secret.as_object_mut(), self.engine) {
            members.insert("dbname".to_owned(), json!(DATABASE));
        }
        secret
    }
}

const SUPERUSER: &str = "rotation_master";
