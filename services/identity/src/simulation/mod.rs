//! The policy simulator: what would be decided, and why.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html>

mod context;
mod evaluation;
mod source;

pub(crate) use context::{ContextValueType, SimulatedContext};
pub(crate) use evaluation::{Evaluation, Matched, Simulation, Verdict};
pub(crate) use source::{SourcePolicy, SourceType};
