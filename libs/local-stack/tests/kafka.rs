//! A private Apache Kafka: started, used, killed, started again.
#![cfg(test)]

use std::process::Command;
use std::time::Duration;

use keywright_local_stack::testing::{kafka_or_skip, own_kafka_or_skip};
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{Consumer, StreamConsumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Message;
use rdkafka::producer::{FutureProducer, FutureRecord};

#[tokio::test]
async fn events_are_found_again_after_a_stop_and_after_a_crash() {
    let test = "events_are_found_again_after_a_stop_and_after_a_crash";
    let Some(mut own) = own_kafka_or_skip(test).await else { return };
    let servers = own.broker.bootstrap_servers();
    make_topic(&servers, "events").await;
    produce(&servers, "events", "first").await.unwrap();

    own.broker.shut_down().await.unwrap();
    own.broker.restart().await.unwrap();
    assert_eq!(own.broker.bootstrap_servers(), servers, "the port stays");
    produce(&servers, "events", "second").await.unwrap();

    let pid = own.broker.pid();
    own.broker.crash().await.unwrap();
    own.broker.restart().await.unwrap();
    assert_ne!(own.broker.pid(), pid);
    produce(&servers, "events", "third").await.unwrap();

    assert_eq!(read_all(&servers, "events", 3).await, ["first", "second", "third"]);
    own.broker.stop().await.unwrap();
}

#[tokio::test]
async fn tests_share_a_broker_and_a_topic_must_be_made() {
    let Some(kafka) = kafka_or_skip("tests_share_a_broker_and_a_topic_must_be_made").await else { return };
    let again = kafka_or_skip("again").await.unwrap();
    assert_eq!(kafka.bootstrap_servers(), again.bootstrap_servers());
    assert_ne!(kafka.unique("events"), again.unique("events"));

    let error = produce(kafka.bootstrap_servers(), &kafka.unique("never-made"), "lost").await.unwrap_err();
    let code = error.rdkafka_error_code();
    let expected = [RDKafkaErrorCode::UnknownTopicOrPartition, RDKafkaErrorCode::UnknownTopic];
    assert!(code.is_some_and(|code| expected.contains(&code)), "{error}");

    make_topic(kafka.bootstrap_servers(), &kafka.unique("made")).await;
    produce(kafka.bootstrap_servers(), &kafka.unique("made"), "kept").await.unwrap();
    assert_eq!(read_all(kafka.bootstrap_servers(), &kafka.unique("made"), 1).await, ["kept"]);
}

/// The test runs the one above again, in a process that finds no Java.
#[test]
fn without_java_a_test_is_skipped_and_counted_but_fails_where_nothing_may_be_skipped() {
    let list = tempfile::NamedTempFile::new().unwrap();
    let run_without_java = |ci: &str| {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "tests_share_a_broker_and_a_topic_must_be_made"])
            .env_remove("JAVA_HOME")
            .env_remove("KEYWRIGHT_TEST_KAFKA")
            .env("PATH", "/nowhere")
            .env("CI", ci)
            .env("KEYWRIGHT_SKIPPED_TESTS", list.path())
            .output()
            .unwrap()
    };
    let skipped = run_without_java("");
    let said = String::from_utf8(skipped.stderr).unwrap();
    let line = "SKIPPED (no Kafka): tests_share_a_broker_and_a_topic_must_be_made: java";
    assert!(skipped.status.success() && said.contains(line), "{said}");
    assert!(std::fs::read_to_string(list.path()).unwrap().starts_with(line), "it is counted");

    assert!(!run_without_java("true").status.success(), "CI=true allows no skip");
}

async fn make_topic(servers: &str, name: &str) {
    let admin: AdminClient<DefaultClientContext> = client(servers).create().unwrap();
    let topic = NewTopic::new(name, 1, TopicReplication::Fixed(1));
    let results = admin.create_topics([&topic], &AdminOptions::new()).await.unwrap();
    assert_eq!(results, [Ok(name.to_owned())]);
}

async fn produce(servers: &str, topic: &str, payload: &str) -> Result<(), KafkaError> {
    let mut config = client(servers);
    config
        .set("acks", "all")
        .set("message.timeout.ms", "30000")
        .set("topic.metadata.propagation.max.ms", "1000");
    let producer: FutureProducer = config.create().unwrap();
    let record = FutureRecord::<(), str>::to(topic).payload(payload);
    producer.send(record, Duration::from_secs(30)).await.map(|_| ()).map_err(|(error, _)| error)
}

async fn read_all(servers: &str, topic: &str, count: usize) -> Vec<String> {
    let mut config = client(servers);
    config.set("group.id", format!("{topic}.readers")).set("auto.offset.reset", "earliest");
    let consumer: StreamConsumer = config.create().unwrap();
    consumer.subscribe(&[topic]).unwrap();
    let mut payloads = Vec::new();
    while payloads.len() < count {
        let message = tokio::time::timeout(Duration::from_secs(30), consumer.recv()).await;
        let message = message.unwrap_or_else(|_| panic!("waited 30 s; read so far: {payloads:?}")).unwrap();
        payloads.push(String::from_utf8(message.payload().unwrap().to_vec()).unwrap());
    }
    payloads
}

fn client(servers: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", servers);
    config
}
