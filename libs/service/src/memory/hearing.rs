//! How a replica hears that another one has changed what it keeps in memory.

use std::time::Duration;

use keywright_store::{Change, ChangeListener, StoreConfig, StoreError, Unavailable};
use tokio::sync::watch;

/// Hears of changes for as long as it lives, and knows when it has not.
pub struct Hearing {
    listener: ChangeListener,
    max_staleness: Duration,
}

impl Hearing {
    /// Starts listening on a channel, and waits until changes can be heard: until then, nothing in memory would last.
    ///
    /// When none can be heard for longer than `max_staleness`, what is in memory isn't to be used any more.
    ///
    /// # Errors
    /// [`StoreError`] for a wrong setting, or when the database doesn't let it listen.
    pub async fn begin(
        config: &StoreConfig,
        channel: &'static str,
        max_staleness: Duration,
        apply: impl Fn(&Change) + Send + Sync + 'static,
    ) -> Result<Self, StoreError> {
        let (began, mut begins) = watch::channel(false);
        let listener = ChangeListener::spawn(config, &[channel], move |change| {
            apply(&change);
            began.send_replace(true);
        })?;
        let heard = tokio::time::timeout(config.startup_timeout, begins.wait_for(|began| *began)).await;
        if !matches!(heard, Ok(Ok(_))) {
            return Err(StoreError::Unavailable(Unavailable::NoAnswer));
        }
        Ok(Self { listener, max_staleness })
    }

    /// Whether changes have been heard recently enough.
    #[must_use]
    pub fn is_recent(&self) -> bool {
        self.listener.staleness() <= self.max_staleness
    }

    /// Whether they are heard now, as far as can be told: a connection that is silent is one until it is noticed.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.listener.health().connected && self.is_recent()
    }
}
