//! ListTrails.
//!
//! <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_ListTrails.html>

use keywright_aws_api::{Access, Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use crate::error::AuditError;
use crate::service::AuditTrail;
use crate::trails::Trail;

/// Lists the trails of the account: there is one.
pub struct ListTrails;

/// Which page.
#[derive(Input)]
pub struct ListTrailsInput {
    /// There is one page only.
    pub next_token: Option<String>,
}

/// The trails.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListTrailsOutput {
    trails: [Item; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Item {
    #[serde(rename = "TrailARN")]
    trail_arn: String,
    name: &'static str,
    home_region: String,
}

impl Operation for ListTrails {
    type Service = AuditTrail;
    type Input = ListTrailsInput;
    type Output = ListTrailsOutput;
    type Resource = ();
    type Error = AuditError;

    const NAME: &'static str = "ListTrails";
    const ACTION: &'static str = "cloudtrail:ListTrails";
    const READ_ONLY: bool = true;

    async fn load(_trail: &AuditTrail, _call: &Call, _input: &ListTrailsInput) -> Result<(), AuditError> {
        Ok(())
    }

    fn accesses(_call: &Call, _input: &ListTrailsInput, (): &()) -> Accesses {
        Access::any(Self::ACTION).into()
    }

    async fn run(
        trail: &AuditTrail,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<ListTrailsOutput, AuditError> {
        if request.input.next_token.is_some() {
            return Err(AuditError::InvalidNextToken);
        }
        let trail = Trail::of_account(request.call.account(), &trail.home_region, trail.bucket.as_deref());
        let (trail_arn, home_region) = (trail.arn().to_owned(), trail.home_region().to_owned());
        Ok(ListTrailsOutput { trails: [Item { trail_arn, name: trail.name(), home_region }] })
    }

    fn show<'a>(
        _shown: &mut Shown<'a>,
        _call: &'a Call,
        _input: &'a ListTrailsInput,
        _resource: Option<&'a ()>,
        _output: Option<&'a ListTrailsOutput>,
    ) {
    }
}
