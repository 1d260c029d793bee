//! Identity, KMS and Secrets Manager as processes, on a Postgres of this run's own, with the proxies.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use keywright_e2e::load::Connection;
use keywright_e2e::stack::Credentials;
use keywright_local_stack::testing::TemporaryDir;
use keywright_local_stack::{PostgresCluster, PostgresConfig};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use uuid::Uuid;

use crate::ask::Client;
use crate::case::Kind;
use crate::function::Function;
use crate::moments::Moments;
use crate::ports::free_port;
use crate::proxy::Proxy;
use crate::target::DATABASE;

/// Where a proxy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Between {
    /// Between the service and its own database.
    OwnDatabase,
    /// Between the service and the server whose user is rotated.
    Target,
    /// Between the service and a rotation function of the harness.
    Function,
}

impl Between {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::OwnDatabase => "own-database",
            Self::Target => "target",
            Self::Function => "function",
        }
    }
}

/// The running stack.
pub(crate) struct Stack {
    pub(crate) restarts: u64,
    postgres: PostgresCluster,
    services: Vec<Service>,
    binaries: PathBuf,
    own_database: Proxy,
    target: Proxy,
    function: Function,
    /// The process that the proxies kill; 0 for none.
    victim: Arc<AtomicI32>,
    credentials: Credentials,
    dir: TemporaryDir,
}

struct Service {
    name: &'static str,
    listen: SocketAddr,
    ops: SocketAddr,
    environment: Vec<(String, String)>,
    child: Option<Child>,
}

impl Stack {
    pub(crate) async fn start(binaries: &Path) -> Result<Self> {
        let dir = TemporaryDir::new("rotation-crashes")?;
        let postgres = PostgresConfig { dir: dir.path().join("postgres"), port: 0, settings: Vec::new() };
        let postgres = PostgresCluster::start(postgres).await?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, postgres.port()));
        let victim = Arc::new(AtomicI32::new(0));
        let kill = |victim: &Arc<AtomicI32>| {
            let victim = Arc::clone(victim);
            move || {
                if let Some(pid) = Pid::from_raw(victim.swap(0, Ordering::SeqCst)) {
                    // It may have ended by itself.
                    let _ = kill_process(pid, Signal::KILL);
                }
            }
        };
        let mut stack = Self {
            restarts: 0,
            own_database: Proxy::start(address, Moments::new(kill(&victim))).await?,
            target: Proxy::start(address, Moments::new(kill(&victim))).await?,
            function: Function::start(postgres.superuser(), Moments::new(kill(&victim))).await?,
            postgres,
            services: Vec::new(),
            binaries: binaries.to_owned(),
            victim,
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
            stack.until_ready(name).await?;
        }
        let exports = std::fs::read_to_string(stack.path("identity/admin-credentials.env"))?;
        let export = |name: &str| {
            let line = exports.lines().find_map(|line| line.strip_prefix(&format!("export {name}=")));
            line.map(|value| value.trim_matches('\'').to_owned()).context("the first access key")
        };
        stack.credentials.access_key_id = export("AWS_ACCESS_KEY_ID")?;
        stack.credentials.secret_access_key = export("AWS_SECRET_ACCESS_KEY")?;
        let iam = Client { address: stack.service("identity")?.listen, service: "iam", ..stack.secrets() };
        iam.form(
            "Action=CreateServiceLinkedRole&Version=2010-05-08&AWSServiceName=secretsmanager.amazonaws.com",
        )
        .await?;
        stack.make_target().await?;
        stack.function.use_client(stack.secrets())?;
        Ok(stack)
    }

    /// A client of Secrets Manager.
    pub(crate) fn secrets(&self) -> Client {
        let address = self.service("secrets").map_or(SocketAddr::from(([0; 4], 0)), |service| service.listen);
        Client { address, credentials: self.credentials.clone(), service: "secretsmanager" }
    }

    /// The server whose users are rotated, not by the proxy.
    pub(crate) fn target(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.postgres.port()))
    }

    pub(crate) fn moments(&self, between: Between) -> &Arc<Moments> {
        match between {
            Between::OwnDatabase => &self.own_database.moments,
            Between::Target => &self.target.moments,
            Between::Function => &self.function.moments,
        }
    }

    /// A new user with a secret, rotated once.
    pub(crate) async fn secret_of(&mut self, kind: Kind) -> Result<String> {
        let name = format!("{}-{}", kind.name(), Uuid::new_v4().simple());
        let user = format!("u{}", Uuid::new_v4().simple());
        let password = secret();
        let database = self.postgres.superuser().in_database(DATABASE).connect().await?;
        database.batch_execute(&format!("CREATE ROLE {user} LOGIN PASSWORD '{password}'")).await?;
        let mut value = json!({
            "engine": "postgres", "host": "127.0.0.1", "port": self.target.port, "dbname": DATABASE, "ssl": false,
            "username": user, "password": password,
        });
        let secrets = self.secrets();
        let function = match kind {
            Kind::OwnFunction => "own",
            Kind::SingleUser => "keywright-postgres-single-user",
            Kind::AlternatingUsers => {
                let master = json!({
                    "Name": format!("{name}-master"), "ClientRequestToken": Uuid::new_v4().to_string(),
                    "Tags": [{ "Key": "keywright:rotation-master", "Value": "true" }],
                    "SecretString": json!({
                        "engine": "postgres", "host": "127.0.0.1", "port": self.target.port, "dbname": DATABASE,
                        "ssl": false, "username": MASTER, "password": self.master_password()?,
                    }).to_string(),
                });
                let made = secrets.done("CreateSecret", master).await?;
                let arn = made.get("ARN").context("an ARN")?.clone();
                value.as_object_mut().context("an object")?.insert("masterarn".to_owned(), arn);
                "keywright-postgres-alternating-users"
            }
        };
        let input = json!({
            "Name": name, "SecretString": value.to_string(), "ClientRequestToken": Uuid::new_v4().to_string(),
        });
        secrets.done("CreateSecret", input).await?;
        let rotate = json!({
            "SecretId": name, "ClientRequestToken": Uuid::new_v4().to_string(),
            "RotationLambdaARN": format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}"),
            "RotationRules": { "AutomaticallyAfterDays": 30 },
        });
        secrets.done("RotateSecret", rotate).await?;
        let deadline = Instant::now() + READY_LIMIT;
        loop {
            let described = secrets.done("DescribeSecret", json!({ "SecretId": name })).await?;
            if described.get("LastRotatedDate").is_some() {
                return Ok(name);
            }
            if Instant::now() > deadline {
                bail!("{name} isn't rotated even undisturbed: {described}\n{}", self.log()?);
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Starts the service again if it was killed.
    pub(crate) async fn see_that_it_runs(&mut self) -> Result<()> {
        let secrets = self.service_mut("secrets")?;
        let ended = match secrets.child.as_mut() {
            Some(child) => child.try_wait()?,
            None => None,
        };
        if ended.is_some() {
            secrets.child = None;
            self.restarts += 1;
            self.launch("secrets")?;
            self.until_ready("secrets").await?;
        }
        Ok(())
    }

    /// The end of what the service has said.
    pub(crate) fn log(&self) -> Result<String> {
        let log = std::fs::read_to_string(self.path("secrets.log"))?;
        let lines: Vec<&str> = log.lines().collect();
        Ok(lines.get(lines.len().saturating_sub(40)..).unwrap_or_default().join("\n"))
    }

    async fn make_target(&self) -> Result<()> {
        let superuser = self.postgres.superuser().in_database("postgres").connect().await?;
        superuser.batch_execute(&format!("CREATE DATABASE {DATABASE}")).await?;
        let password = secret();
        self.write_secret("master-password", &password)?;
        let sql = format!("CREATE ROLE {MASTER} LOGIN SUPERUSER PASSWORD '{password}'");
        Ok(superuser.batch_execute(&sql).await?)
    }

    fn master_password(&self) -> Result<String> {
        Ok(std::fs::read_to_string(self.path("master-password"))?)
    }

    async fn configure(&mut self) -> Result<()> {
        let address = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        for name in SERVICES {
            std::fs::create_dir_all(self.path(name))?;
            let (listen, ops) = (address(free_port()?), address(free_port()?));
            self.services.push(Service { name, listen, ops, environment: Vec::new(), child: None });
        }
        let keys = [("kms", letters(16)), ("secrets", letters(16))];
        for (client, _) in &keys {
            self.write_secret(&format!("{client}-access-key"), &secret())?;
        }
        for name in SERVICES {
            let password = secret();
            self.write_secret(&format!("{name}-db-password"), &password)?;
            let login = self.postgres.create_database(name, name, &password).await?;
            let port = if name == "secrets" { self.own_database.port } else { login.port() };
            let url = |of: &str| anyhow::Ok(format!("http://{}", self.service(of)?.listen));
            let mut settings = vec![
                ("SERVICE__LISTEN", self.service(name)?.listen.to_string()),
                ("SERVICE__OPS_LISTEN", self.service(name)?.ops.to_string()),
                ("SERVICE__REGION", REGION.to_owned()),
                ("SERVICE__ACCOUNT", ACCOUNT.to_owned()),
                ("STORE__HOST", login.host().to_owned()),
                ("STORE__PORT", port.to_string()),
                ("STORE__TLS", "disable".to_owned()),
                ("STORE__DATABASE", name.to_owned()),
                ("STORE__USER", name.to_owned()),
                ("STORE__PASSWORD_FILE", self.place(&format!("{name}-db-password"))),
                ("JOURNAL__DIR", self.place(&format!("{name}/journal"))),
                ("TELEMETRY__LOG_FILTER", "info".to_owned()),
            ];
            if name != "secrets" {
                settings.push(("ROOT_KEY__PATH", self.place(&format!("{name}/root.key"))));
            }
            let mut settings: Vec<(String, String)> =
                settings.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
            let mut set = |key: String, value: String| settings.push((key, value));
            if name == "identity" {
                set(
                    "BOOTSTRAP__ADMIN_CREDENTIALS_FILE".to_owned(),
                    self.place("identity/admin-credentials.env"),
                );
                for (client, id) in &keys {
                    let of = |what: &str| format!("SERVICE_PRINCIPALS__{}__{what}", client.to_uppercase());
                    set(of("ACCESS_KEY_ID"), format!("AKIA{id}"));
                    set(of("SECRET_ACCESS_KEY_FILE"), self.place(&format!("{client}-access-key")));
                }
            } else {
                let id = keys.iter().find(|(client, _)| *client == name).map(|(_, id)| id.as_str());
                set("IDENTITY__ENDPOINT".to_owned(), url("identity")?);
                set("IDENTITY__ACCESS_KEY_ID".to_owned(), format!("AKIA{}", id.unwrap_or_default()));
                set("IDENTITY__SECRET_ACCESS_KEY_FILE".to_owned(), self.place(&format!("{name}-access-key")));
            }
            if name == "secrets" {
                set("KMS__ENDPOINT".to_owned(), url("kms")?);
                let url = format!("http://127.0.0.1:{}", self.function.port);
                let own = format!("[rotation_functions.own]\nurl = \"{url}\"\ntime_limit_seconds = 2\n");
                std::fs::write(self.path("secrets.toml"), format!("{SETTINGS}{own}"))?;
                set("CONFIG".to_owned(), self.place("secrets.toml"));
            }
            let environment =
                settings.into_iter().map(|(key, value)| (format!("KEYWRIGHT_{key}"), value)).collect();
            self.service_mut(name)?.environment = environment;
        }
        Ok(())
    }

    fn launch(&mut self, name: &'static str) -> Result<()> {
        let log = File::options().create(true).append(true).open(self.path(&format!("{name}.log")))?;
        let (binary, dir) = (self.binaries.join(format!("keywright-{name}")), self.dir.path().to_owned());
        let service = self.service_mut(name)?;
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--"]).arg(binary).current_dir(dir);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.envs(service.environment.iter().cloned());
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let child = command.spawn().context("run setpriv")?;
        let pid = i32::try_from(child.id())?;
        service.child = Some(child);
        if name == "secrets" {
            self.victim.store(pid, Ordering::SeqCst);
        }
        Ok(())
    }

    async fn until_ready(&mut self, name: &'static str) -> Result<()> {
        let deadline = Instant::now() + READY_LIMIT;
        loop {
            let service = self.service_mut(name)?;
            if let Some(child) = service.child.as_mut()
                && let Some(status) = child.try_wait()?
            {
                // Killed while it starts, it is started once more.
                if name == "secrets" && status.code().is_none() {
                    self.restarts += 1;
                    self.launch(name)?;
                    continue;
                }
                let log = std::fs::read_to_string(self.path(&format!("{name}.log")))?;
                bail!("{name} ended with {status}:\n{log}");
            }
            if is_ready(self.service(name)?.ops).await {
                return Ok(());
            }
            if Instant::now() > deadline {
                let log = std::fs::read_to_string(self.path(&format!("{name}.log")))?;
                bail!("{name} isn't ready after {READY_LIMIT:?}:\n{log}");
            }
            tokio::time::sleep(POLL).await;
        }
    }

    fn service(&self, name: &str) -> Result<&Service> {
        self.services.iter().find(|service| service.name == name).with_context(|| name.to_owned())
    }

    fn service_mut(&mut self, name: &str) -> Result<&mut Service> {
        self.services.iter_mut().find(|service| service.name == name).with_context(|| name.to_owned())
    }

    fn path(&self, below: &str) -> PathBuf {
        self.dir.path().join(below)
    }

    fn place(&self, below: &str) -> String {
        self.path(below).display().to_string()
    }

    fn write_secret(&self, name: &str, text: &str) -> Result<()> {
        use std::io::Write as _;
        let mut file = File::options().write(true).create_new(true).mode(0o600).open(self.path(name))?;
        file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
        Ok(file.write_all(text.as_bytes())?)
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        for child in self.services.iter_mut().filter_map(|service| service.child.as_mut()) {
            // It may have ended already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

async fn is_ready(ops: SocketAddr) -> bool {
    let asked = async {
        let mut connection = Connection::open(ops).await?;
        let request = format!("GET /readyz HTTP/1.1\r\nhost: {ops}\r\n\r\n");
        anyhow::Ok(connection.ask(request.as_bytes()).await?.status() == 200)
    };
    matches!(tokio::time::timeout(Duration::from_secs(5), asked).await, Ok(Ok(true)))
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

/// What a claim outlasts is short here, so that what was killed is soon taken on again.
const SETTINGS: &str = r#"
[rotation]
interval_seconds = 1
attempts = 1000
retry_ms = 100
claim_seconds = 1
[rotators]
allowed_hosts = ["127.0.0.1/32"]
connect_timeout_ms = 1000
statement_timeout_ms = 1000
step_timeout_ms = 2000
"#;
const SERVICES: [&str; 3] = ["identity", "kms", "secrets"];
const REGION: &str = "us-east-1";
const ACCOUNT: &str = "000000000000";
const MASTER: &str = "rotation_master";
const READY_LIMIT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(50);
