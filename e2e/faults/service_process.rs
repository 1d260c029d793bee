//! A service as a process, and what services need to start: what the programs here have in common that break services.

use std::collections::BTreeSet;
use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use keywright_e2e::load::Connection;
use keywright_e2e::stack::Credentials;
use uuid::Uuid;

/// A service; its process, while it runs.
pub(crate) struct ServiceProcess {
    pub(crate) name: &'static str,
    pub(crate) listen: SocketAddr,
    pub(crate) ops: SocketAddr,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) child: Option<Child>,
}

impl ServiceProcess {
    /// One that is still to be set up, with ports of its own.
    pub(crate) fn new(name: &'static str) -> Result<Self> {
        let address = || anyhow::Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?)));
        Ok(Self { name, listen: address()?, ops: address()?, environment: Vec::new(), child: None })
    }

    /// Tells it a setting.
    pub(crate) fn set(&mut self, setting: &str, value: impl Into<String>) {
        self.environment.push((format!("KEYWRIGHT_{setting}"), value.into()));
    }

    /// Starts it, with a log in `dir`. It ends with this thread.
    pub(crate) fn launch(&mut self, binaries: &Path, dir: &Path) -> Result<()> {
        let log = File::options().create(true).append(true).open(dir.join(format!("{}.log", self.name)))?;
        // Where file sizes are limited to try out a full disk, a write that is too long shall fail and not kill.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--", "sh", "-c", "trap '' XFSZ; exec \"$0\""]);
        command.arg(binaries.join(format!("keywright-{}", self.name))).current_dir(dir);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.envs(self.environment.iter().cloned());
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        self.child = Some(command.spawn().context("run setpriv")?);
        Ok(())
    }

    /// How it ended, once.
    pub(crate) fn exited(&mut self) -> Result<Option<ExitStatus>> {
        let Some(child) = self.child.as_mut() else { bail!("{} does not run", self.name) };
        let status = child.try_wait()?;
        if status.is_some() {
            self.child = None;
        }
        Ok(status)
    }

    /// Whether it says that it is ready.
    pub(crate) async fn is_ready(&self) -> bool {
        matches!(probe(self.ops, "/readyz").await, Ok((200, _)))
    }
}

impl Drop for ServiceProcess {
    fn drop(&mut self) {
        if let Some(child) = self.child.as_mut() {
            // It may have ended already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Asks a service's operators' port.
pub(crate) async fn probe(ops: SocketAddr, path: &str) -> Result<(u16, String)> {
    let asked = async {
        let mut connection = Connection::open(ops).await?;
        let request = format!("GET {path} HTTP/1.1\r\nhost: {ops}\r\n\r\n");
        let answer = connection.ask(request.as_bytes()).await?;
        anyhow::Ok((answer.status(), String::from_utf8_lossy(answer.body()).into_owned()))
    };
    tokio::time::timeout(PROBE_LIMIT, asked).await.context("no answer in time")?
}

/// The directory of the binaries: where this one was built, or that of `KEYWRIGHT_BIN`.
pub(crate) fn binaries(names: &[&str]) -> Result<PathBuf> {
    let dir = match std::env::var_os("KEYWRIGHT_BIN") {
        Some(keywright) => PathBuf::from(keywright).parent().map(PathBuf::from),
        None => std::env::current_exe()?.ancestors().nth(2).map(PathBuf::from),
    };
    let dir = dir.context("a directory of binaries")?;
    for name in names {
        ensure!(dir.join(name).exists(), "no {name} in {}: cargo build --workspace --bins", dir.display());
    }
    Ok(dir)
}

/// The first access key, from the file that identity writes.
pub(crate) fn first_access_key(file: &Path, region: &str) -> Result<Credentials> {
    let exports = std::fs::read_to_string(file)?;
    let export = |name: &str| {
        let line = exports.lines().find_map(|line| line.strip_prefix(&format!("export {name}=")));
        line.map(|value| value.trim_matches('\'').to_owned()).context("the first access key")
    };
    Ok(Credentials {
        endpoint: String::new(),
        access_key_id: export("AWS_ACCESS_KEY_ID")?,
        secret_access_key: export("AWS_SECRET_ACCESS_KEY")?,
        region: region.to_owned(),
    })
}

/// A file that nobody else may read, with a new secret; the secret.
pub(crate) fn write_secret(file: &Path) -> Result<String> {
    use std::io::Write as _;
    let secret = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
    let mut file = File::options().write(true).create_new(true).mode(0o600).open(file)?;
    file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    file.write_all(secret.as_bytes())?;
    Ok(secret)
}

/// An access key id of a service.
pub(crate) fn access_key_id() -> String {
    let alphabet: Vec<char> = ('A'..='Z').chain('2'..='7').collect();
    let bytes = Uuid::new_v4().into_bytes();
    let letters: String =
        bytes.iter().filter_map(|byte| alphabet.get(usize::from(*byte) % alphabet.len())).collect();
    format!("AKIA{letters}")
}

/// Outside the range from which connections get theirs, so that a service that is away for a while finds it free; and no
/// port twice.
pub(crate) fn free_port() -> Result<u16> {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    for _ in 0..1_000 {
        let [high, low, ..] = Uuid::new_v4().into_bytes();
        let port = 20_000 + u16::from_be_bytes([high, low]) % 10_000;
        let is_free = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
        if is_free && GIVEN.lock().ok().context("a lock")?.insert(port) {
            return Ok(port);
        }
    }
    bail!("no free port from 20000 to 29999")
}

const PROBE_LIMIT: Duration = Duration::from_secs(5);
