//! PutResourcePolicy.

use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_crypto::RandomExt as _;
use keywright_service::PostgresWork;
use serde::Serialize;

use super::super::access::show_parameter;
use super::super::get_parameter::Target;
use super::{check_current, load, lock, metadata};
use crate::domain::kind::Tier;
use crate::domain::sharing::{SharingError, SharingPolicy};
use crate::error::Error;
use crate::service::Params;
use crate::store::sharing;

/// [PutResourcePolicy](https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutResourcePolicy.html).
pub struct PutResourcePolicy;

/// What PutResourcePolicy takes.
#[derive(Input)]
pub struct PutResourcePolicyInput {
    /// The parameter's ARN.
    #[member(length = 20..=2048)]
    pub resource_arn: String,
    /// The policy: anything but blanks.
    #[member(pattern = r"(?s).*\S.*")]
    pub policy: String,
    /// Which policy is to be changed; none for a new one.
    pub policy_id: Option<String>,
    /// What that is now.
    pub policy_hash: Option<String>,
}

/// What PutResourcePolicy answers.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PutResourcePolicyOutput {
    policy_id: String,
    policy_hash: String,
}

impl Operation for PutResourcePolicy {
    type Service = Params;
    type Input = PutResourcePolicyInput;
    type Output = PutResourcePolicyOutput;
    type Resource = Target;
    type Error = Error;

    const NAME: &'static str = "PutResourcePolicy";
    const ACTION: &'static str = "ssm:PutResourcePolicy";
    const READ_ONLY: bool = false;

    async fn load(service: &Params, call: &Call, input: &PutResourcePolicyInput) -> Result<Target, Error> {
        load(service, call, &input.resource_arn).await
    }

    fn accesses(_call: &Call, _input: &PutResourcePolicyInput, target: &Target) -> Accesses {
        target.access(Self::ACTION).into()
    }

    fn condition_key(
        _call: &Call,
        _input: &PutResourcePolicyInput,
        target: Option<&Target>,
        _access: usize,
        key: &str,
        each: &mut dyn FnMut(&str),
    ) -> bool {
        target.is_some_and(|target| target.condition_key(key, each))
    }

    async fn run(
        service: &Params,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<PutResourcePolicyOutput, Error> {
        let (call, input, target) = (request.call, request.input, request.resource);
        metadata(target, &input.resource_arn)?;
        let policy = SharingPolicy::parse(&input.policy, &target.arn)?;
        let (locked, current) = lock(service, target, call, work).await?;
        if locked.tier != Some(Tier::Advanced) {
            return Err(SharingError::Tier(locked.name).into());
        }
        let policy_id = match (&input.policy_id, &input.policy_hash) {
            (Some(id), Some(hash)) => check_current(current, id, hash)?.id,
            (None, None) if current.is_some() => return Err(SharingError::Exists.into()),
            (None, None) => {
                let random: [u8; 16] = service.random.bytes()?;
                uuid::Builder::from_random_bytes(random).into_uuid().to_string()
            }
            (Some(_), None) | (None, Some(_)) => return Err(SharingError::HashMissing.into()),
        };
        let policy_hash = policy.hash();
        sharing::put(work.transaction().await?, locked.id, &policy_id, &policy_hash, &policy).await?;
        Ok(PutResourcePolicyOutput { policy_id, policy_hash })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a PutResourcePolicyInput,
        resource: Option<&'a Target>,
        output: Option<&'a PutResourcePolicyOutput>,
    ) {
        shown
            .request
            .push_str("resourceArn", &input.resource_arn)
            .push_str("policy", &input.policy)
            .push_opt_str("policyId", input.policy_id.as_deref())
            .push_opt_str("policyHash", input.policy_hash.as_deref());
        if let Some(output) = output {
            shown
                .response
                .push_str("policyId", &output.policy_id)
                .push_str("policyHash", &output.policy_hash);
        }
        if let Some(target) = resource {
            show_parameter(shown, &target.reference.account, &target.arn);
        }
    }
}
