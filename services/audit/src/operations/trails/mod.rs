//! The operations that tell of trails, and those that would change them.

pub mod describe_trails;
pub mod get_event_selectors;
pub mod get_insight_selectors;
pub mod get_trail;
pub mod get_trail_status;
pub mod list_tags;
pub mod list_trails;
pub mod named_trail;
pub mod unsupported;

use keywright_aws_api::api::ApiBuilder;

use crate::service::AuditTrail;

/// Registers all of them.
#[must_use]
pub fn register(api: ApiBuilder<AuditTrail>) -> ApiBuilder<AuditTrail> {
    let api = api
        .operation::<describe_trails::DescribeTrails>()
        .operation::<get_trail::GetTrail>()
        .operation::<get_trail_status::GetTrailStatus>()
        .operation::<list_trails::ListTrails>()
        .operation::<get_event_selectors::GetEventSelectors>()
        .operation::<get_insight_selectors::GetInsightSelectors>()
        .operation::<list_tags::ListTags>();
    unsupported::register(api)
}
