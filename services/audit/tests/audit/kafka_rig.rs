//! A journal, the relay, and a topic of a real Kafka as the source.

use futures::future::join_all;
use keywright_audit::consumer::SourceOpener;
use keywright_audit::store::positions::Positions;
use keywright_audit_log::{Entry, Journal, JournalConfig, KafkaConfig, KafkaSourceConfig, Relay};
use keywright_local_stack::testing::kafka_or_skip;
use tempfile::TempDir;

use crate::rig::Rig;

pub(crate) struct KafkaRig {
    pub(crate) kafka: KafkaConfig,
    group: String,
    journal: Journal,
    _relay: Relay,
    _dir: TempDir,
}

impl KafkaRig {
    /// None where no Kafka is to be had.
    pub(crate) async fn start(test: &str) -> Option<Self> {
        let shared = kafka_or_skip(test).await?;
        let mut kafka = KafkaConfig::new(shared.bootstrap_servers());
        kafka.topic = shared.unique("audit");
        kafka.partitions = 4;
        let dir = tempfile::tempdir().unwrap();
        let journal = Journal::open(JournalConfig::new(dir.path(), "relayed")).unwrap();
        let relay = Relay::spawn(journal.clone(), kafka.clone(), std::future::pending()).unwrap();
        Some(Self { kafka, group: shared.unique("group"), journal, _relay: relay, _dir: dir })
    }
}

impl Rig for KafkaRig {
    async fn produce(&self, entries: Vec<Entry>) {
        for appended in join_all(entries.into_iter().map(|entry| self.journal.append(entry))).await {
            appended.unwrap();
        }
    }

    fn opener(&self, positions: Positions) -> SourceOpener {
        let mut config = KafkaSourceConfig::new(self.kafka.clone());
        config.group.clone_from(&self.group);
        config.buffered_entries = 500;
        SourceOpener::kafka(config, positions)
    }
}
