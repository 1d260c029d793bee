//! What the operations share.

use std::sync::Arc;

use keywright_aws_api::{ApiError, Call, Clock, Region, ServiceState};
use keywright_crypto::Random;
use keywright_service::{Outbox, PostgresWork};
use keywright_store::Store;
use uuid::Uuid;

use crate::directory::ParameterDirectory;
use crate::kms::Kms;
use crate::limits::ParametersSection;
use crate::public_parameters::PublicParameters;
use crate::secrets_manager::SecretsManager;
use crate::throughput::Throughput;

/// Parameter Store's own dependencies.
pub struct Params {
    /// The Region.
    pub region: Region,
    /// The parameters.
    pub store: Store,
    /// The parameters, for who reads them.
    pub directory: ParameterDirectory,
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
    /// How many parameters an account may have.
    pub limits: ParametersSection,
    /// How often an account may call.
    pub throughput: Throughput,
    /// Randomness.
    pub random: Arc<dyn Random>,
}

impl ServiceState for Params {
    type Work = PostgresWork;

    fn work(&self) -> PostgresWork {
        self.outbox.work()
    }

    fn admit(&self, call: &Call, operation: &'static str) -> Result<(), ApiError> {
        self.throughput.admit(call, operation)
    }

    fn delivered(&self, event_id: Uuid) {
        self.outbox.delivered(event_id);
    }
}
