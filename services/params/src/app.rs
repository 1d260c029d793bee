//! The app: the API over its storage, its credentials and KMS.

use std::sync::Arc;

use keywright_aws_api::{CredentialSource, HttpApi, Protocol};
use keywright_service::identity::IdentityCredentials;
use keywright_service::{
    ApiNames, Base, BaseConfig, Destination, Running, ServiceClient, ServiceError, ServiceKey,
};

use crate::config::Config;
use crate::kms::Kms;
use crate::operations::register;
use crate::service::Params;
use crate::store::embedded;

/// What Parameter Store is called on the wire.
pub const NAMES: ApiNames = ApiNames {
    event_source: "ssm.amazonaws.com",
    signing_name: "ssm",
    protocol: Protocol::Json11 { target_prefix: "AmazonSSM" },
    internal: false,
};

/// Starts the service with the identity service's credentials.
///
/// # Errors
/// [`ServiceError`] for whatever can't be had.
pub async fn start(config: Config) -> Result<Running, ServiceError> {
    let key = config.identity.service_key()?;
    let base = base(config.base).await?;
    let region = &base.config.service.region;
    let credentials = IdentityCredentials::connect(
        &config.identity,
        region,
        Arc::clone(&base.clock),
        Arc::clone(&base.random),
    )?;
    serve(base, Arc::new(credentials), &key, config.kms.endpoint)
}

/// Starts the service with a given source of credentials, as tests do; `key` signs its calls to KMS.
///
/// # Errors
/// [`ServiceError`] for whatever can't be had.
pub async fn start_with(
    config: BaseConfig,
    credentials: Arc<dyn CredentialSource>,
    key: &ServiceKey,
    kms_endpoint: String,
) -> Result<Running, ServiceError> {
    serve(base(config).await?, credentials, key, kms_endpoint)
}

async fn base(config: BaseConfig) -> Result<Base, ServiceError> {
    Base::start("params", config, embedded::migrations::runner()).await
}

fn serve(
    base: Base,
    credentials: Arc<dyn CredentialSource>,
    key: &ServiceKey,
    kms_endpoint: String,
) -> Result<Running, ServiceError> {
    let region = base.config.service.region.clone();
    let kms = Destination { endpoint: kms_endpoint, signing_name: "kms", target_prefix: "TrentService" };
    let kms = ServiceClient::new(kms, key, &region, Arc::clone(&base.clock)).map_err(ServiceError::own)?;
    let service = Arc::new(Params {
        store: base.store.clone(),
        outbox: base.outbox.clone(),
        kms: Kms::new(kms),
        random: Arc::clone(&base.random),
    });
    let api: Arc<dyn HttpApi> = register(base.api(NAMES, vec![region], service, credentials)).build();
    base.serve(vec![api])
}
