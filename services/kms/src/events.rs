//! The records of what KMS does by itself.

use keywright_audit_log::record::{EventType, Record, Resource, SourceAddress};
use keywright_audit_log::{Fields, UserIdentity};
use keywright_root_key::RootKeyId;
use keywright_service::PostgresWork;
use keywright_store::Transaction;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::key::Key;
use crate::domain::key_id::KeyMaterialId;
use crate::error::Error;
use crate::rotation::Rotation;
use crate::service::Kms;

/// Something that KMS did to a key by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyEvent {
    /// It made an AWS managed key, at the first use by its service.
    CreateKey {
        /// The service principal.
        service: &'static str,
    },
    /// It destroyed a key whose waiting period was over.
    DeleteKey,
    /// It made a replica key, for its primary key in another Region.
    CreateReplica,
    /// A replica key took over what it shares with its primary key.
    SynchronizeMultiRegionKey,
    /// A replica key became the primary key.
    UpdatePrimaryRegion,
    /// It made another material the key's current one.
    RotateKey(Rotation),
    /// It destroyed imported material whose time was over.
    DeleteExpiredKeyMaterial(KeyMaterialId),
}

impl KeyEvent {
    fn name(self) -> &'static str {
        match self {
            Self::CreateKey { .. } => "CreateKey",
            Self::CreateReplica => "CreateKey",
            Self::DeleteKey => "DeleteKey",
            Self::SynchronizeMultiRegionKey => "SynchronizeMultiRegionKey",
            Self::UpdatePrimaryRegion => "UpdatePrimaryRegion",
            Self::RotateKey(_) => "RotateKey",
            Self::DeleteExpiredKeyMaterial(_) => "DeleteExpiredKeyMaterial",
        }
    }

    fn actor(self) -> &'static str {
        match self {
            Self::CreateKey { service } => service,
            Self::CreateReplica
            | Self::DeleteKey
            | Self::DeleteExpiredKeyMaterial(_)
            | Self::RotateKey(_)
            | Self::SynchronizeMultiRegionKey
            | Self::UpdatePrimaryRegion => KMS_ITSELF,
        }
    }

    /// What the record says of it beside the key.
    fn details(self, key: &Key) -> Option<Fields<'static>> {
        let mut details = Fields::new();
        match self {
            Self::CreateKey { .. }
            | Self::CreateReplica
            | Self::DeleteKey
            | Self::SynchronizeMultiRegionKey
            | Self::UpdatePrimaryRegion => return None,
            Self::RotateKey(Rotation { by, previous, current }) => details
                .push_str("rotationType", by.as_str())
                .push_str("keyOrigin", key.origin.as_str())
                .push_opt_str("previousKeyMaterialId", previous.map(|id| id.to_string()))
                .push_str("currentKeyMaterialId", current.to_string()),
            Self::DeleteExpiredKeyMaterial(id) => details.push_str("keyMaterialId", id.to_string()),
        };
        details.push_str("keyId", key.id.to_string());
        Some(details)
    }
}

/// Something that KMS did to its key hierarchy by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HierarchyEvent {
    /// It destroyed a retired domain key.
    DestroyDomainKey {
        /// The domain key.
        id: Uuid,
    },
    /// It wrapped a domain key by another root key.
    RewrapDomainKey {
        /// The domain key.
        id: Uuid,
        /// The root key.
        root_key: RootKeyId,
    },
}

impl Kms {
    /// Commits what was done to the hierarchy, together with its record, which is the installation's first account's.
    ///
    /// # Errors
    /// [`Error::Event`] when it was not, or may not have been, committed.
    pub async fn commit_hierarchy_event(
        &self,
        transaction: Transaction,
        event: HierarchyEvent,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        let mut details = Fields::new();
        let event_name = match event {
            HierarchyEvent::DestroyDomainKey { id } => {
                details.push_str("domainKeyId", id.to_string());
                "DestroyDomainKey"
            }
            HierarchyEvent::RewrapDomainKey { id, root_key } => {
                details.push_str("domainKeyId", id.to_string()).push_str("rootKeyId", root_key.to_string());
                "RewrapDomainKey"
            }
        };
        let record = Record {
            user_identity: UserIdentity::AwsService { invoked_by: KMS_ITSELF },
            event_time: now,
            event_source: EVENT_SOURCE,
            event_name,
            aws_region: self.region.as_str(),
            source_ip_address: SourceAddress::Service(KMS_ITSELF),
            user_agent: Some(KMS_ITSELF),
            error_code: None,
            error_message: None,
            request_parameters: None,
            response_elements: None,
            additional_event_data: None,
            service_event_details: Some(&details),
            request_id: None,
            event_id: Uuid::now_v7(),
            read_only: false,
            resources: &[],
            event_type: EventType::AwsServiceEvent,
            recipient_account_id: self.account.as_str(),
            shared_event_id: None,
            tls_details: None,
        };
        self.outbox.commit_event(transaction, &record).await.map_err(Error::Event)
    }

    /// Commits what was done to a key, together with its record.
    ///
    /// # Errors
    /// [`Error::Event`] when it was not, or may not have been, committed.
    pub async fn commit_event(
        &self,
        transaction: Transaction,
        event: KeyEvent,
        key: &Key,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        let (details, resource) = (event.details(key), resource(key));
        let record = self.record_of(event, key, now, details.as_ref(), std::slice::from_ref(&resource));
        self.outbox.commit_event(transaction, &record).await.map_err(Error::Event)
    }

    /// Adds the record of what a request brings about by itself to the request's own transaction.
    ///
    /// # Errors
    /// [`Error::Event`] when it can't be written.
    pub async fn add_event(
        &self,
        work: &mut PostgresWork,
        event: KeyEvent,
        key: &Key,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        let (details, resource) = (event.details(key), resource(key));
        let record = self.record_of(event, key, now, details.as_ref(), std::slice::from_ref(&resource));
        self.outbox.add_event(work, &record).await.map_err(Error::Event)
    }

    fn record_of<'a>(
        &'a self,
        event: KeyEvent,
        key: &'a Key,
        now: OffsetDateTime,
        details: Option<&'a Fields<'a>>,
        resources: &'a [Resource<'a>],
    ) -> Record<'a> {
        let actor = event.actor();
        Record {
            user_identity: UserIdentity::AwsService { invoked_by: actor },
            event_time: now,
            event_source: EVENT_SOURCE,
            event_name: event.name(),
            aws_region: self.region.as_str(),
            source_ip_address: SourceAddress::Service(actor),
            user_agent: Some(actor),
            error_code: None,
            error_message: None,
            request_parameters: None,
            response_elements: None,
            additional_event_data: None,
            request_id: None,
            event_id: Uuid::now_v7(),
            read_only: false,
            resources,
            event_type: EventType::AwsServiceEvent,
            recipient_account_id: key.account.as_str(),
            service_event_details: details,
            shared_event_id: None,
            tls_details: None,
        }
    }
}

fn resource(key: &Key) -> Resource<'_> {
    Resource { account_id: key.account.as_str(), resource_type: KEY_RESOURCE, arn: &key.arn }
}

/// CloudTrail's `eventSource` of KMS.
pub const EVENT_SOURCE: &str = "kms.amazonaws.com";
/// CloudTrail's resource type of a key.
pub const KEY_RESOURCE: &str = "AWS::KMS::Key";
/// CloudTrail's resource type of an alias.
pub const ALIAS_RESOURCE: &str = "AWS::KMS::Alias";
const KMS_ITSELF: &str = "AWS Internal";
