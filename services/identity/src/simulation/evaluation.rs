//! One simulated request.

use std::collections::BTreeMap;
use std::sync::Arc;

use keywright_aws_api::AccountId;
use keywright_policy::{
    Decision, Effect, Explanation, Outcome, Policies, Policy, PolicyKind, Principal, Refusal, Request,
    ResourcePolicyAnswer, ResourcePolicyRule, Span, Step, decide, distinct_keys, explain,
    resource_policy_allows,
};

use super::context::SimulatedContext;
use super::source::{SourcePolicy, SourceType};

/// What all requests of a simulation have in common.
pub(crate) struct Simulation {
    /// Who asks.
    pub(crate) principal: Principal,
    /// The policies of the principal.
    pub(crate) identity: Vec<SourcePolicy>,
    /// What bounds it.
    pub(crate) boundary: Option<SourcePolicy>,
    /// The policy of the resources.
    pub(crate) resource: Option<SourcePolicy>,
    /// The account that owns resources whose ARNs don't say so, if one is named.
    pub(crate) owner: Option<String>,
    /// The condition keys.
    pub(crate) context: SimulatedContext,
}

/// [PolicyEvaluationDecisionType](https://docs.aws.amazon.com/IAM/latest/APIReference/API_EvaluationResult.html).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The request would go on.
    Allowed,
    /// A statement denies it.
    ExplicitDeny,
    /// Nothing allows it.
    ImplicitDeny,
}

impl Verdict {
    /// AWS's word.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::ExplicitDeny => "explicitDeny",
            Self::ImplicitDeny => "implicitDeny",
        }
    }

    fn of(decision: &Decision) -> Self {
        match decision {
            Decision::Allow { .. } => Self::Allowed,
            Decision::Deny(Refusal::ExplicitDeny { .. }) => Self::ExplicitDeny,
            Decision::Deny(Refusal::Implicit { .. }) => Self::ImplicitDeny,
        }
    }
}

/// A statement that determines the verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Matched {
    /// The policy it stands in.
    pub(crate) policy: String,
    /// Where that comes from.
    pub(crate) source: SourceType,
    /// Where in its text it stands.
    pub(crate) span: Option<Span>,
}

/// What was found of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Evaluation {
    /// What would be decided.
    pub(crate) verdict: Verdict,
    /// The statements that determine it: those that deny, or else those that allow; none where nothing does.
    pub(crate) matched: Vec<Matched>,
    /// The condition keys that the statements about this action and resource ask for, and that have no value.
    pub(crate) missing: Vec<String>,
    /// Whether the permissions boundary allows it, if there is one.
    pub(crate) within_boundary: Option<bool>,
    /// What each side says to a request across accounts; nothing within one.
    pub(crate) sides: BTreeMap<&'static str, Verdict>,
}

impl Simulation {
    /// Decides one request.
    pub(crate) fn evaluate(&self, action: &str, resource: &str) -> Evaluation {
        let identity: Vec<Arc<Policy>> =
            self.identity.iter().map(|policy| Arc::clone(policy.compiled())).collect();
        let policies = Policies {
            identity: &identity,
            boundary: self.boundary.as_ref().map(|policy| &**policy.compiled()),
            resource: self.resource.as_ref().map(|policy| &**policy.compiled()),
            resource_rule: self.resource_rule(action),
            ..Policies::default()
        };
        let request = Request { principal: &self.principal, action, resource, context: &self.context };
        let owner = self.owner_of(resource);
        let Explanation { decision, steps } = explain(&request, &policies, owner);
        let verdict = Verdict::of(&decision);
        let examined = self.examined(steps);
        let determines = match verdict {
            Verdict::Allowed => Some(Effect::Allow),
            Verdict::ExplicitDeny => Some(Effect::Deny),
            Verdict::ImplicitDeny => None,
        };
        let matched = examined.iter().filter(|statement| {
            // A boundary gives nothing, it can only deny.
            let counts = statement.kind != PolicyKind::Boundary || statement.effect == Effect::Deny;
            counts && statement.matches() && Some(statement.effect) == determines
        });
        let missing = examined.iter().flat_map(Examined::keys).filter(|key| !self.context.has(key));
        let within_boundary = self.boundary.is_some().then(|| {
            let of_boundary = || examined.iter().filter(|s| s.kind == PolicyKind::Boundary && s.matches());
            of_boundary().any(|s| s.effect == Effect::Allow)
                && !of_boundary().any(|s| s.effect == Effect::Deny)
        });
        Evaluation {
            verdict,
            matched: matched.map(Examined::matched).collect(),
            missing: distinct_keys(missing),
            within_boundary,
            sides: self.sides(&request, &policies, owner),
        }
    }

    /// A key's policy is needed for whatever is done with the key; but without one in the simulation, only the
    /// principal's own policies are simulated.
    fn resource_rule(&self, action: &str) -> ResourcePolicyRule {
        let of_key = action.split(':').next().is_some_and(|service| service.eq_ignore_ascii_case("kms"));
        if of_key && self.resource.is_some() {
            ResourcePolicyRule::Required
        } else {
            ResourcePolicyRule::Additional
        }
    }

    /// Where nothing is said of the resource's side, only the principal's own policies are simulated, as if the resource
    /// were of its account.
    fn owner_of<'a>(&'a self, resource: &'a str) -> &'a str {
        let own = self.principal.account.as_str();
        if self.owner.is_none() && self.resource.is_none() {
            return own;
        }
        let of_arn = resource.split(':').nth(4).filter(|account| AccountId::parse(account).is_ok());
        of_arn.or(self.owner.as_deref()).unwrap_or(own)
    }

    /// What each side says to a request across accounts.
    fn sides(
        &self,
        request: &Request<'_>,
        policies: &Policies<'_>,
        owner: &str,
    ) -> BTreeMap<&'static str, Verdict> {
        let own_account = &self.principal.account;
        if own_account == owner {
            return BTreeMap::new();
        }
        let resource_rule = ResourcePolicyRule::Additional;
        let of_principal = Policies { resource: None, resource_rule, ..*policies };
        let of_resource = policies.resource.map(|policy| resource_policy_allows(request, policy));
        let resource = match of_resource {
            Some(ResourcePolicyAnswer::Denies(_)) => Verdict::ExplicitDeny,
            Some(ResourcePolicyAnswer::Allows(_) | ResourcePolicyAnswer::Delegates(_)) => Verdict::Allowed,
            Some(ResourcePolicyAnswer::Silent) | None => Verdict::ImplicitDeny,
        };
        let principal = Verdict::of(&decide(request, &of_principal, own_account));
        BTreeMap::from([("IAM Policy", principal), ("Resource Policy", resource)])
    }

    /// The statements of an explanation, which come in the order of its kinds of policies, and therein of the policies.
    fn examined(&self, steps: Vec<Step>) -> Vec<Examined<'_>> {
        let policies = self.resource.iter().map(|policy| (PolicyKind::Resource, policy));
        let policies = policies.chain(self.identity.iter().map(|policy| (PolicyKind::Identity, policy)));
        let mut policies = policies.chain(self.boundary.iter().map(|policy| (PolicyKind::Boundary, policy)));
        let mut current = None;
        let mut examined = Vec::new();
        for step in steps {
            let Step::Statement { name, effect, outcome, .. } = step else { continue };
            // Each policy has a statement, and its first one begins it.
            if name.index == 0 {
                current = policies.next();
            }
            let Some((kind, policy)) = current else { continue };
            examined.push(Examined { kind, policy, index: name.index, effect, outcome });
        }
        examined
    }
}

/// A statement that was looked at.
struct Examined<'a> {
    kind: PolicyKind,
    policy: &'a SourcePolicy,
    index: usize,
    effect: Effect,
    outcome: Outcome,
}

impl Examined<'_> {
    fn matches(&self) -> bool {
        matches!(self.outcome, Outcome::Matches(_))
    }

    fn matched(&self) -> Matched {
        let SourcePolicy { id, source, .. } = self.policy;
        Matched { policy: id.clone(), source: *source, span: self.policy.span(self.index) }
    }

    fn keys(&self) -> Vec<String> {
        match self.outcome {
            Outcome::OtherAction => Vec::new(),
            Outcome::OtherResource => self.policy.keys_of(self.index, false),
            Outcome::OtherPrincipal | Outcome::Matches(_) | Outcome::ConditionFails { .. } => {
                self.policy.keys_of(self.index, true)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulation::ContextValueType;

    const ACCOUNT: &str = "111122223333";
    const OTHER: &str = "444455556666";

    fn policy(id: &str, kind: PolicyKind, statements: &str) -> SourcePolicy {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
        SourcePolicy::read(id.to_owned(), SourceType::None, kind, &text).unwrap()
    }

    fn simulation(statements: &[&str]) -> Simulation {
        let identity = statements.iter().enumerate();
        let identity = identity.map(|(i, text)| policy(&format!("p{i}"), PolicyKind::Identity, text));
        Simulation {
            principal: Principal::user("arn:aws:iam::111122223333:user/a", ACCOUNT),
            identity: identity.collect(),
            boundary: None,
            resource: None,
            owner: None,
            context: SimulatedContext::default(),
        }
    }

    fn names(evaluation: &Evaluation) -> Vec<&str> {
        evaluation.matched.iter().map(|matched| matched.policy.as_str()).collect()
    }

    const READ: &str = r#"{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}"#;
    const DENY: &str = r#"{"Effect":"Deny","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}"#;

    #[test]
    fn what_determines_the_verdict_is_named() {
        let simulation = simulation(&[READ, DENY, READ]);
        let allowed = simulation.evaluate("s3:GetObject", "arn:aws:s3:::other/x");
        assert_eq!((allowed.verdict, names(&allowed)), (Verdict::Allowed, vec!["p0", "p2"]));
        let denied = simulation.evaluate("s3:GetObject", "arn:aws:s3:::b/x");
        assert_eq!((denied.verdict, names(&denied)), (Verdict::ExplicitDeny, vec!["p1"]));
        let lacking = simulation.evaluate("s3:PutObject", "*");
        assert_eq!((lacking.verdict, names(&lacking)), (Verdict::ImplicitDeny, vec![]));
    }

    #[test]
    fn policies_of_one_name_are_told_apart() {
        let mut simulation = simulation(&[]);
        simulation.identity = vec![
            policy("same", PolicyKind::Identity, &format!("{READ},{READ}")),
            policy("same", PolicyKind::Identity, &READ.replace("Get*", "Put*")),
        ];
        let lines = simulation.evaluate("s3:PutObject", "*").matched;
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].span, simulation.identity[1].span(0));
    }

    #[test]
    fn keys_without_a_value_are_missing_if_they_are_asked_for() {
        let conditional = r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:username}",
            "Condition":{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}}"#;
        let mut simulation = simulation(&[conditional]);
        let missing = |simulation: &Simulation, action: &str| {
            simulation.evaluate(action, "arn:aws:s3:::b/alice").missing
        };
        assert_eq!(missing(&simulation, "s3:GetObject"), ["aws:username"]);
        assert!(missing(&simulation, "kms:Decrypt").is_empty());
        simulation.context.know("aws:username", "alice");
        assert_eq!(missing(&simulation, "s3:GetObject"), ["aws:SourceIp"]);
        let address = vec!["203.0.113.9".to_owned()];
        simulation.context.give("aws:sourceip", address, ContextValueType::Ip).unwrap();
        let allowed = simulation.evaluate("s3:GetObject", "arn:aws:s3:::b/alice");
        assert_eq!((allowed.verdict, allowed.missing), (Verdict::Allowed, vec![]));
    }

    #[test]
    fn a_boundary_narrows_and_says_so() {
        let mut simulation = simulation(&[READ]);
        assert_eq!(simulation.evaluate("s3:GetObject", "*").within_boundary, None);
        simulation.boundary = Some(policy("b", PolicyKind::Boundary, &READ.replace("Get*", "GetObject")));
        let inside = simulation.evaluate("s3:GetObject", "*");
        assert_eq!((inside.verdict, inside.within_boundary), (Verdict::Allowed, Some(true)));
        assert_eq!(names(&inside), ["p0"]);
        let outside = simulation.evaluate("s3:GetBucket", "*");
        assert_eq!((outside.verdict, outside.within_boundary), (Verdict::ImplicitDeny, Some(false)));
    }

    #[test]
    fn both_sides_are_told_across_accounts() {
        let mut simulation = simulation(&[READ]);
        simulation.owner = Some(OTHER.to_owned());
        let own = simulation.evaluate("s3:GetObject", "arn:aws:s3:::b/x");
        assert_eq!(own.verdict, Verdict::ImplicitDeny);
        let sides = [("IAM Policy", Verdict::Allowed), ("Resource Policy", Verdict::ImplicitDeny)];
        assert_eq!(own.sides, BTreeMap::from(sides));
        let statement =
            r#"{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"s3:*","Resource":"*"}"#;
        simulation.resource = Some(policy("r", PolicyKind::Resource, statement));
        let both = simulation.evaluate("s3:GetObject", "arn:aws:s3:::b/x");
        assert_eq!((both.verdict, names(&both)), (Verdict::Allowed, vec!["r", "p0"]));
        assert!(both.sides.values().all(|side| *side == Verdict::Allowed));
        let other = simulation.evaluate("s3:PutObject", "arn:aws:s3:::b/x");
        let sides = [("IAM Policy", Verdict::ImplicitDeny), ("Resource Policy", Verdict::Allowed)];
        assert_eq!((other.verdict, other.sides), (Verdict::ImplicitDeny, BTreeMap::from(sides)));
    }

    #[test]
    fn a_key_policy_is_needed_where_one_is_simulated() {
        let key = "arn:aws:kms:eu-west-1:111122223333:key/a";
        let mut simulation = simulation(&[&READ.replace("s3:Get*", "kms:*")]);
        assert_eq!(simulation.evaluate("kms:Decrypt", key).verdict, Verdict::Allowed);
        let other =
            r#"{"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"kms:*","Resource":"*"}"#;
        simulation.resource = Some(policy("r", PolicyKind::Resource, other));
        assert_eq!(simulation.evaluate("kms:Decrypt", key).verdict, Verdict::ImplicitDeny);
    }
}
