//! The app: storage, KMS, operations, worker.

use std::sync::Arc;
use std::time::Duration;

use keywright_aws_api::{CredentialSource, Protocol};
use keywright_service::identity::IdentityCredentials;
use keywright_service::{
    ApiNames, Base, Destination, Running, ServiceClient, ServiceError, ServiceKey, Settings,
};

use crate::config::{Config, DeletionSection, KmsSection};
use crate::envelope::Envelope;
use crate::events::EVENT_SOURCE;
use crate::kms::Kms;
use crate::service::Secrets;
use crate::{operations, store, worker};

/// Starts the service as its settings say, with credentials from identity.
///
/// # Errors
/// [`ServiceError`] for whatever can't be had.
pub async fn start_from(settings: Settings) -> Result<Running, ServiceError> {
    start(Config::from_settings(&settings)?).await
}

/// Starts the service, with credentials from identity.
///
/// # Errors
/// [`ServiceError`] for whatever can't be had.
pub async fn start(config: Config) -> Result<Running, ServiceError> {
    let key = config.identity.service_key()?;
    let base = Base::start(NAME, config.base, migrations()).await?;
    let (clock, random) = (Arc::clone(&base.clock), Arc::clone(&base.random));
    let credentials =
        IdentityCredentials::connect(&config.identity, &base.config.service.region, clock, random)?;
    serve(base, config.kms, config.deletion, &key, Arc::new(credentials))
}

/// Starts the service on a base that runs, with any source of credentials; `key` signs the calls to KMS.
///
/// # Errors
/// [`ServiceError`] for whatever can't be had.
pub fn serve(
    mut base: Base,
    kms: KmsSection,
    deletion: DeletionSection,
    key: &ServiceKey,
    credentials: Arc<dyn CredentialSource>,
) -> Result<Running, ServiceError> {
    let secrets = Arc::new(service(&base, kms, key)?);
    let interval = Duration::from_secs(deletion.interval_seconds);
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

/// What the operations and the worker share, on a base that runs.
///
/// # Errors
/// [`ServiceError`] when the endpoint of KMS is no URL.
pub fn service(base: &Base, kms: KmsSection, key: &ServiceKey) -> Result<Secrets, ServiceError> {
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

/// The migrations of this service's database.
#[must_use]
pub fn migrations() -> keywright_store::refinery::Runner {
    store::embedded::migrations::runner()
}

/// The service's name.
pub const NAME: &str = "secrets";
