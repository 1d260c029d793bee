//! What must be allowed, and what records show of whom it was about.

use std::sync::Arc;

use keywright_aws_api::{Access, Accesses, AccountId, Call, Shown, Target};
use keywright_policy::{Policy, ResourcePolicyRule};

use crate::domain::name::ParameterName;
use crate::domain::reference::ParameterReference;

/// An action on the parameter, or the hierarchy, with this ARN.
#[must_use]
pub fn on_arn(action: &'static str, account: AccountId, arn: &str) -> Access {
    on_shared(action, account, arn, None)
}

/// An action on the parameter with this ARN, which has this resource policy.
#[must_use]
pub fn on_shared(action: &'static str, account: AccountId, arn: &str, policy: Option<Arc<Policy>>) -> Access {
    let rule = ResourcePolicyRule::Additional;
    Access::new(action, Target { arn: arn.into(), account: Some(account), policy, rule })
}

/// An action on the caller's parameter of this name.
///
/// A text that is no name needs nothing allowed: the refusal tells only what the caller wrote.
#[must_use]
pub fn on_name(action: &'static str, call: &Call, name: &str) -> Accesses {
    let name = ParameterName::parse(name).ok();
    let arn = name.map(|name| name.arn(&call.region, call.account()));
    arn.into_iter().map(|arn| on_arn(action, call.account(), &arn)).collect()
}

/// An action on the parameter that a reference means; see [`on_name`].
#[must_use]
pub fn on_reference(action: &'static str, call: &Call, text: &str) -> Accesses {
    let reference = ParameterReference::parse(text, &call.region, call.account()).ok();
    reference.into_iter().map(|found| on_arn(action, found.account, &found.arn())).collect()
}

/// Names a parameter in the record.
pub fn show_parameter<'a>(shown: &mut Shown<'a>, account: &'a AccountId, arn: &'a str) {
    shown.resource(account.as_str(), PARAMETER_RESOURCE, arn);
}

/// CloudTrail's resource type of a parameter.
pub const PARAMETER_RESOURCE: &str = "AWS::SSM::Parameter";
