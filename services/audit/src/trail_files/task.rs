//! Writes files, again and again.

use std::sync::Arc;

use keywright_aws_api::Clock;
use keywright_service::ServiceClient;
use keywright_service::due_work::keep_doing;
use keywright_store::Store;
use tokio::sync::Mutex;

use super::config::TrailSection;
use super::directory::Directory;
use super::error::TrailError;
use super::key::DigestKey;
use super::{delivery, digest};
use crate::store::trail_files as store;

/// A trail whose files are written into a directory. One replica at a time does it; all must have the same directory.
pub struct Trail {
    store: Store,
    clock: Arc<dyn Clock>,
    directory: Directory,
    section: TrailSection,
    home_region: String,
    key: Mutex<DigestKey>,
}

impl Trail {
    /// A trail of this database; `kms` signs.
    #[must_use]
    pub fn new(
        store: Store,
        clock: Arc<dyn Clock>,
        section: TrailSection,
        home_region: String,
        kms: ServiceClient,
    ) -> Self {
        let directory = Directory::new(section.directory.clone());
        let key = Mutex::new(DigestKey::new(kms, section.key_id.clone()));
        Self { store, clock, directory, section, home_region, key }
    }

    /// Writes what is due, until it is aborted.
    pub async fn keep(self) {
        let interval = std::time::Duration::from_secs(self.section.file_interval_seconds);
        keep_doing("write files of the trail", interval, || self.write()).await;
    }

    /// Writes all log files and digest files that are due, unless another replica does; says how many steps it took.
    ///
    /// # Errors
    /// [`TrailError`]; what was not written is written next time.
    pub async fn write(&self) -> Result<usize, TrailError> {
        // Held until it is dropped, and rolled back then: it holds a lock and nothing else.
        let leading = self.store.begin().await?;
        if !store::lead(&leading).await? {
            return Ok(0);
        }
        let mut done = 0;
        while delivery::step(&self.store, &self.directory, self.clock.now()).await? {
            done += 1;
        }
        let mut key = self.key.lock().await;
        let now = self.clock.now();
        let digests =
            digest::step(&self.store, &self.directory, &mut key, &self.section, &self.home_region, now)
                .await?;
        drop(leading);
        Ok(done + digests)
    }
}
