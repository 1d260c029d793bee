//! Tries again, now and then, what Kafka refused: somebody may have set the topic right.

use std::{sync::Arc, time::Duration};

use tokio::sync::watch;
use tracing::{info, warn};

use super::{
    RelayError,
    metrics::METRICS,
    refused::Refused,
    singly::{Sent, Singly},
};
use crate::{
    journal::Journal,
    kafka::{KafkaConfig, ensure_topic},
};

/// Tries at once, and then again and again: seldomer, the longer Kafka refuses.
pub(super) async fn keep_replaying(journal: &str, refused: &Refused, config: &KafkaConfig) {
    let mut pause = SHORTEST_PAUSE;
    loop {
        let attempt = match refused.existing() {
            Ok(None) => Ok(Replayed::default()),
            Ok(Some(aside)) => replay(journal, &aside, config).await,
            Err(error) => Err(error.into()),
        };
        match attempt {
            Ok(Replayed { taken, refused: 0 }) => {
                if taken > 0 {
                    info!(journal, taken, "kafka took all events that had been put aside");
                }
                pause = SHORTEST_PAUSE;
            }
            Ok(Replayed { taken, refused }) => {
                warn!(journal, taken, refused, "kafka still refuses events that were put aside");
                pause = if taken > 0 { SHORTEST_PAUSE } else { (pause * 2).min(LONGEST_PAUSE) };
            }
            Err(error) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                warn!(journal, error = %error, cause, "events that were put aside could not be tried again");
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
        tokio::time::sleep(pause).await;
    }
}

/// What became of the entries that were put aside.
#[derive(Debug, Clone, Copy, Default)]
struct Replayed {
    taken: u64,
    refused: u64,
}

/// Sends each entry once. One that is refused again goes to the end, so that it holds up no other.
async fn replay(journal: &str, aside: &Journal, config: &KafkaConfig) -> Result<Replayed, RelayError> {
    let (begin, end) = (aside.acknowledged(), aside.durable_end());
    let mut replayed = Replayed::default();
    if begin >= end {
        return Ok(replayed);
    }
    ensure_topic(config).await?;
    let lane = Singly::new(config, begin, Arc::new(watch::Sender::new(begin)))?;
    let mut reader = aside.reader(begin);
    while reader.position() < end {
        for stored in reader.next_batch(BATCH_ENTRIES, BATCH_BYTES).await? {
            if stored.position >= end {
                break;
            }
            match lane.send(&stored).await? {
                Sent::Taken => {
                    replayed.taken += 1;
                    METRICS.replayed_entries.with_label_values(&[journal]).inc();
                }
                Sent::Refused(refusal) if refusal.is_about_the_entry() => {
                    replayed.refused += 1;
                    let _position = aside.append(stored.entry).await?;
                    lane.pass(stored.position);
                }
                Sent::Refused(refusal) => return Err(RelayError::Blocked { code: refusal.code }),
            }
            aside.acknowledge(stored.position.next());
        }
    }
    Ok(replayed)
}

const SHORTEST_PAUSE: Duration = Duration::from_secs(15);
const LONGEST_PAUSE: Duration = Duration::from_secs(600);
const BATCH_ENTRIES: usize = 100;
const BATCH_BYTES: usize = 1_024 * 1_024;
