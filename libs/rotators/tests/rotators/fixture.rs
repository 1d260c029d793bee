//! A secret of each kind, its users on a real server, and its rotator.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use keywright_crypto::SystemRandom;
use keywright_rotators::{
    BuiltInRotators, HostRules, RotationError, RotationStep, Rotator, RotatorKind, RotatorSettings,
};
use mysql_async::prelude::Queryable as _;
use serde_json::{Value, json};

use crate::login::{Client, as_redis_default, logs_in, mysql};
use crate::secrets::{Secrets, request};
use crate::servers;

pub(crate) struct Fixture {
    pub(crate) name: &'static str,
    pub(crate) client: Client,
    /// The server's own port; the secret's may be a proxy's.
    pub(crate) port: u16,
    pub(crate) secrets: Arc<Secrets>,
    pub(crate) rotator: Arc<dyn Rotator>,
    /// Whether AWSCURRENT logs in at every moment, by what the documents say of the kind.
    pub(crate) has_no_window: bool,
}

pub(crate) const SECRET: &str = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:app-abcdef";
pub(crate) const MASTER: &str = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:master-abcdef";

impl Fixture {
    /// One of each kind of rotation that this machine has a server for.
    pub(crate) async fn of_all_kinds(test: &str) -> Vec<Self> {
        let mut all = vec![Self::postgres_single().await, Self::postgres_alternating().await];
        if servers::mariadb(test).await.is_some() {
            all.extend(Self::mysql_single(test, false).await);
            all.extend(Self::mysql_single(test, true).await);
            all.extend(Self::mysql_alternating(test).await);
        }
        all.extend(Self::redis(test, false).await);
        all.extend(Self::redis(test, true).await);
        all
    }

    pub(crate) async fn postgres_single() -> Self {
        let (user, server) = (unique("app"), servers::postgres().await);
        let password = "first-password";
        run_postgres(&format!("CREATE ROLE {user} LOGIN PASSWORD '{password}'")).await;
        let port = server.cluster.port();
        let secret = json!({
            "engine": "postgres", "host": "127.0.0.1", "port": port, "username": user, "password": password,
            "ssl": false,
        });
        Self::new(
            "postgres single user",
            Client::Postgres,
            port,
            RotatorKind::PostgresSingleUser,
            &secret,
            None,
        )
    }

    pub(crate) async fn postgres_alternating() -> Self {
        let mut fixture = Self::postgres_single().await;
        let superuser = servers::postgres().await.cluster.superuser();
        let password = String::from_utf8(superuser.config().get_password().unwrap().to_vec()).unwrap();
        let master = json!({
            "engine": "postgres", "host": "127.0.0.1", "port": fixture.port, "username": superuser.user(),
            "password": password, "ssl": false,
        });
        fixture.name = "postgres alternating users";
        fixture.has_no_window = true;
        fixture.use_master(&master);
        fixture.rotator = rotator(RotatorKind::PostgresAlternatingUsers, settings());
        fixture
    }

    pub(crate) async fn mysql_single(test: &str, with_master: bool) -> Option<Self> {
        let server = &servers::mariadb(test).await?.server;
        let (user, password) = (unique("app"), "first-password");
        run_mariadb(test, &format!("CREATE USER {user}@'%' IDENTIFIED BY '{password}'")).await;
        let secret = json!({
            "engine": "mariadb", "host": "127.0.0.1", "port": server.port(), "username": user,
            "password": password, "ssl": false,
        });
        let (name, kind) = ("mysql single user", RotatorKind::MysqlSingleUser);
        let mut fixture = Self::new(name, Client::Mysql, server.port(), kind, &secret, None);
        if with_master {
            fixture.name = "mysql single user with a master secret";
            fixture.has_no_window = true;
            fixture.use_master(&mariadb_master(test).await);
        }
        Some(fixture)
    }

    pub(crate) async fn mysql_alternating(test: &str) -> Option<Self> {
        let mut fixture = Self::mysql_single(test, true).await?;
        fixture.name = "mysql alternating users";
        fixture.rotator = rotator(RotatorKind::MysqlAlternatingUsers, settings());
        Some(fixture)
    }

    pub(crate) async fn redis(test: &str, with_master: bool) -> Option<Self> {
        let own = servers::redis(test).await?;
        let (user, password) = (unique("app"), "first-password");
        let rights = if with_master { "+ping" } else { "+@all" };
        as_redis_default(own, &[&["ACL", "SETUSER", &user, "on", &format!(">{password}"), "~*", rights]])
            .await;
        let port = own.server.port();
        let secret = json!({
            "host": "127.0.0.1", "port": port, "username": user, "password": password, "ssl": false,
        });
        let mut fixture = Self::new("redis", Client::Redis, port, RotatorKind::Redis, &secret, None);
        fixture.has_no_window = true;
        if with_master {
            fixture.name = "redis with a master secret";
            fixture.use_master(&json!({
                "engine": "redis", "host": "127.0.0.1", "port": port, "username": "default",
                "password": own.server.default_password(), "ssl": false,
            }));
        }
        Some(fixture)
    }

    pub(crate) fn new(
        name: &'static str,
        client: Client,
        port: u16,
        kind: RotatorKind,
        secret: &Value,
        settings: Option<RotatorSettings>,
    ) -> Self {
        let secrets = Arc::new(Secrets::default());
        secrets.add(SECRET, secret);
        let rotator = rotator(kind, settings.unwrap_or_else(self::settings));
        Self { name, client, port, secrets, rotator, has_no_window: false }
    }

    fn use_master(&self, master: &Value) {
        self.secrets.add(MASTER, master);
        self.change_current("masterarn", &json!(MASTER));
    }

    /// Sets a member of the current version.
    pub(crate) fn change_current(&self, member: &str, value: &Value) {
        let mut current = self.current();
        current[member] = value.clone();
        self.secrets.set_value(SECRET, "AWSCURRENT", &current);
    }

    /// Has both secrets name another port, as of a proxy.
    pub(crate) fn connect_through(&self, port: u16) {
        self.change_current("port", &json!(port));
        if let Some(mut master) = self.master() {
            master["port"] = json!(port);
            self.secrets.set_value(MASTER, "AWSCURRENT", &master);
        }
    }

    fn master(&self) -> Option<Value> {
        self.current()["masterarn"].as_str().and_then(|arn| self.secrets.value(arn, "AWSCURRENT"))
    }

    pub(crate) fn current(&self) -> Value {
        self.secrets.value(SECRET, "AWSCURRENT").unwrap()
    }

    pub(crate) async fn step(&self, step: RotationStep, token: &str) -> Result<(), RotationError> {
        self.rotator.rotate(self.secrets.as_ref(), &request(step, SECRET, token)).await
    }

    /// All steps in their order, until one fails.
    pub(crate) async fn steps(&self, token: &str) -> Result<(), RotationError> {
        for step in RotationStep::ALL {
            self.step(step, token).await?;
        }
        Ok(())
    }

    pub(crate) async fn stage_logs_in(&self, stage: &str) -> bool {
        match self.secrets.value(SECRET, stage) {
            Some(value) => logs_in(self.client, self.port, &value).await,
            None => false,
        }
    }

    /// What must hold at every moment.
    pub(crate) async fn assert_nobody_is_locked_out(&self, when: &str) {
        let current = self.stage_logs_in("AWSCURRENT").await;
        let pending = !self.has_no_window && self.stage_logs_in("AWSPENDING").await;
        assert!(current || pending, "{}: {when}: locked out", self.name);
    }
}

pub(crate) fn settings() -> RotatorSettings {
    let allowed_hosts = HostRules::parse(&["127.0.0.0/8"]).unwrap();
    RotatorSettings { allowed_hosts, ..RotatorSettings::default() }
}

pub(crate) fn rotator(kind: RotatorKind, settings: RotatorSettings) -> Arc<dyn Rotator> {
    let rotators = BuiltInRotators::new(settings, Arc::new(SystemRandom)).unwrap();
    Arc::from(rotators.rotator(kind).unwrap())
}

/// A name that no other test has.
pub(crate) fn unique(name: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("{name}_{}", COUNT.fetch_add(1, Ordering::SeqCst))
}

pub(crate) async fn run_postgres(statements: &str) {
    let superuser = servers::postgres().await.cluster.superuser();
    superuser.connect().await.unwrap().batch_execute(statements).await.unwrap();
}

pub(crate) async fn mariadb_master(test: &str) -> Value {
    let server = &servers::mariadb(test).await.unwrap().server;
    json!({
        "engine": "mariadb", "host": "127.0.0.1", "port": server.port(), "ssl": false,
        "username": server.administrator(), "password": server.administrator_password(),
    })
}

pub(crate) async fn run_mariadb(test: &str, statement: &str) {
    let master = mariadb_master(test).await;
    let port = u16::try_from(master["port"].as_u64().unwrap()).unwrap();
    mysql(port, &master).await.unwrap().query_drop(statement).await.unwrap();
}
