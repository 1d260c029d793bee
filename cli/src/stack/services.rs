//! Every service, started in the order in which they need each other, and stopped in the opposite one.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use keywright_audit::consumer::SourceConfig;
use keywright_audit_log::Journal;
use keywright_aws_api::Region;
use keywright_identity::app::IdentityApp;
use keywright_kms::regions::peers::{Accounts, Peer, Peers};
use keywright_service::{Running, ServiceError};

use super::configs::{Configs, in_region, url};
use crate::console::Console;
use crate::error::CliError;

/// The running services.
pub(crate) struct Services {
    pub(crate) identity: IdentityApp,
    regional: Vec<Regional>,
    audit: Running,
    /// Whether the audit service reads the journals, and not Kafka.
    reads_journals: bool,
}

/// The KMS and Secrets Manager of each Region that runs. They are in one process, so each is told by hand where the others
/// are, and KMS by which public keys they are known.
#[derive(Default)]
struct Acquainted {
    kms: Vec<(Region, SocketAddr, Arc<Peers>)>,
    secrets: Vec<InRegion>,
}

/// The Secrets Manager of a Region.
struct InRegion {
    region: Region,
    /// Where it is.
    secrets: SocketAddr,
    /// Where its KMS is.
    kms: SocketAddr,
    peers: Arc<keywright_secrets::replication::peers::Peers>,
}

impl Acquainted {
    /// Makes one more KMS known to those before it, and them to it.
    fn introduce_kms(&mut self, region: &Region, address: SocketAddr, peers: Arc<Peers>) {
        for (other_region, other_address, other) in &self.kms {
            peers.introduce(peer(other_region, *other_address, other));
            other.introduce(peer(region, address, &peers));
        }
        self.kms.push((region.clone(), address, peers));
    }

    /// The same for Secrets Manager.
    fn introduce_secrets(&mut self, one: InRegion) -> Result<(), ServiceError> {
        for other in &self.secrets {
            one.peers.introduce(&other.region, &url(other.secrets), &url(other.kms))?;
            other.peers.introduce(&one.region, &url(one.secrets), &url(one.kms))?;
        }
        self.secrets.push(one);
        Ok(())
    }
}

fn peer(region: &Region, address: SocketAddr, peers: &Peers) -> Peer {
    Peer::new(region.clone(), &url(address), peers.public_key().clone(), Accounts::All)
}

/// A service of one Region.
struct Regional {
    /// Such as `params.us-east-1`.
    name: String,
    /// As credential scopes have it: `ssm.us-east-1`.
    route: String,
    running: Running,
}

impl Services {
    /// Starts them all.
    pub(crate) async fn start(configs: &Configs<'_>, console: &Console) -> Result<Self, CliError> {
        let regions: Vec<_> = configs.options.regions.iter().map(|region| region.as_str()).collect();
        console.say(&format!("starting the services ({})", regions.join(", ")));
        let identity = configs.identity().await?;
        let identity = keywright_identity::app::start(identity).await.map_err(cannot_start("identity"))?;
        let address = identity.running.address();

        let (mut regional, mut known) = (Vec::new(), Acquainted::default());
        for region in &configs.options.regions {
            let name = |service| in_region(service, region);
            let kms = configs.kms(region, address).await?;
            let kms = keywright_kms::app::start_app(kms).await.map_err(cannot_start(&name("kms")))?;
            let (kms, peers) = (kms.running, kms.peers);
            let kms_address = kms.address();
            known.introduce_kms(region, kms_address, peers);
            regional.push(Regional { name: name("kms"), route: name("kms"), running: kms });

            let secrets = configs.secrets(region, address, kms_address).await?;
            let secrets = keywright_secrets::app::start_app(secrets);
            let secrets = secrets.await.map_err(cannot_start(&name("secrets")))?;
            let (secrets, peers) = (secrets.running, secrets.peers);
            let secrets_address = secrets.address();
            let one = InRegion { region: region.clone(), secrets: secrets_address, kms: kms_address, peers };
            known.introduce_secrets(one).map_err(cannot_start(&name("secrets")))?;
            regional.push(Regional {
                name: name("secrets"),
                route: name("secretsmanager"),
                running: secrets,
            });

            let params = configs.params(region, address, kms_address, secrets_address).await?;
            let params = keywright_params::app::start(params).await.map_err(cannot_start(&name("params")))?;
            regional.push(Regional { name: name("params"), route: name("ssm"), running: params });
        }

        let reads_journals = configs.options.kafka_brokers.is_none();
        let source = if reads_journals {
            let regional = regional.iter().map(|service| &service.running);
            let all = std::iter::once(&identity.running).chain(regional);
            SourceConfig::Journals(all.map(|running| running.journal().clone()).collect())
        } else {
            SourceConfig::Kafka
        };
        let signing = in_region("kms", &configs.options.default_region);
        let signing = regional.iter().find(|service| service.name == signing).or(regional.first());
        // There is a Region always; without one nothing would listen there.
        let signing = signing.map_or(address, |service| service.running.address());
        let audit = configs.audit(address, signing).await?;
        let audit = keywright_audit::app::start(audit, source).await.map_err(cannot_start("audit"))?;
        Ok(Self { identity, regional, audit, reads_journals })
    }

    /// What the front sends where.
    pub(crate) fn routes(&self) -> Vec<(String, SocketAddr)> {
        let identity = self.identity.running.address();
        let everywhere = [("sts", identity), ("iam", identity), ("cloudtrail", self.audit.address())];
        let everywhere = everywhere.map(|(name, address)| (name.to_owned(), address));
        let regional = self.regional.iter().map(|service| (service.route.clone(), service.running.address()));
        everywhere.into_iter().chain(regional).collect()
    }

    /// All by name: where each serves, and where its probes and metrics are.
    pub(crate) fn addresses(&self) -> Vec<(&str, SocketAddr, SocketAddr)> {
        let regional = self.regional.iter().map(|service| (service.name.as_str(), &service.running));
        let all = [("identity", &self.identity.running), ("audit", &self.audit)].into_iter().chain(regional);
        all.map(|(name, running)| (name, running.address(), running.ops_address())).collect()
    }

    /// Stops them all: first those that serve, then, when it has read what they journaled, the audit service.
    pub(crate) async fn stop(self, console: &Console) {
        let Self { identity, regional, audit, reads_journals } = self;
        let mut journals = vec![audit.journal().clone(), identity.running.journal().clone()];
        journals.extend(regional.iter().map(|service| service.running.journal().clone()));

        let mut stopping = Vec::new();
        // Those that call KMS come after it in the list.
        for service in regional.into_iter().rev() {
            stopping.push(service.running.stop_serving().await);
        }
        stopping.push(identity.running.stop_serving().await);
        if reads_journals {
            wait_until_consumed(&journals, console).await;
        }
        audit.stop().await;
        for service in stopping {
            service.finish().await;
        }
    }
}

/// What isn't consumed in time stays in the journals for the next start.
async fn wait_until_consumed(journals: &[Journal], console: &Console) {
    let begun = Instant::now();
    let mut said_so = false;
    loop {
        let left: u64 = journals.iter().map(left_in).sum();
        if left == 0 {
            return;
        }
        if begun.elapsed() > CONSUME_LIMIT {
            console.say(&format!("{left} events stay in the journals; the next start consumes them"));
            return;
        }
        if begun.elapsed() > PATIENCE && !said_so {
            console.say(&format!("waiting for the audit service to consume {left} events"));
            said_so = true;
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

fn left_in(journal: &Journal) -> u64 {
    journal.durable_end().get().saturating_sub(journal.acknowledged().get())
}

fn cannot_start(service: &str) -> impl FnOnce(ServiceError) -> CliError {
    let service = service.to_owned();
    move |cause| CliError::Service { service, cause }
}

const CONSUME_LIMIT: Duration = Duration::from_secs(30);
const PATIENCE: Duration = Duration::from_secs(1);
const POLL_INTERVAL: Duration = Duration::from_millis(10);
