//! Puts the service together.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use keywright_aws_api::Protocol;
use keywright_service::{ApiNames, Base, Memory, Running, ServiceError, Surroundings};

use crate::config::Config;
use crate::directory::SecretDirectory;
use crate::envelope::Envelope;
use crate::events::EVENT_SOURCE;
use crate::kms::Kms;
use crate::replication::own_role::OwnRole;
use crate::replication::peers::Peers;
use crate::replication::{delivery, endpoint};
use crate::rotation::built_in::{BuiltInConfig, BuiltInFunctions};
use crate::rotation::engine::{self, RotationEngine};
use crate::rotation::functions::Functions;
use crate::service::Secrets;
use crate::throughput::Throughput;
use crate::{operations, store, worker};

/// The service, running.
pub struct SecretsApp {
    /// What runs.
    pub running: Running,
    /// Where other Regions are introduced.
    pub peers: Arc<Peers>,
}

/// Starts the service; identity says who asks.
///
/// # Errors
/// [`ServiceError`] for whatever can't be had.
pub async fn start(config: Config) -> Result<Running, ServiceError> {
    let surroundings = Surroundings::connect(&config.identity, &config.base.service.region)?;
    start_with(config, surroundings).await
}

/// Starts the service in other surroundings.
///
/// # Errors
/// [`ServiceError`] for whatever can't be had.
pub async fn start_with(config: Config, surroundings: Surroundings) -> Result<Running, ServiceError> {
    Ok(start_app_with(config, surroundings).await?.running)
}

/// Starts the service, for who introduces other Regions.
///
/// # Errors
/// [`ServiceError`] for whatever can't be had.
pub async fn start_app(config: Config) -> Result<SecretsApp, ServiceError> {
    let surroundings = Surroundings::connect(&config.identity, &config.base.service.region)?;
    start_app_with(config, surroundings).await
}

/// The same in other surroundings.
///
/// # Errors
/// [`ServiceError`] for whatever can't be had.
pub async fn start_app_with(config: Config, surroundings: Surroundings) -> Result<SecretsApp, ServiceError> {
    let Surroundings { credentials, clock, random } = surroundings;
    let Config {
        base,
        identity,
        kms,
        secrets_memory,
        deletion,
        limits,
        throughput,
        rotation,
        rotation_functions,
        rotation_roles,
        rotators,
        replication,
        peers: others,
    } = config;
    let mut base = Base::start(NAME, base, store::migrations(), clock, random).await?;
    let region = base.config.service.region.clone();
    let kms = Kms::new(kms.client(&identity, &region, Arc::clone(&base.clock))?);
    let address = Arc::new(OnceLock::new());
    let built_in = BuiltInConfig {
        settings: rotators,
        roles: rotation_roles,
        identity: &identity,
        address: Arc::clone(&address),
    };
    let built_in = BuiltInFunctions::new(built_in, &region, &base.clock, &base.random)?;
    let (clock, random) = (Arc::clone(&base.clock), Arc::clone(&base.random));
    let (peers, introduced) = Peers::new(region.clone(), &identity, clock, random)?;
    let peers = Arc::new(peers);
    for (other, section) in &others {
        peers.introduce(other, &section.endpoint, &section.kms_endpoint)?;
    }
    let own_role = OwnRole::new(&identity, Arc::clone(&credentials), &region, &base.clock)?;
    let (database, changes) = (&base.config.store, store::secrets::CHANGES);
    let memory = Memory::open("secrets", secrets_memory, database, region.clone(), changes).await?;
    let secrets = Arc::new(Secrets {
        region: region.clone(),
        store: base.store.clone(),
        directory: SecretDirectory::new(region.clone(), base.store.clone(), memory),
        outbox: base.outbox.clone(),
        clock: Arc::clone(&base.clock),
        random: Arc::clone(&base.random),
        envelope: Envelope::new(kms, Arc::clone(&base.random)),
        limits,
        throughput: Throughput::new(&throughput).map_err(ServiceError::own)?,
        rotation: RotationEngine {
            section: rotation,
            functions: Functions::new(&rotation_functions, built_in)?,
            due: Arc::default(),
        },
        peers: Arc::clone(&peers),
        own_role,
        delivery_policy: endpoint::policy().map_err(ServiceError::own)?,
    });
    let interval = Duration::from_secs(deletion.interval_seconds);
    base.keep(tokio::spawn(worker::run(Arc::clone(&secrets), interval)));
    base.keep(tokio::spawn(engine::run(Arc::clone(&secrets))));
    base.keep(tokio::spawn(delivery::run(Arc::clone(&secrets), introduced, replication.interval())));
    let names = ApiNames {
        event_source: EVENT_SOURCE,
        signing_name: "secretsmanager",
        protocol: PROTOCOL,
        internal: false,
    };
    let api = base.api(names, vec![region.clone()], Arc::clone(&secrets), Arc::clone(&credentials));
    let api = operations::register(api).build();
    let regions = endpoint::register(base.api(endpoint::NAMES, vec![region], secrets, credentials)).build();
    let running = base.serve(vec![api, regions])?;
    // Set once: who built the service is here only once.
    let _ = address.set(running.address());
    Ok(SecretsApp { running, peers })
}

/// How it is spoken to.
pub const PROTOCOL: Protocol = Protocol::Json11 { target_prefix: "secretsmanager" };
/// The service's name.
pub const NAME: &str = "secrets";
