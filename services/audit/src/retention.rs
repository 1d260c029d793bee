//! Events whose time is over are dropped, a day at once, and never row by row.

use std::sync::Arc;

use keywright_audit_log::record::{EventType, Record, SourceAddress};
use keywright_audit_log::{Fields, UserIdentity};
use keywright_aws_api::{AccountId, ApiError, Clock, Region};
use keywright_service::Outbox;
use keywright_service::due_work::keep_doing;
use keywright_store::{Store, StoreError};
use time::{Date, Duration, OffsetDateTime, UtcOffset};
use uuid::Uuid;

use crate::service::EVENT_SOURCE;
use crate::store;

/// Drops what has been kept long enough.
pub struct Retention {
    /// The database.
    pub store: Store,
    /// The records of what is dropped.
    pub outbox: Outbox,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// For how many whole days behind its own a day is kept.
    pub days: u16,
    /// Whose trail tells of it: the installation's first account.
    pub account: AccountId,
    /// The Region in which that trail tells of it.
    pub region: Region,
}

/// Why a day could not be dropped.
#[derive(Debug, thiserror::Error)]
pub enum RetentionError {
    /// The database refused, is away, or somebody is reading the day.
    #[error("the store cannot be used")]
    Store(#[from] StoreError),
    /// The record of it could not be written, or the transaction not be committed.
    #[error("the dropping of a day cannot be recorded")]
    Record(#[source] ApiError),
}

impl Retention {
    /// Drops what is due, again and again.
    pub async fn keep(self) {
        keep_doing("drop expired events", INTERVAL, || self.drop_expired()).await;
    }

    /// Drops all days that are due, each in a transaction with its record; says how many.
    ///
    /// # Errors
    /// [`RetentionError`] for the first that can't be dropped; the days before it are gone.
    pub async fn drop_expired(&self) -> Result<usize, RetentionError> {
        let now = self.clock.now().to_offset(UtcOffset::UTC);
        let Some(first_kept) = now.date().checked_sub(Duration::days(self.days.into())) else { return Ok(0) };
        let due = {
            let connection = self.store.connection().await?;
            store::retention::days_before(&connection, first_kept).await?
        };
        let mut dropped = 0;
        for day in due {
            let transaction = self.store.begin().await?;
            let Some(events) = store::retention::drop_day(&transaction, day).await? else { continue };
            let details = details(day, events);
            let record = self.record(&details, now);
            self.outbox.commit_event(transaction, &record).await.map_err(RetentionError::Record)?;
            dropped += 1;
        }
        Ok(dropped)
    }

    /// CloudTrail has no such event: its own trails don't expire by themselves.
    fn record<'a>(&'a self, details: &'a Fields<'a>, now: OffsetDateTime) -> Record<'a> {
        Record {
            user_identity: UserIdentity::AwsService { invoked_by: EVENT_SOURCE },
            event_time: now,
            event_source: EVENT_SOURCE,
            event_name: "DeleteExpiredEvents",
            aws_region: self.region.as_str(),
            source_ip_address: SourceAddress::Service(EVENT_SOURCE),
            user_agent: Some(EVENT_SOURCE),
            error_code: None,
            error_message: None,
            request_parameters: None,
            response_elements: None,
            additional_event_data: None,
            request_id: None,
            event_id: Uuid::now_v7(),
            read_only: false,
            resources: &[],
            event_type: EventType::AwsServiceEvent,
            recipient_account_id: self.account.as_str(),
            service_event_details: Some(details),
            shared_event_id: None,
            tls_details: None,
        }
    }
}

fn details(day: Date, events: i64) -> Fields<'static> {
    let mut details = Fields::new();
    details.push_str("day", day.to_string()).push_i64("events", events);
    details
}

const INTERVAL: std::time::Duration = std::time::Duration::from_secs(3_600);
