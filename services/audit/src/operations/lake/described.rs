//! An event data store, as operations show it.

use keywright_aws_api::shape::Timestamp;
use serde::Serialize;

use crate::lake::event_data_store::{EventDataStore, Tag};
use crate::lake::selectors::AdvancedEventSelector;

/// What most operations answer of a store.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Described {
    pub(super) event_data_store_arn: String,
    name: String,
    status: &'static str,
    advanced_event_selectors: Vec<AdvancedEventSelector>,
    multi_region_enabled: bool,
    organization_enabled: bool,
    retention_period: i32,
    termination_protection_enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags_list: Option<Vec<Tag>>,
    created_timestamp: Timestamp,
    updated_timestamp: Timestamp,
    billing_mode: String,
}

impl Described {
    pub(super) fn of(store: &EventDataStore) -> Self {
        Self {
            event_data_store_arn: store.arn(),
            name: store.name.clone(),
            status: store.status(),
            advanced_event_selectors: store.selectors.clone(),
            multi_region_enabled: store.multi_region,
            organization_enabled: false,
            retention_period: store.retention_days,
            termination_protection_enabled: store.termination_protection,
            tags_list: None,
            created_timestamp: store.created_at.into(),
            updated_timestamp: store.updated_at.into(),
            billing_mode: store.billing_mode.clone(),
        }
    }

    /// With its tags, which only CreateEventDataStore shows.
    pub(super) fn with_tags(self, tags: Vec<Tag>) -> Self {
        Self { tags_list: Some(tags), ..self }
    }
}
