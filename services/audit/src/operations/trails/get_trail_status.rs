//! GetTrailStatus.
//!
//! <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetTrailStatus.html>

use keywright_aws_api::shape::Timestamp;
use keywright_aws_api::{Accesses, Authorized, Call, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;
use time::Duration;

use super::named_trail::{NameInput, find, on_trail};
use crate::error::AuditError;
use crate::service::AuditTrail;
use crate::trails::{Trail, latest_event};

/// Says how a trail is.
pub struct GetTrailStatus;

/// How it is. It is always logging: no request is answered before its record is durable.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetTrailStatusOutput {
    is_logging: bool,
    /// When the latest event happened that is stored, of those of the last 90 days.
    #[serde(skip_serializing_if = "Option::is_none")]
    latest_delivery_time: Option<Timestamp>,
}

impl Operation for GetTrailStatus {
    type Service = AuditTrail;
    type Input = NameInput;
    type Output = GetTrailStatusOutput;
    type Resource = Trail;
    type Error = AuditError;

    const NAME: &'static str = "GetTrailStatus";
    const ACTION: &'static str = "cloudtrail:GetTrailStatus";
    const READ_ONLY: bool = true;

    async fn load(trail: &AuditTrail, call: &Call, input: &NameInput) -> Result<Trail, AuditError> {
        find(trail, call, &input.name)
    }

    fn accesses(call: &Call, _input: &NameInput, trail: &Trail) -> Accesses {
        on_trail(Self::ACTION, call, trail.arn()).into()
    }

    async fn run(
        trail: &AuditTrail,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<GetTrailStatusOutput, AuditError> {
        let since = request.call.received_at - Duration::days(90);
        let connection = trail.store.connection().await?;
        let latest = latest_event(&connection, request.call.account(), &request.call.region, since).await?;
        Ok(GetTrailStatusOutput { is_logging: true, latest_delivery_time: latest.map(Timestamp::from) })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a NameInput,
        _trail: Option<&'a Trail>,
        _output: Option<&'a GetTrailStatusOutput>,
    ) {
        shown.request.push_str("name", input.name.as_str());
    }
}
