//! Two journals of this process as the source.

use futures::future::join_all;
use keywright_audit::consumer::SourceOpener;
use keywright_audit::store::positions::Positions;
use keywright_audit_log::{Entry, Journal, JournalConfig};
use tempfile::TempDir;

use crate::rig::Rig;

pub(crate) struct JournalRig {
    journals: Vec<Journal>,
    _dir: TempDir,
}

impl JournalRig {
    pub(crate) fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let open = |name| Journal::open(JournalConfig::new(dir.path().join(name), name)).unwrap();
        Self { journals: ["one", "two"].map(open).into(), _dir: dir }
    }
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

    fn opener(&self, positions: Positions) -> SourceOpener {
        SourceOpener::journals(self.journals.clone(), positions)
    }
}
