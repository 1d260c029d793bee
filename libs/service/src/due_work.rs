//! Work that falls due.

use std::future::Future;
use std::time::Duration;

use keywright_aws_api::error::chain;

/// Does what is due, again and again, until it is aborted. `task` names it in the log; `once` says how much it did.
pub async fn keep_doing<E, F>(task: &'static str, interval: Duration, mut once: impl FnMut() -> F)
where
    E: std::error::Error + 'static,
    F: Future<Output = Result<usize, E>>,
{
    loop {
        match once().await {
            Ok(0) => {}
            Ok(count) => tracing::info!(task, count, "did what was due"),
            Err(error) => tracing::warn!(task, error = %chain(&error), "what is due could not be done"),
        }
        tokio::time::sleep(interval).await;
    }
}
