//! GetTrail.
//!
//! <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetTrail.html>

use keywright_aws_api::{Accesses, Authorized, Call, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::named_trail::{NameInput, find, on_trail};
use crate::error::AuditError;
use crate::service::AuditTrail;
use crate::trails::Trail;

/// Describes a trail.
pub struct GetTrail;

/// The trail.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetTrailOutput {
    trail: Trail,
}

impl Operation for GetTrail {
    type Service = AuditTrail;
    type Input = NameInput;
    type Output = GetTrailOutput;
    type Resource = Trail;
    type Error = AuditError;

    const NAME: &'static str = "GetTrail";
    const ACTION: &'static str = "cloudtrail:GetTrail";
    const READ_ONLY: bool = true;

    async fn load(trail: &AuditTrail, call: &Call, input: &NameInput) -> Result<Trail, AuditError> {
        find(trail, call, &input.name)
    }

    fn accesses(call: &Call, _input: &NameInput, trail: &Trail) -> Accesses {
        on_trail(Self::ACTION, call, trail.arn()).into()
    }

    async fn run(
        _trail: &AuditTrail,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<GetTrailOutput, AuditError> {
        Ok(GetTrailOutput { trail: request.resource.clone() })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a NameInput,
        _trail: Option<&'a Trail>,
        _output: Option<&'a GetTrailOutput>,
    ) {
        shown.request.push_str("name", input.name.as_str());
    }
}
