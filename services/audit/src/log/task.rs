//! Both phases, again and again.

use std::sync::Arc;
use std::time::Duration;

use keywright_aws_api::Clock;
use keywright_aws_api::error::chain;
use keywright_store::Store;

use super::metrics::METRICS;
use super::sequencer::{self, STEP_BLOCKS, Step};
use super::signer::Signer;

/// Keeps the log, until it is aborted. Records get their places also while KMS is away.
pub async fn run(store: Store, mut signer: Signer, clock: Arc<dyn Clock>, interval: Duration) {
    let mut ticks = tokio::time::interval(interval);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        sequence(&store).await;
        match signer.step(&store, clock.now()).await {
            Ok(Some(newest)) => METRICS.signed(newest.checkpoint.size, newest.made_at.unix_timestamp()),
            Ok(None) => {}
            Err(error) => {
                METRICS.failed("sign");
                tracing::error!(error = %chain(&error), "no checkpoint of the transparency log could be signed");
            }
        }
    }
}

/// Until the queue is empty, or another replica sees to it.
async fn sequence(store: &Store) {
    loop {
        match sequencer::step(store).await {
            Ok(Step::Done { blocks, size }) => {
                METRICS.sequenced(size);
                if i64::try_from(blocks) != Ok(STEP_BLOCKS) {
                    return;
                }
            }
            Ok(Step::Followed) => return,
            Err(error) => {
                METRICS.failed("sequence");
                tracing::error!(error = %chain(&error), "records could not be added to the transparency log");
                return;
            }
        }
    }
}
