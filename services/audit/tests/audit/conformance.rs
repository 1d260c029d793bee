//! What the consumer promises, whatever the source.

use keywright_audit::store::positions::Positions;
use keywright_local_stack::testing::database;
use keywright_service::testing::ACCOUNT;
use serde_json::json;
use uuid::Uuid;

use crate::events::{Made, count, migrated, numbered, poison, until_count, until_whole};
use crate::journal_rig::JournalRig;
use crate::kafka_rig::KafkaRig;
use crate::rig::{Rig, consumer, read, run, settler};

/// Makes of each promise a test on journals and one on Kafka.
macro_rules! promises {
    ($($promise:ident),+ $(,)?) => {
        mod on_journals {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $promise() {
                super::$promise(super::JournalRig::start()).await;
            })+
        }
        mod on_kafka {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $promise() {
                if let Some(rig) = super::KafkaRig::start(stringify!($promise)).await {
                    super::$promise(rig).await;
                }
            })+
        }
    };
}

promises! {
    every_event_is_stored_exactly_once,
    a_record_is_stored_byte_for_byte_with_what_is_indexed,
    a_consumer_killed_before_it_told_its_source_stores_nothing_twice,
    what_is_delivered_again_is_known,
    an_event_that_was_sent_twice_is_one_row,
    poison_is_put_aside_and_the_rest_goes_on,
}

async fn every_event_is_stored_exactly_once(rig: impl Rig) {
    let database = database().await;
    let (store, client) = (migrated(&database).await, database.connect().await);
    rig.produce(numbered(0..300)).await;
    let running = run(&rig, &store).await;
    until_count(&client, "events", 300).await;
    for from in (300..1_000).step_by(70) {
        rig.produce(numbered(from..from + 70)).await;
    }
    until_count(&client, "events", 1_000).await;
    until_whole(&client, 1_000).await;
    let ids = client.query("SELECT event_id FROM events ORDER BY event_id", &[]).await.unwrap();
    let ids: Vec<u128> = ids.iter().map(|row| row.get::<_, Uuid>(0).as_u128()).collect();
    assert_eq!(ids, (0..1_000).collect::<Vec<_>>());
    assert_eq!(count(&client, "dead_letters").await, 0);
    drop(running);
}

async fn a_record_is_stored_byte_for_byte_with_what_is_indexed(rig: impl Rig) {
    let database = database().await;
    let (store, client) = (migrated(&database).await, database.connect().await);
    let event = Made::number(1).with("/errorCode", "AccessDeniedException".into());
    let event = event.with("/userIdentity/userName", "ä\0\u{1f511}".into());
    let event =
        event.with("/userIdentity/arn", "arn:alice".into()).with("/sourceIPAddress", "192.0.2.7".into());
    let second = json!({"accountId": ACCOUNT, "type": "AWS::KMS::Alias", "ARN": "arn:alias"});
    let event = event.with("/resources/1", second);
    rig.produce(vec![event.entry()]).await;
    let _running = run(&rig, &store).await;
    until_count(&client, "events", 1).await;
    let row =
        client.query_one("SELECT * FROM events JOIN record_blocks USING (block_id)", &[]).await.unwrap();
    assert_eq!(row.get::<_, Vec<Vec<u8>>>("records"), [event.0.to_string().into_bytes()]);
    assert_eq!(row.get::<_, i16>("ordinal"), 1);
    let text = |column| row.get::<_, &str>(column);
    assert_eq!((text("event_name"), text("event_source")), ("Decrypt", "kms.amazonaws.com"));
    assert_eq!((text("username"), text("access_key_id")), ("ä\u{fffd}\u{1f511}", "AKIAALICE"));
    assert_eq!(text("error_code"), "AccessDeniedException");
    assert_eq!((text("principal_arn"), text("source_ip_address")), ("arn:alice", "192.0.2.7"));
    assert_eq!((text("resource_type"), text("resource_name")), ("AWS::KMS::Key", "arn:aws:kms:::key/1"));
    let further = client.query_one("SELECT * FROM event_resources", &[]).await.unwrap();
    assert_eq!((further.get("ordinal"), further.get("resource_name")), (1, "arn:alias"));
    until_whole(&client, 1).await;
    assert!(row.get::<_, bool>("read_only"));
}

async fn a_consumer_killed_before_it_told_its_source_stores_nothing_twice(rig: impl Rig) {
    let database = database().await;
    let (store, client) = (migrated(&database).await, database.connect().await);
    rig.produce(numbered(0..100)).await;
    let mut stored = 0;
    // Each of these consumers ends behind its commit, and its source never hears of it.
    for _ in 0..3 {
        let mut source = rig.opener(Positions(store.clone())).open().await.unwrap();
        let batch = source.next_batch(10).await.unwrap();
        let settled = settler(&store).settle(&mut read(&batch)).await;
        assert_eq!((settled.stored, settled.duplicates), (batch.entries.len() as u64, 0));
        stored += batch.entries.len() as i64;
        source.close().await;
        assert_eq!(count(&client, "events").await, stored);
    }
    let _running = run(&rig, &store).await;
    until_count(&client, "events", 100).await;
}

async fn what_is_delivered_again_is_known(rig: impl Rig) {
    let database = database().await;
    let (store, client) = (migrated(&database).await, database.connect().await);
    rig.produce(numbered(0..120)).await;
    drop({
        let running = run(&rig, &store).await;
        until_count(&client, "events", 120).await;
        running
    });
    client.execute("DELETE FROM source_positions", &[]).await.unwrap();

    let mut source = rig.opener(Positions(store.clone())).open().await.unwrap();
    let mut settler = settler(&store);
    let mut again = 0;
    while again < 120 {
        let batch = source.next_batch(1_000).await.unwrap();
        let settled = settler.settle(&mut read(&batch)).await;
        assert_eq!((settled.stored, settled.duplicates), (0, batch.entries.len() as u64));
        again += settled.duplicates;
    }
    source.close().await;
    until_whole(&client, 120).await;
}

async fn an_event_that_was_sent_twice_is_one_row(rig: impl Rig) {
    let database = database().await;
    let (store, client) = (migrated(&database).await, database.connect().await);
    // As when the outbox hands over a record that the journal had taken already.
    let entries = numbered(0..40);
    rig.produce([entries.clone(), entries.clone(), numbered(40..41)].concat()).await;
    rig.produce(entries).await;
    let mut consumer = consumer(&rig, &store).await;
    // Three times forty entries and one more.
    while positions(&client).await < 121 {
        consumer.step().await.unwrap();
    }
    until_whole(&client, 41).await;
    assert_eq!(count(&client, "dead_letters").await, 0);
    consumer.close().await;
}

/// How many entries have been settled, of all sources: Kafka's positions begin at 0, a journal's at 1.
async fn positions(client: &tokio_postgres::Client) -> i64 {
    let sum =
        "SELECT coalesce(sum(position - (source LIKE 'journal:%')::int), 0)::bigint FROM source_positions";
    client.query_one(sum, &[]).await.unwrap().get(0)
}

async fn poison_is_put_aside_and_the_rest_goes_on(rig: impl Rig) {
    let database = database().await;
    let (store, client) = (migrated(&database).await, database.connect().await);
    // Stands for whatever only Postgres notices.
    let constraint = "ALTER TABLE events ADD CONSTRAINT taken CHECK (account <> 'refused')";
    client.batch_execute(constraint).await.unwrap();
    let refused = Made::number(500).with("/recipientAccountId", "refused".into());
    // Was too much for the row of an index once.
    let long: String = (0..60).map(|n| keywright_crypto::sha256_hex(&[n])).collect();
    let long =
        Made::number(506).with("/recipientAccountId", long.clone().into()).with("/awsRegion", long.into());
    let mut entries = numbered(0..60);
    entries.insert(10, poison(501, "no JSON \0"));
    entries.insert(20, refused.entry());
    entries.insert(30, poison(502, vec![0xff, 0, 0xfe]));
    entries.insert(40, poison(503, ""));
    let far = Made::number(504).with("/eventTime", "1970-01-01T00:00:00Z".into());
    entries.push(far.entry());
    entries.push(long.entry());
    let weird = Made::number(505).with("/readOnly", "so\0so".into());
    entries.push(weird.entry());
    rig.produce(entries).await;

    let running = run(&rig, &store).await;
    until_count(&client, "events", 61).await;
    until_count(&client, "dead_letters", 6).await;
    let letters = client.query("SELECT * FROM dead_letters ORDER BY event_id", &[]).await.unwrap();
    let letters: Vec<(u128, String)> =
        letters.iter().map(|row| (row.get::<_, Uuid>("event_id").as_u128(), row.get("reason"))).collect();
    let expected = [
        (500, "the database refused it"),
        (501, "not a CloudTrail record"),
        (502, "not a CloudTrail record"),
        (503, "not a CloudTrail record"),
        (504, "the event time is before"),
        (505, "not a CloudTrail record"),
    ];
    for ((id, reason), (expected_id, expected)) in letters.iter().zip(expected) {
        assert_eq!(*id, expected_id);
        assert!(reason.starts_with(expected), "{id}: {reason}");
    }
    let payload: Vec<u8> = client
        .query_one("SELECT payload FROM dead_letters WHERE event_id = $1", &[&Uuid::from_u128(502)])
        .await
        .unwrap()
        .get(0);
    assert_eq!(payload, [0xff, 0, 0xfe]);

    // Neither again, nor lost.
    drop(running);
    let _running = run(&rig, &store).await;
    rig.produce(numbered(60..70)).await;
    until_count(&client, "events", 71).await;
    assert_eq!(count(&client, "dead_letters").await, 6);
}
