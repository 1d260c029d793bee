//! Puts the service together.

use std::sync::Arc;
use std::time::Duration;

use keywright_aws_api::{Clock, CredentialSource, Protocol, SystemClock};
use keywright_crypto::{Random, SystemRandom};
use keywright_service::identity::IdentityCredentials;
use keywright_service::{ApiNames, Base, Destination, Running, ServiceClient, ServiceError, ServiceKey};

use crate::config::{Config, KmsSection};
use crate::envelope::Envelope;
use crate::events::EVENT_SOURCE;
use crate::kms::Kms;
use crate::service::Secrets;
use crate::{operations, store, worker};

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
    let key = config.identity.service_key()?;
    let mut base = Base::start_with(NAME, config.base, store::migrations(), clock, random).await?;
    let secrets = Arc::new(service(&base, config.kms, &key)?);
    let interval = Duration::from_secs(config.deletion.interval_seconds);
    base.keep(tokio::spawn(worker::run(Arc::clone(&secrets), interval)));
    let names = ApiNames {
        event_source: EVENT_SOURCE,
        signing_name: "secretsmanager",
        protocol: Protocol::Json11 { target_prefix: "secretsmanager" },
        internal: false,
    };
    let regions = vec![secrets.region.clone()];
    let api = operations::register(base.api(names, regions, secrets, credentials)).build();
    base.serve(vec![api])
}

/// What the operations and the worker share.
fn service(base: &Base, kms: KmsSection, key: &ServiceKey) -> Result<Secrets, ServiceError> {
    let region = base.config.service.region.clone();
    let destination =
        Destination { endpoint: kms.endpoint, signing_name: "kms", target_prefix: "TrentService" };
    let client = ServiceClient::new(destination, key, &region, Arc::clone(&base.clock));
    let kms = Kms::new(client.map_err(ServiceError::own)?);
    Ok(Secrets {
        region,
        store: base.store.clone(),
        outbox: base.outbox.clone(),
        clock: Arc::clone(&base.clock),
        random: Arc::clone(&base.random),
        envelope: Envelope::new(kms, Arc::clone(&base.random)),
    })
}

/// The service's name.
pub const NAME: &str = "secrets";
