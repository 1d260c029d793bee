//! The IAM policy language: parse, validate, evaluate. Pure: no I/O, no clock, no allocation where access is allowed.
//!
//! A policy text becomes a [`PolicyDocument`] (what was written, checked), which is compiled once into a [`Policy`]
//! (what is matched). [`decide`] takes a [`Request`] and the [`Policies`] that apply to it and answers with a
//! [`Decision`] that says why.
//!
//! # Where AWS leaves something open, nothing is widened
//! - A key with several values under an operator without `ForAllValues:` or `ForAnyValue:` must fit with all of them in
//!   an `Allow`; in a `Deny` one is enough.
//! - `*` as the principal of an `Allow` is everyone who belongs to an account: services and identity providers get only
//!   what names them.
//! - `CanonicalUser` names nobody in an `Allow` and everybody in a `Deny`: no principal here has such an id.
//! - An unreadable condition value is refused when the document is parsed.
//! - A variable whose key has an empty value has none.
//!
//! The evaluation follows the
//! [policy evaluation logic](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html).

mod arn;
mod compile;
mod condition;
mod context_keys;
mod decision;
mod document;
mod error;
mod evaluate;
mod explain;
mod glob;
mod json;
mod kind;
mod parse;
mod position;
mod principal;
mod principal_name;
mod print;
mod public;
mod request;
mod statement;
mod text;

pub use compile::Policy;
pub use context_keys::distinct_keys;
pub use decision::{AllowedBy, Decision, Refusal, StatementName};
pub use document::{
    Actions, Conditions, Effect, PolicyDocument, PrincipalSet, PrincipalType, Principals, Resources,
    Statement, Version,
};
pub use error::{PolicyError, Problem};
pub use evaluate::{ResourcePolicyAnswer, decide, resource_policy_allows};
pub use explain::{Explanation, Outcome, Rule, Step, explain};
pub use glob::matches as glob_matches;
pub use kind::PolicyKind;
pub use position::{Position, Span, statement_spans};
pub use principal::Closeness;
pub use principal_name::PrincipalName;
pub use request::{
    ContextKeys, ContextList, Grant, NoContext, Policies, Principal, PrincipalKind, Request,
    ResourcePolicyRule,
};
