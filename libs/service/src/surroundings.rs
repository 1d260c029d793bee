//! What is around a service, and can be other in tests.

use std::sync::Arc;

use keywright_aws_api::{Clock, CredentialSource, Region, SystemClock};
use keywright_crypto::{Random, SystemRandom};

use crate::error::ServiceError;
use crate::identity::{IdentityClientConfig, IdentityCredentials};

/// Who asks, what time it is, and where randomness comes from.
#[derive(Clone)]
pub struct Surroundings {
    /// Who asks.
    pub credentials: Arc<dyn CredentialSource>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
}

impl Surroundings {
    /// Credentials from identity, and the machine's clock and randomness. Must be called on a tokio runtime.
    ///
    /// # Errors
    /// [`ServiceError`] when the service's own secret can't be read or identity's endpoint is no URL.
    pub fn connect(identity: &IdentityClientConfig, region: &Region) -> Result<Self, ServiceError> {
        let (clock, random): (Arc<dyn Clock>, Arc<dyn Random>) =
            (Arc::new(SystemClock), Arc::new(SystemRandom));
        let credentials =
            IdentityCredentials::connect(identity, region, Arc::clone(&clock), Arc::clone(&random))?;
        Ok(Self { credentials: Arc::new(credentials), clock, random })
    }
}
