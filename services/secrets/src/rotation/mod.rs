//! The rotation engine: what is due, the steps of a rotation, and what becomes of it.
//!
//! A rotation is a row of the database ([`state`]). A replica claims it, calls the function of the step that is next without
//! holding a lock or a transaction, and stores what came of it if the claim still holds. A replica that ends midway leaves
//! a claim that runs out; whoever takes it on repeats the step, which every function must allow.
//!
//! What protects from being locked out: a version that was begun is never given up for another one. A rotation that has
//! failed is taken up with the version it has, since the target may know that already.
//!
//! <https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda.html>

pub mod begin;
pub mod built_in;
pub mod changes;
pub mod engine;
pub mod function;
pub mod functions;
pub mod invocation;
mod metrics;
mod outcome;
pub mod schedule;
pub mod section;
pub mod state;
