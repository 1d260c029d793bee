//! Partitions are there when they are needed.

use std::sync::Arc;

use keywright_audit::consumer::keep_ahead;
use keywright_audit::store::partitions::make;
use keywright_local_stack::testing::database;
use keywright_service::testing::TestClock;
use time::macros::{date, datetime};
use time::{Duration, OffsetDateTime};

use crate::events::{Made, eventually, migrated, until_count};
use crate::journal_rig::JournalRig;
use crate::rig::{Rig, run};

#[tokio::test]
async fn events_of_days_far_apart_get_partitions_of_their_own() {
    let database = database().await;
    let (store, client) = (migrated(&database).await, database.connect().await);
    let rig = JournalRig::start();
    let times = [
        datetime!(2026-01-31 23:59:59 UTC),
        datetime!(2026-02-01 00:00:00 UTC),
        datetime!(2001-05-06 07:08:09 UTC),
        OffsetDateTime::now_utc() + Duration::days(3),
    ];
    let events = times.into_iter().zip(0..).map(|(time, number)| Made::number(number).at(time).entry());
    rig.produce(events.collect()).await;
    let running = run(&rig, &store).await;
    until_count(&client, "events", 4).await;
    for (partition, expected) in [("20260131", 1), ("20260201", 1), ("20010506", 1)] {
        until_count(&client, &format!("events_{partition}"), expected).await;
        until_count(&client, &format!("record_blocks_{partition}"), expected).await;
    }

    // A day whose partition was dropped behind the consumer's back gets a new one.
    client
        .batch_execute("DROP TABLE events_20010506, event_resources_20010506, record_blocks_20010506")
        .await
        .unwrap();
    rig.produce(vec![Made::number(9).at(times[2]).entry(), Made::number(10).entry()]).await;
    until_count(&client, "events", 5).await;
    until_count(&client, "events_20010506", 1).await;
    until_count(&client, "dead_letters", 0).await;
    drop(running);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_that_make_the_same_partitions_take_turns() {
    let database = database().await;
    let store = migrated(&database).await;
    let days: Vec<_> =
        (1..=9).map(|day| time::Date::from_calendar_date(2026, time::Month::March, day).unwrap()).collect();
    let mut replicas = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let (store, days) = (store.clone(), days.clone());
        replicas.spawn(async move { make(&store, &days).await.unwrap() });
    }
    let made: i32 = replicas.join_all().await.into_iter().sum();
    assert_eq!(made, 27, "one table of each kind for each day");
}

#[tokio::test]
async fn a_new_partition_has_the_indexes_and_shuts_nobody_out() {
    let database = database().await;
    let store = migrated(&database).await;
    make(&store, &[date!(2026 - 03 - 01)]).await.unwrap();
    // A reader that stays within its transaction does not keep partitions from being made.
    let mut reader = database.connect().await;
    let reading = reader.transaction().await.unwrap();
    reading.query("SELECT * FROM events", &[]).await.unwrap();
    assert_eq!(make(&store, &[date!(2026 - 03 - 02)]).await.unwrap(), 3);
    reading.query("SELECT * FROM events", &[]).await.unwrap();
    drop(reading);

    let missing = "SELECT parent.indexrelid::regclass::text FROM pg_index parent \
         WHERE parent.indrelid IN ('events'::regclass, 'event_resources'::regclass, 'record_blocks'::regclass) AND NOT EXISTS (\
           SELECT FROM pg_inherits JOIN pg_index child ON child.indexrelid = inhrelid \
            WHERE inhparent = parent.indexrelid AND child.indrelid::regclass::text LIKE '%_20260302')";
    let missing = reader.query(missing, &[]).await.unwrap();
    assert!(missing.is_empty(), "{missing:?}");
}

#[tokio::test]
async fn partitions_are_made_ahead() {
    let database = database().await;
    let (store, client) = (migrated(&database).await, database.connect().await);
    let task = tokio::spawn(keep_ahead(store, Arc::new(TestClock::default()), 3));
    let partitions = "SELECT count(*) FROM pg_inherits WHERE inhparent IN ('events'::regclass, 'event_resources'::regclass, 'record_blocks'::regclass)";
    eventually(async || match client.query_one(partitions, &[]).await.unwrap().get::<_, i64>(0) {
        12 => Ok(()),
        other => Err(format!("{other} of 12 partitions")),
    })
    .await;
    let today = OffsetDateTime::now_utc().date() + Duration::days(3);
    let last = format!("events_{:04}{:02}{:02}", today.year(), u8::from(today.month()), today.day());
    until_count(&client, &last, 0).await;
    task.abort();
}
