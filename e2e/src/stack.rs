//! A `keywright dev` of the benchmark's own.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;

/// What a client of the stack needs.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The front's URL.
    pub endpoint: String,
    /// The access key.
    pub access_key_id: String,
    /// Its secret.
    pub secret_access_key: String,
    /// The Region.
    pub region: String,
}

/// A running stack; it is stopped and its data removed when this is dropped.
pub struct Stack {
    child: Child,
    directory: TempDir,
    /// For clients.
    pub credentials: Credentials,
}

impl Stack {
    /// Starts `keywright dev` on a free port with a directory of its own, and waits until it is ready.
    ///
    /// # Errors
    /// When it ends or isn't ready in a minute.
    pub fn start(keywright: &Path, brokers: Option<&str>) -> Result<Self> {
        Self::start_in(keywright, directory()?, brokers)
    }

    /// The same, by these settings.
    ///
    /// # Errors
    /// As [`Stack::start`].
    pub fn with_settings(keywright: &Path, brokers: Option<&str>, settings: &str) -> Result<Self> {
        let directory = directory()?;
        std::fs::write(directory.path().join(SETTINGS), settings)?;
        Self::start_in(keywright, directory, brokers)
    }

    fn start_in(keywright: &Path, directory: TempDir, brokers: Option<&str>) -> Result<Self> {
        let child = spawn(keywright, directory.path(), brokers)?;
        let credentials = Credentials {
            endpoint: String::new(),
            access_key_id: String::new(),
            secret_access_key: String::new(),
            region: String::new(),
        };
        let mut stack = Self { child, directory, credentials };
        stack.credentials = stack.wait_until_ready()?;
        Ok(stack)
    }

    /// Stops the stack, and starts it again on the same data; tells how long the start took until it was ready.
    ///
    /// # Errors
    /// As [`Stack::start`].
    pub fn restart(&mut self, keywright: &Path) -> Result<Duration> {
        self.stop();
        let start = Instant::now();
        self.child = spawn(keywright, self.directory.path(), None)?;
        self.credentials = self.wait_until_ready()?;
        Ok(start.elapsed())
    }

    /// Changes the settings, for the next start.
    ///
    /// # Errors
    /// When they can't be written.
    pub fn set(&self, settings: &str) -> Result<()> {
        Ok(std::fs::write(self.directory.path().join(SETTINGS), settings)?)
    }

    /// Memory of the process of all services (Postgres has its own), in bytes, that is in RAM.
    ///
    /// # Errors
    /// When the system doesn't tell.
    pub fn resident_bytes(&self) -> Result<u64> {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(&path)?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|line| line.trim().strip_suffix("kB")).context("VmRSS")?;
        Ok(kilobytes.trim().parse::<u64>()? * 1024)
    }

    /// Where a service listens itself, without the front: `kms.us-east-1`, or `identity`.
    ///
    /// # Errors
    /// When the stack says nothing of it.
    pub fn service_address(&self, service: &str) -> Result<SocketAddr> {
        let path = self.data().join("endpoints.json");
        let endpoints: BTreeMap<String, String> = serde_json::from_slice(&std::fs::read(&path)?)?;
        let url = endpoints.get(service).with_context(|| format!("no {service} in {}", path.display()))?;
        Ok(url.trim_start_matches("http://").trim_end_matches('/').parse()?)
    }

    /// How a service gets into its database: `params.us-east-1`.
    ///
    /// # Errors
    /// When its password or Postgres's port can't be read.
    pub fn database(&self, service: &str) -> Result<tokio_postgres::Config> {
        let name = format!("keywright_{}", service.replace(['.', '-'], "_"));
        let password = self.data().join(format!("secrets/{service}.database-password"));
        let password =
            std::fs::read_to_string(&password).with_context(|| format!("read {}", password.display()))?;
        let pid_file = self.data().join("postgres/data/postmaster.pid");
        let pid_file =
            std::fs::read_to_string(&pid_file).with_context(|| format!("read {}", pid_file.display()))?;
        let port = pid_file.lines().nth(3).context("the port in postmaster.pid")?.trim().parse()?;
        let mut config = tokio_postgres::Config::new();
        config.host("127.0.0.1").port(port).dbname(&name).user(&name).password(password.trim());
        Ok(config)
    }

    /// The front's address.
    ///
    /// # Errors
    /// When the endpoint is none.
    pub fn front_address(&self) -> Result<SocketAddr> {
        Ok(self.credentials.endpoint.trim_start_matches("http://").trim_end_matches('/').parse()?)
    }

    fn stop(&mut self) {
        // By `kill`, since the standard library sends no SIGTERM; a stack that doesn't stop in time is killed.
        let asked = Command::new("kill").arg(self.child.id().to_string()).status();
        let deadline = Instant::now() + Duration::from_secs(20);
        while asked.is_ok() && Instant::now() < deadline {
            if let Ok(Some(_)) = self.child.try_wait() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        // It may have ended meanwhile.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    fn wait_until_ready(&mut self) -> Result<Credentials> {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let log = std::fs::read_to_string(self.directory.path().join("dev.log")).unwrap_or_default();
            if let Some(credentials) = read_exports(&log) {
                return Ok(credentials);
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("keywright dev ended, {status}:\n{log}");
            }
            if Instant::now() > deadline {
                bail!("keywright dev is not ready:\n{log}");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        self.stop();
    }
}

fn directory() -> Result<TempDir> {
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o711);
    Ok(tempfile::Builder::new().prefix("keywright-bench-").permissions(permissions).tempdir()?)
}

fn spawn(keywright: &Path, directory: &Path, brokers: Option<&str>) -> Result<Child> {
    let log = std::fs::File::create(directory.join("dev.log"))?;
    let mut command = Command::new(keywright);
    command.arg("dev").args(["--listen", "127.0.0.1:0", "--data-dir"]).arg(directory.join("data"));
    command.env_remove("KAFKA_BROKERS");
    if let Some(brokers) = brokers {
        command.env("KAFKA_BROKERS", brokers);
    }
    let settings = directory.join(SETTINGS);
    if settings.exists() {
        command.env("KEYWRIGHT_CONFIG", settings);
    }
    command
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
        .with_context(|| format!("run {}", keywright.display()))
}

/// The block that the stack prints once it is ready; the last line's presence says that it is whole.
fn read_exports(log: &str) -> Option<Credentials> {
    let find = |name: &str| {
        let line = log
            .lines()
            .find_map(|line| line.trim().strip_prefix("export ")?.strip_prefix(name)?.strip_prefix('='));
        Some(line?.trim_matches(['\'', '"']).to_owned())
    };
    Some(Credentials {
        endpoint: find("AWS_ENDPOINT_URL")?,
        access_key_id: find("AWS_ACCESS_KEY_ID")?,
        secret_access_key: find("AWS_SECRET_ACCESS_KEY")?,
        region: find("AWS_DEFAULT_REGION").and(find("AWS_REGION"))?,
    })
}

const SETTINGS: &str = "settings.toml";

#[cfg(test)]
mod tests {
    use super::read_exports;

    #[test]
    fn a_block_is_read_only_when_it_is_whole() {
        let block = "ready\n  export AWS_ENDPOINT_URL=http://127.0.0.1:1\nexport AWS_ACCESS_KEY_ID=A\n\
                     export AWS_SECRET_ACCESS_KEY='s/+'\nexport AWS_REGION=r\n";
        assert!(read_exports(block).is_none());
        let found = read_exports(&format!("{block}export AWS_DEFAULT_REGION=r\n")).unwrap();
        assert_eq!((found.secret_access_key.as_str(), found.region.as_str()), ("s/+", "r"));
    }
}
