//! What a record costs on its way through Kafka: from a journal by the relay, and out of it by the source.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use keywright_audit::store::positions::Positions;
use keywright_audit_log::kafka::AUDIT_TOPIC;
use keywright_audit_log::{Entry, EventSource as _, KafkaConfig, KafkaSource, KafkaSourceConfig, Relay};
use keywright_local_stack::testing::{database, kafka_jars};
use keywright_local_stack::{KafkaBroker, KafkaConfig as BrokerConfig};
use time::OffsetDateTime;

use crate::consumer::{BATCH, journaled, migrated};
use crate::cpu;
use crate::records::Records;

/// So many events, with each way to compress what the producer sends.
pub(crate) async fn run(events: usize) {
    let mut records = Records::new(OffsetDateTime::now_utc(), time::Duration::ZERO);
    let entries: Vec<_> = (0..events).map(|_| records.entry()).collect();
    let bytes: usize = entries.iter().map(|entry| entry.payload.len()).sum();
    println!("{events} events of {} bytes on average, one broker, {PARTITIONS} partitions", bytes / events);
    println!(
        "\n| compression | relayed/s | read/s | relay us | source us | broker us | bytes in Kafka | in the journal |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|");
    for compression in ["none", "lz4"] {
        measure(&entries, compression).await;
    }
}

async fn measure(entries: &[Entry], compression: &str) {
    let events = entries.len();
    let dir = tempfile::tempdir().unwrap();
    let config = BrokerConfig { dir: dir.path().join("kafka"), port: 0, jars: kafka_jars().unwrap() };
    let broker = KafkaBroker::start(config).await.unwrap();
    let broker_cpu = || cpu::of_processes_that_name(&dir.path().display().to_string());
    let mut kafka = KafkaConfig::new(broker.bootstrap_servers());
    kafka.partitions = PARTITIONS;
    kafka.properties.insert("compression.type".to_owned(), compression.to_owned());

    let (journal, _journal_dir) = journaled(entries).await;
    let (_, in_journal) = journal.unacknowledged();
    let (before, broker_before, began) = (cpu::own(), broker_cpu(), Instant::now());
    let relay = Relay::spawn(journal.clone(), kafka.clone(), std::future::pending()).unwrap();
    relay.wait_idle(PATIENCE).await.unwrap();
    let (relayed, relaying) = (began.elapsed(), cpu::own() - before);

    let database = database().await;
    let positions = Arc::new(Positions(migrated(&database).await));
    let (before, began, mut read) = (cpu::own(), Instant::now(), 0);
    let mut source = Box::new(KafkaSource::start(KafkaSourceConfig::new(kafka), positions).unwrap());
    while read < events {
        read += source.next_batch(BATCH).await.unwrap().entries.len();
    }
    let (took, reading) = (began.elapsed(), cpu::own() - before);
    let each = |seconds: f64| seconds * 1e6 / events as f64;
    println!(
        "| {compression} | {:.0} | {:.0} | {:.1} | {:.1} | {:.1} | {} | {} |",
        events as f64 / relayed.as_secs_f64(),
        events as f64 / took.as_secs_f64(),
        each(relaying),
        each(reading),
        each(broker_cpu() - broker_before),
        size_of(&dir.path().join("kafka")) / events as u64,
        in_journal / events as u64,
    );
    source.close().await;
    broker.stop().await.unwrap();
}

/// What Kafka's logs of the topic hold below a directory.
fn size_of(dir: &Path) -> u64 {
    let mut bytes = 0;
    for entry in std::fs::read_dir(dir).unwrap() {
        let (entry, path) = entry.map(|entry| (entry.metadata().unwrap(), entry.path())).unwrap();
        let name = path.display().to_string();
        if entry.is_dir() {
            bytes += size_of(&path);
        } else if name.ends_with(".log") && name.contains(AUDIT_TOPIC) {
            bytes += entry.len();
        }
    }
    bytes
}

const PARTITIONS: i32 = 4;
const PATIENCE: Duration = Duration::from_secs(600);
