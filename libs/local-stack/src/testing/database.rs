#![expect(clippy::panic, reason = "a test without its database has failed, and says why")]

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio_postgres::Client;
use uuid::Uuid;

use super::POSTGRES_VARIABLE;
use super::temporary::TemporaryDir;
use crate::postgres::{DatabaseName, create_database, drop_database};
use crate::{LocalStackError, PgLogin, PostgresCluster, PostgresConfig};

/// A new, empty database with a role that owns it, on the Postgres that the tests share. Both are dropped with the
/// value, whoever is still connected.
#[derive(Debug)]
pub struct TestDatabase {
    login: PgLogin,
    superuser: PgLogin,
    name: DatabaseName,
}

/// Makes a database for one test.
///
/// # Panics
/// When Postgres cannot be had.
pub async fn database() -> TestDatabase {
    match TestDatabase::create().await {
        Ok(database) => database,
        Err(error) => panic!("no database for this test: {}", chain(&error)),
    }
}

impl TestDatabase {
    async fn create() -> Result<Self, LocalStackError> {
        let superuser = shared_superuser().await?;
        let name = DatabaseName::parse(&format!("test_{}", Uuid::new_v4().simple()))?;
        let password = Uuid::new_v4().simple().to_string();
        let login = create_database(&superuser, &name, &name, &password).await?;
        Ok(Self { login, superuser, name })
    }

    /// How the owner gets in.
    pub fn login(&self) -> &PgLogin {
        &self.login
    }

    /// How the owner gets in, as a connection URL.
    pub fn dsn(&self) -> String {
        self.login.expose_dsn()
    }

    /// How the superuser gets into this database, to look behind what the owner may see.
    pub fn superuser(&self) -> PgLogin {
        self.superuser.in_database(self.name.as_str())
    }

    /// A connection as the owner.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn connect(&self) -> Client {
        match self.login.connect().await {
            Ok(client) => client,
            Err(error) => panic!("no connection to the test's database: {}", chain(&error)),
        }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (superuser, name) = (self.superuser.clone(), self.name.clone());
        let (done, dropped) = std::sync::mpsc::channel();
        // On a thread and a runtime of its own: the test's may be ending.
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.map_err(|error| error.to_string());
            let outcome = runtime.and_then(|runtime| {
                runtime.block_on(drop_database(&superuser, &name, &name)).map_err(|error| chain(&error))
            });
            // Nobody may be waiting any more.
            _ = done.send(outcome);
        });
        // Not waited for without a bound: Postgres drops no database while any client is in the middle of logging in, and
        // the one that is may be a task of the very runtime that this holds up. Then it goes when the test has ended.
        if let Ok(Err(reason)) = dropped.recv_timeout(PATIENCE) {
            // It is gone with the shared cluster.
            let line = format!("the test's database is left behind: {reason}\n");
            _ = std::io::stderr().lock().write_all(line.as_bytes());
        }
    }
}

async fn shared_superuser() -> Result<PgLogin, LocalStackError> {
    if let Ok(dsn) = std::env::var(POSTGRES_VARIABLE) {
        return PgLogin::from_dsn(&dsn);
    }
    let shared = OF_THIS_PROCESS.get_or_try_init(SharedCluster::start).await?;
    Ok(shared.cluster.superuser().clone())
}

#[derive(Debug)]
struct SharedCluster {
    cluster: PostgresCluster,
    _dir: TemporaryDir,
}

impl SharedCluster {
    async fn start() -> Result<Self, LocalStackError> {
        let dir = TemporaryDir::new("test-postgres")?;
        let cluster = PostgresCluster::start(test_postgres(dir.path().to_owned())).await?;
        Ok(Self { cluster, _dir: dir })
    }
}

/// The configuration of a Postgres for tests: quick, and not durable over a failure of the machine.
pub fn test_postgres(dir: PathBuf) -> PostgresConfig {
    let settings = [("fsync", "off"), ("synchronous_commit", "off"), ("full_page_writes", "off")];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    PostgresConfig { dir, port: 0, settings }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        text = format!("{text}: {source}");
        cause = source.source();
    }
    text
}

static OF_THIS_PROCESS: OnceCell<SharedCluster> = OnceCell::const_new();

const PATIENCE: Duration = Duration::from_secs(2);
