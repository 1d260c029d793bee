//! A policy made ready for matching, once, to be shared by every request.

use std::sync::Arc;

use crate::StatementName;
use crate::arn::Segments;
use crate::document::{Effect, PolicyDocument};
use crate::kind::PolicyKind;
use crate::principal::{Asking, Closeness};
use crate::request::Request;
use crate::statement::{CompiledStatement, Mismatch};

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
        let version = document.version();
        let statements = document.statements().iter().map(|s| CompiledStatement::new(s, version)).collect();
        Self { name: name.into(), statements }
    }

    /// The name or ARN it was compiled with.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it has a statement that denies something.
    #[must_use]
    pub fn has_denials(&self) -> bool {
        self.statements.iter().any(|statement| statement.effect == Effect::Deny)
    }

    /// The name of one of its statements.
    pub(crate) fn statement_name(&self, index: usize) -> StatementName {
        let sid = self.statements.get(index).and_then(|statement| statement.sid.clone());
        StatementName { policy: Arc::clone(&self.name), sid, index }
    }

    /// The first statement of this effect that matches.
    pub(crate) fn first(&self, effect: Effect, target: &Target<'_>, kind: PolicyKind) -> Option<usize> {
        self.matching(effect, target, kind).next().map(|(index, _)| index)
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
        of_effect.filter_map(move |(index, statement)| Some((index, statement.examine(target, kind).ok()?)))
    }

    /// All statements, each with how it names the principal or what of it doesn't match.
    pub(crate) fn examine<'s>(
        &'s self,
        target: &'s Target<'_>,
        kind: PolicyKind,
    ) -> impl Iterator<Item = (usize, &'s CompiledStatement, Result<Closeness, Mismatch>)> + 's {
        let all = self.statements.iter().enumerate();
        all.map(move |(index, statement)| (index, statement, statement.examine(target, kind)))
    }
}

/// A request with its resource split once for all patterns.
pub(crate) struct Target<'a> {
    pub(crate) request: &'a Request<'a>,
    pub(crate) segments: Option<Segments<'a>>,
    pub(crate) asking: Asking<'a>,
}

impl<'a> Target<'a> {
    pub(crate) fn new(request: &'a Request<'a>, bounded: bool) -> Self {
        let asking = Asking { principal: request.principal, context: request.context, bounded };
        Self { request, segments: crate::arn::split(request.resource), asking }
    }
}
