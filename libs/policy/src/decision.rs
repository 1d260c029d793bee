//! What was decided, and why.

use std::fmt;
use std::sync::Arc;

use crate::PolicyKind;

/// The answer to an authorization question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The request may go on.
    Allow {
        /// What allowed it.
        by: AllowedBy,
    },
    /// The request is refused.
    Deny(Refusal),
}

impl Decision {
    /// Whether the request may go on.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        matches!(self, Self::Allow { .. })
    }

    /// The text for the caller as AWS words it, where the request is refused.
    #[must_use]
    pub fn message(&self, principal_arn: &str, action: &str, resource: &str) -> Option<String> {
        match self {
            Self::Allow { .. } => None,
            Self::Deny(refusal) => Some(refusal.message(principal_arn, action, resource)),
        }
    }
}

/// What allowed a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AllowedBy {
    /// The account's own root user, who needs no policy.
    AccountRoot,
    /// A statement.
    Statement {
        /// The kind of policy it stands in.
        kind: PolicyKind,
        /// The index of the policy among those of its kind.
        policy: usize,
        /// The index of the statement in the policy.
        statement: usize,
    },
    /// A grant.
    Grant {
        /// Its index among the grants of the question.
        grant: usize,
    },
}

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// A statement denies it.
    ExplicitDeny {
        /// The kind of policy it stands in.
        kind: PolicyKind,
        /// Which statement it is.
        statement: StatementName,
    },
    /// Nothing allows it.
    Implicit {
        /// The kind of policy that would have had to.
        lacking: PolicyKind,
    },
}

impl Refusal {
    /// The text for the caller as AWS words it. It names no policy and no statement: the caller may not know them.
    #[must_use]
    pub fn message(&self, principal_arn: &str, action: &str, resource: &str) -> String {
        let refused =
            format!("User: {principal_arn} is not authorized to perform: {action} on resource: {resource}");
        match self {
            Self::ExplicitDeny { kind, .. } => {
                format!("{refused} with an explicit deny in {}", kind.with_article())
            }
            Self::Implicit { lacking } => {
                format!("{refused} because no {} allows the {action} action", lacking.name())
            }
        }
    }
}

/// Which statement decided, for records and explanations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementName {
    /// The policy's name or ARN.
    pub policy: Arc<str>,
    /// The statement's id, where it has one.
    pub sid: Option<Arc<str>>,
    /// The statement's index in the policy.
    pub index: usize,
}

impl fmt::Display for StatementName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.sid {
            Some(sid) => write!(f, "{}#{sid}", self.policy),
            None => write!(f, "{}#{}", self.policy, self.index),
        }
    }
}
