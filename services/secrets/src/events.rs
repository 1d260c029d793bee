//! The records of what Secrets Manager does by itself.
//!
//! <https://docs.aws.amazon.com/secretsmanager/latest/userguide/cloudtrail_log_entries.html>

use keywright_audit_log::record::{EventType, Record, Resource, SourceAddress};
use keywright_audit_log::{Fields, UserIdentity};
use keywright_store::Transaction;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::secret::Secret;
use crate::error::Error;
use crate::service::Secrets;

impl Secrets {
    /// Commits the deletion of a secret whose recovery window is over, together with its record.
    ///
    /// # Errors
    /// [`Error::Event`] when it was not, or may not have been, committed.
    pub async fn commit_deletion(
        &self,
        transaction: Transaction,
        secret: &Secret,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        let account_id = secret.account.as_str();
        let mut additional = Fields::new();
        additional.push_str("SecretId", &*secret.arn);
        let record = Record {
            user_identity: UserIdentity::AwsService { invoked_by: EVENT_SOURCE },
            event_time: now,
            event_source: EVENT_SOURCE,
            event_name: END_OF_DELETION,
            aws_region: self.region.as_str(),
            source_ip_address: SourceAddress::Service(EVENT_SOURCE),
            user_agent: Some(EVENT_SOURCE),
            error_code: None,
            error_message: None,
            request_parameters: None,
            response_elements: None,
            additional_event_data: Some(&additional),
            request_id: None,
            event_id: Uuid::now_v7(),
            read_only: false,
            resources: &[Resource { account_id, resource_type: SECRET_RESOURCE, arn: &secret.arn }],
            event_type: EventType::AwsServiceEvent,
            recipient_account_id: account_id,
            service_event_details: None,
            shared_event_id: None,
            tls_details: None,
        };
        self.outbox.commit_event(transaction, &record).await.map_err(Error::Event)
    }
}

/// CloudTrail's `eventSource` of Secrets Manager, which is also its service principal.
pub const EVENT_SOURCE: &str = "secretsmanager.amazonaws.com";
/// CloudTrail's resource type of a secret.
pub const SECRET_RESOURCE: &str = "AWS::SecretsManager::Secret";
const END_OF_DELETION: &str = "EndSecretVersionDelete";
