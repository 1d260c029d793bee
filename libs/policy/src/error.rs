//! What can be wrong with a policy text. Services answer it as `MalformedPolicyDocument`
//! (KMS: `MalformedPolicyDocumentException`).

use thiserror::Error;

/// Why a text is not a valid policy, and where.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PolicyError {
    /// The text is not JSON, or an object in it names one key twice.
    #[error("not valid json at line {line}, column {column}: {reason}")]
    Syntax {
        /// Line, counted from one.
        line: usize,
        /// Column, counted from one.
        column: usize,
        /// What the JSON parser says, without the position.
        reason: String,
    },
    /// The JSON is not a policy.
    #[error("at {path}: {problem}")]
    Invalid {
        /// Path to the offending element, such as `Statement[0].Action[2]`.
        path: String,
        /// What is wrong there.
        problem: Problem,
    },
}

impl PolicyError {
    pub(crate) fn at(path: impl Into<String>, problem: Problem) -> Self {
        Self::Invalid { path: path.into(), problem }
    }
}

/// What is wrong with one element of a policy.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Problem {
    /// The element has another JSON type than the grammar asks for.
    #[error("must be {expected}")]
    WrongType {
        /// What it must be, in words.
        expected: &'static str,
    },
    /// The grammar has no such element here.
    #[error("unknown element")]
    UnknownElement,
    /// An element that must be there is not.
    #[error("missing element {0}")]
    Missing(&'static str),
    /// Two elements that exclude each other.
    #[error("{0} and {1} exclude each other")]
    Exclusive(&'static str, &'static str),
    /// An element that this kind of policy may not have.
    #[error("{element} is not allowed in {kind}")]
    NotAllowed {
        /// The element.
        element: &'static str,
        /// The kind of policy, with its article.
        kind: crate::PolicyKind,
    },
    /// An array or object that may not be empty is.
    #[error("must not be empty")]
    Empty,
    /// A version other than 2008-10-17 and 2012-10-17.
    #[error("version must be 2008-10-17 or 2012-10-17")]
    Version,
    /// An effect other than Allow and Deny.
    #[error("effect must be Allow or Deny")]
    Effect,
    /// Neither `*` nor `vendor:action`.
    #[error("action must be * or a vendor and an action, such as kms:Decrypt")]
    Action,
    /// Neither `*` nor an ARN.
    #[error("resource must be * or in arn format")]
    Resource,
    /// Not a principal of its type.
    #[error("invalid principal")]
    Principal,
    /// No condition operator has this name.
    #[error("unknown condition operator")]
    ConditionOperator,
    /// A resource that lacks segments, in a policy that must have whole ARNs.
    #[error("resources must be arns of six segments")]
    IncompleteResource,
    /// A condition key without a vendor, or with a wildcard.
    #[error("condition keys must be a vendor and a name, such as aws:SourceIp")]
    ConditionKey,
    /// A condition key that stands twice under one operator, spelled in different case.
    #[error("condition keys must be unique, whatever their case")]
    DuplicateConditionKey,
    /// A condition value that its operator can't compare.
    #[error("value must be {expected}")]
    ConditionValue {
        /// What it must be, in words.
        expected: &'static str,
    },
    /// A `${` that begins no variable: not closed, empty, or with a default that isn't in single quotes.
    #[error("a variable must be ${{key}} or ${{key, 'default'}}")]
    Variable,
    /// A variable in the value of an operator that takes none.
    #[error("only string and arn operators take variables")]
    VariableNotAllowed,
    /// A variable before the fifth colon of a resource.
    #[error("variables may stand only behind the fifth colon of an arn")]
    VariableInArn,
    /// `NotPrincipal` in an Allow.
    #[error("NotPrincipal must be used with Deny")]
    NotPrincipalAllows,
    /// A statement id that stands twice in one document.
    #[error("statement ids must be unique")]
    DuplicateSid,
    /// A statement id with characters that this kind of policy may not have.
    #[error("statement ids must be alphanumeric")]
    Sid,
}
