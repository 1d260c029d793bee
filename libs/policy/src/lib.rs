//! The IAM policy language: parse, validate, evaluate. Pure: no I/O, no clock, no allocation where access is allowed.
//!
//! A policy text becomes a [`PolicyDocument`] (what was written, checked), which is compiled once into a [`Policy`]
//! (what is matched). [`decide`] takes a [`Request`] and the [`Policies`] that apply to it and answers with a
//! [`Decision`] that says why.
//!
//! # What is not evaluated yet fails closed
//! `Condition`, `NotPrincipal`, policy variables (`${...}` in a document of version 2012-10-17) and `Federated` and
//! `CanonicalUser` principals are parsed, checked and kept, but not evaluated. Until they are:
//! - an `Allow` statement that has one of them **never matches**;
//! - a `Deny` statement that has one of them **matches as if the element were not there**, so it denies more than written.
//!
//! The evaluation follows the
//! [policy evaluation logic](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html).

mod arn;
mod compile;
mod decision;
mod document;
mod error;
mod evaluate;
mod glob;
mod json;
mod kind;
mod parse;
mod principal;
mod print;
mod request;

pub use compile::Policy;
pub use decision::{AllowedBy, Decision, Refusal, StatementName};
pub use document::{
    Actions, Conditions, Effect, PolicyDocument, PrincipalSet, PrincipalType, Principals, Resources,
    Statement, Version,
};
pub use error::{PolicyError, Problem};
pub use evaluate::decide;
pub use glob::matches as glob_matches;
pub use kind::PolicyKind;
pub use request::{
    ContextKeys, ContextList, NoContext, Policies, Principal, PrincipalKind, Request, ResourcePolicyRule,
};
