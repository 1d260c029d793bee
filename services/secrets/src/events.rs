//! The records of what Secrets Manager does by itself.
//!
//! <https://docs.aws.amazon.com/secretsmanager/latest/userguide/cloudtrail_log_entries.html>

use keywright_audit_log::record::{EventType, Record, Resource, SourceAddress};
use keywright_audit_log::{Fields, UserIdentity};
use keywright_service::PostgresWork;
use keywright_store::Transaction;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::secret::Secret;
use crate::error::Error;
use crate::service::Secrets;

/// Something that happens to a secret beside the call that brought it about, or without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretEvent {
    /// Its recovery window began.
    StartDeletion,
    /// It was restored within that.
    CancelDeletion,
    /// It was deleted.
    EndDeletion,
    /// A rotation began, or was taken up again.
    RotationStarted,
    /// It made a new version the current one.
    RotationSucceeded,
    /// It failed until its next window.
    RotationFailed,
    /// It isn't gone on with.
    RotationAbandoned,
    /// The test of how its rotation is set up began.
    TestRotationStarted,
    /// That went well.
    TestRotationSucceeded,
    /// That went wrong.
    TestRotationFailed,
    /// Its replication to a Region began.
    ReplicationStarted,
    /// A replica is as it is.
    ReplicationSucceeded,
    /// A replica isn't, and won't be by itself.
    ReplicationFailed,
    /// A replica has become a secret of its own.
    ReplicationStopped,
    /// It was made as a replica.
    ReplicaCreated,
    /// It heeded a change of its primary secret.
    ReplicaSynchronized,
}

impl SecretEvent {
    /// CloudTrail's name of it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::StartDeletion => "StartSecretVersionDelete",
            Self::CancelDeletion => "CancelSecretVersionDelete",
            Self::EndDeletion => "EndSecretVersionDelete",
            Self::RotationStarted => "RotationStarted",
            Self::RotationSucceeded => "RotationSucceeded",
            Self::RotationFailed => "RotationFailed",
            Self::RotationAbandoned => "RotationAbandoned",
            Self::TestRotationStarted => "TestRotationStarted",
            Self::TestRotationSucceeded => "TestRotationSucceeded",
            Self::TestRotationFailed => "TestRotationFailed",
            Self::ReplicationStarted => "ReplicationStarted",
            Self::ReplicationSucceeded => "ReplicationSucceeded",
            Self::ReplicationFailed => "ReplicationFailed",
            Self::ReplicationStopped => "ReplicationStopped",
            Self::ReplicaCreated => "CreateReplicaSecret",
            Self::ReplicaSynchronized => "SynchronizeReplicaSecret",
        }
    }
}

impl Secrets {
    /// Commits what was done to a secret, together with its record.
    ///
    /// # Errors
    /// [`Error::Event`] when it was not, or may not have been, committed.
    pub async fn commit_event(
        &self,
        transaction: Transaction,
        event: SecretEvent,
        secret: &Secret,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        self.commit_event_with(transaction, event, secret, None, now).await
    }

    /// The same for what failed, with the reason.
    ///
    /// # Errors
    /// As of [`commit_event`](Self::commit_event).
    pub async fn commit_event_with(
        &self,
        transaction: Transaction,
        event: SecretEvent,
        secret: &Secret,
        reason: Option<&str>,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        let (additional, resource) = (secret_id(secret), resource(secret));
        let record = self.record_of(event, secret, now, &additional, std::slice::from_ref(&resource));
        let record = Record { error_message: reason, ..record };
        self.outbox.commit_event(transaction, &record).await.map_err(Error::Event)
    }

    /// Adds the record of what a request brings about to the request's own transaction.
    ///
    /// # Errors
    /// [`Error::Event`] when it can't be written.
    pub async fn add_event(
        &self,
        work: &mut PostgresWork,
        event: SecretEvent,
        secret: &Secret,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        let (additional, resource) = (secret_id(secret), resource(secret));
        let record = self.record_of(event, secret, now, &additional, std::slice::from_ref(&resource));
        self.outbox.add_event(work, &record).await.map_err(Error::Event)
    }

    fn record_of<'a>(
        &'a self,
        event: SecretEvent,
        secret: &'a Secret,
        now: OffsetDateTime,
        additional: &'a Fields<'a>,
        resources: &'a [Resource<'a>],
    ) -> Record<'a> {
        Record {
            user_identity: UserIdentity::AwsService { invoked_by: EVENT_SOURCE },
            event_time: now,
            event_source: EVENT_SOURCE,
            event_name: event.name(),
            aws_region: self.region.as_str(),
            source_ip_address: SourceAddress::Service(EVENT_SOURCE),
            user_agent: Some(EVENT_SOURCE),
            error_code: None,
            error_message: None,
            request_parameters: None,
            response_elements: None,
            additional_event_data: Some(additional),
            request_id: None,
            event_id: Uuid::now_v7(),
            read_only: false,
            resources,
            event_type: EventType::AwsServiceEvent,
            recipient_account_id: secret.account.as_str(),
            shared_event_id: None,
            service_event_details: None,
            tls_details: None,
        }
    }
}

fn secret_id(secret: &Secret) -> Fields<'_> {
    let mut fields = Fields::new();
    fields.push_str("SecretId", &*secret.arn);
    fields
}

fn resource(secret: &Secret) -> Resource<'_> {
    Resource { account_id: secret.account.as_str(), resource_type: SECRET_RESOURCE, arn: &secret.arn }
}

/// CloudTrail's `eventSource` of Secrets Manager, which is also its service principal.
pub const EVENT_SOURCE: &str = "secretsmanager.amazonaws.com";
/// CloudTrail's resource type of a secret.
pub const SECRET_RESOURCE: &str = "AWS::SecretsManager::Secret";
