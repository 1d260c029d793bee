//! What a case has, so that it can be seen that the cases have everything.

use std::collections::BTreeSet;

use crate::Question;
use crate::anatomy::{Place, Statement, variables};

/// The features of a case.
pub(crate) fn features(question: &Question) -> BTreeSet<String> {
    let request = &question.request;
    let mut features = BTreeSet::new();
    let mut add = |feature: String| _ = features.insert(feature);
    add(format!("principal: {}", request.principal.r#type));
    let account = request.principal.account();
    if !account.is_empty() {
        add(format!("account: {}", if account == request.resource_account { "same" } else { "another" }));
    }
    add(format!("service: {}", request.action.split(':').next().unwrap()));
    let policies = &question.policies;
    add(format!("identity policies: {}", policies.identity.len()));
    for (name, is) in [
        ("boundary", policies.boundary.is_some()),
        ("session policies", policies.session.is_some()),
        ("resource policy", policies.resource.is_some()),
        ("required resource policy", policies.resource_policy_required),
    ] {
        if is {
            add(format!("policies: {name}"));
        }
    }
    for statement in question.statements() {
        of_statement(&statement).into_iter().for_each(&mut add);
    }
    features
}

fn of_statement(statement: &Statement<'_>) -> Vec<String> {
    let place = match statement.place {
        Place::Identity => "identity policy",
        Place::Boundary => "boundary",
        Place::Session => "session policy",
        Place::Resource => "resource policy",
    };
    let mut features = vec![
        format!("version: {}", statement.version),
        format!("{} in {place}", if statement.denies() { "Deny" } else { "Allow" }),
    ];
    for element in ["Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal"] {
        if statement.body.get(element).is_some() {
            features.push(format!("element: {element}"));
        }
    }
    let patterns = [statement.texts("Resource"), statement.texts("NotResource")].concat();
    if patterns.iter().any(|pattern| pattern.len() > 1 && pattern.contains(['*', '?'])) {
        features.push("resource: wildcard".to_owned());
    }
    if patterns.iter().any(|pattern| pattern.len() > 1 && pattern.split(':').count() < 6) {
        features.push("resource: incomplete".to_owned());
    }
    if patterns.iter().any(|pattern| pattern.contains("${")) {
        features.push("resource: variable".to_owned());
    }
    if statement.texts("Principal").contains(&"*") {
        features.push("principal named: everyone".to_owned());
    }
    for text in statement.variable_texts() {
        let found = variables(text);
        features.extend(found.iter().map(|(_, default)| {
            let with = if default.is_some() { "with a default" } else { "without a default" };
            format!("variable: {with}")
        }));
        if text.contains("${*}") || text.contains("${?}") {
            features.push("variable: escape".to_owned());
        }
    }
    for condition in statement.conditions() {
        let operator = condition.operator;
        let (set, rest) = operator.split_once(':').map_or((None, operator), |(set, rest)| (Some(set), rest));
        features.extend(set.map(|set| format!("modifier: {set}")));
        let base = rest.strip_suffix("IfExists").unwrap_or(rest);
        if base != rest {
            features.push("modifier: IfExists".to_owned());
        }
        features.push(format!("operator: {base}"));
    }
    features
}

/// What no run may be without.
pub(crate) const NEEDED: &[&str] = &[
    "principal: root",
    "principal: user",
    "principal: role",
    "principal: federatedUser",
    "principal: service",
    "principal: identityProvider",
    "account: same",
    "account: another",
    "service: kms",
    "service: ssm",
    "service: secretsmanager",
    "service: sts",
    "service: iam",
    "service: sqs",
    "service: sns",
    "service: lambda",
    "service: dynamodb",
    "identity policies: 0",
    "identity policies: 1",
    "identity policies: 2",
    "identity policies: 3",
    "identity policies: 4",
    "identity policies: 5",
    "policies: boundary",
    "policies: session policies",
    "policies: resource policy",
    "policies: required resource policy",
    "version: 2008-10-17",
    "version: 2012-10-17",
    "Allow in identity policy",
    "Allow in boundary",
    "Allow in session policy",
    "Allow in resource policy",
    "Deny in identity policy",
    "Deny in boundary",
    "Deny in session policy",
    "Deny in resource policy",
    "element: Action",
    "element: NotAction",
    "element: Resource",
    "element: NotResource",
    "element: Principal",
    "element: NotPrincipal",
    "resource: wildcard",
    "resource: incomplete",
    "resource: variable",
    "principal named: everyone",
    "variable: with a default",
    "variable: without a default",
    "variable: escape",
    "modifier: ForAllValues",
    "modifier: ForAnyValue",
    "modifier: IfExists",
    "operator: StringEquals",
    "operator: StringNotEquals",
    "operator: StringEqualsIgnoreCase",
    "operator: StringNotEqualsIgnoreCase",
    "operator: StringLike",
    "operator: StringNotLike",
    "operator: NumericEquals",
    "operator: NumericNotEquals",
    "operator: NumericLessThan",
    "operator: NumericLessThanEquals",
    "operator: NumericGreaterThan",
    "operator: NumericGreaterThanEquals",
    "operator: DateEquals",
    "operator: DateNotEquals",
    "operator: DateLessThan",
    "operator: DateLessThanEquals",
    "operator: DateGreaterThan",
    "operator: DateGreaterThanEquals",
    "operator: Bool",
    "operator: BinaryEquals",
    "operator: IpAddress",
    "operator: NotIpAddress",
    "operator: ArnEquals",
    "operator: ArnNotEquals",
    "operator: ArnLike",
    "operator: ArnNotLike",
    "operator: Null",
];
