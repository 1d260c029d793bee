//! The app: the API over its storage, its credentials and KMS.

use std::sync::Arc;

use keywright_aws_api::{Clock, CredentialSource, HttpApi, Protocol, SystemClock};
use keywright_crypto::{Random, SystemRandom};
use keywright_service::identity::IdentityCredentials;
use keywright_service::{ApiNames, Base, Destination, Running, ServiceClient, ServiceError};

use crate::config::Config;
use crate::kms::Kms;
use crate::operations::register;
use crate::service::Params;
use crate::store::embedded;

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
    let migrations = embedded::migrations::runner();
    let base = Base::start_with(NAME, config.base.clone(), migrations, clock, random).await?;
    let api = api(&base, &config, credentials)?;
    base.serve(vec![api])
}

/// The API with all its operations.
///
/// # Errors
/// [`ServiceError`] when this service's own key can't be read, or KMS's endpoint is no URL.
pub fn api(
    base: &Base,
    config: &Config,
    credentials: Arc<dyn CredentialSource>,
) -> Result<Arc<dyn HttpApi>, ServiceError> {
    let region = config.base.service.region.clone();
    let destination = Destination {
        endpoint: config.kms.endpoint.clone(),
        signing_name: "kms",
        target_prefix: "TrentService",
    };
    let key = config.identity.service_key()?;
    let client = ServiceClient::new(destination, &key, &region, Arc::clone(&base.clock));
    let params = Arc::new(Params {
        store: base.store.clone(),
        outbox: base.outbox.clone(),
        kms: Kms::new(client.map_err(ServiceError::own)?),
        random: Arc::clone(&base.random),
    });
    let names = ApiNames {
        event_source: "ssm.amazonaws.com",
        signing_name: "ssm",
        protocol: Protocol::Json11 { target_prefix: "AmazonSSM" },
        internal: false,
    };
    Ok(register(base.api(names, vec![region], params, credentials)).build())
}

/// The service's name.
pub const NAME: &str = "params";
