//! A private Redis.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rustix::process::Signal;
use uuid::Uuid;

use crate::LocalStackError;
use crate::child::ManagedChild;
use crate::error::AtPath;
use crate::free_port::free_port;
use crate::lock::DirectoryLock;
use crate::privileges::ServerUser;
use crate::server_files::{ServerCertificate, find_program, own_dir, own_file};

/// What [`RedisServer::start`] needs to know.
#[derive(Debug, Clone)]
pub struct RedisConfig {
    /// Where the server lives. Made; everything of the server is below it.
    pub dir: PathBuf,
    /// Where it keeps its users.
    pub users: RedisUsers,
    /// Given one, it takes connections with TLS only.
    pub certificate: Option<ServerCertificate>,
}

/// Where a Redis keeps its users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RedisUsers {
    /// In an ACL file.
    AclFile,
    /// In the configuration file, with `requirepass` at first.
    ConfigurationFile,
    /// Nowhere: `requirepass` is an argument of the command.
    Arguments,
}

/// A private Redis on the loopback interface, which is killed when this process ends.
#[derive(Debug)]
pub struct RedisServer {
    root: PathBuf,
    program: PathBuf,
    user: ServerUser,
    arguments: Vec<String>,
    port: u16,
    password: String,
    server: ManagedChild,
    _lock: DirectoryLock,
}

impl RedisServer {
    /// Makes a server in a new directory, and waits until it takes connections. The user `default` may do everything.
    ///
    /// # Errors
    /// No Redis; or it doesn't start, with the end of its log.
    pub async fn start(config: RedisConfig) -> Result<Self, LocalStackError> {
        let program = find_program("redis-server", "redis-server")?;
        let root = &config.dir;
        DirBuilder::new().recursive(true).mode(0o711).create(root).at("make the directory", root)?;
        let root = root.canonicalize().at("resolve", root)?;
        let lock = DirectoryLock::take(&root)?;
        let user = ServerUser::for_directory(&root)?;
        own_dir(&data(&root), &user)?;
        let password = Uuid::new_v4().simple().to_string();
        let mut attempt = 1;
        loop {
            let port = free_port().at("find a port for", &root)?;
            let arguments = write_settings(&config, &root, &user, port, &password)?;
            match launch(&program, &root, &user, &arguments).await {
                Ok(server) => {
                    return Ok(Self { root, program, user, arguments, port, password, server, _lock: lock });
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

    /// What the user `default`'s password was at the start.
    pub fn default_password(&self) -> &str {
        &self.password
    }

    /// Kills the server and starts it again on the same port: it knows what it has written down.
    ///
    /// # Errors
    /// It doesn't end or doesn't start.
    pub async fn restart(&mut self) -> Result<(), LocalStackError> {
        self.server.signal(Signal::KILL);
        self.server.wait(SHUTDOWN_LIMIT).await?;
        self.server = launch(&self.program, &self.root, &self.user, &self.arguments).await?;
        Ok(())
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.server.signal(Signal::KILL);
    }
}

/// Writes the files, and says what to call the program with.
fn write_settings(
    config: &RedisConfig,
    root: &Path,
    user: &ServerUser,
    port: u16,
    password: &str,
) -> Result<Vec<String>, LocalStackError> {
    let data = data(root);
    let mut settings = vec![
        ("bind", "127.0.0.1".to_owned()),
        ("dir", data.display().to_string()),
        ("appendonly", "no".to_owned()),
        ("daemonize", "no".to_owned()),
    ];
    match &config.certificate {
        None => settings.push(("port", port.to_string())),
        Some(certificate) => {
            let (chain, key) = certificate.write(&data, user)?;
            settings.push(("port", "0".to_owned()));
            settings.push(("tls-port", port.to_string()));
            settings.push(("tls-cert-file", chain.display().to_string()));
            settings.push(("tls-key-file", key.display().to_string()));
            settings.push(("tls-ca-cert-file", chain.display().to_string()));
            settings.push(("tls-auth-clients", "no".to_owned()));
        }
    }
    if config.users == RedisUsers::AclFile {
        let users = data.join("users.acl");
        own_file(&users, &format!("user default on >{password} ~* &* +@all\n"), user)?;
        settings.push(("aclfile", users.display().to_string()));
    } else {
        settings.push(("requirepass", password.to_owned()));
    }
    if config.users == RedisUsers::Arguments {
        let arguments = settings.into_iter().flat_map(|(name, value)| [format!("--{name}"), value]);
        return Ok(arguments.collect());
    }
    let file = data.join("redis.conf");
    let lines: String = settings.iter().map(|(name, value)| format!("{name} {value}\n")).collect();
    own_file(&file, &lines, user)?;
    Ok(vec![file.display().to_string()])
}

async fn launch(
    program: &Path,
    root: &Path,
    user: &ServerUser,
    arguments: &[String],
) -> Result<ManagedChild, LocalStackError> {
    let mut command: Command = user.command(program, "KILL");
    command.args(arguments).current_dir(data(root));
    let log = root.join("redis.log");
    let logged_before = fs::metadata(&log).map_or(0, |metadata| metadata.len());
    let server = ManagedChild::spawn("redis-server", command, &log)?;
    server.wait_until_logged("Ready to accept connections", logged_before, READY_LIMIT).await?;
    Ok(server)
}

/// What the server may write.
fn data(root: &Path) -> PathBuf {
    root.join("data")
}

const LAUNCH_ATTEMPTS: u32 = 3;
const READY_LIMIT: Duration = Duration::from_secs(60);
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(30);
