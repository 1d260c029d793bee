//! GetInsightSelectors.
//!
//! <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetInsightSelectors.html>

use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::named_trail::{find, on_trail};
use crate::error::AuditError;
use crate::operations::lake::{access, find_store};
use crate::service::AuditTrail;

/// Says which insights a trail or an event data store has: none.
pub struct GetInsightSelectors;

/// Of which; one of them.
#[derive(Input)]
pub struct GetInsightSelectorsInput {
    /// A trail.
    pub trail_name: Option<String>,
    /// An event data store.
    #[member(length = 3..=256, pattern = "^[a-zA-Z0-9._/\\-:]+$")]
    pub event_data_store: Option<String>,
}

/// There are no insights.
#[derive(Serialize)]
pub struct NoInsights {}

impl Operation for GetInsightSelectors {
    type Service = AuditTrail;
    type Input = GetInsightSelectorsInput;
    type Output = NoInsights;
    /// The ARN.
    type Resource = String;
    type Error = AuditError;

    const NAME: &'static str = "GetInsightSelectors";
    const ACTION: &'static str = "cloudtrail:GetInsightSelectors";
    const READ_ONLY: bool = true;

    async fn load(
        trail: &AuditTrail,
        call: &Call,
        input: &GetInsightSelectorsInput,
    ) -> Result<String, AuditError> {
        match (input.trail_name.as_deref(), input.event_data_store.as_deref()) {
            (Some(name), None) => Ok(find(trail, call, name)?.arn().to_owned()),
            (None, Some(store)) => Ok(find_store(trail, call, store).await?.arn()),
            _ => Err(AuditError::InvalidParameter("Specify either TrailName or EventDataStore.")),
        }
    }

    fn accesses(call: &Call, input: &GetInsightSelectorsInput, arn: &String) -> Accesses {
        match input.trail_name {
            Some(_) => on_trail(Self::ACTION, call, arn).into(),
            None => access(Self::ACTION, call, arn).into(),
        }
    }

    async fn run(
        _trail: &AuditTrail,
        _request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<NoInsights, AuditError> {
        Err(AuditError::NoInsights)
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a GetInsightSelectorsInput,
        _arn: Option<&'a String>,
        _output: Option<&'a NoInsights>,
    ) {
        shown.request.push_opt_str("trailName", input.trail_name.as_deref());
        shown.request.push_opt_str("eventDataStore", input.event_data_store.as_deref());
    }
}
