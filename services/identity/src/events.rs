//! Changes that no request asked for, each with its audit record.

use keywright_audit_log::Fields;
use keywright_audit_log::record::{EventType, Record, Resource, SourceAddress, UserIdentity};
use keywright_aws_api::{AccountId, Region};
use keywright_service::Outbox;
use keywright_store::Transaction;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::error::IdentityError;

/// Commits changes together with their records.
pub struct Events {
    outbox: Outbox,
    region: Region,
}

/// What happened. It shows no secret: what is not named here is not recorded.
pub struct Event<'a> {
    /// The name, of the IAM operation where there is one.
    pub name: &'a str,
    /// The account it happened in; none for what concerns the installation.
    pub account: Option<AccountId>,
    /// What it was asked with.
    pub parameters: Fields<'a>,
    /// What came of it.
    pub elements: Fields<'a>,
    /// The resource's type and ARN.
    pub resource: Option<(&'a str, &'a str)>,
}

impl Events {
    /// Records to `outbox`, as of this Region.
    #[must_use]
    pub fn new(outbox: Outbox, region: Region) -> Self {
        Self { outbox, region }
    }

    /// The outbox.
    #[must_use]
    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// Commits the change and its record, or neither.
    ///
    /// # Errors
    /// [`IdentityError::Record`] when it was not, or may not have been, committed.
    pub async fn commit(
        &self,
        transaction: Transaction,
        event: Event<'_>,
        now: OffsetDateTime,
    ) -> Result<(), IdentityError> {
        let account = event.account.as_ref().map_or(INTERNAL, AccountId::as_str);
        let resource =
            event.resource.map(|(resource_type, arn)| Resource { account_id: account, resource_type, arn });
        let record = Record {
            user_identity: UserIdentity::AwsService { invoked_by: EVENT_SOURCE },
            event_time: now,
            event_source: EVENT_SOURCE,
            event_name: event.name,
            aws_region: self.region.as_str(),
            source_ip_address: SourceAddress::Service(EVENT_SOURCE),
            user_agent: Some(EVENT_SOURCE),
            error_code: None,
            error_message: None,
            request_parameters: Some(&event.parameters).filter(|fields| !fields.is_empty()),
            response_elements: Some(&event.elements).filter(|fields| !fields.is_empty()),
            additional_event_data: None,
            request_id: None,
            event_id: Uuid::now_v7(),
            read_only: false,
            resources: resource.as_slice(),
            event_type: EventType::AwsServiceEvent,
            recipient_account_id: account,
            service_event_details: None,
            shared_event_id: None,
            tls_details: None,
        };
        self.outbox.commit_event(transaction, &record).await.map_err(IdentityError::Record)
    }
}

const EVENT_SOURCE: &str = "iam.amazonaws.com";
/// The recipient of records that concern no account.
const INTERNAL: &str = "internal";
