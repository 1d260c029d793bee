//! Puts the service together.

use std::sync::Arc;
use std::time::Duration;

use keywright_aws_api::Protocol;
use keywright_service::{
    ApiNames, Base, Destination, Running, ServiceClient, ServiceError, ServiceKey, Surroundings,
};

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
    let surroundings = Surroundings::connect(&config.identity, &config.base.service.region)?;
    start_with(config, surroundings).await
}

/// Starts the service in other surroundings.
///
/// # Errors
/// [`ServiceError`] for whatever can't be had.
pub async fn start_with(config: Config, surroundings: Surroundings) -> Result<Running, ServiceError> {
    let Surroundings { credentials, clock, random } = surroundings;
    let key = config.identity.service_key()?;
    let mut base = Base::start(NAME, config.base, store::migrations(), clock, random).await?;
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
