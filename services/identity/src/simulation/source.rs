//! The policies of a simulation, with where they come from.

use std::sync::Arc;

use keywright_policy::{
    Policy, PolicyDocument, PolicyError, PolicyKind, Span, distinct_keys, statement_spans,
};

/// [PolicySourceType](https://docs.aws.amazon.com/IAM/latest/APIReference/API_Statement.html).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SourceType {
    /// Inline, of a user.
    User,
    /// Inline, of a group.
    Group,
    /// Inline, of a role.
    Role,
    /// Managed, found by every account.
    AwsManaged,
    /// Managed, of the account.
    UserManaged,
    /// Of the resource.
    Resource,
    /// Given with the request.
    None,
}

impl SourceType {
    /// AWS's word.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
            Self::Role => "role",
            Self::AwsManaged => "aws-managed",
            Self::UserManaged => "user-managed",
            Self::Resource => "resource",
            Self::None => "none",
        }
    }
}

/// A policy of a simulation.
pub(crate) struct SourcePolicy {
    /// What it is called in the answer.
    pub(crate) id: String,
    /// Where it comes from.
    pub(crate) source: SourceType,
    document: PolicyDocument,
    compiled: Arc<Policy>,
    spans: Vec<Span>,
}

impl SourcePolicy {
    /// Reads a policy of this kind.
    ///
    /// # Errors
    /// [`PolicyError`] for what is wrong with it.
    pub(crate) fn read(
        id: String,
        source: SourceType,
        kind: PolicyKind,
        text: &str,
    ) -> Result<Self, PolicyError> {
        let document = PolicyDocument::parse(text)?;
        document.check_kind(kind)?;
        let compiled = Arc::new(Policy::compile(&document, &id));
        Ok(Self { id, source, document, compiled, spans: statement_spans(text)? })
    }

    /// Ready for decisions.
    pub(crate) fn compiled(&self) -> &Arc<Policy> {
        &self.compiled
    }

    /// Where a statement stands.
    pub(super) fn span(&self, statement: usize) -> Option<Span> {
        self.spans.get(statement).copied()
    }

    /// All condition keys that it asks for.
    pub(crate) fn context_keys(&self) -> Vec<String> {
        self.document.context_keys()
    }

    /// The condition keys that one statement asks for: those of its resources, and if it is about the resource those of
    /// its conditions.
    pub(super) fn keys_of(&self, statement: usize, about_resource: bool) -> Vec<String> {
        let version = self.document.version();
        let Some(statement) = self.document.statements().get(statement) else { return Vec::new() };
        let mut keys = statement.resource_keys(version);
        if about_resource {
            keys.extend(statement.condition_keys(version));
        }
        distinct_keys(keys)
    }
}
