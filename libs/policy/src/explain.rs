//! A decision, step by step, for people.

use std::fmt;
use std::sync::Arc;

use crate::compile::Target;
use crate::document::Effect;
use crate::evaluate::{decide_noting, grant_closeness};
use crate::principal::Closeness;
use crate::statement::Mismatch;
use crate::{Decision, Policies, Policy, PolicyKind, Request, StatementName};

/// A decision with all that led to it. Its `Display` is a line for each step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The decision.
    pub decision: Decision,
    /// Every statement and every grant, then the rules in the order they were applied.
    pub steps: Vec<Step>,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A statement was looked at.
    Statement {
        /// The kind of policy it stands in.
        kind: PolicyKind,
        /// Which it is.
        name: StatementName,
        /// What it would do.
        effect: Effect,
        /// Whether it matches.
        outcome: Outcome,
    },
    /// A grant was looked at.
    Grant {
        /// Its id.
        id: Arc<str>,
        /// How it names the principal, if it does.
        names: Option<Closeness>,
    },
    /// A rule was applied.
    Rule(Rule),
}

/// Whether a statement matches a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It does.
    Matches(Closeness),
    /// It is about other actions.
    OtherAction,
    /// It is about other resources.
    OtherResource,
    /// It is about other principals.
    OtherPrincipal,
    /// A condition doesn't hold.
    ConditionFails {
        /// The operator, as written.
        operator: String,
        /// The key, as written.
        key: String,
    },
}

/// A rule of the evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// A statement denies, which ends it.
    ExplicitDeny(PolicyKind),
    /// No statement denies.
    NoExplicitDeny,
    /// The resource's policy allows, naming the principal so.
    ResourceAllows(Closeness),
    /// A grant allows, naming the principal so.
    GrantAllows(Closeness),
    /// Neither the resource's policy nor a grant allows.
    ResourceSilent,
    /// Services and identity providers get only what is given to them by name.
    OnlyByName,
    /// Principal and resource are of one account.
    SameAccount,
    /// They are of two: both sides must allow.
    OtherAccount,
    /// Nothing is allowed on this resource but through its policy or a grant.
    ResourcePolicyRequired,
    /// The root user has all rights of its account.
    RootNeedsNoIdentityPolicy,
    /// A policy of this kind allows.
    Allows(PolicyKind),
    /// No policy of this kind allows.
    Lacks(PolicyKind),
}

/// Decides as [`decide`](crate::decide) does, and tells how. It allocates freely: it is for people, not for requests.
#[must_use]
pub fn explain(request: &Request<'_>, policies: &Policies<'_>, resource_account: &str) -> Explanation {
    let target = Target::new(request, policies.boundary.is_some());
    let mut steps = Vec::new();
    let mut look = |policy: &Policy, kind| steps.extend(statements(policy, kind, &target));
    policies.resource.iter().for_each(|policy| look(policy, PolicyKind::Resource));
    policies.identity.iter().for_each(|policy| look(policy, PolicyKind::Identity));
    policies.boundary.iter().for_each(|policy| look(policy, PolicyKind::Boundary));
    policies.session.iter().copied().flatten().for_each(|policy| look(policy, PolicyKind::Session));
    steps.extend(policies.grants.iter().map(|grant| {
        let names = grant_closeness(grant, &target);
        Step::Grant { id: Arc::clone(&grant.id), names }
    }));
    let decision = decide_noting(&target, policies, resource_account, |rule| steps.push(Step::Rule(rule)));
    Explanation { decision, steps }
}

fn statements(policy: &Policy, kind: PolicyKind, target: &Target<'_>) -> Vec<Step> {
    let examined = policy.examine(target, kind).map(|(index, statement, found)| {
        let outcome = match found {
            Ok(closeness) => Outcome::Matches(closeness),
            Err(Mismatch::Action) => Outcome::OtherAction,
            Err(Mismatch::Resource) => Outcome::OtherResource,
            Err(Mismatch::Principal) => Outcome::OtherPrincipal,
            Err(Mismatch::Condition(failed)) => {
                let (operator, key) = statement.condition(failed).unwrap_or_default();
                Outcome::ConditionFails { operator: operator.to_owned(), key: key.to_owned() }
            }
        };
        Step::Statement { kind, name: policy.statement_name(index), effect: statement.effect, outcome }
    });
    examined.collect()
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.steps.iter().try_for_each(|step| writeln!(f, "{step}"))?;
        f.write_str(if self.decision.is_allowed() { "allowed" } else { "refused" })
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Statement { kind, name, effect, outcome } => {
                write!(f, "{} {} {name}: {outcome}", kind.name(), effect.name())
            }
            Self::Grant { id, names: Some(closeness) } => write!(f, "grant {id}: matches, by {closeness}"),
            Self::Grant { id, names: None } => write!(f, "grant {id}: is for another principal"),
            Self::Rule(rule) => rule.fmt(f),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Matches(closeness) => write!(f, "matches, by {closeness}"),
            Self::OtherAction => f.write_str("is about other actions"),
            Self::OtherResource => f.write_str("is about other resources"),
            Self::OtherPrincipal => f.write_str("is about other principals"),
            Self::ConditionFails { operator, key } => write!(f, "{operator} on {key} does not hold"),
        }
    }
}

impl fmt::Display for Closeness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Account => "the principal's account",
            Self::Everyone => "a name for everyone",
            Self::Issuer => "the role or user behind the session",
            Self::Itself => "the principal itself",
        })
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ExplicitDeny(kind) => write!(f, "{kind} denies explicitly"),
            Self::NoExplicitDeny => f.write_str("no policy denies explicitly"),
            Self::ResourceAllows(closeness) => write!(f, "the resource's policy allows {closeness}"),
            Self::GrantAllows(closeness) => write!(f, "a grant allows {closeness}"),
            Self::ResourceSilent => f.write_str("neither the resource's policy nor a grant allows"),
            Self::OnlyByName => f.write_str("such a principal gets only what is given to it by name"),
            Self::SameAccount => f.write_str("principal and resource are of one account"),
            Self::OtherAccount => f.write_str("principal and resource are of two accounts: both must allow"),
            Self::ResourcePolicyRequired => f.write_str("the resource's policy or a grant is required"),
            Self::RootNeedsNoIdentityPolicy => f.write_str("the root user needs no identity-based policy"),
            Self::Allows(kind) => write!(f, "{kind} allows"),
            Self::Lacks(kind) => write!(f, "no {} allows", kind.name()),
        }
    }
}
