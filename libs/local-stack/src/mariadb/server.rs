use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::Signal;
use uuid::Uuid;

use super::bootstrap::{ADMINISTRATOR, bootstrap};
use crate::LocalStackError;
use crate::child::ManagedChild;
use crate::error::AtPath;
use crate::free_port::free_port;
use crate::lock::DirectoryLock;
use crate::privileges::ServerUser;
use crate::server_files::{ServerCertificate, find_program, own_dir};

/// What [`MariaDbServer::start`] needs to know.
#[derive(Debug, Clone, Default)]
pub struct MariaDbConfig {
    /// Where the server lives. Made; everything of the server is below it.
    pub dir: PathBuf,
    /// Given one, it takes connections with TLS too.
    pub certificate: Option<ServerCertificate>,
    /// Whether it writes every statement to [`MariaDbServer::statement_log`].
    pub log_statements: bool,
}

/// A private MariaDB on the loopback interface, which is killed when this process ends.
#[derive(Debug)]
pub struct MariaDbServer {
    files: Files,
    program: PathBuf,
    user: ServerUser,
    options: Vec<String>,
    port: u16,
    password: String,
    server: ManagedChild,
    _lock: DirectoryLock,
}

impl MariaDbServer {
    /// Makes a server in a new directory, and waits until it takes connections.
    ///
    /// # Errors
    /// No MariaDB; or it doesn't start, with the end of its log.
    pub async fn start(config: MariaDbConfig) -> Result<Self, LocalStackError> {
        let program = find_program("mariadbd", "mariadb-server-core")?;
        let files = Files::open(&config.dir)?;
        let lock = DirectoryLock::take(&files.root)?;
        let user = ServerUser::for_directory(&files.root)?;
        let password = Uuid::new_v4().simple().to_string();
        let mut common: Vec<String> = OPTIONS.iter().map(|&option| option.to_owned()).collect();
        // A server that starts deletes the temporary tables of all that share its directory.
        own_dir(&files.temporary(), &user)?;
        common.push(format!("--tmpdir={}", files.temporary().display()));
        bootstrap(&program, &files.root, &files.data(), &password, &user, &common).await?;

        let mut options = common;
        if let Some(certificate) = &config.certificate {
            let (chain, key) = certificate.write(&files.data(), &user)?;
            options.push(format!("--ssl-cert={}", chain.display()));
            options.push(format!("--ssl-key={}", key.display()));
        }
        if config.log_statements {
            options.push("--general-log=1".to_owned());
            options.push(format!("--general-log-file={}", files.statement_log().display()));
        }
        let mut attempt = 1;
        loop {
            let port = free_port().at("find a port for", &files.root)?;
            match launch(&program, &files, &user, &options, port).await {
                Ok(server) => {
                    return Ok(Self { files, program, user, options, port, password, server, _lock: lock });
                }
                // Somebody else may have taken the free port meanwhile.
                Err(LocalStackError::Exited { .. }) if attempt < LAUNCH_ATTEMPTS => attempt += 1,
                Err(error) => return Err(error),
            }
        }
    }

    /// The port on 127.0.0.1. It stays the same over [`Self::restart`].
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Who may do everything.
    pub fn administrator(&self) -> &'static str {
        ADMINISTRATOR
    }

    /// The administrator's password.
    pub fn administrator_password(&self) -> &str {
        &self.password
    }

    /// Where statements are written, if they are.
    pub fn statement_log(&self) -> PathBuf {
        self.files.statement_log()
    }

    /// Kills the server and starts it again on the same port; it recovers.
    ///
    /// # Errors
    /// It doesn't end or doesn't start.
    pub async fn restart(&mut self) -> Result<(), LocalStackError> {
        self.server.signal(Signal::KILL);
        self.server.wait(SHUTDOWN_LIMIT).await?;
        self.server = launch(&self.program, &self.files, &self.user, &self.options, self.port).await?;
        Ok(())
    }
}

impl Drop for MariaDbServer {
    fn drop(&mut self) {
        self.server.signal(Signal::KILL);
    }
}

/// A server's directory: `data/`, `mariadb.log`, `lock`.
#[derive(Debug)]
struct Files {
    root: PathBuf,
}

impl Files {
    fn open(root: &Path) -> Result<Self, LocalStackError> {
        DirBuilder::new().recursive(true).mode(0o711).create(root).at("make the directory", root)?;
        Ok(Self { root: root.canonicalize().at("resolve", root)? })
    }

    fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    fn temporary(&self) -> PathBuf {
        self.root.join("tmp")
    }

    fn log(&self) -> PathBuf {
        self.root.join("mariadb.log")
    }

    fn statement_log(&self) -> PathBuf {
        self.data().join("statements.log")
    }
}

async fn launch(
    program: &Path,
    files: &Files,
    user: &ServerUser,
    options: &[String],
    port: u16,
) -> Result<ManagedChild, LocalStackError> {
    let mut command = user.command(program, "KILL");
    command.arg("--no-defaults").arg(format!("--datadir={}", files.data().display())).args(options);
    command.arg(format!("--port={port}")).args(["--bind-address=127.0.0.1", "--skip-name-resolve"]);
    // Its path may be longer than a socket's may be; nobody uses it.
    command.arg("--socket=mariadb.sock").current_dir(files.data());
    let logged_before = fs::metadata(files.log()).map_or(0, |metadata| metadata.len());
    let server = ManagedChild::spawn("mariadbd", command, &files.log())?;
    server.wait_until_logged("ready for connections", logged_before, READY_LIMIT).await?;
    Ok(server)
}

/// Small and quick, and not durable over a failure of the machine.
const OPTIONS: [&str; 6] = [
    "--innodb-log-file-size=8M",
    "--innodb-buffer-pool-size=16M",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-flush-method=nosync",
    "--innodb-doublewrite=0",
    "--performance-schema=OFF",
];
const LAUNCH_ATTEMPTS: u32 = 3;
const READY_LIMIT: Duration = Duration::from_secs(120);
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(30);
