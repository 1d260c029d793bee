//! The operations of CloudTrail Lake.

pub mod cancel_query;
pub mod create_event_data_store;
pub mod delete_event_data_store;
pub mod describe_query;
pub mod described;
pub mod get_event_data_store;
pub mod get_query_results;
pub mod list_event_data_stores;
pub mod list_queries;
pub mod named_query;
pub mod named_store;
pub mod restore_event_data_store;
mod shown_settings;
pub mod start_query;
pub mod update_event_data_store;

use keywright_aws_api::api::ApiBuilder;

pub(super) use self::named_store::{access, find_store};

use crate::service::AuditTrail;

/// Registers all of them.
#[must_use]
pub fn register(api: ApiBuilder<AuditTrail>) -> ApiBuilder<AuditTrail> {
    api.operation::<create_event_data_store::CreateEventDataStore>()
        .operation::<get_event_data_store::GetEventDataStore>()
        .operation::<list_event_data_stores::ListEventDataStores>()
        .operation::<update_event_data_store::UpdateEventDataStore>()
        .operation::<delete_event_data_store::DeleteEventDataStore>()
        .operation::<restore_event_data_store::RestoreEventDataStore>()
        .operation::<start_query::StartQuery>()
        .operation::<describe_query::DescribeQuery>()
        .operation::<get_query_results::GetQueryResults>()
        .operation::<cancel_query::CancelQuery>()
        .operation::<list_queries::ListQueries>()
}
