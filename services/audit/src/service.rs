//! What all operations share.

use std::sync::Arc;

use keywright_aws_api::{Region, ServiceState};
use keywright_crypto::Random;
use keywright_service::{Outbox, PostgresWork};
use keywright_store::Store;
use uuid::Uuid;

use crate::lake::runner::Queue;

/// The audit trail, as operations see it.
pub struct AuditTrail {
    /// The database.
    pub store: Store,
    /// Changes with their records.
    pub outbox: Outbox,
    /// Where queries are handed in.
    pub queue: Queue,
    /// Randomness, for ids.
    pub random: Arc<dyn Random>,
    /// Where the installation is at home.
    pub home_region: Region,
    /// The bucket of log files and digest files, where they are written.
    pub bucket: Option<String>,
}

impl ServiceState for AuditTrail {
    type Work = PostgresWork;

    fn work(&self) -> PostgresWork {
        self.outbox.work()
    }

    fn delivered(&self, event_id: Uuid) {
        self.outbox.delivered(event_id);
    }
}

/// CloudTrail's `eventSource`, which is also its service principal.
pub const EVENT_SOURCE: &str = "cloudtrail.amazonaws.com";
