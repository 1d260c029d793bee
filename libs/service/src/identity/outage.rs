//! Whether identity answers: logged when that changes, and not with every question.

use std::sync::atomic::{AtomicBool, Ordering};

use keywright_aws_api::error::chain;

use super::ask::NotAnswered;
use super::metrics;

/// Whether identity can't be asked.
#[derive(Default)]
pub(super) struct Outage(AtomicBool);

impl Outage {
    /// Draws the conclusion from one outcome.
    pub(super) fn observe<T>(&self, outcome: &Result<T, NotAnswered>) {
        match outcome {
            Ok(_) | Err(NotAnswered::Unknown | NotAnswered::InvalidToken | NotAnswered::Expired) => {
                if self.0.swap(false, Ordering::Relaxed) {
                    tracing::info!("identity answers again");
                }
                metrics::asked("answered");
            }
            Err(error @ NotAnswered::Unavailable(cause)) => {
                if !self.0.swap(true, Ordering::Relaxed) {
                    let chain = chain(cause.as_ref());
                    tracing::warn!(%error, cause = %chain, "identity is away; known credentials are used for a while");
                }
                metrics::asked("unavailable");
            }
        }
        metrics::set_away(self.0.load(Ordering::Relaxed));
    }
}
