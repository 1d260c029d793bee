//! Puts the service together.

use std::sync::Arc;
use std::time::Duration;

use keywright_aws_api::Protocol;
use keywright_service::kms::{SIGNING_NAME, TARGET_PREFIX};
use keywright_service::{ApiNames, Base, Running, ServiceError, Surroundings};

use crate::changes::Caches;
use crate::config::Config;
use crate::directory::KeyDirectory;
use crate::events::EVENT_SOURCE;
use crate::rsa_pool::RsaPool;
use crate::service::Kms;
use crate::{hierarchy, operations, store, worker};

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
    let Surroundings { credentials, clock, random } = surroundings;
    let mut base = Base::start(NAME, config.base, store::migrations(), clock, random).await?;
    let region = base.config.service.region.clone();
    let random = Arc::clone(&base.random);
    let domain_keys = hierarchy::open(&base.store, &config.root_key, random, base.clock.now()).await?;
    let domain_keys = Arc::new(domain_keys);
    let directory = KeyDirectory::open(
        region.clone(),
        base.store.clone(),
        &base.config.store,
        Arc::clone(&domain_keys),
        Caches::new(config.cache.keys, config.cache.aliases),
        config.cache.max_staleness(),
    )
    .await?;
    let kms = Arc::new(Kms {
        region: region.clone(),
        store: base.store.clone(),
        outbox: base.outbox.clone(),
        clock: Arc::clone(&base.clock),
        random: Arc::clone(&base.random),
        domain_keys,
        directory,
        rsa_pool: RsaPool::start(config.rsa_pool).map_err(ServiceError::own)?,
    });
    let interval = Duration::from_secs(config.deletion.interval_seconds);
    base.keep(tokio::spawn(worker::run(Arc::clone(&kms), interval)));
    let names = ApiNames {
        event_source: EVENT_SOURCE,
        signing_name: SIGNING_NAME,
        protocol: Protocol::Json11 { target_prefix: TARGET_PREFIX },
        internal: false,
    };
    let api = operations::register(base.api(names, vec![region], kms, credentials)).build();
    base.serve(vec![api])
}

/// The service's name.
pub const NAME: &str = "kms";
