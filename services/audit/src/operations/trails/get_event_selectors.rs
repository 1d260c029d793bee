//! GetEventSelectors.
//!
//! <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetEventSelectors.html>

use keywright_aws_api::{Accesses, Authorized, Call, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::named_trail::{TrailNameInput, find, on_trail};
use crate::error::AuditError;
use crate::service::AuditTrail;
use crate::trails::Trail;

/// Says which events a trail has: all.
pub struct GetEventSelectors;

/// The selectors.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetEventSelectorsOutput {
    #[serde(rename = "TrailARN")]
    trail_arn: String,
    event_selectors: [EventSelector; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct EventSelector {
    read_write_type: &'static str,
    include_management_events: bool,
    data_resources: [(); 0],
    exclude_management_event_sources: [(); 0],
}

impl Operation for GetEventSelectors {
    type Service = AuditTrail;
    type Input = TrailNameInput;
    type Output = GetEventSelectorsOutput;
    type Resource = Trail;
    type Error = AuditError;

    const NAME: &'static str = "GetEventSelectors";
    const ACTION: &'static str = "cloudtrail:GetEventSelectors";
    const READ_ONLY: bool = true;

    async fn load(trail: &AuditTrail, call: &Call, input: &TrailNameInput) -> Result<Trail, AuditError> {
        find(trail, call, &input.trail_name)
    }

    fn accesses(call: &Call, _input: &TrailNameInput, trail: &Trail) -> Accesses {
        on_trail(Self::ACTION, call, trail.arn()).into()
    }

    async fn run(
        _trail: &AuditTrail,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<GetEventSelectorsOutput, AuditError> {
        let everything = EventSelector {
            read_write_type: "All",
            include_management_events: true,
            data_resources: [],
            exclude_management_event_sources: [],
        };
        let trail_arn = request.resource.arn().to_owned();
        Ok(GetEventSelectorsOutput { trail_arn, event_selectors: [everything] })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a TrailNameInput,
        _trail: Option<&'a Trail>,
        _output: Option<&'a GetEventSelectorsOutput>,
    ) {
        shown.request.push_str("trailName", input.trail_name.as_str());
    }
}
