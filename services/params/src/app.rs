//! Puts the service together.

use std::sync::Arc;
use std::time::Duration;

use keywright_aws_api::Protocol;
use keywright_service::{ApiNames, Base, Lists, Memory, Running, ServiceError, Surroundings};

use crate::config::Config;
use crate::directory::ParameterDirectory;
use crate::events::EVENT_SOURCE;
use crate::kms::Kms;
use crate::public_parameters::PublicParameters;
use crate::secrets_manager::SecretsManager;
use crate::service::Params;
use crate::store::changes::CHANGES;
use crate::throughput::Throughput;
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
    let Config {
        base,
        identity,
        kms,
        secrets,
        public_parameters,
        policies,
        parameters,
        parameters_memory,
        pages_memory,
        throughput,
    } = config;
    let public = PublicParameters::open(public_parameters).await.map_err(ServiceError::own)?;
    let public = Arc::new(public);
    let mut base = Base::start(NAME, base, store::migrations(), clock, random).await?;
    let region = base.config.service.region.clone();
    let database = &base.config.store;
    let memory = Memory::open("parameters", parameters_memory, database, region.clone(), CHANGES).await?;
    let pages = Lists::new("pages", pages_memory, &database.database);
    let params = Arc::new(Params {
        region: region.clone(),
        store: base.store.clone(),
        directory: ParameterDirectory::new(region.clone(), base.store.clone(), memory, pages),
        outbox: base.outbox.clone(),
        kms: Kms::new(kms.client(&identity, &region, Arc::clone(&base.clock))?),
        secrets: SecretsManager::new(secrets.client(&identity, &region, Arc::clone(&base.clock))?),
        public: Arc::clone(&public),
        clock: Arc::clone(&base.clock),
        limits: parameters,
        throughput: Throughput::new(&throughput).map_err(ServiceError::own)?,
        random: Arc::clone(&base.random),
    });
    let interval = Duration::from_secs(policies.interval_seconds);
    base.keep(tokio::spawn(worker::run(Arc::clone(&params), interval)));
    if public.is_configured() {
        base.keep(tokio::spawn(public.keep_reading()));
    }
    let names = ApiNames {
        event_source: EVENT_SOURCE,
        signing_name: "ssm",
        protocol: Protocol::Json11 { target_prefix: "AmazonSSM" },
        internal: false,
    };
    let api = operations::register(base.api(names, vec![region], params, credentials)).build();
    base.serve(vec![api])
}

/// The service's name.
pub const NAME: &str = "params";
