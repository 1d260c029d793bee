//! The kinds of policy, by what they are attached to.

use std::fmt;

/// What a policy is attached to, which settles what it can give or take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PolicyKind {
    /// Attached to a user, a group or a role; inline or managed.
    Identity,
    /// Attached to a resource: a key policy, a secret's policy, a role's trust policy.
    Resource,
    /// A permissions boundary of a user or a role: it narrows, it gives nothing.
    Boundary,
    /// Passed when a session was made: it narrows, it gives nothing.
    Session,
}

impl PolicyKind {
    /// AWS's term for it in refusals, without an article.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity-based policy",
            Self::Resource => "resource-based policy",
            Self::Boundary => "permissions boundary",
            Self::Session => "session policy",
        }
    }

    /// The term with its indefinite article.
    #[must_use]
    pub const fn with_article(self) -> &'static str {
        match self {
            Self::Identity => "an identity-based policy",
            Self::Resource => "a resource-based policy",
            Self::Boundary => "a permissions boundary",
            Self::Session => "a session policy",
        }
    }
}

impl fmt::Display for PolicyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.with_article())
    }
}
