//! One statement, ready for matching.

use std::sync::Arc;

use crate::arn::ArnPattern;
use crate::compile::Target;
use crate::condition::{self, Condition};
use crate::document::{Actions, Effect, Resources, Statement, Version};
use crate::kind::PolicyKind;
use crate::principal::{Closeness, PrincipalMatcher};
use crate::{Problem, glob};

#[derive(Debug, Clone)]
pub(crate) struct CompiledStatement {
    pub(crate) sid: Option<Arc<str>>,
    pub(crate) effect: Effect,
    /// None if it can't be understood, which the check of the document precludes: then it denies all or allows nothing.
    body: Option<Body>,
}

/// What of a statement doesn't match, first of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mismatch {
    Action,
    Resource,
    Principal,
    /// The condition at this index.
    Condition(usize),
}

#[derive(Debug, Clone)]
struct Body {
    principals: PrincipalMatcher,
    actions: ActionSet,
    resources: Option<ResourceSet>,
    conditions: Box<[Condition]>,
}

impl CompiledStatement {
    pub(crate) fn new(statement: &Statement, version: Version) -> Self {
        let sid = statement.sid.as_deref().map(Arc::from);
        let body = Body::new(statement, version == Version::V2012).ok();
        Self { sid, effect: statement.effect, body }
    }

    /// The condition at an index: operator and key.
    pub(crate) fn condition(&self, index: usize) -> Option<(&str, &str)> {
        let condition = self.body.as_ref()?.conditions.get(index)?;
        Some((condition.operator(), condition.key()))
    }

    /// How the statement, in a policy of this kind, names the principal; or what of it doesn't match.
    pub(crate) fn examine(&self, target: &Target<'_>, kind: PolicyKind) -> Result<Closeness, Mismatch> {
        let denies = self.effect == Effect::Deny;
        let Some(body) = &self.body else {
            return if denies { Ok(Closeness::Everyone) } else { Err(Mismatch::Resource) };
        };
        if !body.actions.contains(target.request.action) {
            return Err(Mismatch::Action);
        }
        let resource_fits = match &body.resources {
            // Without the element a resource policy is about its own resource; elsewhere the statement is incomplete.
            None => kind == PolicyKind::Resource || denies,
            Some(set) => set.contains(target),
        };
        if !resource_fits {
            return Err(Mismatch::Resource);
        }
        let closeness = match (kind, &body.principals) {
            (PolicyKind::Resource, principals) => principals.names(&target.asking, self.effect),
            (_, PrincipalMatcher::Absent) => Some(Closeness::Itself),
            // A principal has no place in the other kinds: such a statement can only take away.
            (_, PrincipalMatcher::AllBut(_) | PrincipalMatcher::AnyOf(_)) => {
                denies.then_some(Closeness::Itself)
            }
        };
        let closeness = closeness.ok_or(Mismatch::Principal)?;
        let context = target.request.context;
        match body.conditions.iter().position(|condition| !condition.holds(context, self.effect)) {
            None => Ok(closeness),
            Some(failed) => Err(Mismatch::Condition(failed)),
        }
    }
}

impl Body {
    fn new(statement: &Statement, variables: bool) -> Result<Self, Problem> {
        Ok(Self {
            principals: PrincipalMatcher::new(statement.principals.as_ref()),
            actions: ActionSet::new(&statement.actions),
            resources: match &statement.resources {
                Some(resources) => Some(ResourceSet::new(resources, variables)?),
                None => None,
            },
            conditions: condition::compile(&statement.conditions, variables)?,
        })
    }
}

/// `Action`: one of the patterns matches. `NotAction`: none does.
#[derive(Debug, Clone)]
struct ActionSet {
    listed: bool,
    patterns: Box<[ActionPattern]>,
}

impl ActionSet {
    fn new(actions: &Actions) -> Self {
        let (listed, patterns) = match actions {
            Actions::Only(patterns) => (true, patterns),
            Actions::AllBut(patterns) => (false, patterns),
        };
        Self { listed, patterns: patterns.iter().map(|pattern| ActionPattern::new(pattern)).collect() }
    }

    fn contains(&self, action: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern.matches(action)) == self.listed
    }
}

#[derive(Debug, Clone)]
enum ActionPattern {
    Any,
    Exact(Box<str>),
    Glob(Box<str>),
}

impl ActionPattern {
    fn new(pattern: &str) -> Self {
        match pattern {
            "*" | "*:*" => Self::Any,
            _ if pattern.contains(['*', '?']) => Self::Glob(pattern.into()),
            _ => Self::Exact(pattern.into()),
        }
    }

    fn matches(&self, action: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Exact(exact) => exact.eq_ignore_ascii_case(action),
            Self::Glob(pattern) => glob::matches_ignoring_case(pattern, action),
        }
    }
}

/// `Resource`: one of the patterns matches. `NotResource`: none does.
#[derive(Debug, Clone)]
struct ResourceSet {
    listed: bool,
    patterns: Box<[ArnPattern]>,
}

impl ResourceSet {
    fn new(resources: &Resources, variables: bool) -> Result<Self, Problem> {
        let (listed, patterns) = match resources {
            Resources::Only(patterns) => (true, patterns),
            Resources::AllBut(patterns) => (false, patterns),
        };
        let patterns = patterns
            .iter()
            .map(|pattern| ArnPattern::of_resource(pattern, variables))
            .collect::<Result<_, _>>()?;
        Ok(Self { listed, patterns })
    }

    /// A pattern with a variable that has no value matches nothing, under `NotResource` too.
    fn contains(&self, target: &Target<'_>) -> bool {
        let Target { request, segments, .. } = target;
        let fits =
            |pattern: &ArnPattern| pattern.matches(request.resource, segments.as_ref(), request.context);
        self.patterns.iter().any(fits) == self.listed
    }
}
