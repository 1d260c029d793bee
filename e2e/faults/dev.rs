//! `keywright dev` without a broker: the audit service reads the journals.

use std::collections::BTreeMap;
use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use keywright_e2e::stack::Credentials;
use keywright_local_stack::PgLogin;
use keywright_local_stack::testing::TemporaryDir;
use rustix::process::{Pid, Signal, kill_process};

use crate::disk::SmallDisk;
use crate::load::Places;
use crate::probes;
use crate::service_process::free_port;

/// The one process of all services, with its Postgres.
pub(crate) struct Dev {
    child: Option<Child>,
    binary: PathBuf,
    listen: SocketAddr,
    /// Where all journals are.
    pub(crate) disk: SmallDisk,
    dir: TemporaryDir,
}

impl Dev {
    pub(crate) async fn start(binaries: &Path) -> Result<Self> {
        let dir = TemporaryDir::new("faults-dev")?;
        let disk = SmallDisk::at(&dir.path().join("data/journals"), DISK_MIB)?;
        let listen = SocketAddr::from(([127, 0, 0, 1], free_port()?));
        let mut dev = Self { child: None, binary: binaries.join("keywright"), listen, disk, dir };
        dev.resume().await?;
        Ok(dev)
    }

    pub(crate) fn pid(&self) -> Result<u32> {
        Ok(self.child.as_ref().context("the stack does not run")?.id())
    }

    /// Starts the stack, and waits until it is ready.
    pub(crate) async fn resume(&mut self) -> Result<()> {
        let before = self.log().len();
        self.launch()?;
        let deadline = Instant::now() + READY_LIMIT;
        loop {
            let said = self.log().split_off(before);
            // The last line of what it exports.
            if said.contains("export AWS_DEFAULT_REGION=") {
                return Ok(());
            }
            if let Some(status) = self.exited()? {
                bail!("keywright dev ended, {status}:\n{said}");
            }
            if Instant::now() > deadline {
                bail!("keywright dev is not ready:\n{said}");
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Starts a stack that is expected to refuse: what it said.
    pub(crate) async fn refuse_to_start(&mut self) -> Result<String> {
        let before = self.log().len();
        self.launch()?;
        let deadline = Instant::now() + READY_LIMIT;
        while Instant::now() < deadline {
            if let Some(status) = self.exited()? {
                let said = self.log().split_off(before);
                if status.success() {
                    bail!("keywright dev ended without an error: {said}");
                }
                return Ok(said);
            }
            tokio::time::sleep(POLL).await;
        }
        bail!("keywright dev has started, though it should refuse")
    }

    /// `kill -9` of everything at once; Postgres follows by itself.
    pub(crate) fn kill(&mut self) -> Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    pub(crate) fn places(&self) -> Result<Places> {
        let kms = self.endpoint("kms.us-east-1")?;
        Ok(Places { front: self.listen, kms })
    }

    pub(crate) fn credentials(&self) -> Result<Credentials> {
        let text = std::fs::read_to_string(self.data().join("credentials.env"))?;
        let export = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(&format!("export {name}=")));
            line.map(|value| value.trim_matches('\'').to_owned()).context("the access key")
        };
        Ok(Credentials {
            endpoint: export("AWS_ENDPOINT_URL")?,
            access_key_id: export("AWS_ACCESS_KEY_ID")?,
            secret_access_key: export("AWS_SECRET_ACCESS_KEY")?,
            region: export("AWS_REGION")?,
        })
    }

    /// The audit database, as a superuser.
    pub(crate) fn audit_table(&self) -> Result<PgLogin> {
        let password = std::fs::read_to_string(self.data().join("postgres/superuser.password"))?;
        let (_, port) = self.postmaster()?;
        let dsn = format!("postgres://postgres:{}@127.0.0.1:{port}/keywright_audit", password.trim());
        Ok(PgLogin::from_dsn(&dsn)?)
    }

    pub(crate) fn journal(&self, name: &str) -> PathBuf {
        self.data().join("journals").join(name)
    }

    /// Sends a signal to the postmaster.
    pub(crate) fn signal_postmaster(&self, signal: Signal) -> Result<()> {
        let (pid, _) = self.postmaster()?;
        Ok(kill_process(Pid::from_raw(pid).context("a process id")?, signal)?)
    }

    /// Sends a signal to Postgres and all its backends.
    pub(crate) fn signal_postgres(&self, signal: Signal) -> Result<()> {
        let data = self.data().join("postgres/data").canonicalize()?;
        for entry in std::fs::read_dir("/proc")?.flatten() {
            let pid = entry.file_name().to_str().and_then(|name| name.parse().ok()).and_then(Pid::from_raw);
            let Some(pid) = pid else { continue };
            if std::fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd == data) {
                // It may have ended meanwhile.
                let _ = kill_process(pid, signal);
            }
        }
        Ok(())
    }

    /// What KMS's readiness probe says, without "ready" where it is.
    pub(crate) async fn unready(&self) -> Result<Option<String>> {
        probes::unready(self.endpoint("kms.us-east-1.ops")?).await
    }

    fn endpoint(&self, name: &str) -> Result<SocketAddr> {
        let endpoints: BTreeMap<String, String> =
            serde_json::from_slice(&std::fs::read(self.data().join("endpoints.json"))?)?;
        Ok(endpoints.get(name).context("an endpoint")?.trim_start_matches("http://").parse()?)
    }

    /// The postmaster's process id and port, as its file tells.
    fn postmaster(&self) -> Result<(i32, u16)> {
        let text = std::fs::read_to_string(self.data().join("postgres/data/postmaster.pid"))?;
        let lines: Vec<_> = text.lines().collect();
        let line = |at: usize| lines.get(at).map(|line| line.trim()).context("a whole postmaster.pid");
        Ok((line(0)?.parse()?, line(3)?.parse()?))
    }

    fn exited(&mut self) -> Result<Option<std::process::ExitStatus>> {
        let child = self.child.as_mut().context("the stack does not run")?;
        let status = child.try_wait()?;
        if status.is_some() {
            self.child = None;
        }
        Ok(status)
    }

    fn launch(&mut self) -> Result<()> {
        let log = File::options().create(true).append(true).open(self.log_file())?;
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--", "sh", "-c", "trap '' XFSZ; exec \"$0\" \"$@\""]);
        command.arg(&self.binary).args(["dev", "--listen", &self.listen.to_string(), "--data-dir"]);
        command.arg(self.data()).env_remove("KAFKA_BROKERS");
        command.env("KEYWRIGHT_JOURNAL__SEGMENT_BYTES", SEGMENT_BYTES.to_string());
        command.env("KEYWRIGHT_JOURNAL__MAX_BYTES", MAX_BYTES.to_string());
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        self.child = Some(command.spawn().context("run setpriv")?);
        Ok(())
    }

    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(self.log_file()).unwrap_or_default()).into_owned()
    }

    fn log_file(&self) -> PathBuf {
        self.dir.path().join("dev.log")
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        // It may have ended already; Postgres ends with it, unless it is stopped.
        let _ = self.signal_postgres(Signal::CONT);
        let _ = self.kill();
        let deadline = Instant::now() + Duration::from_secs(10);
        while self.signal_postgres(Signal::INT).is_ok() && Instant::now() < deadline {
            if !self.data().join("postgres/data/postmaster.pid").exists() {
                break;
            }
            std::thread::sleep(POLL);
        }
    }
}

const DISK_MIB: u32 = 64;
const SEGMENT_BYTES: u64 = 1_024 * 1_024;
const MAX_BYTES: u64 = 8 * 1_024 * 1_024;
const READY_LIMIT: Duration = Duration::from_secs(90);
const POLL: Duration = Duration::from_millis(50);
