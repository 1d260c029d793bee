//! A policy made ready for matching, once, to be shared by every request.

use std::sync::Arc;

use crate::arn::{ResourcePattern, Segments};
use crate::document::{Actions, Effect, PolicyDocument, Resources, Statement, Version};
use crate::glob;
use crate::kind::PolicyKind;
use crate::principal::{Closeness, PrincipalMatcher};
use crate::request::Request;

/// A compiled policy. Share it by `Arc`.
#[derive(Debug, Clone)]
pub struct Policy {
    name: Arc<str>,
    statements: Box<[CompiledStatement]>,
}

impl Policy {
    /// Compiles a document; the name (or ARN) is what decisions refer to it by.
    #[must_use]
    pub fn compile(document: &PolicyDocument, name: &str) -> Self {
        let variables = document.version() == Version::V2012;
        let statements = document.statements().iter().map(|s| CompiledStatement::new(s, variables)).collect();
        Self { name: name.into(), statements }
    }

    /// The name or ARN it was compiled with.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn shared_name(&self) -> Arc<str> {
        Arc::clone(&self.name)
    }

    pub(crate) fn sid(&self, index: usize) -> Option<Arc<str>> {
        self.statements.get(index)?.sid.clone()
    }

    /// The first statement of this effect that matches, with how closely it names the principal.
    pub(crate) fn first(
        &self,
        effect: Effect,
        target: &Target<'_>,
        kind: PolicyKind,
    ) -> Option<(usize, Closeness)> {
        self.matching(effect, target, kind).next()
    }

    /// The statement of this effect that names the principal most closely.
    pub(crate) fn closest(
        &self,
        effect: Effect,
        target: &Target<'_>,
        kind: PolicyKind,
    ) -> Option<(usize, Closeness)> {
        self.matching(effect, target, kind).max_by_key(|(_, closeness)| *closeness)
    }

    fn matching<'s>(
        &'s self,
        effect: Effect,
        target: &'s Target<'_>,
        kind: PolicyKind,
    ) -> impl Iterator<Item = (usize, Closeness)> + 's {
        let of_effect = self.statements.iter().enumerate().filter(move |(_, s)| s.effect == effect);
        of_effect.filter_map(move |(index, statement)| Some((index, statement.matches(target, kind)?)))
    }
}

/// A request with its resource split once for all patterns.
#[derive(Debug)]
pub(crate) struct Target<'a> {
    request: &'a Request<'a>,
    segments: Option<Segments<'a>>,
}

impl<'a> Target<'a> {
    pub(crate) fn new(request: &'a Request<'a>) -> Self {
        Self { request, segments: crate::arn::split(request.resource) }
    }
}

#[derive(Debug, Clone)]
struct CompiledStatement {
    sid: Option<Arc<str>>,
    effect: Effect,
    principals: PrincipalMatcher,
    actions: Set<ActionPattern>,
    resources: ResourceMatcher,
    /// It has a `Condition`, which is not evaluated yet.
    conditional: bool,
}

impl CompiledStatement {
    fn new(statement: &Statement, variables: bool) -> Self {
        Self {
            sid: statement.sid.as_deref().map(Arc::from),
            effect: statement.effect,
            principals: PrincipalMatcher::new(statement.principals.as_ref()),
            actions: match &statement.actions {
                Actions::Only(patterns) => Set::new(true, patterns, ActionPattern::new),
                Actions::AllBut(patterns) => Set::new(false, patterns, ActionPattern::new),
            },
            resources: ResourceMatcher::new(statement.resources.as_ref(), variables),
            conditional: !statement.conditions.is_empty(),
        }
    }

    fn matches(&self, target: &Target<'_>, kind: PolicyKind) -> Option<Closeness> {
        let denies = self.effect == Effect::Deny;
        if self.conditional && !denies {
            return None;
        }
        if !self.actions.contains(|pattern| pattern.matches(target.request.action)) {
            return None;
        }
        let resource_fits = match &self.resources {
            // Without the element a resource policy is about its own resource; elsewhere the statement is incomplete.
            ResourceMatcher::Absent => kind == PolicyKind::Resource || denies,
            ResourceMatcher::Unevaluated => denies,
            ResourceMatcher::Set(set) => {
                set.contains(|pattern| pattern.matches(target.request.resource, target.segments.as_ref()))
            }
        };
        if !resource_fits {
            return None;
        }
        match (kind, &self.principals) {
            (PolicyKind::Resource, principals) => principals.names(target.request.principal, self.effect),
            (_, PrincipalMatcher::Absent) => Some(Closeness::Itself),
            // A principal has no place in the other kinds: such a statement can only take away.
            (_, PrincipalMatcher::Unevaluated | PrincipalMatcher::AnyOf(_)) => {
                denies.then_some(Closeness::Itself)
            }
        }
    }
}

/// Patterns of which one must match (`Action`), or none (`NotAction`).
#[derive(Debug, Clone)]
struct Set<P> {
    listed: bool,
    patterns: Box<[P]>,
}

impl<P> Set<P> {
    fn new(listed: bool, patterns: &[String], compile: impl Fn(&str) -> P) -> Self {
        Self { listed, patterns: patterns.iter().map(|pattern| compile(pattern)).collect() }
    }

    fn contains(&self, matches: impl Fn(&P) -> bool) -> bool {
        self.patterns.iter().any(matches) == self.listed
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

#[derive(Debug, Clone)]
enum ResourceMatcher {
    Absent,
    /// A pattern has a policy variable, which is not evaluated yet.
    Unevaluated,
    Set(Set<ResourcePattern>),
}

impl ResourceMatcher {
    fn new(resources: Option<&Resources>, variables: bool) -> Self {
        let (listed, patterns) = match resources {
            None => return Self::Absent,
            Some(Resources::Only(patterns)) => (true, patterns),
            Some(Resources::AllBut(patterns)) => (false, patterns),
        };
        if variables && patterns.iter().any(|pattern| pattern.contains("${")) {
            return Self::Unevaluated;
        }
        Self::Set(Set::new(listed, patterns, ResourcePattern::new))
    }
}
