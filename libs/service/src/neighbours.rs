//! The other Regions that a service tells how its things are, and how it goes on telling them.

use std::collections::BTreeMap;
use std::error::Error;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use keywright_aws_api::Region;
use keywright_aws_api::error::chain;
use parking_lot::RwLock;
use tokio::sync::Notify;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::task::JoinSet;

/// All Regions that this one knows; `P` is how one is spoken to.
pub struct Neighbours<P> {
    own: Region,
    known: RwLock<BTreeMap<Region, Neighbour<P>>>,
    introduced: UnboundedSender<Region>,
}

struct Neighbour<P> {
    peer: Arc<P>,
    /// Told when there is something to tell it.
    woken: Arc<Notify>,
}

impl<P> Neighbours<P> {
    /// Nobody yet; the receiver hears of each Region that is introduced.
    #[must_use]
    pub fn new(own: Region) -> (Self, UnboundedReceiver<Region>) {
        let (introduced, hears) = mpsc::unbounded_channel();
        (Self { own, known: RwLock::default(), introduced }, hears)
    }

    /// This Region.
    #[must_use]
    pub fn own(&self) -> &Region {
        &self.own
    }

    /// Gets to know a Region, or where it is now. Its own it knows already.
    pub fn introduce(&self, region: &Region, peer: P) {
        if *region == self.own {
            return;
        }
        let neighbour = Neighbour { peer: Arc::new(peer), woken: Arc::default() };
        self.known.write().insert(region.clone(), neighbour);
        // The receiver is gone only when the service ends.
        let _ = self.introduced.send(region.clone());
    }

    /// A Region that is known.
    #[must_use]
    pub fn get(&self, region: &Region) -> Option<Arc<P>> {
        self.known.read().get(region).map(|neighbour| Arc::clone(&neighbour.peer))
    }

    /// There may be something to tell; called once it is committed.
    pub fn wake(&self) {
        for neighbour in self.known.read().values() {
            neighbour.woken.notify_one();
        }
    }

    /// Waits until there is something to tell a Region, but not longer than `limit`.
    async fn woken_within(&self, region: &Region, limit: Duration) {
        let woken = self.known.read().get(region).map(|neighbour| Arc::clone(&neighbour.woken));
        if let Some(woken) = woken {
            // Whether it was woken or the time is over: it is looked again.
            let _ = tokio::time::timeout(limit, woken.notified()).await;
        }
    }
}

/// Has `tell` tell every Region that is introduced all that is due, until it is aborted: whenever it is woken, and after each
/// `interval` what other processes have changed. Each Region has a task of its own, so that one that is away holds up no
/// other.
pub async fn keep_telling<P, F, E>(
    neighbours: Arc<Neighbours<P>>,
    mut introduced: UnboundedReceiver<Region>,
    interval: Duration,
    tell: impl Fn(Arc<P>) -> F + Clone + Send + 'static,
) where
    P: Send + Sync + 'static,
    F: Future<Output = Result<usize, E>> + Send + 'static,
    E: Error + 'static,
{
    let mut tasks = JoinSet::new();
    let mut known = Vec::new();
    while let Some(region) = introduced.recv().await {
        if known.contains(&region) {
            continue;
        }
        known.push(region.clone());
        let (neighbours, tell) = (Arc::clone(&neighbours), tell.clone());
        tasks.spawn(async move {
            // Asked for each time: it may have been introduced again.
            while let Some(peer) = neighbours.get(&region) {
                // What went wrong is text before anything is waited for: an error may not go from thread to thread.
                if let Some(error) = tell(peer).await.err().map(|error| chain(&error)) {
                    tracing::warn!(%region, error, "what a region is to be told could not be told");
                }
                neighbours.woken_within(&region, interval).await;
            }
        });
    }
}

/// How long to wait after this many attempts to tell something.
#[must_use]
pub fn pause(attempts: i32) -> time::Duration {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(0).min(MAX_DOUBLINGS);
    (FIRST_PAUSE * 2_i32.saturating_pow(doublings)).min(LONGEST_PAUSE)
}

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
