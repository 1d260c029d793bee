//! What all operations share.

use keywright_aws_api::ServiceState;
use keywright_service::{Outbox, PostgresWork};
use keywright_store::Store;
use uuid::Uuid;

/// The audit trail, as operations see it.
pub struct AuditTrail {
    /// The database.
    pub store: Store,
    /// Changes with their records.
    pub outbox: Outbox,
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
