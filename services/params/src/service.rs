//! What the operations share.

use std::sync::Arc;

use keywright_aws_api::{Clock, Region, ServiceState};
use keywright_crypto::Random;
use keywright_service::{Outbox, PostgresWork};
use keywright_store::Store;
use uuid::Uuid;

use crate::kms::Kms;
use crate::public_parameters::PublicParameters;
use crate::secrets_manager::SecretsManager;

/// Parameter Store's own dependencies.
pub struct Params {
    /// The Region.
    pub region: Region,
    /// The parameters.
    pub store: Store,
    /// Changes with their records.
    pub outbox: Outbox,
    /// The encryption of SecureStrings.
    pub kms: Kms,
    /// The secrets that references mean.
    pub secrets: SecretsManager,
    /// What the operator publishes.
    pub public: Arc<PublicParameters>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
}

impl ServiceState for Params {
    type Work = PostgresWork;

    fn work(&self) -> PostgresWork {
        self.outbox.work()
    }

    fn delivered(&self, event_id: Uuid) {
        self.outbox.delivered(event_id);
    }
}
