//! KMS, as the services that encrypt by it reach it. What its refusals mean is theirs to say.

use std::sync::Arc;

use keywright_aws_api::{Clock, Region};
use serde::Deserialize;

use crate::client::{Destination, ServiceClient};
use crate::error::ServiceError;
use crate::identity::IdentityClientConfig;

/// KMS's name in the credential scope.
pub const SIGNING_NAME: &str = "kms";

/// KMS's prefix in `x-amz-target`.
pub const TARGET_PREFIX: &str = "TrentService";

/// The prefix of what an operator does to the key hierarchy.
pub const ADMIN_TARGET_PREFIX: &str = "KeywrightKmsAdmin";

/// `[kms]`: where KMS is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KmsSection {
    /// The base URL of KMS in this process's Region.
    pub endpoint: String,
}

impl KmsSection {
    /// A client that signs by this service's own access key.
    ///
    /// # Errors
    /// [`ServiceError`] when that key's secret can't be read, or the endpoint is no URL.
    pub fn client(
        self,
        identity: &IdentityClientConfig,
        region: &Region,
        clock: Arc<dyn Clock>,
    ) -> Result<ServiceClient, ServiceError> {
        let destination =
            Destination { endpoint: self.endpoint, signing_name: SIGNING_NAME, target_prefix: TARGET_PREFIX };
        ServiceClient::new(destination, &identity.service_key()?, region, clock).map_err(ServiceError::own)
    }
}
