//! DescribeTrails.
//!
//! <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DescribeTrails.html>

use keywright_aws_api::{Access, Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use crate::error::AuditError;
use crate::service::AuditTrail;
use crate::trails::Trail;

/// Describes the trails of the account in the Region.
pub struct DescribeTrails;

/// Which.
#[derive(Input)]
pub struct DescribeTrailsInput {
    /// Names or ARNs; all if there are none.
    #[member(name = "trailNameList")]
    pub trail_name_list: Option<Vec<String>>,
    /// Also those that were made in other Regions, which is the default.
    #[member(name = "includeShadowTrails")]
    pub include_shadow_trails: Option<bool>,
}

/// The trails.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeTrailsOutput {
    trail_list: Vec<Trail>,
}

impl Operation for DescribeTrails {
    type Service = AuditTrail;
    type Input = DescribeTrailsInput;
    type Output = DescribeTrailsOutput;
    type Resource = ();
    type Error = AuditError;

    const NAME: &'static str = "DescribeTrails";
    const ACTION: &'static str = "cloudtrail:DescribeTrails";
    const READ_ONLY: bool = true;

    async fn load(_trail: &AuditTrail, _call: &Call, _input: &DescribeTrailsInput) -> Result<(), AuditError> {
        Ok(())
    }

    fn accesses(_call: &Call, _input: &DescribeTrailsInput, (): &()) -> Accesses {
        Access::any(Self::ACTION).into()
    }

    async fn run(
        trail: &AuditTrail,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<DescribeTrailsOutput, AuditError> {
        let (call, input) = (request.call, request.input);
        let only = Trail::of_account(call.account(), &trail.home_region, trail.bucket.as_deref());
        let is_here = input.include_shadow_trails != Some(false) || call.region == trail.home_region;
        let is_asked = match input.trail_name_list.as_deref() {
            None | Some([]) => true,
            Some(names) => names.iter().any(|name| name == only.name() || name == only.arn()),
        };
        Ok(DescribeTrailsOutput { trail_list: (is_here && is_asked).then_some(only).into_iter().collect() })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a DescribeTrailsInput,
        _resource: Option<&'a ()>,
        _output: Option<&'a DescribeTrailsOutput>,
    ) {
        if let Some(include) = input.include_shadow_trails {
            shown.request.push_bool("includeShadowTrails", include);
        }
    }
}
