//! The journals of this process as the source.

use std::sync::Arc;

use futures::future::join_all;
use keywright_audit_log::{Entry, EventSource, Journal, JournalConfig, JournalSource};
use tempfile::TempDir;

use crate::{positions::Positions, rig::Rig};

/// Two journals; a key always goes to the same one.
pub(crate) struct JournalRig {
    dir: TempDir,
    journals: Vec<Journal>,
    positions: Arc<Positions>,
}

impl JournalRig {
    pub(crate) fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let journals = open(&dir);
        Self { dir, journals, positions: Arc::default() }
    }
}

fn open(dir: &TempDir) -> Vec<Journal> {
    let config = |name: &str| {
        let mut config = JournalConfig::new(dir.path().join(name), name);
        config.segment_bytes = 16 * 1_024;
        config
    };
    ["one", "two"].into_iter().map(|name| Journal::open(config(name)).unwrap()).collect()
}

impl Rig for JournalRig {
    async fn produce(&self, entries: Vec<Entry>) {
        let appends = entries.into_iter().map(|entry| {
            let lane = usize::from(entry.partition_key.last().copied().unwrap_or_default()) % 2;
            self.journals[lane].append(entry)
        });
        for appended in join_all(appends).await {
            appended.unwrap();
        }
    }

    async fn restart_producer(&mut self) {
        for journal in self.journals.drain(..) {
            journal.close().await;
        }
        self.journals = open(&self.dir);
    }

    async fn source(&self) -> Box<dyn EventSource> {
        let journals = self.journals.iter().cloned();
        Box::new(JournalSource::start(journals, self.positions.as_ref()).await.unwrap())
    }

    fn positions(&self) -> &Arc<Positions> {
        &self.positions
    }
}
