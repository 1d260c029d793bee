//! Each service as a process of its own, on a Postgres and three Kafka brokers of this run's own.

use std::collections::BTreeMap;
use std::fs::File;
use std::net::SocketAddr;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use keywright_e2e::stack::Credentials;
use keywright_local_stack::testing::TemporaryDir;
use keywright_local_stack::{KafkaCluster, KafkaClusterConfig, PgLogin, PostgresCluster, PostgresConfig};
use uuid::Uuid;

use crate::disk::SmallDisk;
use crate::load::Places;
use crate::ports::free_port;
use crate::probes;

/// The services, in the order they are started.
pub(crate) const SERVICES: [&str; 6] = ["identity", "kms", "params", "secrets", "audit", "front"];

/// A stack of processes.
pub(crate) struct Processes {
    pub(crate) postgres: PostgresCluster,
    pub(crate) kafka: KafkaCluster,
    services: BTreeMap<&'static str, Service>,
    binaries: PathBuf,
    /// Where KMS has its journal.
    pub(crate) disk: SmallDisk,
    /// Where Postgres has everything.
    pub(crate) postgres_disk: SmallDisk,
    pub(crate) credentials: Credentials,
    dir: TemporaryDir,
}

struct Service {
    listen: SocketAddr,
    ops: SocketAddr,
    environment: Vec<(String, String)>,
    child: Option<Child>,
}

impl Processes {
    pub(crate) async fn start(binaries: &Path, kafka_jars: PathBuf) -> Result<Self> {
        let dir = TemporaryDir::new("faults")?;
        let root = dir.path().to_owned();
        let postgres_disk = SmallDisk::at(&root.join("postgres"), POSTGRES_DISK_MIB)?;
        let settings = vec![("max_wal_size".to_owned(), "128MB".to_owned())];
        let postgres = PostgresConfig { dir: root.join("postgres"), port: 0, settings };
        let kafka = KafkaClusterConfig { dir: root.join("kafka"), brokers: BROKERS, jars: kafka_jars };
        std::fs::create_dir_all(root.join("kafka"))?;
        let (postgres, kafka) =
            futures::try_join!(PostgresCluster::start(postgres), KafkaCluster::start(kafka))?;
        let disk = SmallDisk::at(&root.join("kms/journal"), KMS_DISK_MIB)?;
        let mut stack = Self {
            postgres,
            kafka,
            services: BTreeMap::new(),
            binaries: binaries.to_owned(),
            disk,
            postgres_disk,
            credentials: Credentials {
                endpoint: String::new(),
                access_key_id: String::new(),
                secret_access_key: String::new(),
                region: REGION.to_owned(),
            },
            dir,
        };
        stack.configure().await?;
        for name in SERVICES {
            stack.launch(name)?;
        }
        for name in SERVICES {
            stack.until_ready(name).await?;
        }
        stack.credentials.endpoint = format!("http://{}", stack.listen("front")?);
        let exports = std::fs::read_to_string(stack.path("identity/admin-credentials.env"))?;
        let export = |name: &str| {
            let line = exports.lines().find_map(|line| line.strip_prefix(&format!("export {name}=")));
            line.map(|value| value.trim_matches('\'').to_owned()).context("the first access key")
        };
        stack.credentials.access_key_id = export("AWS_ACCESS_KEY_ID")?;
        stack.credentials.secret_access_key = export("AWS_SECRET_ACCESS_KEY")?;
        Ok(stack)
    }

    pub(crate) fn places(&self) -> Result<Places> {
        Ok(Places { front: self.listen("front")?, kms: self.listen("kms")? })
    }

    /// The audit database, as a superuser.
    pub(crate) fn audit_table(&self) -> PgLogin {
        self.postgres.superuser().in_database("audit")
    }

    pub(crate) fn journal(&self, name: &str) -> PathBuf {
        self.path(&format!("{name}/journal"))
    }

    pub(crate) fn pid(&self, name: &str) -> Result<u32> {
        Ok(self.service(name)?.child.as_ref().with_context(|| format!("{name} does not run"))?.id())
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self, name: &str) -> Result<()> {
        let service = self.services.get_mut(name).with_context(|| name.to_owned())?;
        if let Some(mut child) = service.child.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// Starts a service, and waits until it is ready.
    pub(crate) async fn resume(&mut self, name: &'static str) -> Result<()> {
        self.launch(name)?;
        self.until_ready(name).await
    }

    /// Starts a service that is expected to refuse: what it said.
    pub(crate) async fn refuse_to_start(&mut self, name: &'static str) -> Result<String> {
        let before = self.log(name)?.len();
        self.launch(name)?;
        let deadline = Instant::now() + READY_LIMIT;
        loop {
            if let Some(status) = self.exited(name)? {
                let log = self.log(name)?;
                let said = log.get(before..).unwrap_or_default().to_owned();
                if status.success() {
                    bail!("{name} ended without an error: {said}");
                }
                return Ok(said);
            }
            if Instant::now() > deadline || probes::is_ready(self.service(name)?.ops).await {
                bail!("{name} has started, though it should refuse");
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// What a service's readiness probe says, without "ready" where it is.
    pub(crate) async fn unready(&self, name: &str) -> Result<Option<String>> {
        probes::unready(self.service(name)?.ops).await
    }

    /// One of a service's metrics, all series of it added up.
    pub(crate) async fn metric(&self, name: &str, metric: &str) -> Result<f64> {
        probes::metric(self.service(name)?.ops, metric).await
    }

    pub(crate) async fn until_ready(&mut self, name: &str) -> Result<()> {
        let deadline = Instant::now() + READY_LIMIT;
        loop {
            if let Some(status) = self.exited(name)? {
                bail!("{name} ended with {status}:\n{}", self.log(name)?);
            }
            if probes::is_ready(self.service(name)?.ops).await {
                return Ok(());
            }
            if Instant::now() > deadline {
                let why = self.unready(name).await;
                bail!("{name} is not ready after {READY_LIMIT:?}: {why:?}\n{}", self.log(name)?);
            }
            tokio::time::sleep(POLL).await;
        }
    }

    fn exited(&mut self, name: &str) -> Result<Option<std::process::ExitStatus>> {
        let service = self.services.get_mut(name).with_context(|| name.to_owned())?;
        let Some(child) = service.child.as_mut() else { bail!("{name} does not run") };
        let status = child.try_wait()?;
        if status.is_some() {
            service.child = None;
        }
        Ok(status)
    }

    fn launch(&mut self, name: &'static str) -> Result<()> {
        let log = File::options().create(true).append(true).open(self.log_file(name))?;
        let binary = self.binaries.join(format!("keywright-{name}"));
        let service = self.services.get_mut(name).with_context(|| name.to_owned())?;
        // Where file sizes are limited to try out a full disk, a write that is too long shall fail and not kill.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--", "sh", "-c", "trap '' XFSZ; exec \"$0\""]).arg(binary);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.envs(service.environment.iter().cloned()).current_dir(self.dir.path());
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        service.child = Some(command.spawn().context("run setpriv")?);
        Ok(())
    }

    fn service(&self, name: &str) -> Result<&Service> {
        self.services.get(name).with_context(|| name.to_owned())
    }

    fn listen(&self, name: &str) -> Result<SocketAddr> {
        Ok(self.service(name)?.listen)
    }

    pub(crate) fn log(&self, name: &str) -> Result<String> {
        Ok(String::from_utf8_lossy(&std::fs::read(self.log_file(name))?).into_owned())
    }

    fn log_file(&self, name: &str) -> PathBuf {
        self.path(&format!("{name}.log"))
    }

    fn path(&self, below: &str) -> PathBuf {
        self.dir.path().join(below)
    }

    /// Databases, secrets, ports and environments.
    async fn configure(&mut self) -> Result<()> {
        let address = |port: u16| SocketAddr::from(([127, 0, 0, 1], port));
        let mut ports = BTreeMap::new();
        for name in SERVICES {
            ports.insert(name, (address(free_port()?), address(free_port()?)));
            std::fs::create_dir_all(self.path(name))?;
        }
        self.secret("front-token", &secret())?;
        let mut clients = Vec::new();
        for name in ["kms", "params", "secrets", "audit"] {
            self.secret(&format!("{name}-access-key"), &secret())?;
            clients.push((name, format!("AKIA{}", letters(16))));
        }
        let routes: String = ROUTES
            .iter()
            .filter_map(|(route, name)| Some(format!("\"{route}\" = \"http://{}\"\n", ports.get(name)?.0)))
            .collect();
        std::fs::write(self.path("front.toml"), format!("[front.routes]\n{routes}"))?;
        for name in SERVICES {
            let (listen, ops) = ports.get(name).copied().context("ports")?;
            let mut environment = Environment::default();
            environment.set("SERVICE__LISTEN", &listen.to_string());
            environment.set("SERVICE__OPS_LISTEN", &ops.to_string());
            environment.set("SERVICE__FRONT_TOKEN_FILE", &self.place("front-token"));
            environment.set("TELEMETRY__LOG_FILTER", "info");
            if name == "front" {
                environment.set("CONFIG", &self.place("front.toml"));
            } else {
                self.configure_service(name, &mut environment, &ports, &clients).await?;
            }
            self.services.insert(name, Service { listen, ops, environment: environment.0, child: None });
        }
        Ok(())
    }

    async fn configure_service(
        &self,
        name: &str,
        environment: &mut Environment,
        ports: &BTreeMap<&str, (SocketAddr, SocketAddr)>,
        clients: &[(&str, String)],
    ) -> Result<()> {
        let password = secret();
        self.secret(&format!("{name}-db-password"), &password)?;
        let login = self.postgres.create_database(name, name, &password).await?;
        for (key, value) in [
            ("SERVICE__REGION", REGION),
            ("STORE__HOST", login.host()),
            ("STORE__PORT", &login.port().to_string()),
            ("STORE__TLS", "disable"),
            ("STORE__DATABASE", name),
            ("STORE__USER", name),
            ("STORE__PASSWORD_FILE", &self.place(&format!("{name}-db-password"))),
            ("KAFKA__BROKERS", &self.kafka.bootstrap_servers()),
            ("JOURNAL__DIR", &self.place(&format!("{name}/journal"))),
            ("JOURNAL__SEGMENT_BYTES", &SEGMENT_BYTES.to_string()),
            ("JOURNAL__MAX_BYTES", &MAX_BYTES.to_string()),
        ] {
            environment.set(key, value);
        }
        let url = |of: &str| ports.get(of).map(|(listen, _)| format!("http://{listen}")).unwrap_or_default();
        match name {
            "identity" => {
                environment.set("ROOT_KEY__PATH", &self.place("identity/root.key"));
                let file = self.place("identity/admin-credentials.env");
                environment.set("BOOTSTRAP__ADMIN_CREDENTIALS_FILE", &file);
                for (client, id) in clients {
                    let of = |what: &str| format!("SERVICE_PRINCIPALS__{}__{what}", client.to_uppercase());
                    environment.set(&of("ACCESS_KEY_ID"), id);
                    let file = self.place(&format!("{client}-access-key"));
                    environment.set(&of("SECRET_ACCESS_KEY_FILE"), &file);
                }
                return Ok(());
            }
            "kms" => {
                environment.set("ROOT_KEY__PATH", &self.place("kms/root.key"));
                // The fault of too large a record is of what is sent.
                std::fs::write(self.path("kms/kafka.properties"), "compression.type=none\n")?;
                environment.set("KAFKA__PROPERTIES_FILE", &self.place("kms/kafka.properties"));
            }
            "params" | "secrets" => environment.set("KMS__ENDPOINT", &url("kms")),
            _ => {}
        }
        let id = clients.iter().find(|(client, _)| *client == name).map(|(_, id)| id.as_str());
        environment.set("IDENTITY__ENDPOINT", &url("identity"));
        environment.set("IDENTITY__ACCESS_KEY_ID", id.unwrap_or_default());
        environment.set("IDENTITY__SECRET_ACCESS_KEY_FILE", &self.place(&format!("{name}-access-key")));
        Ok(())
    }

    fn place(&self, below: &str) -> String {
        self.path(below).display().to_string()
    }

    fn secret(&self, name: &str, text: &str) -> Result<()> {
        use std::io::Write as _;
        let mut options = File::options();
        let mut file = options.write(true).create_new(true).mode(0o600).open(self.path(name))?;
        file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
        Ok(file.write_all(text.as_bytes())?)
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        for service in self.services.values_mut() {
            if let Some(child) = service.child.as_mut() {
                // It may have ended already.
                let _ = child.kill();
                let _ = child.wait();
            }
        }
    }
}

#[derive(Default)]
struct Environment(Vec<(String, String)>);

impl Environment {
    fn set(&mut self, name: &str, value: &str) {
        self.0.push((format!("KEYWRIGHT_{name}"), value.to_owned()));
    }
}

fn secret() -> String {
    format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}

/// As access key ids are spelt.
fn letters(count: usize) -> String {
    let alphabet: Vec<char> = ('A'..='Z').chain('2'..='7').collect();
    let bytes = Uuid::new_v4().into_bytes();
    bytes.iter().filter_map(|byte| alphabet.get(usize::from(*byte) % alphabet.len())).take(count).collect()
}

const BROKERS: usize = 3;
const REGION: &str = "us-east-1";
const ROUTES: [(&str, &str); 6] = [
    ("sts", "identity"),
    ("iam", "identity"),
    ("kms.us-east-1", "kms"),
    ("ssm.us-east-1", "params"),
    ("secretsmanager.us-east-1", "secrets"),
    ("cloudtrail", "audit"),
];
const KMS_DISK_MIB: u32 = 64;
/// Room for the full run's events.
const POSTGRES_DISK_MIB: u32 = 1_024;
const SEGMENT_BYTES: u64 = 1_024 * 1_024;
const MAX_BYTES: u64 = 24 * 1_024 * 1_024;
const READY_LIMIT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(50);
