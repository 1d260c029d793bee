//! Notifications reach their targets at least once, in the order of each resource, whatever fails between.

use std::sync::Arc;
use std::time::Duration;

use keywright_audit::consumer::Consumer;
use keywright_audit::notifications::{
    EventsTopic, Filter, Housekeeper, NotificationsSection, Publisher, Target, Targets, Webhook,
    WebhookSection, topic_beside,
};
use keywright_audit::store::positions::Positions;
use keywright_audit_log::KafkaConfig;
use keywright_aws_api::SystemClock;
use keywright_crypto::SystemRandom;
use keywright_local_stack::testing::database;
use keywright_store::Store;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::{Headers as _, OwnedMessage};
use rdkafka::{ClientConfig, Message as _};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_postgres::Client;

use crate::events::{Made, PATIENCE, count, eventually, migrated, until_count};
use crate::journal_rig::JournalRig;
use crate::kafka_rig::KafkaRig;
use crate::rig::{Rig, settler};
use crate::webhook_server::{Answer, Received, WebhookServer};

/// A consumer that runs until the value is dropped.
struct Consuming(JoinHandle<()>);

impl Drop for Consuming {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A consumer that stores what these targets are told.
async fn consume(rig: &impl Rig, store: &Store, targets: Targets) -> Consuming {
    let settler = settler(store).with_notifications(targets, watch::Sender::new(()));
    let opener = rig.opener(Positions(store.clone()));
    Consuming(tokio::spawn(Consumer::open(opener, settler, 50).await.unwrap().run()))
}

/// The publisher of a webhook, while the value is there.
fn publish(store: &Store, section: &WebhookSection) -> Consuming {
    let webhook = Webhook::new(section, Arc::new(SystemClock)).unwrap();
    let (_, news) = watch::channel(());
    let publisher = Publisher::webhook(
        store.clone(),
        Target::of_webhook(section),
        webhook,
        section.time_limit(),
        Arc::new(SystemRandom),
        news,
    );
    Consuming(tokio::spawn(publisher.run()))
}

fn to_webhook(section: &WebhookSection) -> Targets {
    Targets::new(vec![Target::of_webhook(section)])
}

/// A rotation of a key, or what another event is.
fn rotation(number: u64, key: &str) -> Made {
    Made::number(number)
        .with("/readOnly", false.into())
        .with("/eventName", "RotateKey".into())
        .with("/eventType", "AwsServiceEvent".into())
        .with("/resources/0/ARN", format!("arn:aws:kms:us-east-1:111122223333:key/{key}").into())
}

async fn produce(rig: &impl Rig, events: impl IntoIterator<Item = Made>) {
    rig.produce(events.into_iter().map(|event| event.entry()).collect()).await;
}

/// Waits for so many requests that `wanted` takes.
async fn until_received(
    server: &WebhookServer,
    count: usize,
    wanted: impl Fn(&Value) -> bool,
) -> Vec<Received> {
    eventually(async || {
        let received: Vec<_> = server.received().into_iter().filter(|each| wanted(&each.json())).collect();
        if received.len() >= count { Ok(received) } else { Err(format!("{} of {count}", received.len())) }
    })
    .await
}

/// Waits until nothing is left to be told to any target that has such a name.
async fn until_none_left_for(client: &Client, name: &str) {
    let left = format!("(SELECT FROM notifications WHERE target LIKE '{name}') AS \"left\"");
    eventually(async || match count(client, &left).await {
        0 => Ok(()),
        found => Err(format!("{found} notifications are left")),
    })
    .await;
}

async fn until_none_left(client: &Client) {
    until_none_left_for(client, "%").await;
}

fn is_rotation(envelope: &Value) -> bool {
    envelope["detail-type"] == "KMS CMK Rotation"
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_is_told_of_what_it_asks_for_with_a_signature() {
    let (rig, server, database) = (JournalRig::start(), WebhookServer::start(), database().await);
    let (store, client) = (migrated(&database).await, database.connect().await);
    let mut section = server.section("pager");
    section.sources = vec!["aws.kms".to_owned()];
    section.detail_types = vec!["KMS CMK Rotation".to_owned()];
    let _consuming = consume(&rig, &store, to_webhook(&section)).await;
    let _publishing = publish(&store, &section);
    let reads = Made::number(1);
    let other = rotation(2, "a").with("/eventName", "CreateKey".into());
    produce(&rig, [reads, other, rotation(3, "a")]).await;
    let received = until_received(&server, 1, |_| true).await;
    until_count(&client, "events", 3).await;
    until_none_left(&client).await;
    assert_eq!(server.received().len(), 1);
    let envelope = received[0].json();
    assert_eq!(envelope["detail"], json!({ "key-id": "a" }));
    assert_eq!(envelope["source"], "aws.kms");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_that_fails_is_told_again_and_in_order() {
    let (rig, server, database) = (JournalRig::start(), WebhookServer::start(), database().await);
    let (store, client) = (migrated(&database).await, database.connect().await);
    let mut section = server.section("pager");
    section.detail_types = vec!["KMS CMK Rotation".to_owned()];
    server.answer([
        Answer::Status(500),
        Answer::Hangup,
        // A redirect isn't followed.
        Answer::Status(302),
        // Longer than it may take.
        Answer::Late(Duration::from_secs(3)),
    ]);
    let _consuming = consume(&rig, &store, to_webhook(&section)).await;
    produce(&rig, (1..=3).map(|number| rotation(number, "a"))).await;
    until_count(&client, "notifications", 3).await;
    let mut expected = Vec::new();
    for row in client.query("SELECT id FROM notifications ORDER BY sequence", &[]).await.unwrap() {
        expected.push(row.get::<_, uuid::Uuid>(0).to_string());
    }
    let _publishing = publish(&store, &section);
    until_none_left(&client).await;
    let ids: Vec<_> = server.received().into_iter().map(|request| request.id).collect();
    // All attempts of the first, then the others once each.
    assert_eq!(ids[..5], vec![expected[0].clone(); 5]);
    assert_eq!(ids[5..], expected[1..]);
    let times: Vec<_> = server.received().iter().map(|request| request.timestamp).collect();
    assert!(times[4] - times[0] >= 4, "each pause is longer: {times:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_crash_leaves_between_sending_and_forgetting_is_sent_once_more() {
    let (rig, server, database) = (JournalRig::start(), WebhookServer::start(), database().await);
    let (store, client) = (migrated(&database).await, database.connect().await);
    let section = server.section("pager");
    server.answer([Answer::Late(Duration::from_millis(1_500)), Answer::Late(Duration::from_millis(1_500))]);
    let _consuming = consume(&rig, &store, to_webhook(&section)).await;
    let publishing = publish(&store, &section);
    produce(&rig, [rotation(1, "a")]).await;
    until_received(&server, 1, |_| true).await;
    drop(publishing);
    // Nobody else tries it while it may still be on its way; then somebody does.
    let claimed = "(SELECT FROM notifications WHERE next_attempt_at > clock_timestamp()) AS claimed";
    until_count(&client, claimed, 1).await;
    client.execute("UPDATE notifications SET next_attempt_at = clock_timestamp()", &[]).await.unwrap();
    let _publishing = publish(&store, &section);
    until_none_left(&client).await;
    let rotations = until_received(&server, 2, is_rotation).await;
    assert_eq!(rotations[0].id, rotations[1].id);
    assert_eq!(rotations[0].body, rotations[1].body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_comes_twice_is_told_once() {
    let (rig, server, database) = (JournalRig::start(), WebhookServer::start(), database().await);
    let (store, client) = (migrated(&database).await, database.connect().await);
    let section = server.section("pager");
    let _consuming = consume(&rig, &store, to_webhook(&section)).await;
    let time = time::OffsetDateTime::now_utc();
    let again = || rotation(1, "a").at(time);
    produce(&rig, [again(), again()]).await;
    until_count(&client, "notifications", 2).await;
    produce(&rig, [again(), rotation(2, "b")]).await;
    until_count(&client, "notifications", 4).await;
    let _publishing = publish(&store, &section);
    until_none_left(&client).await;
    assert_eq!(until_received(&server, 2, is_rotation).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_resource_does_not_wait_for_another_nor_one_target_for_another() {
    let (rig, good, bad) = (JournalRig::start(), WebhookServer::start(), WebhookServer::start());
    let database = database().await;
    let (store, client) = (migrated(&database).await, database.connect().await);
    let (mut to_good, mut to_bad) = (good.section("good"), bad.section("bad"));
    to_good.detail_types = vec!["KMS CMK Rotation".to_owned()];
    to_bad.detail_types.clone_from(&to_good.detail_types);
    bad.answer([Answer::Status(503); 50]);
    good.answer([Answer::Status(503)]);
    let targets = Targets::new(vec![Target::of_webhook(&to_good), Target::of_webhook(&to_bad)]);
    let _consuming = consume(&rig, &store, targets).await;
    produce(&rig, (1..=6).map(|number| rotation(number, &format!("key-{number}")))).await;
    until_count(&client, "notifications", 12).await;
    let _publishing = (publish(&store, &to_good), publish(&store, &to_bad));
    until_none_left_for(&client, "webhook:good").await;
    assert_eq!(good.received().len(), 7, "one was told twice");
    assert!(bad.received().len() >= 6);
    let row = client.query_one("SELECT count(*), max(last_error) FROM notifications", &[]).await.unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, &str>(1)), (6, "it answered 503"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_webhook_never_takes_is_given_up_and_later_forgotten() {
    let database = database().await;
    let (store, client) = (migrated(&database).await, database.connect().await);
    let insert = "INSERT INTO notifications (target, id, resource, body, created_at) \
                  SELECT target, gen_random_uuid(), 'r', '', clock_timestamp() - age \
                    FROM (VALUES ('webhook:a', interval '25 h'), ('webhook:a', '1 h'), ('kafka', '25 h')) AS t (target, age)";
    client.execute(insert, &[]).await.unwrap();
    let section = NotificationsSection {
        kafka: true,
        topic: String::new(),
        retry_hours: 24,
        keep_days: 14,
        webhooks: Vec::new(),
    };
    let housekeeper = Housekeeper::new(store, &section);
    housekeeper.step().await.unwrap();
    let given_up =
        "(SELECT FROM notifications WHERE given_up_at IS NOT NULL AND target = 'webhook:a') AS given_up";
    until_count(&client, given_up, 1).await;
    until_count(&client, "notifications", 3).await;
    let older =
        "UPDATE notifications SET given_up_at = given_up_at - interval '15 d' WHERE given_up_at IS NOT NULL";
    assert_eq!(client.execute(older, &[]).await.unwrap(), 1);
    housekeeper.step().await.unwrap();
    until_count(&client, "notifications", 2).await;
}

#[tokio::test]
async fn a_webhook_whose_certificate_is_not_trusted_gets_nothing_and_its_address_is_not_told() {
    let (server, other) = (WebhookServer::start(), WebhookServer::start());
    let database = database().await;
    let (store, client) = (migrated(&database).await, database.connect().await);
    let section = WebhookSection { ca_file: other.section("other").ca_file, ..server.section("pager") };
    let insert = "INSERT INTO notifications (target, id, resource, body) VALUES ('webhook:pager', gen_random_uuid(), 'r', '{}')";
    client.execute(insert, &[]).await.unwrap();
    let _publishing = publish(&store, &section);
    let failed = "(SELECT FROM notifications WHERE last_error IS NOT NULL) AS failed";
    until_count(&client, failed, 1).await;
    let row = client.query_one("SELECT last_error FROM notifications", &[]).await.unwrap();
    let error: String = row.get(0);
    assert!(error.contains("certificate") && !error.contains("hunter2"), "{error}");
    assert!(server.received().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kafka_is_told_in_the_order_of_each_resource() {
    let Some(rig) = KafkaRig::start("kafka_is_told_in_the_order_of_each_resource").await else { return };
    let database = database().await;
    let (store, client) = (migrated(&database).await, database.connect().await);
    let filter = Filter { detail_types: vec!["KMS CMK Rotation".to_owned()], ..Filter::default() };
    let kafka = Target { name: "kafka".to_owned(), filter };
    let _consuming = consume(&rig, &store, Targets::new(vec![kafka])).await;
    produce(&rig, (1..=30).map(|number| rotation(number, &format!("{}", number % 3)))).await;
    until_count(&client, "notifications", 30).await;
    let order = "SELECT id FROM notifications WHERE resource LIKE '%/1' ORDER BY sequence";
    let ids: Vec<String> = client
        .query(order, &[])
        .await
        .unwrap()
        .iter()
        .map(|row| row.get::<_, uuid::Uuid>(0).to_string())
        .collect();
    let (_, news) = watch::channel(());
    let topic = EventsTopic::new(&rig.kafka, "").unwrap();
    let publisher = Publisher::kafka(store.clone(), topic, Arc::new(SystemRandom), news);
    let _publishing = Consuming(tokio::spawn(publisher.run()));
    until_none_left(&client).await;
    let messages = read(&rig.kafka, 30).await;
    let of_one = messages.iter().filter(|message| message.key().unwrap().ends_with(b"/1"));
    let told: Vec<String> = of_one
        .map(|message| {
            let envelope: Value = serde_json::from_slice(message.payload().unwrap()).unwrap();
            let header = message.headers().unwrap().iter().next().unwrap();
            assert_eq!(
                (header.key, header.value.unwrap()),
                ("id", envelope["id"].as_str().unwrap().as_bytes())
            );
            envelope["id"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(told, ids);
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
