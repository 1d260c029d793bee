//! Puts the service together.

use std::sync::Arc;

use keywright_aws_api::Protocol;
use keywright_service::{ApiNames, Base, Running, ServiceError, Surroundings};

use crate::config::Config;
use crate::kms::Kms;
use crate::service::Params;
use crate::throughput::Throughput;
use crate::{operations, store};

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
    let Config { base, identity, kms, parameters, throughput } = config;
    let base = Base::start(NAME, base, store::migrations(), clock, random).await?;
    let region = base.config.service.region.clone();
    let params = Arc::new(Params {
        store: base.store.clone(),
        outbox: base.outbox.clone(),
        kms: Kms::new(kms.client(&identity, &region, Arc::clone(&base.clock))?),
        limits: parameters,
        throughput: Throughput::new(&throughput).map_err(ServiceError::own)?,
        random: Arc::clone(&base.random),
    });
    let names = ApiNames {
        event_source: "ssm.amazonaws.com",
        signing_name: "ssm",
        protocol: Protocol::Json11 { target_prefix: "AmazonSSM" },
        internal: false,
    };
    let api = operations::register(base.api(names, vec![region], params, credentials)).build();
    base.serve(vec![api])
}

/// The service's name.
pub const NAME: &str = "params";
