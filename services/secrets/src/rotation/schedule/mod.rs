//! When secrets are rotated: schedules, their windows, and the rules of a request.
//!
//! Schedules are in UTC, and windows open on the hour.
//!
//! <https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html>

mod cron;
mod expression;
mod rules;
mod window;

pub use cron::Cron;
pub use expression::Schedule;
pub use rules::{RotationRules, RotationRulesInput};
pub use window::Window;
