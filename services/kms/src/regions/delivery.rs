//! Tells other Regions what they are to be told, again and again until they have confirmed it. Each Region has a task of
//! its own, so that one that is away holds up no other.

use std::sync::Arc;
use std::time::Duration;

use keywright_aws_api::Region;
use keywright_aws_api::error::chain;
use keywright_service::neighbours::{keep_telling, pause};
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
pub async fn run(kms: Arc<Kms>, introduced: UnboundedReceiver<Region>, interval: Duration) {
    let mut tasks = JoinSet::new();
    tasks.spawn(reservations::keep_dropping_abandoned(Arc::clone(&kms)));
    keep_telling(Arc::clone(kms.peers.neighbours()), introduced, interval, move |peer: Arc<Peer>| {
        let kms = Arc::clone(&kms);
        async move { deliver_due(&kms, &peer).await }
    })
    .await;
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

/// Longer than a call may take, so that nobody else tells the same meanwhile; it would do no harm.
const LEASE: time::Duration = time::Duration::seconds(10);
