//! Asking again while a service is busy.

use std::future::Future;
use std::time::Duration;

use keywright_crypto::{Random as _, SystemRandom};

use super::ApiError;

/// Asks again, after longer and longer pauses, while the service says that it is busy.
pub(crate) async fn patiently<O, F: Future<Output = Result<O, ApiError>>>(
    ask: impl Fn() -> F,
) -> Result<O, ApiError> {
    let mut pause = FIRST_PAUSE;
    for _ in 1..ATTEMPTS {
        match ask().await {
            Err(error) if error.is_passing() => {}
            answer => return answer,
        }
        let mut part = [128];
        // Without randomness all wait alike.
        _ = SystemRandom.fill(&mut part);
        let [part] = part;
        tokio::time::sleep(pause.mul_f64(0.5 + f64::from(part) / 256.0)).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    ask().await
}

const ATTEMPTS: u32 = 9;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
