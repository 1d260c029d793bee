use std::path::PathBuf;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::binaries::{PgBinaries, find_postgres};
use super::data_dir::{DataDir, SUPERUSER};
use super::databases::{DatabaseName, close_default_databases, create_database};
use super::login::PgLogin;
use crate::LocalStackError;
use crate::child::ManagedChild;
use crate::error::AtPath;
use crate::free_port::free_port;
use crate::lock::DirectoryLock;
use crate::privileges::ServerUser;
use crate::processes;

/// What [`PostgresCluster::start`] needs to know.
#[derive(Debug, Clone, Default)]
pub struct PostgresConfig {
    /// Where the cluster lives. Made if it is not there; everything of the cluster is below it.
    pub dir: PathBuf,
    /// The TCP port; 0 for a free one.
    pub port: u16,
    /// More of Postgres's own settings, such as `("fsync", "off")` for tests.
    pub settings: Vec<(String, String)>,
}

/// A private Postgres on the loopback interface, which stops when this process ends, in whatever way.
#[derive(Debug)]
pub struct PostgresCluster {
    dir: DataDir,
    user: ServerUser,
    binaries: PgBinaries,
    settings: Vec<(String, String)>,
    superuser: PgLogin,
    server: ManagedChild,
    _lock: DirectoryLock,
}

impl PostgresCluster {
    /// Starts the cluster of a directory, which it makes at the first time, and waits until it takes connections.
    /// A server left by a process that was killed is ended first; recovery after a crash is waited for.
    ///
    /// # Errors
    /// No usable Postgres; another process runs this cluster; the data is another major version's; the directory is
    /// out of the server's reach; or the server does not start, with the end of its log.
    pub async fn start(config: PostgresConfig) -> Result<Self, LocalStackError> {
        let binaries = find_postgres()?;
        let dir = DataDir::open(&config.dir)?;
        let lock = DirectoryLock::take(dir.root())?;
        let user = ServerUser::for_directory(dir.root())?;
        dir.end_leftover_server().await?;
        let is_new = dir.initialize(&binaries, &user, is_durable(&config.settings)).await?;
        let password = dir.password()?;

        let mut attempt = 1;
        let (server, superuser) = loop {
            let port =
                if config.port == 0 { free_port().at("find a port for", dir.root())? } else { config.port };
            let superuser = PgLogin::new(HOST, port, "postgres", SUPERUSER, &password);
            match launch(&dir, &user, &binaries, &config.settings, &superuser).await {
                Ok(server) => break (server, superuser),
                // Somebody else may have taken the free port meanwhile.
                Err(LocalStackError::Exited { .. }) if config.port == 0 && attempt < LAUNCH_ATTEMPTS => {
                    attempt += 1
                }
                Err(error) => return Err(error),
            }
        };
        if is_new {
            close_default_databases(&superuser).await?;
        }
        Ok(Self { dir, user, binaries, settings: config.settings, superuser, server, _lock: lock })
    }

    /// The address it listens on.
    pub fn host(&self) -> &str {
        self.superuser.host()
    }

    /// The port it listens on. It stays the same over [`Self::restart`].
    pub fn port(&self) -> u16 {
        self.superuser.port()
    }

    /// The process id of the postmaster.
    pub fn pid(&self) -> u32 {
        self.server.pid().as_raw_nonzero().get().unsigned_abs()
    }

    /// The process ids of the postmaster and all its children.
    pub fn processes(&self) -> Vec<u32> {
        let working = processes::working_in(&self.dir.data());
        working.into_iter().map(|pid| pid.as_raw_nonzero().get().unsigned_abs()).collect()
    }

    /// Whether the server has ended by itself, or was killed.
    pub fn has_ended(&self) -> bool {
        self.server.exit_status().is_some()
    }

    /// The programs it runs.
    pub fn binaries(&self) -> &PgBinaries {
        &self.binaries
    }

    /// The superuser in the database `postgres`.
    pub fn superuser(&self) -> &PgLogin {
        &self.superuser
    }

    /// How `role` gets into `database`, both made by [`Self::create_database`].
    pub fn login(&self, database: &str, role: &str, password: &str) -> PgLogin {
        self.superuser.of_role(database, role, password)
    }

    /// Makes a database, and a role that owns it and reaches no other. What is there already stays, with this
    /// password and this owner.
    ///
    /// # Errors
    /// A name is not plain, or the server refuses.
    pub async fn create_database(
        &self,
        name: &str,
        owner_role: &str,
        password: &str,
    ) -> Result<PgLogin, LocalStackError> {
        let (name, role) = (DatabaseName::parse(name)?, DatabaseName::parse(owner_role)?);
        create_database(&self.superuser, &name, &role, password).await
    }

    /// Stops the server (Postgres's fast shutdown: connections are cut, everything is written) and waits for its end.
    ///
    /// # Errors
    /// It does not end in time.
    pub async fn stop(mut self) -> Result<(), LocalStackError> {
        self.shut_down().await
    }

    /// As [`Self::stop`], but can be followed by [`Self::restart`]: a database that is away for a while.
    ///
    /// # Errors
    /// It does not end in time.
    pub async fn shut_down(&mut self) -> Result<(), LocalStackError> {
        self.server.signal(Signal::INT);
        if self.server.wait(SHUTDOWN_LIMIT).await.is_err() {
            // Immediate shutdown: the next start recovers from the WAL.
            self.server.signal(Signal::QUIT);
            self.server.wait(SHUTDOWN_LIMIT).await?;
        }
        Ok(())
    }

    /// Stops the server without letting it write what it holds (Postgres's immediate shutdown): the next start recovers.
    ///
    /// # Errors
    /// It does not end in time.
    pub async fn shut_down_at_once(&mut self) -> Result<(), LocalStackError> {
        self.server.signal(Signal::QUIT);
        self.server.wait(SHUTDOWN_LIMIT).await.map(|_| ())
    }

    /// Resolves when the server has ended: it crashed, or somebody stopped or killed it.
    pub async fn ended(&self) {
        self.server.ended().await;
    }

    /// Kills the server with `SIGKILL` and waits until nothing is left of it.
    ///
    /// # Errors
    /// It does not end in time.
    pub async fn crash(&mut self) -> Result<(), LocalStackError> {
        self.server.signal(Signal::KILL);
        self.server.wait(SHUTDOWN_LIMIT).await?;
        if processes::wait_until_none_in(&self.dir.data(), SHUTDOWN_LIMIT).await {
            Ok(())
        } else {
            Err(self.server.timed_out("gone with its backends", SHUTDOWN_LIMIT, self.server.log_tail()))
        }
    }

    /// Starts the server again, on the same port: after a shutdown, after a crash, or now.
    ///
    /// # Errors
    /// It does not stop or does not start.
    pub async fn restart(&mut self) -> Result<(), LocalStackError> {
        if self.server.exit_status().is_none() {
            self.shut_down().await?;
        }
        self.dir.end_leftover_server().await?;
        self.server = launch(&self.dir, &self.user, &self.binaries, &self.settings, &self.superuser).await?;
        Ok(())
    }
}

impl Drop for PostgresCluster {
    fn drop(&mut self) {
        self.server.signal(Signal::INT);
    }
}

async fn launch(
    dir: &DataDir,
    user: &ServerUser,
    binaries: &PgBinaries,
    settings: &[(String, String)],
    superuser: &PgLogin,
) -> Result<ManagedChild, LocalStackError> {
    // SIGINT is the fast shutdown.
    let mut command = user.command(&binaries.postgres(), "INT");
    command.arg("-D").arg(dir.data()).current_dir(dir.root());
    let port = superuser.port().to_string();
    let fixed = [("port", port.as_str()), ("listen_addresses", HOST), ("unix_socket_directories", "")];
    let given = settings.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    for (name, value) in DEFAULT_SETTINGS.into_iter().chain(given).chain(fixed) {
        command.arg("-c").arg(format!("{name}={value}"));
    }
    let server = ManagedChild::spawn("postgres", command, &dir.log())?;
    match wait_until_ready(&server, superuser).await {
        Ok(()) => Ok(server),
        Err(error) => {
            server.signal(Signal::QUIT);
            Err(error)
        }
    }
}

async fn wait_until_ready(server: &ManagedChild, superuser: &PgLogin) -> Result<(), LocalStackError> {
    let begun = Instant::now();
    let mut said_so = false;
    loop {
        let last = match superuser.connect().await {
            Ok(_) => return Ok(()),
            Err(error) => error,
        };
        if let Some(status) = server.exit_status() {
            return Err(server.exited(status));
        }
        if begun.elapsed() > READY_LIMIT {
            return Err(server.timed_out("ready", READY_LIMIT, format!("{last}\n{}", server.log_tail())));
        }
        if begun.elapsed() > PATIENCE && !said_so {
            tracing::info!("waiting for Postgres: it may be recovering from a crash");
            said_so = true;
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

fn is_durable(settings: &[(String, String)]) -> bool {
    !settings.iter().any(|(name, value)| name == "fsync" && value == "off")
}

const HOST: &str = "127.0.0.1";
/// Room for the pools of all services, and times that read the same everywhere.
const DEFAULT_SETTINGS: [(&str, &str); 3] =
    [("max_connections", "300"), ("timezone", "UTC"), ("log_timezone", "UTC")];
const LAUNCH_ATTEMPTS: u32 = 3;
const POLL_INTERVAL: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(3);
/// Recovery replays at most a few hundred megabytes of WAL.
const READY_LIMIT: Duration = Duration::from_secs(120);
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(60);
