//! What a simulation answers: for each action and each resource a result.

use std::collections::BTreeMap;

use keywright_policy::{Position, Span};
use serde::Serialize;

use crate::error::IdentityError;
use crate::operations::iam::page::Page;
use crate::simulation::{Evaluation, Matched, Simulation, Verdict};
use crate::store::lists::Slice;

/// [EvaluationResult](https://docs.aws.amazon.com/IAM/latest/APIReference/API_EvaluationResult.html).
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ResultOut {
    eval_action_name: String,
    eval_resource_name: String,
    eval_decision: &'static str,
    matched_statements: Vec<StatementOut>,
    missing_context_values: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    permissions_boundary_decision_detail: Option<BoundaryDecision>,
    #[serde(skip_serializing_if = "Option::is_none")]
    eval_decision_details: Option<BTreeMap<&'static str, &'static str>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    resource_specific_results: Vec<SpecificOut>,
}

/// [ResourceSpecificResult](https://docs.aws.amazon.com/IAM/latest/APIReference/API_ResourceSpecificResult.html).
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct SpecificOut {
    eval_resource_name: String,
    eval_resource_decision: &'static str,
    matched_statements: Vec<StatementOut>,
    missing_context_values: Vec<String>,
    eval_decision_details: BTreeMap<&'static str, &'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    permissions_boundary_decision_detail: Option<BoundaryDecision>,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "PascalCase")]
struct BoundaryDecision {
    allowed_by_permissions_boundary: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct StatementOut {
    source_policy_id: String,
    source_policy_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_position: Option<PositionOut>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_position: Option<PositionOut>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct PositionOut {
    line: usize,
    column: usize,
}

/// The page of a simulation's results: of each action in turn those of all resources. Only these are evaluated.
///
/// # Errors
/// [`IdentityError::Marker`] for a marker of another list.
pub(super) fn page(
    simulation: &Simulation,
    actions: &[String],
    resources: &[String],
    slice: &Slice,
) -> Result<Page<ResultOut>, IdentityError> {
    let begun: usize = match slice.after.as_str() {
        "" => 0,
        after => after.parse().map_err(|_| IdentityError::Marker)?,
    };
    let rows = usize::try_from(slice.rows).unwrap_or(usize::MAX);
    let everything = ["*".to_owned()];
    let resources = if resources.is_empty() { &everything } else { resources };
    let requests = actions.iter().flat_map(|action| resources.iter().map(move |resource| (action, resource)));
    let window: Vec<_> = requests.enumerate().skip(begun).take(rows).collect();
    // A marker is the number of the next result.
    let key = |(number, _): &(usize, _)| (number + 1).to_string();
    let view = |(_, (action, resource)): (usize, (&String, &String))| {
        result(action, resource, simulation.evaluate(action, resource))
    };
    Ok(Page::of("EvaluationResults", window, slice, key, view))
}

fn result(action: &str, resource: &str, evaluation: Evaluation) -> ResultOut {
    let Evaluation { verdict, matched, missing, within_boundary, sides } = evaluation;
    let boundary =
        within_boundary.map(|allowed| BoundaryDecision { allowed_by_permissions_boundary: allowed });
    let sides: BTreeMap<_, _> = sides.into_iter().map(|(side, verdict)| (side, verdict.as_str())).collect();
    let of_resource = resource != "*";
    let specific = of_resource.then(|| SpecificOut {
        eval_resource_name: resource.to_owned(),
        eval_resource_decision: verdict.as_str(),
        matched_statements: statements(&matched),
        missing_context_values: missing.clone(),
        eval_decision_details: sides.clone(),
        permissions_boundary_decision_detail: boundary,
    });
    ResultOut {
        eval_action_name: action.to_owned(),
        eval_resource_name: resource.to_owned(),
        eval_decision: Verdict::as_str(verdict),
        matched_statements: statements(&matched),
        // Of a resource they stand in its own result.
        missing_context_values: if of_resource { Vec::new() } else { missing },
        permissions_boundary_decision_detail: boundary,
        eval_decision_details: (of_resource || !sides.is_empty()).then_some(sides),
        resource_specific_results: specific.into_iter().collect(),
    }
}

fn statements(matched: &[Matched]) -> Vec<StatementOut> {
    let position = |Position { line, column }| PositionOut { line, column };
    let view = |Matched { policy, source, span }: &Matched| StatementOut {
        source_policy_id: policy.clone(),
        source_policy_type: source.as_str(),
        start_position: span.map(|Span { start, .. }| position(start)),
        end_position: span.map(|Span { end, .. }| position(end)),
    };
    matched.iter().map(view).collect()
}
