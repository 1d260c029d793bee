//! Events whose time is over go, whole days at once.

use keywright_audit::consumer::ReadEntry;
use keywright_audit::store::retention::drop_day;
use keywright_audit_log::SourcedEntry;
use keywright_local_stack::testing::database;
use keywright_store::{Store, StoreError};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use crate::events::{Made, count, eventually, migrated, until_count, until_whole};
use crate::rig::settler;
use crate::trail::Trail;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn days_that_are_over_are_dropped_and_the_trail_says_so() {
    let database = database().await;
    let store = migrated(&database).await;
    let now = OffsetDateTime::now_utc();
    let days_ago = [10, 10, 10, 6, 5, 5, 0];
    settle(&store, days_ago.map(|days| now - Duration::days(days))).await;

    let trail = Trail::start_keeping(database, 5).await;
    until_count(&trail.client, "(SELECT FROM expired_days) AS expired", 2).await;
    let expired = trail.client.query("SELECT day, events FROM expired_days ORDER BY day", &[]).await.unwrap();
    let expired: Vec<(time::Date, i64)> = expired.iter().map(|row| (row.get(0), row.get(1))).collect();
    let day = |days: i64| (now - Duration::days(days)).date();
    assert_eq!(expired, [(day(10), 3), (day(6), 1)]);
    trail.until_stored(3).await;
    assert_eq!(trail.find("EventName", "Decrypt").await, [6, 5, 4]);
    for table in ["events", "event_resources", "record_blocks"] {
        let left = format!("SELECT to_regclass('{table}_' || to_char($1::date, 'YYYYMMDD')) IS NULL");
        assert!(trail.client.query_one(&left, &[&day(10)]).await.unwrap().get::<_, bool>(0), "{table}");
    }

    let attributes = json!([{"AttributeKey": "EventName", "AttributeValue": "DeleteExpiredEvents"}]);
    let told = eventually(async || {
        let found = trail.lookup(json!({"LookupAttributes": attributes})).await.ok();
        match found["Events"].as_array().unwrap().len() {
            2 => Ok(found),
            other => Err(format!("{other} of 2 records")),
        }
    })
    .await;
    let record: Value = serde_json::from_str(told["Events"][1]["CloudTrailEvent"].as_str().unwrap()).unwrap();
    assert_eq!(record["serviceEventDetails"], json!({"day": day(10).to_string(), "events": 3}));
    assert_eq!(record["eventType"], "AwsServiceEvent");
    trail.stop().await;
}

#[tokio::test]
async fn a_day_that_somebody_reads_is_left_for_later() {
    let database = database().await;
    let store = migrated(&database).await;
    let time = OffsetDateTime::now_utc() - Duration::days(10);
    settle(&store, [time, time]).await;
    let mut client = database.connect().await;
    let reading = client.transaction().await.unwrap();
    reading.query("SELECT * FROM events", &[]).await.unwrap();
    let transaction = store.begin().await.unwrap();
    let refused = drop_day(&transaction, time.date()).await.unwrap_err();
    assert!(matches!(refused, StoreError::LockTimeout), "{refused}");
    drop((transaction, reading));
    until_whole(&client, 2).await;

    for expected in [Some(2), None] {
        let transaction = store.begin().await.unwrap();
        assert_eq!(drop_day(&transaction, time.date()).await.unwrap(), expected);
        transaction.commit().await.unwrap();
    }
    assert_eq!(count(&client, "events").await, 0);

    // An event that comes late gets its day again; dropped once more, it is counted with the others.
    settle(&store, [time]).await;
    let transaction = store.begin().await.unwrap();
    assert_eq!(drop_day(&transaction, time.date()).await.unwrap(), Some(1));
    transaction.commit().await.unwrap();
    until_count(&client, "(SELECT FROM expired_days WHERE events = 3) AS expired", 1).await;
}

/// Stores events of these times, numbered by their places.
async fn settle<const N: usize>(store: &Store, times: [OffsetDateTime; N]) {
    let entries = times.into_iter().zip(0..).map(|(time, number)| {
        let entry = Made::number(number).at(time).entry();
        let sourced = SourcedEntry {
            source: "test".into(),
            position: i64::try_from(number).unwrap(),
            event_id: Some(entry.event_id),
            partition_key: entry.partition_key,
            payload: entry.payload,
            trace_parent: None,
        };
        ReadEntry::new(sourced, OffsetDateTime::now_utc())
    });
    settler(store).settle(&mut entries.collect::<Vec<_>>()).await;
}
