//! Dead letters reach their topic, whenever Kafka is there.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use keywright_audit::consumer::{Consumer, LogKey, Settler};
use keywright_audit::dead_letter_topic::{DeadLetterTopic, topic_beside};
use keywright_audit::store::positions::Positions;
use keywright_audit_log::KafkaConfig;
use keywright_aws_api::SystemClock;
use keywright_local_stack::testing::database;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::{Headers as _, OwnedMessage};
use rdkafka::{ClientConfig, Message as _};
use tokio::sync::Notify;

use crate::events::{PATIENCE, eventually, migrated, numbered, poison, until_count};
use crate::kafka_rig::KafkaRig;
use crate::rig::Rig as _;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_dead_letter_is_published_with_where_it_came_from_and_why() {
    let Some(rig) = KafkaRig::start("each_dead_letter_is_published").await else { return };
    let database = database().await;
    let (store, client) = (migrated(&database).await, database.connect().await);
    let news = Arc::new(Notify::new());
    let settler = Settler::new(store.clone(), Arc::new(SystemClock), LogKey::default(), Arc::clone(&news));
    let opener = rig.opener(Positions(store.clone()));
    let consuming = tokio::spawn(Consumer::open(opener, settler, 50).await.unwrap().run());
    let topic = DeadLetterTopic::new(&rig.kafka).unwrap();
    let publishing = tokio::spawn(topic.run(store.clone(), news));

    let mut entries = numbered(0..10);
    entries.insert(3, poison(1_000, "one").with_trace_parent(Some("00-1-2-01")));
    entries.insert(7, poison(1_001, vec![0, 0xff]));
    rig.produce(entries).await;
    let unpublished = "(SELECT FROM dead_letters WHERE published_at IS NOT NULL) AS published";
    until_count(&client, unpublished, 2).await;

    let messages = read(&rig.kafka, 2).await;
    let mut payloads: Vec<_> = messages.iter().map(|message| message.payload().unwrap()).collect();
    payloads.sort_unstable();
    assert_eq!(payloads, [&[0, 0xff][..], b"one"]);
    let one = messages.iter().find(|message| message.payload() == Some(b"one")).unwrap();
    assert_eq!(one.key(), Some(&b"poison"[..]));
    let headers: BTreeMap<_, _> = one.headers().unwrap().iter().map(|h| (h.key, h.value.unwrap())).collect();
    assert_eq!(headers["event-id"], uuid::Uuid::from_u128(1_000).to_string().as_bytes());
    assert_eq!(headers["traceparent"], b"00-1-2-01");
    assert!(headers["reason"].starts_with(b"not a CloudTrail record"));
    assert!(headers["source"].starts_with(format!("kafka:{}/", rig.kafka.topic).as_bytes()));
    consuming.abort();
    publishing.abort();
}

#[tokio::test]
async fn without_a_broker_dead_letters_stay_in_the_table() {
    let database = database().await;
    let (store, client) = (migrated(&database).await, database.connect().await);
    let insert = "INSERT INTO dead_letters (source, position, partition_key, payload, reason) VALUES ('s', 1, '', '', '')";
    client.execute(insert, &[]).await.unwrap();
    let topic = DeadLetterTopic::new(&KafkaConfig::new("127.0.0.1:1")).unwrap();
    let publishing = tokio::spawn(topic.run(store, Arc::new(Notify::new())));
    // It has begun to publish when the row is locked.
    eventually(async || {
        let free = client.query("SELECT FROM dead_letters FOR UPDATE SKIP LOCKED", &[]).await.unwrap();
        if free.is_empty() { Ok(()) } else { Err("nobody tries".to_owned()) }
    })
    .await;
    publishing.abort();
    assert!(publishing.await.unwrap_err().is_cancelled());
    eventually(async || {
        let free =
            client.query("SELECT FROM dead_letters WHERE published_at IS NULL FOR UPDATE SKIP LOCKED", &[]);
        if free.await.unwrap().len() == 1 { Ok(()) } else { Err("the row is still locked".to_owned()) }
    })
    .await;
}

#[tokio::test]
async fn a_wrong_setting_is_refused_without_its_value() {
    let mut kafka = KafkaConfig::new("127.0.0.1:1");
    kafka.properties.insert("sasl.passwort".to_owned(), "hunter2".to_owned());
    let refused = match DeadLetterTopic::new(&kafka) {
        Ok(_) => panic!("an unknown setting was taken"),
        Err(refused) => format!("{refused:?} {refused}"),
    };
    assert!(refused.contains("sasl.passwort") && !refused.contains("hunter2"), "{refused}");
}

async fn read(kafka: &KafkaConfig, count: usize) -> Vec<OwnedMessage> {
    let (brokers, topic) = (kafka.brokers.clone(), topic_beside(&kafka.topic));
    let reading = tokio::task::spawn_blocking(move || {
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", brokers)
            .set("group.id", format!("{topic}-reader"))
            .set("auto.offset.reset", "earliest")
            .create()
            .unwrap();
        consumer.subscribe(&[&topic]).unwrap();
        let deadline = std::time::Instant::now() + PATIENCE;
        let mut messages = Vec::new();
        while messages.len() < count {
            assert!(std::time::Instant::now() < deadline, "{} of {count} came", messages.len());
            if let Some(Ok(message)) = consumer.poll(Duration::from_millis(200)) {
                messages.push(message.detach());
            }
        }
        messages
    });
    reading.await.unwrap()
}
