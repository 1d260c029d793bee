//! Events, stored in batches.

use keywright_store::{StoreError, Transaction};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::event::Event;

/// Stores events, and says how many were not there yet. Their days have partitions, and they are in order of time and
/// id: writers of the same events then wait for each other, and don't block each other.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn insert(transaction: &Transaction, events: &[Event]) -> Result<u64, StoreError> {
    let mut rows = EventColumns::default();
    let mut resources = ResourceColumns::default();
    for event in events {
        rows.push(event);
        resources.push(event);
    }
    let stored = rows.insert(transaction).await?;
    if !resources.ids.is_empty() {
        resources.insert(transaction).await?;
    }
    Ok(stored)
}

#[derive(Default)]
struct EventColumns<'a> {
    times: Vec<OffsetDateTime>,
    ids: Vec<Uuid>,
    accounts: Vec<&'a str>,
    regions: Vec<&'a str>,
    names: Vec<&'a str>,
    sources: Vec<&'a str>,
    usernames: Vec<Option<&'a str>>,
    access_key_ids: Vec<Option<&'a str>>,
    read_only: Vec<bool>,
    error_codes: Vec<Option<&'a str>>,
    records: Vec<&'a [u8]>,
}

impl<'a> EventColumns<'a> {
    fn push(&mut self, event: &'a Event) {
        self.times.push(event.time);
        self.ids.push(event.id);
        self.accounts.push(&event.account);
        self.regions.push(&event.region);
        self.names.push(&event.name);
        self.sources.push(&event.source);
        self.usernames.push(event.username.as_deref());
        self.access_key_ids.push(event.access_key_id.as_deref());
        self.read_only.push(event.read_only);
        self.error_codes.push(event.error_code.as_deref());
        self.records.push(&event.record);
    }

    async fn insert(&self, transaction: &Transaction) -> Result<u64, StoreError> {
        transaction
            .execute(
                include_str!("sql/insert_events.sql"),
                &[
                    &self.times,
                    &self.ids,
                    &self.accounts,
                    &self.regions,
                    &self.names,
                    &self.sources,
                    &self.usernames,
                    &self.access_key_ids,
                    &self.read_only,
                    &self.error_codes,
                    &self.records,
                ],
            )
            .await
    }
}

#[derive(Default)]
struct ResourceColumns<'a> {
    times: Vec<OffsetDateTime>,
    ids: Vec<Uuid>,
    ordinals: Vec<i32>,
    accounts: Vec<&'a str>,
    regions: Vec<&'a str>,
    types: Vec<Option<&'a str>>,
    names: Vec<&'a str>,
}

impl<'a> ResourceColumns<'a> {
    fn push(&mut self, event: &'a Event) {
        for (ordinal, resource) in (0..).zip(&event.resources) {
            self.times.push(event.time);
            self.ids.push(event.id);
            self.ordinals.push(ordinal);
            self.accounts.push(&event.account);
            self.regions.push(&event.region);
            self.types.push(resource.resource_type.as_deref());
            self.names.push(&resource.name);
        }
    }

    async fn insert(&self, transaction: &Transaction) -> Result<u64, StoreError> {
        transaction
            .execute(
                include_str!("sql/insert_resources.sql"),
                &[
                    &self.times,
                    &self.ids,
                    &self.ordinals,
                    &self.accounts,
                    &self.regions,
                    &self.types,
                    &self.names,
                ],
            )
            .await
    }
}
