//! Which condition keys policies ask for.

use keywright_policy::{PolicyKind, distinct_keys};

use super::given_policies;
use super::principal::{PolicySource, SourceArn};
use crate::operations::iam::define::iam_operation;
use crate::operations::iam::page::One;
use crate::operations::iam::subjects::WholeAccount;
use crate::simulation::SourcePolicy;

iam_operation! {
    /// Tells which condition keys policies ask for that are given with the request.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetContextKeysForCustomPolicy.html>
    GetContextKeysForCustomPolicy: reads WholeAccount => One<Vec<String>> {
        #[member(each(length = 1..=131_072, pattern = "[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+"))]
        policy_input_list: Vec<String> as "policyInputList",
    }
    name(_, _) {
        Ok(())
    }
    run(_, request, _) {
        let given = given_policies("PolicyInputList", PolicyKind::Identity, &request.input.policy_input_list)?;
        Ok(names(&given))
    }
}

iam_operation! {
    /// Tells which condition keys the policies of a user, a group or a role ask for, perhaps with others.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetContextKeysForPrincipalPolicy.html>
    GetContextKeysForPrincipalPolicy: reads PolicySource => One<Vec<String>> {
        #[member(length = 20..=2048)]
        policy_source_arn: String as "policySourceArn",
        #[member(each(length = 1..=131_072, pattern = "[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+"))]
        policy_input_list: Option<Vec<String>> as "policyInputList",
    }
    name(_, input) {
        SourceArn::parse(&input.policy_source_arn)
    }
    run(directory, request, _) {
        let given = request.input.policy_input_list.as_deref().unwrap_or_default();
        let given = given_policies("PolicyInputList", PolicyKind::Identity, given)?;
        let connection = directory.store.connection().await?;
        let mut policies = request.subject.policies(&connection).await?;
        policies.extend(given);
        Ok(names(&policies))
    }
}

fn names(policies: &[SourcePolicy]) -> One<Vec<String>> {
    One::of("ContextKeyNames", distinct_keys(policies.iter().flat_map(SourcePolicy::context_keys)))
}
