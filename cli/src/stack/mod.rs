//! The whole platform in one process, on a data directory.

mod configs;
pub(crate) mod credentials;
mod databases;
mod installation;
pub(crate) mod layout;
pub(crate) mod private_file;
mod secrets;
mod services;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::time::Duration;

use keywright_aws_api::{AccountId, Region};
use keywright_crypto::SystemRandom;
use keywright_identity::domain::access_key::AccessKeyId;
use keywright_local_stack::PostgresCluster;

use self::configs::{Configs, url};
use self::credentials::Credentials;
use self::installation::{StackLock, check_account};
use self::layout::Layout;
use self::secrets::SecretFiles;
use self::services::Services;
use crate::console::Console;
use crate::error::CliError;

/// How a stack is to be run.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) listen: SocketAddr,
    pub(crate) data_dir: PathBuf,
    /// The Region of who names none.
    pub(crate) default_region: Region,
    /// All Regions, the default one first.
    pub(crate) regions: Vec<Region>,
    pub(crate) account: AccountId,
    /// Where events go through Kafka.
    pub(crate) kafka_brokers: Option<String>,
}

/// A stack that runs and is ready.
pub(crate) struct Stack {
    layout: Layout,
    postgres: PostgresCluster,
    services: Services,
    front: keywright_front::Running,
    credentials: Credentials,
    _lock: StackLock,
}

impl Stack {
    /// Starts all, and says what takes long.
    pub(crate) async fn start(options: &Options, console: &Console) -> Result<Self, CliError> {
        let layout = Layout::make(&options.data_dir)?;
        let lock = StackLock::take(&layout)?;
        check_account(&layout, options.account)?;
        check_listen(options.listen)?;
        let postgres = databases::start(&layout, console).await?;
        match start_services(options, &layout, &postgres, console).await {
            Ok((services, front, credentials)) => {
                Ok(Self { layout, postgres, services, front, credentials, _lock: lock })
            }
            Err(error) => {
                // The reason counts; what Postgres says to its end is in its log.
                _ = postgres.stop().await;
                Err(error)
            }
        }
    }

    /// The block to copy.
    pub(crate) fn ready_text(&self) -> String {
        let file = self.layout.credentials();
        format!(
            "\nkeywright is ready on {}. In another shell (or: source {}):\n\n{}\n",
            self.credentials.endpoint_url,
            file.display(),
            self.credentials.exports()
        )
    }

    /// Resolves when Postgres has ended though nobody here stopped it.
    pub(crate) async fn postgres_ended(&self) {
        self.postgres.ended().await;
    }

    /// Starts Postgres again, on the same port, where the services find it; as often as it takes.
    pub(crate) async fn restart_postgres(&mut self, console: &Console) {
        while let Err(error) = self.postgres.restart().await {
            console.warn(&error.to_string());
            tokio::time::sleep(RESTART_PAUSE).await;
        }
    }

    /// Answers what is running, and stops all in order; nothing is left running.
    pub(crate) async fn stop(self, console: &Console) -> Result<(), CliError> {
        self.front.stop().await;
        self.services.stop(console).await;
        Ok(self.postgres.stop().await?)
    }
}

impl Options {
    /// How many databases there are: three services for each Region, identity and audit.
    pub(crate) fn databases(&self) -> usize {
        3 * self.regions.len() + 2
    }
}

async fn start_services(
    options: &Options,
    layout: &Layout,
    postgres: &PostgresCluster,
    console: &Console,
) -> Result<(Services, keywright_front::Running, Credentials), CliError> {
    let known = Credentials::read(&layout.credentials())?;
    let secrets = SecretFiles::new(layout, &SystemRandom);
    let front_token_file = secrets.front_token()?;
    let configs = Configs { options, layout, secrets, postgres, front_token_file };
    let services = Services::start(&configs, console).await?;
    let front = keywright_front::app::start(configs.front(services.routes())?)?;
    let credentials = admin_credentials(options, &services, known, front.address()).await?;
    write_endpoints(layout, &services, &front)?;
    credentials.write(&layout.credentials())?;
    Ok((services, front, credentials))
}

/// The credentials that are known, at their present address; or, where there are none yet, new ones.
async fn admin_credentials(
    options: &Options,
    services: &Services,
    known: Option<Credentials>,
    front: SocketAddr,
) -> Result<Credentials, CliError> {
    let known_id = known.as_ref().and_then(|known| AccessKeyId::parse(&known.access_key_id).ok());
    let new = services.identity.directory.ensure_admin_access_key(known_id.as_ref()).await?;
    let (access_key_id, secret_access_key) = match (new, known) {
        (Some(new), _) => (new.access_key_id.to_string(), new.secret_access_key),
        (None, Some(known)) => (known.access_key_id, known.secret_access_key),
        (None, None) => return Err(CliError::NoAccessKey),
    };
    let endpoint_url = url(reachable(front));
    Ok(Credentials {
        endpoint_url,
        access_key_id,
        secret_access_key,
        region: options.default_region.to_string(),
    })
}

/// Where each listens, for whoever wants to go around the front.
fn write_endpoints(
    layout: &Layout,
    services: &Services,
    front: &keywright_front::Running,
) -> Result<(), CliError> {
    let mut endpoints = BTreeMap::new();
    let front = ("front", front.address(), front.ops_address());
    for (name, api, ops) in services.addresses().into_iter().chain([front]) {
        endpoints.insert(name.to_owned(), url(reachable(api)));
        endpoints.insert(format!("{name}.ops"), url(ops));
    }
    let path = layout.endpoints();
    let text = serde_json::to_string_pretty(&endpoints);
    let text = text.map_err(|error| CliError::Damaged { path: path.clone(), reason: error.to_string() })?;
    private_file::write(&path, &format!("{text}\n"))
}

/// Better now than when all else runs.
fn check_listen(address: SocketAddr) -> Result<(), CliError> {
    TcpListener::bind(address).map(drop).map_err(|cause| CliError::Listen { address, cause })
}

/// An address by which this machine reaches what listens on `address`.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

const RESTART_PAUSE: Duration = Duration::from_secs(1);
