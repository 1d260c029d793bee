//! Puts the service together.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keywright_aws_api::Protocol;
use keywright_service::kms::{SIGNING_NAME, TARGET_PREFIX};
use keywright_service::{ApiNames, Base, Running, ServiceError, Surroundings};

use crate::changes::Caches;
use crate::config::{Config, DomainKeysSection};
use crate::custom_stores::Backends;
use crate::directory::KeyDirectory;
use crate::events::EVENT_SOURCE;
use crate::last_usage::LastUsage;
use crate::quotas::Quotas;
use crate::regions::endpoint::Endpoint;
use crate::regions::peers::Peers;
use crate::regions::{delivery, region_key};
use crate::rsa_pool::RsaPool;
use crate::service::Kms;
use crate::{admin, custom_stores, hierarchy, imported, operations, rewrap, rotation, store, worker};

/// The running service, and the other Regions that it knows.
pub struct KmsApp {
    /// The service.
    pub running: Running,
    /// Who is introduced here is told of multi-Region keys.
    pub peers: Arc<Peers>,
}

/// Starts the service; identity says who asks.
///
/// # Errors
/// [`ServiceError`] for whatever can't be had.
pub async fn start(config: Config) -> Result<Running, ServiceError> {
    Ok(start_app(config).await?.running)
}

/// The same, for who introduces other Regions.
///
/// # Errors
/// [`ServiceError`] for whatever can't be had.
pub async fn start_app(config: Config) -> Result<KmsApp, ServiceError> {
    let surroundings = Surroundings::connect(&config.identity, &config.base.service.region)?;
    start_app_with(config, surroundings).await
}

/// Starts the service in other surroundings.
///
/// # Errors
/// [`ServiceError`] for whatever can't be had.
pub async fn start_with(config: Config, surroundings: Surroundings) -> Result<Running, ServiceError> {
    Ok(start_app_with(config, surroundings).await?.running)
}

/// The same, for who introduces other Regions.
///
/// # Errors
/// [`ServiceError`] for whatever can't be had.
pub async fn start_app_with(config: Config, surroundings: Surroundings) -> Result<KmsApp, ServiceError> {
    let Surroundings { credentials, clock, random } = surroundings;
    let mut base = Base::start(NAME, config.base, store::migrations(), clock, random).await?;
    let region = base.config.service.region.clone();
    let random = Arc::clone(&base.random);
    let (root_key, previous) = (&config.root_key, config.previous_root_key.as_ref());
    let domain_keys = hierarchy::open(&base.store, root_key, previous, random, base.clock.now()).await?;
    let domain_keys = Arc::new(domain_keys);
    let random = Arc::clone(&base.random);
    let region_key = region_key::open(&base.store, &region, &domain_keys, &*random, base.clock.now()).await;
    let (peers, introduced) = Peers::new(region.clone(), region_key.map_err(ServiceError::own)?, random)
        .map_err(ServiceError::own)?;
    let (peers, home) = (Arc::new(peers), base.config.service.account);
    publish(&peers, config.regions.public_key_file.as_deref())?;
    for (region, peer) in &config.peers {
        peers.introduce(peer.peer(region, home)?);
    }
    let backends = Backends::new(
        &config.external_key_stores,
        region.clone(),
        Arc::clone(&base.clock),
        (&config.hsm_clusters, home),
        Arc::clone(&base.random),
    )?;
    let directory = KeyDirectory::open(
        region.clone(),
        base.store.clone(),
        Arc::clone(&base.clock),
        &base.config.store,
        Arc::clone(&domain_keys),
        Caches::new(config.cache.keys, config.cache.aliases),
        config.cache.max_staleness(),
        Arc::clone(&backends),
    )
    .await?;
    let kms = Arc::new(Kms {
        region: region.clone(),
        account: base.config.service.account,
        store: base.store.clone(),
        outbox: base.outbox.clone(),
        clock: Arc::clone(&base.clock),
        random: Arc::clone(&base.random),
        domain_keys,
        directory,
        backends,
        to_connect: Arc::default(),
        enclave_roots: config.enclaves.roots()?.map(Arc::new),
        rsa_pool: RsaPool::start(config.rsa_pool).map_err(ServiceError::own)?,
        last_usage: LastUsage::new(region.clone()),
        quotas: Quotas::new(&config.quotas, &region).map_err(ServiceError::own)?,
        limits: config.limits,
        peers: Arc::clone(&peers),
    });
    let telling = Duration::from_millis(config.regions.interval_ms);
    base.keep(tokio::spawn(delivery::run(Arc::clone(&kms), introduced, telling)));
    let time_limit = Duration::from_millis(base.config.service.request_timeout_ms);
    let endpoint = Endpoint::new(Arc::clone(&kms), base.recorder().clone(), home, time_limit);
    let interval = Duration::from_secs(config.deletion.interval_seconds);
    base.keep(tokio::spawn(worker::run(Arc::clone(&kms), interval)));
    base.keep(tokio::spawn(custom_stores::run_destroyer(Arc::clone(&kms), interval)));
    let interval = Duration::from_secs(config.key_material.interval_seconds);
    base.keep(tokio::spawn(rotation::run(Arc::clone(&kms), interval)));
    base.keep(tokio::spawn(imported::run(Arc::clone(&kms), interval)));
    let flush_every = Duration::from_secs(config.last_usage.flush_seconds);
    let (last_usage, store) = (Arc::clone(&kms.last_usage), kms.store.clone());
    base.keep(tokio::spawn(Arc::clone(&last_usage).keep_flushing(store.clone(), flush_every)));
    base.at_end(move || last_usage.flush_at_end(store));
    base.keep(tokio::spawn(hierarchy::follow(Arc::clone(&kms))));
    let DomainKeysSection { rewrap_seconds, rewrap_rows } = config.domain_keys;
    let interval = Duration::from_secs(rewrap_seconds);
    base.keep(tokio::spawn(rewrap::run(Arc::clone(&kms), interval, rewrap_rows.into())));
    base.keep(tokio::spawn(custom_stores::run_connector(Arc::clone(&kms))));
    let (caches, backends) = (Arc::clone(kms.directory.caches()), Arc::clone(&kms.backends));
    base.at_end(move || async move {
        caches.stores.clear();
        backends.clusters.closed().await;
    });
    let names = ApiNames {
        event_source: EVENT_SOURCE,
        signing_name: SIGNING_NAME,
        protocol: Protocol::Json11 { target_prefix: TARGET_PREFIX },
        internal: false,
    };
    let api = base.api(names, vec![region.clone()], Arc::clone(&kms), Arc::clone(&credentials));
    let api = operations::register(api).build();
    let admin = admin::register(base.api(admin::NAMES, vec![region], kms, credentials)).build();
    Ok(KmsApp { running: base.serve(vec![api, admin, Arc::new(endpoint)])?, peers })
}

/// Says by which key other Regions know this one.
fn publish(peers: &Peers, file: Option<&Path>) -> Result<(), ServiceError> {
    let public_key = STANDARD.encode(peers.public_key().to_bytes());
    tracing::info!(public_key, "other regions know this one by its public key");
    match file {
        Some(file) => std::fs::write(file, format!("{public_key}\n")).map_err(ServiceError::own),
        None => Ok(()),
    }
}

/// The service's name.
pub const NAME: &str = "kms";
