//! Each service as a process of its own, on a Postgres and three Kafka brokers of this run's own.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use keywright_e2e::stack::Credentials;
use keywright_local_stack::testing::TemporaryDir;
use keywright_local_stack::{KafkaCluster, KafkaClusterConfig, PgLogin, PostgresCluster, PostgresConfig};

use crate::disk::SmallDisk;
use crate::load::Places;
use crate::probes;
use crate::service_process::{ServiceProcess, access_key_id, first_access_key, write_secret};

/// The services, in the order they are started.
pub(crate) const SERVICES: [&str; 6] = ["identity", "kms", "params", "secrets", "audit", "front"];

/// A stack of processes.
pub(crate) struct Processes {
    pub(crate) postgres: PostgresCluster,
    pub(crate) kafka: KafkaCluster,
    services: BTreeMap<&'static str, ServiceProcess>,
    binaries: PathBuf,
    /// Where KMS has its journal.
    pub(crate) disk: SmallDisk,
    /// Where Postgres has everything.
    pub(crate) postgres_disk: SmallDisk,
    pub(crate) credentials: Credentials,
    dir: TemporaryDir,
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
        stack.credentials = Credentials {
            endpoint: format!("http://{}", stack.listen("front")?),
            ..first_access_key(&stack.path("identity/admin-credentials.env"), REGION)?
        };
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
            if Instant::now() > deadline || self.service(name)?.is_ready().await {
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
            if self.service(name)?.is_ready().await {
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
        self.services.get_mut(name).with_context(|| name.to_owned())?.exited()
    }

    fn launch(&mut self, name: &str) -> Result<()> {
        let service = self.services.get_mut(name).with_context(|| name.to_owned())?;
        service.launch(&self.binaries, self.dir.path())
    }

    fn service(&self, name: &str) -> Result<&ServiceProcess> {
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
        for name in SERVICES {
            self.services.insert(name, ServiceProcess::new(name)?);
            std::fs::create_dir_all(self.path(name))?;
        }
        write_secret(&self.path("front-token"))?;
        let mut clients = Vec::new();
        for name in ["kms", "params", "secrets", "audit"] {
            write_secret(&self.path(&format!("{name}-access-key")))?;
            clients.push((name, access_key_id()));
        }
        let routes: String = ROUTES
            .iter()
            .filter_map(|(route, name)| Some(format!("\"{route}\" = \"{}\"\n", self.url(name).ok()?)))
            .collect();
        std::fs::write(self.path("front.toml"), format!("[front.routes]\n{routes}"))?;
        for name in SERVICES {
            let settings = self.settings_of(name, &clients).await?;
            let service = self.services.get_mut(name).with_context(|| name.to_owned())?;
            for (setting, value) in settings {
                service.set(&setting, value);
            }
        }
        Ok(())
    }

    async fn settings_of(&self, name: &str, clients: &[(&str, String)]) -> Result<Vec<(String, String)>> {
        let mut settings = Vec::new();
        let mut set = |setting: &str, value: &str| settings.push((setting.to_owned(), value.to_owned()));
        let service = self.service(name)?;
        set("SERVICE__LISTEN", &service.listen.to_string());
        set("SERVICE__OPS_LISTEN", &service.ops.to_string());
        set("SERVICE__FRONT_TOKEN_FILE", &self.place("front-token"));
        set("TELEMETRY__LOG_FILTER", "info");
        if name == "front" {
            set("CONFIG", &self.place("front.toml"));
            return Ok(settings);
        }
        let password = write_secret(&self.path(&format!("{name}-db-password")))?;
        let login = self.postgres.create_database(name, name, &password).await?;
        for (setting, value) in [
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
            set(setting, value);
        }
        match name {
            "identity" => {
                set("ROOT_KEY__PATH", &self.place("identity/root.key"));
                set("BOOTSTRAP__ADMIN_CREDENTIALS_FILE", &self.place("identity/admin-credentials.env"));
                for (client, id) in clients {
                    let of = |what: &str| format!("SERVICE_PRINCIPALS__{}__{what}", client.to_uppercase());
                    set(&of("ACCESS_KEY_ID"), id);
                    let file = self.place(&format!("{client}-access-key"));
                    set(&of("SECRET_ACCESS_KEY_FILE"), &file);
                }
                return Ok(settings);
            }
            "kms" => {
                set("ROOT_KEY__PATH", &self.place("kms/root.key"));
                // The fault of too large a record is of what is sent.
                std::fs::write(self.path("kms/kafka.properties"), "compression.type=none\n")?;
                set("KAFKA__PROPERTIES_FILE", &self.place("kms/kafka.properties"));
            }
            "params" | "secrets" => set("KMS__ENDPOINT", &self.url("kms")?),
            _ => {}
        }
        let id = clients.iter().find(|(client, _)| *client == name).map(|(_, id)| id.as_str());
        set("IDENTITY__ENDPOINT", &self.url("identity")?);
        set("IDENTITY__ACCESS_KEY_ID", id.unwrap_or_default());
        set("IDENTITY__SECRET_ACCESS_KEY_FILE", &self.place(&format!("{name}-access-key")));
        Ok(settings)
    }

    fn url(&self, name: &str) -> Result<String> {
        Ok(format!("http://{}", self.listen(name)?))
    }

    fn place(&self, below: &str) -> String {
        self.path(below).display().to_string()
    }
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
