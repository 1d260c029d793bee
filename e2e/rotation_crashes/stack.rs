//! Identity, KMS and Secrets Manager as processes, on a Postgres of this stack's own, with the servers whose users are
//! rotated, and the proxies.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use keywright_e2e::stack::Credentials;
use keywright_local_stack::PostgresCluster;
use keywright_local_stack::testing::TemporaryDir;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::ask::Client;
use crate::function::Function;
use crate::kind::{Between, Kind, OWN_FUNCTION};
use crate::login::Engine;
use crate::moments::{Breaks, Moments};
use crate::proxy::Proxy;
use crate::servers::{Crashing, Target, quick_postgres};
use crate::service_process::{ServiceProcess, access_key_id, first_access_key, write_secret};

/// The running stack.
pub(crate) struct Stack {
    pub(crate) restarts: u64,
    services: Vec<ServiceProcess>,
    binaries: PathBuf,
    own_database: Proxy,
    own_server: Crashing,
    targets: Vec<Target>,
    /// The ARNs of master secrets, by their server.
    masters: Vec<(Engine, String)>,
    function: Function,
    /// The process that the proxies kill; 0 for none.
    victim: Arc<AtomicI32>,
    credentials: Credentials,
    dir: TemporaryDir,
}

impl Stack {
    /// Starts one with servers of these kinds, where this machine has them.
    pub(crate) async fn start(binaries: &Path, engines: &[Engine]) -> Result<Self> {
        let dir = TemporaryDir::new("rotation-crashes")?;
        let victim = Arc::new(AtomicI32::new(0));
        let kill = || {
            let victim = Arc::clone(&victim);
            Box::new(move || {
                if let Some(pid) = Pid::from_raw(victim.swap(0, Ordering::SeqCst)) {
                    // It may have ended by itself.
                    let _ = kill_process(pid, Signal::KILL);
                }
            })
        };
        let postgres = PostgresCluster::start(quick_postgres(&dir.path().join("postgres"))).await?;
        let mut targets = Vec::new();
        for engine in engines {
            targets.extend(Target::start(*engine, dir.path(), kill()).await?);
        }
        let target = targets.iter().find(|target| target.administrator.engine == Engine::Postgres);
        let superuser = target.context("a Postgres as target")?.administrator.superuser()?.clone();
        let function_moments = Moments::new(Breaks { kill: kill(), crash: Box::new(|| {}) });
        let function = Function::start(&superuser, function_moments).await?;
        let settings = Settings::new(&postgres, dir.path());
        let services = settings.services(function.port).await?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, postgres.port()));
        let own_server = Crashing::postgres(postgres);
        let breaks = Breaks { kill: kill(), crash: own_server.bell() };
        let own_database = Proxy::start(Engine::Postgres, address, Moments::new(breaks)).await?;
        let mut stack = Self {
            restarts: 0,
            services,
            binaries: binaries.to_owned(),
            own_database,
            own_server,
            targets,
            masters: Vec::new(),
            function,
            victim,
            credentials: Credentials {
                endpoint: String::new(),
                access_key_id: String::new(),
                secret_access_key: String::new(),
                region: REGION.to_owned(),
            },
            dir,
        };
        let port = stack.own_database.port;
        stack.service_mut("secrets")?.set("STORE__PORT", port.to_string());
        for name in SERVICES {
            stack.launch(name)?;
            stack.until_ready(name).await?;
        }
        let credentials = stack.dir.path().join("identity/admin-credentials.env");
        stack.credentials = first_access_key(&credentials, REGION)?;
        let iam = Client { address: stack.service("identity")?.listen, service: "iam", ..stack.secrets() };
        iam.form(
            "Action=CreateServiceLinkedRole&Version=2010-05-08&AWSServiceName=secretsmanager.amazonaws.com",
        )
        .await?;
        stack.function.use_client(stack.secrets())?;
        Ok(stack)
    }

    /// A client of Secrets Manager.
    pub(crate) fn secrets(&self) -> Client {
        let address = self.service("secrets").map_or(SocketAddr::from(([0; 4], 0)), |service| service.listen);
        Client { address, credentials: self.credentials.clone(), service: "secretsmanager" }
    }

    /// The server whose users are rotated; none where this machine lacks it.
    pub(crate) fn target(&self, engine: Engine) -> Option<&Target> {
        self.targets.iter().find(|target| target.administrator.engine == engine)
    }

    /// Whether this machine has all for a kind of rotation.
    pub(crate) fn has(&self, kind: &Kind) -> bool {
        kind.engine.is_none_or(|engine| self.target(engine).is_some())
    }

    pub(crate) fn moments(&self, kind: &Kind, between: Between) -> Result<Arc<Moments>> {
        let moments = match between {
            Between::OwnDatabase => &self.own_database.moments,
            Between::Function => &self.function.moments,
            Between::Target => {
                let target = kind.engine.and_then(|engine| self.target(engine));
                &target.context("a server")?.proxy.moments
            }
        };
        Ok(Arc::clone(moments))
    }

    pub(crate) fn function_arn(kind: &Kind) -> String {
        format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{}", kind.function)
    }

    /// A new user with a secret; it has been rotated once, where a later rotation is to be struck.
    pub(crate) async fn secret_of(&mut self, kind: &Kind) -> Result<String> {
        let name = format!("{}-{}", kind.name, Uuid::new_v4().simple());
        let mut value = match kind.engine.and_then(|engine| self.target(engine)) {
            Some(target) => target.make_user().await?,
            None => json!({ "password": Uuid::new_v4().simple().to_string() }),
        };
        if let (Some(engine), true) = (kind.engine, kind.has_master) {
            let arn = self.master(engine).await?;
            value.as_object_mut().context("an object")?.insert("masterarn".to_owned(), json!(arn));
        }
        let secrets = self.secrets();
        let create = json!({
            "Name": name, "ClientRequestToken": Uuid::new_v4().to_string(), "SecretString": value.to_string(),
        });
        secrets.done("CreateSecret", create).await?;
        if kind.is_first {
            return Ok(name);
        }
        let token = Uuid::new_v4().to_string();
        let set_up = Kind { is_first: true, ..*kind };
        let rotate = set_up.rotate_request(&name, &token, &Self::function_arn(kind));
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

    /// The ARN of the master secret of a server, which is made at first.
    async fn master(&mut self, engine: Engine) -> Result<String> {
        if let Some((_, arn)) = self.masters.iter().find(|(of, _)| *of == engine) {
            return Ok(arn.clone());
        }
        let master = self.target(engine).context("a server")?.master();
        let create = json!({
            "Name": format!("master-of-{engine:?}"), "ClientRequestToken": Uuid::new_v4().to_string(),
            "Tags": [{ "Key": "keywright:rotation-master", "Value": "true" }],
            "SecretString": master.to_string(),
        });
        let created = self.secrets().done("CreateSecret", create).await?;
        let arn = created.get("ARN").and_then(Value::as_str).context("an ARN")?.to_owned();
        self.masters.push((engine, arn.clone()));
        Ok(arn)
    }

    /// Starts the service again if it was killed; servers come back by themselves.
    pub(crate) async fn see_that_it_runs(&mut self) -> Result<()> {
        self.own_server.check()?;
        self.targets.iter().try_for_each(Target::check)?;
        if self.service_mut("secrets")?.exited()?.is_some() {
            self.restarts += 1;
            self.launch("secrets")?;
            self.until_ready("secrets").await?;
        }
        Ok(())
    }

    /// The end of what the service has said.
    pub(crate) fn log(&self) -> Result<String> {
        let log = self.whole_log("secrets")?;
        let lines: Vec<&str> = log.lines().collect();
        Ok(lines.get(lines.len().saturating_sub(40)..).unwrap_or_default().join("\n"))
    }

    fn whole_log(&self, name: &str) -> Result<String> {
        Ok(std::fs::read_to_string(self.dir.path().join(format!("{name}.log")))?)
    }

    fn launch(&mut self, name: &str) -> Result<()> {
        let (binaries, dir) = (self.binaries.clone(), self.dir.path().to_owned());
        let service = self.service_mut(name)?;
        service.launch(&binaries, &dir)?;
        let pid = service.child.as_ref().context("a process")?.id();
        if name == "secrets" {
            self.victim.store(i32::try_from(pid)?, Ordering::SeqCst);
        }
        Ok(())
    }

    async fn until_ready(&mut self, name: &str) -> Result<()> {
        let deadline = Instant::now() + READY_LIMIT;
        loop {
            if let Some(status) = self.service_mut(name)?.exited()? {
                // Killed while it starts, it is started once more.
                if name == "secrets" && status.code().is_none() {
                    self.restarts += 1;
                    self.launch(name)?;
                    continue;
                }
                bail!("{name} ended with {status}:\n{}", self.whole_log(name)?);
            }
            if self.service(name)?.is_ready().await {
                return Ok(());
            }
            if Instant::now() > deadline {
                bail!("{name} isn't ready after {READY_LIMIT:?}:\n{}", self.whole_log(name)?);
            }
            tokio::time::sleep(POLL).await;
        }
    }

    fn service(&self, name: &str) -> Result<&ServiceProcess> {
        self.services.iter().find(|service| service.name == name).with_context(|| name.to_owned())
    }

    fn service_mut(&mut self, name: &str) -> Result<&mut ServiceProcess> {
        self.services.iter_mut().find(|service| service.name == name).with_context(|| name.to_owned())
    }
}

/// What the services are told.
struct Settings<'a> {
    postgres: &'a PostgresCluster,
    dir: &'a Path,
    /// The services that are clients, and their access keys.
    keys: [(&'static str, String); 2],
}

impl<'a> Settings<'a> {
    fn new(postgres: &'a PostgresCluster, dir: &'a Path) -> Self {
        Self { postgres, dir, keys: [("kms", access_key_id()), ("secrets", access_key_id())] }
    }

    /// All services, with their databases and files; none runs.
    async fn services(&self, function_port: u16) -> Result<Vec<ServiceProcess>> {
        for (client, _) in &self.keys {
            write_secret(&self.dir.join(format!("{client}-access-key")))?;
        }
        let mut services = Vec::new();
        for name in SERVICES {
            std::fs::create_dir_all(self.dir.join(name))?;
            services.push(ServiceProcess::new(name)?);
        }
        let urls: Vec<String> = services.iter().map(|service| format!("http://{}", service.listen)).collect();
        let [identity, kms, ..] = urls.as_slice() else { bail!("three services") };
        for service in &mut services {
            self.set_common(service).await?;
            match service.name {
                "identity" => self.set_clients(service),
                name => {
                    let id = self.keys.iter().find(|(client, _)| *client == name).map(|(_, id)| id.clone());
                    service.set("IDENTITY__ENDPOINT", identity);
                    service.set("IDENTITY__ACCESS_KEY_ID", id.context("an access key")?);
                    let key = self.place(&format!("{name}-access-key"));
                    service.set("IDENTITY__SECRET_ACCESS_KEY_FILE", key);
                }
            }
            if service.name == "secrets" {
                service.set("KMS__ENDPOINT", kms);
                let own = format!(
                    "[rotation_functions.{OWN_FUNCTION}]\nurl = \"http://127.0.0.1:{function_port}\"\ntime_limit_seconds = 2\n"
                );
                std::fs::write(self.dir.join("secrets.toml"), format!("{ROTATION}{own}"))?;
                service.set("CONFIG", self.place("secrets.toml"));
            } else {
                service.set("ROOT_KEY__PATH", self.place(&format!("{}/root.key", service.name)));
            }
        }
        Ok(services)
    }

    async fn set_common(&self, service: &mut ServiceProcess) -> Result<()> {
        let name = service.name;
        let password = write_secret(&self.dir.join(format!("{name}-db-password")))?;
        let login = self.postgres.create_database(name, name, &password).await?;
        for (setting, value) in [
            ("SERVICE__LISTEN", service.listen.to_string()),
            ("SERVICE__OPS_LISTEN", service.ops.to_string()),
            ("SERVICE__REGION", REGION.to_owned()),
            ("SERVICE__ACCOUNT", ACCOUNT.to_owned()),
            ("STORE__HOST", login.host().to_owned()),
            ("STORE__PORT", login.port().to_string()),
            ("STORE__TLS", "disable".to_owned()),
            ("STORE__DATABASE", name.to_owned()),
            ("STORE__USER", name.to_owned()),
            ("STORE__PASSWORD_FILE", self.place(&format!("{name}-db-password"))),
            ("JOURNAL__DIR", self.place(&format!("{name}/journal"))),
            ("TELEMETRY__LOG_FILTER", "info".to_owned()),
        ] {
            service.set(setting, value);
        }
        Ok(())
    }

    fn set_clients(&self, identity: &mut ServiceProcess) {
        let file = self.place("identity/admin-credentials.env");
        identity.set("BOOTSTRAP__ADMIN_CREDENTIALS_FILE", file);
        for (client, id) in &self.keys {
            let of = |what: &str| format!("SERVICE_PRINCIPALS__{}__{what}", client.to_uppercase());
            identity.set(&of("ACCESS_KEY_ID"), id);
            identity.set(&of("SECRET_ACCESS_KEY_FILE"), self.place(&format!("{client}-access-key")));
        }
    }

    fn place(&self, below: &str) -> String {
        self.dir.join(below).display().to_string()
    }
}

/// What a claim outlasts is short here, so that what was killed is soon taken on again.
const ROTATION: &str = r#"
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
/// In the order in which they are started.
const SERVICES: [&str; 3] = ["identity", "kms", "secrets"];
const REGION: &str = "us-east-1";
const ACCOUNT: &str = "000000000000";
const READY_LIMIT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);
