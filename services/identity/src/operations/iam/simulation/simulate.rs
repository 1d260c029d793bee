//! `SimulateCustomPolicy` and `SimulatePrincipalPolicy`.

use super::principal::{PolicySource, SourceArn};
use super::results::{self, ResultOut};
use super::scenario::{ContextEntry, Scenario, Stored};
use crate::error::IdentityError;
use crate::operations::iam::define::iam_operation;
use crate::operations::iam::page::{Page, slice};
use crate::operations::iam::subjects::WholeAccount;
use crate::simulation::Simulation;
use crate::store::lists::Slice;

macro_rules! scenario {
    ($input:ident, $policies:expr) => {
        Scenario {
            policies: $policies,
            boundaries: $input.permissions_boundary_policy_input_list.as_deref().unwrap_or_default(),
            actions: &$input.action_names,
            resources: $input.resource_arns.as_deref().unwrap_or_default(),
            resource_policy: $input.resource_policy.as_deref(),
            resource_owner: $input.resource_owner.as_deref(),
            caller: $input.caller_arn.as_deref(),
            context: $input.context_entries.as_deref().unwrap_or_default(),
        }
    };
}

iam_operation! {
    /// Tells what policies would decide that are given with the request.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulateCustomPolicy.html>
    SimulateCustomPolicy: reads WholeAccount => Page<ResultOut> {
        #[member(each(length = 1..=131_072, pattern = "[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+"))]
        policy_input_list: Vec<String> as "policyInputList",
        #[member(each(length = 1..=131_072, pattern = "[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+"))]
        permissions_boundary_policy_input_list: Option<Vec<String>> as "permissionsBoundaryPolicyInputList",
        #[member(each(length = 3..=128))]
        action_names: Vec<String> as "actionNames",
        #[member(each(length = 1..=2048))]
        resource_arns: Option<Vec<String>> as "resourceArns",
        #[member(length = 1..=131_072, pattern = "[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+")]
        resource_policy: Option<String> as "resourcePolicy",
        #[member(length = 1..=2048)]
        resource_owner: Option<String> as "resourceOwner",
        #[member(length = 1..=2048)]
        caller_arn: Option<String> as "callerArn",
        context_entries: Option<Vec<ContextEntry>> as "contextEntries",
        #[member(length = 1..=64)]
        resource_handling_option: Option<String> as "resourceHandlingOption",
        #[member(range = 1..=1000)]
        max_items: Option<i32> as "maxItems",
        #[member(length = 1..=320, pattern = "[\\u0020-\\u00FF]+")]
        marker: Option<String> as "marker",
    }
    name(_, _) {
        Ok(())
    }
    run(directory, request, _) {
        let input = request.input;
        let slice = slice(input.marker.as_deref(), input.max_items)?;
        let scenario = scenario!(input, &input.policy_input_list);
        let simulation = scenario.simulation(request.call.account(), None, directory.clock.now())?;
        evaluated(simulation, &input.action_names, input.resource_arns.as_deref(), slice).await
    }
}

iam_operation! {
    /// Tells what the policies of a user, a group or a role would decide, perhaps with others.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html>
    SimulatePrincipalPolicy: reads PolicySource => Page<ResultOut> {
        #[member(length = 20..=2048)]
        policy_source_arn: String as "policySourceArn",
        #[member(each(length = 1..=131_072, pattern = "[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+"))]
        policy_input_list: Option<Vec<String>> as "policyInputList",
        #[member(each(length = 1..=131_072, pattern = "[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+"))]
        permissions_boundary_policy_input_list: Option<Vec<String>> as "permissionsBoundaryPolicyInputList",
        #[member(each(length = 3..=128))]
        action_names: Vec<String> as "actionNames",
        #[member(each(length = 1..=2048))]
        resource_arns: Option<Vec<String>> as "resourceArns",
        #[member(length = 1..=131_072, pattern = "[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+")]
        resource_policy: Option<String> as "resourcePolicy",
        #[member(length = 1..=2048)]
        resource_owner: Option<String> as "resourceOwner",
        #[member(length = 1..=2048)]
        caller_arn: Option<String> as "callerArn",
        context_entries: Option<Vec<ContextEntry>> as "contextEntries",
        #[member(length = 1..=64)]
        resource_handling_option: Option<String> as "resourceHandlingOption",
        #[member(range = 1..=1000)]
        max_items: Option<i32> as "maxItems",
        #[member(length = 1..=320, pattern = "[\\u0020-\\u00FF]+")]
        marker: Option<String> as "marker",
    }
    name(_, input) {
        SourceArn::parse(&input.policy_source_arn)
    }
    run(directory, request, _) {
        let (input, source) = (request.input, request.subject);
        let slice = slice(input.marker.as_deref(), input.max_items)?;
        let scenario = scenario!(input, input.policy_input_list.as_deref().unwrap_or_default());
        let connection = directory.store.connection().await?;
        let (policies, boundary) = (source.policies(&connection).await?, source.boundary(&connection).await?);
        let stored = Stored { source: &source.0, policies, boundary };
        let simulation = scenario.simulation(request.call.account(), Some(stored), directory.clock.now())?;
        evaluated(simulation, &input.action_names, input.resource_arns.as_deref(), slice).await
    }
}

/// Evaluates beside the threads that serve requests: there may be thousands of long policies.
async fn evaluated(
    simulation: Simulation,
    actions: &[String],
    resources: Option<&[String]>,
    slice: Slice,
) -> Result<Page<ResultOut>, IdentityError> {
    let (actions, resources) = (actions.to_vec(), resources.unwrap_or_default().to_vec());
    let evaluate = move || results::page(&simulation, &actions, &resources, &slice);
    tokio::task::spawn_blocking(evaluate).await.map_err(|_| IdentityError::TaskEnded)?
}
