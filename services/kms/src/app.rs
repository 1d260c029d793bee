//! Puts the service together.

use std::sync::Arc;
use std::time::Duration;

use keywright_aws_api::{Clock, CredentialSource, Protocol, SystemClock};
use keywright_crypto::{Random, SystemRandom};
use keywright_service::identity::IdentityCredentials;
use keywright_service::{ApiNames, Base, Running, ServiceError};

use crate::changes::Caches;
use crate::config::Config;
use crate::directory::KeyDirectory;
use crate::events::EVENT_SOURCE;
use crate::service::Kms;
use crate::{hierarchy, operations, store, worker};

/// Starts the service; identity says who asks.
///
/// # Errors
/// [`ServiceError`] for whatever can't be had.
pub async fn start(config: Config) -> Result<Running, ServiceError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let random: Arc<dyn Random> = Arc::new(SystemRandom);
    let region = &config.base.service.region;
    let identity =
        IdentityCredentials::connect(&config.identity, region, Arc::clone(&clock), Arc::clone(&random))?;
    start_with(config, Arc::new(identity), clock, random).await
}

/// Starts the service with other credentials, another clock and randomness.
///
/// # Errors
/// [`ServiceError`] for whatever can't be had.
pub async fn start_with(
    config: Config,
    credentials: Arc<dyn CredentialSource>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
) -> Result<Running, ServiceError> {
    let mut base = Base::start_with(NAME, config.base.clone(), store::migrations(), clock, random).await?;
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
    });
    let interval = Duration::from_secs(config.deletion.interval_seconds);
    base.keep(tokio::spawn(worker::run(Arc::clone(&kms), interval)));
    let names = ApiNames {
        event_source: EVENT_SOURCE,
        signing_name: "kms",
        protocol: Protocol::Json11 { target_prefix: "TrentService" },
        internal: false,
    };
    let api = operations::register(base.api(names, vec![region], kms, credentials)).build();
    base.serve(vec![api])
}

/// The service's name.
pub const NAME: &str = "kms";
