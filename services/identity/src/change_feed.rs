//! What changes, for the services that wait for it: heard from Postgres, whichever replica made the change.

use std::time::Duration;

use keywright_service::ServiceError;
use keywright_service::identity::Changes;
use keywright_store::{Change, ChangeListener, Connection, Store, StoreConfig};
use tokio::sync::watch;

use crate::error::IdentityError;
use crate::store::changes;

/// The changes, and how far they have come.
pub struct ChangeFeed {
    store: Store,
    /// Counts what was heard; what it was is read from the table.
    heard: watch::Receiver<u64>,
    closing: watch::Receiver<bool>,
    _listener: ChangeListener,
}

impl ChangeFeed {
    /// Begins to listen. Waiting ends when `closing` becomes true.
    ///
    /// # Errors
    /// [`ServiceError`] for a wrong setting.
    pub fn start(
        store: Store,
        config: &StoreConfig,
        closing: watch::Receiver<bool>,
    ) -> Result<Self, ServiceError> {
        let (sender, heard) = watch::channel(0_u64);
        // After a gap anything may have changed: who waits looks.
        let handler = move |_: Change| sender.send_modify(|count| *count = count.wrapping_add(1));
        let listener = ChangeListener::spawn(config, &[changes::CHANNEL], handler)?;
        Ok(Self { store, heard, closing, _listener: listener })
    }

    /// What has changed behind this number; waits for a change for a while. Without a number, the last one's.
    ///
    /// # Errors
    /// [`IdentityError`] of the store.
    pub async fn behind(&self, after: Option<i64>) -> Result<Changes, IdentityError> {
        let (mut heard, mut closing) = (self.heard.clone(), self.closing.clone());
        // Before the first look: what is committed behind it is heard.
        heard.mark_unchanged();
        let connection = self.store.connection().await?;
        let Some(after) = after else {
            let cursor = changes::bounds(&connection).await?.map_or(0, |(_, last)| last);
            return Ok(Changes { cursor, subjects: Vec::new(), everything: false });
        };
        let found = look(&connection, after).await?;
        drop(connection);
        if found.everything || !found.subjects.is_empty() {
            return Ok(found);
        }
        tokio::select! {
            _ = closing.wait_for(|closing| *closing) => return Ok(found),
            _ = tokio::time::timeout(WAIT, heard.changed()) => {}
        }
        look(&self.store.connection().await?, after).await
    }
}

async fn look(connection: &Connection, after: i64) -> Result<Changes, IdentityError> {
    let (first, last) = changes::bounds(connection).await?.unwrap_or((after, after));
    // Some behind it may be gone already, or the database is an older one than it was read from.
    if after < first && first > 1 || after > last {
        return Ok(Changes { cursor: last, subjects: Vec::new(), everything: true });
    }
    let found = changes::behind(connection, after).await?;
    let cursor = found.last().map_or(after, |(number, _)| *number);
    let mut subjects: Vec<_> = found.into_iter().map(|(_, subject)| subject).collect();
    subjects.sort_unstable();
    subjects.dedup();
    Ok(Changes { cursor, subjects, everything: false })
}

/// Shorter than the time limit of a request.
const WAIT: Duration = Duration::from_secs(8);
