//! Tells other Regions what they are to be told, again and again until they have confirmed it. Each Region has a task of
//! its own, so that one that is away holds up no other.

use std::sync::Arc;
use std::time::Duration;

use keywright_aws_api::Region;
use keywright_aws_api::error::chain;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinSet;

use super::peers::Peer;
use super::reservations;
use crate::error::Error;
use crate::service::Kms;
use crate::store;
use crate::store::KeyRow;

/// Tells every Region that is introduced what it is to be told, until it is aborted. What other processes have changed
/// is looked for after each `interval`.
pub async fn run(kms: Arc<Kms>, mut introduced: UnboundedReceiver<Region>, interval: Duration) {
    let mut tasks = JoinSet::new();
    let mut known = Vec::new();
    tasks.spawn(reservations::keep_dropping_abandoned(Arc::clone(&kms)));
    while let Some(region) = introduced.recv().await {
        if !known.contains(&region) {
            known.push(region.clone());
            tasks.spawn(keep_delivering(Arc::clone(&kms), region, interval));
        }
    }
}

async fn keep_delivering(kms: Arc<Kms>, region: Region, interval: Duration) {
    // Asked for each time: it may have been introduced again.
    while let Some(peer) = kms.peers.get(&region) {
        if let Err(error) = deliver_due(&kms, &peer).await {
            tracing::warn!(%region, error = %chain(&error), "what a region is to be told could not be told");
        }
        peer.woken_within(interval).await;
    }
}

/// Tells `peer` all that is due; says how many keys it was told of. Ends early when it can't be reached.
///
/// # Errors
/// What kept the next one from being told, on this side.
pub async fn deliver_due(kms: &Kms, peer: &Peer) -> Result<usize, Error> {
    let mut count = 0;
    loop {
        let (now, connection) = (kms.now(), kms.store.connection().await?);
        let until = now + LEASE;
        let claimed = store::replications::claim(&connection, &kms.region, &peer.region, now, until).await?;
        drop(connection);
        let Some(claimed) = claimed else { return Ok(count) };
        let Some(telling) = kms.read_telling(claimed.name, &peer.region).await? else { continue };
        let retry_at = now + pause(claimed.attempts);
        match kms.peers.ask(peer, &telling.message).await {
            Ok(answer) => kms.acknowledged(&peer.region, &telling, answer, retry_at).await?,
            Err(error) => {
                let (key, attempts) = (claimed.name.id, claimed.attempts);
                let region = &peer.region;
                tracing::warn!(%region, %key, attempts, error = %chain(&error), "a region was not told of a key");
                let at = KeyRow::new(&kms.region, claimed.name);
                kms.postpone(&at, &peer.region, retry_at).await?;
                return Ok(count);
            }
        }
        count += 1;
    }
}

/// How long to wait after this many attempts.
fn pause(attempts: i32) -> time::Duration {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(0).min(MAX_DOUBLINGS);
    (FIRST_PAUSE * 2_i32.saturating_pow(doublings)).min(LONGEST_PAUSE)
}

/// Longer than a call may take, so that nobody else tells the same meanwhile; it would do no harm.
const LEASE: time::Duration = time::Duration::seconds(10);
const FIRST_PAUSE: time::Duration = time::Duration::seconds(1);
const LONGEST_PAUSE: time::Duration = time::Duration::seconds(60);
const MAX_DOUBLINGS: u32 = 6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_minute() {
        let seconds: Vec<i64> = [0, 1, 2, 3, 6, 7, 8, i32::MAX].map(|n| pause(n).whole_seconds()).to_vec();
        assert_eq!(seconds, [1, 1, 2, 4, 32, 60, 60, 60]);
    }
}
