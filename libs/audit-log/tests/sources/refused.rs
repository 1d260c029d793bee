//! What Kafka refuses for good: put aside, and nothing held up by it.

use std::time::Duration;

use keywright_audit_log::{Entry, KafkaConfig, Position, RelayError, journal::inspect::inspect};
use keywright_local_stack::testing::kafka_or_skip;
use rdkafka::{
    ClientConfig,
    admin::{AdminClient, AdminOptions, AlterConfig, ResourceSpecifier},
    client::DefaultClientContext,
};
use uuid::Uuid;

use crate::{
    events::{PATIENCE, assert_order_of_keys, entries, entry, read, sorted},
    kafka_rig::{KafkaRig, topic},
    rig::Rig,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_that_the_topic_never_takes_holds_up_no_other_and_is_delivered_when_it_is_taken() {
    let test = "a_record_that_the_topic_never_takes_holds_up_no_other";
    let Some(shared) = kafka_or_skip(test).await else { return };
    let config = uncompressed(topic(&shared));
    let rig_topic = config.topic.clone();
    let mut rig = KafkaRig::on(config, shared.unique("group"));
    rig.produce(entries(0..10)).await;
    rig.relay().wait_idle(PATIENCE).await.unwrap();
    set_max_message_bytes(shared.bootstrap_servers(), &rig_topic, 3_000).await;

    let large = |number: u64| {
        Entry::new(Uuid::from_u128(u128::from(number)), format!("key-{}", number % 7), vec![b'x'; 10_000])
    };
    let mut all: Vec<_> = (10..400).map(entry).collect();
    all[20] = large(30);
    all[200] = large(210);
    rig.produce(all).await;
    rig.relay().wait_idle(PATIENCE).await.unwrap();

    let refused = rig.journal().dir().join("refused");
    let seen = inspect(&refused).unwrap();
    assert_eq!((seen.unacknowledged_entries, seen.damage), (2, vec![]));
    let waited = rig.relay().acknowledged(Position::new(31)).await;
    assert!(matches!(waited, Err(RelayError::Refused)), "{waited:?}");
    rig.relay().acknowledged(Position::new(30)).await.unwrap();

    let mut source = rig.source().await;
    let (delivered, _) = read(source.as_mut(), 398, 1_000).await;
    let mut numbers = sorted(&delivered);
    numbers.dedup();
    assert_eq!(numbers, (0..400).filter(|n| ![30, 210].contains(n)).collect::<Vec<_>>());
    assert_order_of_keys(&delivered);

    set_max_message_bytes(shared.bootstrap_servers(), &rig_topic, 2_000_000).await;
    // A start tries again at once.
    rig.restart_producer().await;
    let (replayed, _) = read(source.as_mut(), 2, 1_000).await;
    assert_eq!(sorted(&replayed), [30, 210]);
    source.close().await;
    let deadline = std::time::Instant::now() + PATIENCE;
    while inspect(&refused).unwrap().unacknowledged_entries > 0 {
        assert!(std::time::Instant::now() < deadline, "what was delivered is kept");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_that_are_too_many_at_once_are_sent_one_by_one_and_none_is_put_aside() {
    let test = "records_that_are_too_many_at_once_are_sent_one_by_one";
    let Some(shared) = kafka_or_skip(test).await else { return };
    let mut config = uncompressed(topic(&shared));
    // So that batches are full.
    config.linger = Duration::from_millis(300);
    let rig_topic = config.topic.clone();
    let rig = KafkaRig::on(config, shared.unique("group"));
    rig.produce(entries(0..1)).await;
    rig.relay().wait_idle(PATIENCE).await.unwrap();
    set_max_message_bytes(shared.bootstrap_servers(), &rig_topic, 1_000).await;
    rig.produce(entries(1..300)).await;
    rig.relay().wait_idle(PATIENCE).await.unwrap();
    assert!(!rig.journal().dir().join("refused").exists());
    let mut source = rig.source().await;
    let (delivered, _) = read(source.as_mut(), 300, 1_000).await;
    source.close().await;
    assert_order_of_keys(&delivered);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_topic_that_was_deleted_is_made_again_and_nothing_is_put_aside() {
    let Some(shared) = kafka_or_skip("a_topic_that_was_deleted_is_made_again").await else { return };
    let mut config = topic(&shared);
    config.properties.insert("topic.metadata.propagation.max.ms".to_owned(), "1000".to_owned());
    config.properties.insert("topic.metadata.refresh.interval.ms".to_owned(), "500".to_owned());
    let rig_topic = config.topic.clone();
    let rig = KafkaRig::on(config, shared.unique("group"));
    rig.produce(entries(0..10)).await;
    rig.relay().wait_idle(PATIENCE).await.unwrap();
    let deleted =
        admin(shared.bootstrap_servers()).delete_topics(&[&rig_topic], &AdminOptions::new()).await.unwrap();
    assert!(deleted.iter().all(Result::is_ok), "{deleted:?}");

    rig.produce(entries(10..20)).await;
    rig.relay().wait_idle(PATIENCE).await.unwrap();
    assert!(!rig.journal().dir().join("refused").exists());
    let mut source = rig.source().await;
    let (delivered, _) = read(source.as_mut(), 10, 1_000).await;
    source.close().await;
    assert_eq!(sorted(&delivered), (10..20).collect::<Vec<_>>());
}

/// Kafka's limit is of what is sent.
fn uncompressed(mut config: KafkaConfig) -> KafkaConfig {
    config.properties.insert("compression.type".to_owned(), "none".to_owned());
    config
}

async fn set_max_message_bytes(brokers: &str, topic: &str, bytes: u64) {
    let bytes = bytes.to_string();
    let config = AlterConfig::new(ResourceSpecifier::Topic(topic)).set("max.message.bytes", &bytes);
    let altered = admin(brokers).alter_configs([&config], &AdminOptions::new()).await.unwrap();
    assert!(altered.iter().all(Result::is_ok), "{altered:?}");
}

fn admin(brokers: &str) -> AdminClient<DefaultClientContext> {
    ClientConfig::new().set("bootstrap.servers", brokers).create().unwrap()
}
