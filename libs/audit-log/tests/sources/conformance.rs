//! What every source promises.

use std::collections::BTreeSet;

use futures::FutureExt as _;

use crate::{
    events::{assert_order_of_keys, entries, entry, number, read, sorted},
    journal_rig::JournalRig,
    kafka_rig::KafkaRig,
    rig::Rig,
};

/// Makes of each promise a test on the journals and one on Kafka.
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
    entries_arrive_as_they_were_sent,
    the_entries_of_a_key_keep_their_order,
    reading_resumes_where_it_was_settled,
    what_was_not_settled_is_delivered_again,
    nothing_is_lost_when_the_producer_is_restarted_midway,
    a_batch_that_is_given_up_is_not_lost,
    positions_follow_the_entries,
}

async fn entries_arrive_as_they_were_sent(rig: impl Rig) {
    rig.produce(entries(0..50)).await;
    let mut source = rig.source().await;
    let (read, _) = read(source.as_mut(), 50, 1_000).await;
    assert_eq!(sorted(&read), (0..50).collect::<Vec<_>>());
    for read in &read {
        let sent = entry(number(read));
        assert_eq!(read.partition_key, sent.partition_key);
        assert_eq!(read.payload, sent.payload);
        assert_eq!(read.trace_parent, sent.trace_parent);
    }
    source.close().await;
}

async fn the_entries_of_a_key_keep_their_order(rig: impl Rig) {
    let mut source = rig.source().await;
    for from in (0..2_000).step_by(100) {
        rig.produce(entries(from..from + 100)).await;
    }
    let (read, _) = read(source.as_mut(), 2_000, 64).await;
    assert_order_of_keys(&read);
    assert_eq!(sorted(&read), (0..2_000).collect::<Vec<_>>());
    source.close().await;
}

async fn reading_resumes_where_it_was_settled(rig: impl Rig) {
    rig.produce(entries(0..300)).await;
    let mut source = rig.source().await;
    let (first, positions) = read(source.as_mut(), 120, 40).await;
    rig.positions().settle(&positions);
    source.committed(&positions).await.unwrap();
    // Read, but not settled.
    let _ = read(source.as_mut(), 60, 40).await;
    source.close().await;

    let mut source = rig.source().await;
    let (rest, positions) = read(source.as_mut(), 300 - first.len(), 1_000).await;
    let settled: BTreeSet<_> = first.iter().map(number).collect();
    assert!(rest.iter().all(|entry| !settled.contains(&number(entry))), "settled entries came again");
    let all: Vec<_> = first.into_iter().chain(rest).collect();
    assert_eq!(sorted(&all), (0..300).collect::<Vec<_>>());
    assert_order_of_keys(&all);
    rig.positions().settle(&positions);
    source.committed(&positions).await.unwrap();

    rig.produce(entries(300..310)).await;
    let (more, _) = read(source.as_mut(), 10, 1_000).await;
    assert_eq!(sorted(&more), (300..310).collect::<Vec<_>>());
    source.close().await;
}

async fn what_was_not_settled_is_delivered_again(rig: impl Rig) {
    rig.produce(entries(0..100)).await;
    for _ in 0..2 {
        let mut source = rig.source().await;
        let (read, _) = read(source.as_mut(), 100, 1_000).await;
        assert_eq!(sorted(&read), (0..100).collect::<Vec<_>>());
        source.close().await;
    }
}

async fn nothing_is_lost_when_the_producer_is_restarted_midway(mut rig: impl Rig) {
    let mut all = Vec::new();
    for round in 0..4 {
        rig.produce(entries(round * 250..round * 250 + 250)).await;
        let mut source = rig.source().await;
        if round % 2 == 1 {
            let (some, positions) = read(source.as_mut(), 100, 50).await;
            rig.positions().settle(&positions);
            source.committed(&positions).await.unwrap();
            all.extend(some);
        }
        source.close().await;
        rig.restart_producer().await;
    }
    let known: BTreeSet<_> = all.iter().map(number).collect();
    let mut source = rig.source().await;
    let missing = 1_000 - known.len();
    let mut found = BTreeSet::new();
    while found.len() < missing {
        let (more, _) = read(source.as_mut(), 1, 200).await;
        found.extend(more.iter().map(number).filter(|number| !known.contains(number)));
        all.extend(more);
    }
    source.close().await;
    let mut numbers = sorted(&all);
    numbers.dedup();
    assert_eq!(numbers, (0..1_000).collect::<Vec<_>>());
    assert_order_of_keys(&all);
}

async fn a_batch_that_is_given_up_is_not_lost(rig: impl Rig) {
    let mut source = rig.source().await;
    let mut all = Vec::new();
    for from in (0..200).step_by(20) {
        rig.produce(entries(from..from + 20)).await;
        for _ in 0..3 {
            if let Some(batch) = source.next_batch(7).now_or_never() {
                all.extend(batch.unwrap().entries);
            }
        }
    }
    let missing = 200 - all.len();
    if missing > 0 {
        all.extend(read(source.as_mut(), missing, 7).await.0);
    }
    assert_eq!(sorted(&all), (0..200).collect::<Vec<_>>());
    source.close().await;
}

async fn positions_follow_the_entries(rig: impl Rig) {
    rig.produce(entries(0..100)).await;
    let mut source = rig.source().await;
    let mut count = 0;
    while count < 100 {
        let batch = source.next_batch(30).await.unwrap();
        for position in &batch.positions {
            let last = batch.entries.iter().rfind(|entry| entry.source == position.source).unwrap();
            assert_eq!(position.position, last.position + 1);
        }
        let sources: BTreeSet<_> = batch.entries.iter().map(|entry| &entry.source).collect();
        assert_eq!(sources.len(), batch.positions.len());
        count += batch.entries.len();
    }
    source.close().await;
}
