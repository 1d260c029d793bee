//! Waiting for what must come.

use std::fmt::Debug;
use std::time::{Duration, Instant};

/// Asks again and again until the answer is this one; says how long that took.
///
/// # Panics
/// When the answer is another one for ten seconds.
pub async fn until<T: PartialEq + Debug>(expected: T, ask: impl AsyncFn() -> T) -> Duration {
    let began = Instant::now();
    loop {
        let answer = ask().await;
        if answer == expected {
            return began.elapsed();
        }
        assert!(began.elapsed() < LIMIT, "it is still {answer:?} and not {expected:?}");
        tokio::task::yield_now().await;
    }
}

const LIMIT: Duration = Duration::from_secs(10);
