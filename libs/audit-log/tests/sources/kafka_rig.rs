//! A journal, the relay, and a topic of a real Kafka as the source.

use std::sync::Arc;

use futures::future::join_all;
use keywright_audit_log::{
    Entry, EventSource, Journal, JournalConfig, KafkaConfig, KafkaSource, KafkaSourceConfig, Relay,
};
use keywright_local_stack::testing::{SharedKafka, kafka_or_skip};
use tempfile::TempDir;
use tokio::sync::oneshot;

use crate::{positions::Positions, rig::Rig};

pub(crate) struct KafkaRig {
    dir: TempDir,
    kafka: KafkaConfig,
    group: String,
    positions: Arc<Positions>,
    producing: Option<Producing>,
}

struct Producing {
    journal: Journal,
    relay: Relay,
    shutdown: oneshot::Sender<()>,
}

impl KafkaRig {
    /// None where no Kafka is to be had.
    pub(crate) async fn start(test: &str) -> Option<Self> {
        let shared = kafka_or_skip(test).await?;
        Some(Self::on(topic(&shared), shared.unique("group")))
    }

    pub(crate) fn on(kafka: KafkaConfig, group: String) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let producing = Some(Producing::start(&dir, &kafka));
        Self { dir, kafka, group, positions: Arc::default(), producing }
    }

    pub(crate) fn relay(&self) -> &Relay {
        &self.producing.as_ref().unwrap().relay
    }

    pub(crate) fn journal(&self) -> &Journal {
        &self.producing.as_ref().unwrap().journal
    }
}

pub(crate) fn topic(shared: &SharedKafka) -> KafkaConfig {
    let mut kafka = KafkaConfig::new(shared.bootstrap_servers());
    kafka.topic = shared.unique("audit");
    kafka.partitions = 4;
    kafka
}

impl Producing {
    fn start(dir: &TempDir, kafka: &KafkaConfig) -> Self {
        let mut config = JournalConfig::new(dir.path(), "relayed");
        config.segment_bytes = 16 * 1_024;
        let journal = Journal::open(config).unwrap();
        let (shutdown, told) = oneshot::channel();
        let told = async move {
            let _ = told.await;
        };
        let relay = Relay::spawn(journal.clone(), kafka.clone(), told).unwrap();
        Self { journal, relay, shutdown }
    }
}

impl Rig for KafkaRig {
    async fn produce(&self, entries: Vec<Entry>) {
        for appended in join_all(entries.into_iter().map(|entry| self.journal().append(entry))).await {
            appended.unwrap();
        }
    }

    async fn restart_producer(&mut self) {
        let Producing { journal, relay, shutdown } = self.producing.take().unwrap();
        shutdown.send(()).unwrap();
        relay.finished().await.unwrap();
        journal.close().await;
        self.producing = Some(Producing::start(&self.dir, &self.kafka));
    }

    async fn source(&self) -> Box<dyn EventSource> {
        let mut config = KafkaSourceConfig::new(self.kafka.clone());
        config.group = self.group.clone();
        config.buffered_entries = 500;
        Box::new(KafkaSource::start(config, self.positions.clone()).unwrap())
    }

    fn positions(&self) -> &Arc<Positions> {
        &self.positions
    }
}
