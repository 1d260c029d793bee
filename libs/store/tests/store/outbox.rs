use std::time::Duration;

use keywright_store::outbox::{self, OutboxEntry};
use keywright_store::{Store, Work};
use uuid::Uuid;

use crate::support::migrated;

#[tokio::test]
async fn two_sweepers_share_the_work_and_hand_over_nothing_twice() {
    let (_database, store) = migrated().await;
    let written = write(&store, 40).await;

    let first = outbox::claim(&store, Duration::ZERO, 25).await.unwrap();
    let second = outbox::claim(&store, Duration::ZERO, 25).await.unwrap();
    assert_eq!((first.entries().len(), second.entries().len()), (25, 15));
    let handed_over = [first.entries(), second.entries()].concat();
    assert_eq!(handed_over, written, "each once, oldest first, as it was written");

    assert_eq!(second.forget().await.unwrap(), 15);
    assert_eq!(first.forget().await.unwrap(), 25);
    assert_eq!(outbox::claim(&store, Duration::ZERO, 25).await.unwrap().entries(), []);
}

#[tokio::test]
async fn racing_sweepers_empty_the_outbox_without_an_overlap() {
    let (_database, store) = migrated().await;
    let written = write(&store, 60).await;
    let mut sweepers = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let store = store.clone();
        sweepers.spawn(async move {
            let mut swept = Vec::new();
            loop {
                let claim = outbox::claim(&store, Duration::ZERO, 7).await.unwrap();
                if claim.entries().is_empty() {
                    return swept;
                }
                swept.extend(claim.entries().iter().map(|entry| entry.event_id));
                claim.forget().await.unwrap();
            }
        });
    }
    let mut swept = sweepers.join_all().await.concat();
    swept.sort();
    let mut expected: Vec<Uuid> = written.iter().map(|entry| entry.event_id).collect();
    expected.sort();
    assert_eq!(swept, expected);
}

#[tokio::test]
async fn a_claim_that_ends_without_forgetting_can_be_claimed_again() {
    let (_database, store) = migrated().await;
    let written = write(&store, 2).await;
    outbox::claim(&store, Duration::ZERO, 10).await.unwrap().release().await;
    let again = outbox::claim(&store, Duration::ZERO, 10).await.unwrap();
    assert_eq!(again.entries(), written);
}

#[tokio::test]
async fn what_is_younger_than_asked_for_is_left_to_its_request() {
    let (_database, store) = migrated().await;
    let written = write(&store, 1).await;
    assert_eq!(outbox::claim(&store, Duration::from_secs(60), 10).await.unwrap().entries(), []);
    let backdate = "UPDATE audit_outbox SET created_at = created_at - interval '61 seconds'";
    store.connection().await.unwrap().execute(backdate, &[]).await.unwrap();
    assert_eq!(outbox::claim(&store, Duration::from_secs(60), 10).await.unwrap().entries(), written);
}

#[tokio::test]
async fn forgetting_is_batched_and_counts_only_what_was_there() {
    let (_database, store) = migrated().await;
    let written = write(&store, 3).await;
    let ids = [written[0].event_id, written[2].event_id, Uuid::now_v7()];
    assert_eq!(outbox::forget(&store, &ids).await.unwrap(), 2);
    assert_eq!(outbox::forget(&store, &[]).await.unwrap(), 0);
    let left = outbox::claim(&store, Duration::ZERO, 10).await.unwrap();
    assert_eq!(left.entries(), &written[1..2]);
}

/// Each in a transaction of its own, so that their order is that of this list.
async fn write(store: &Store, count: u8) -> Vec<OutboxEntry> {
    let mut written = Vec::new();
    for number in 0..count {
        let entry = OutboxEntry {
            event_id: Uuid::new_v4(),
            partition_key: format!("arn:aws:kms:us-east-1:000000000000:key/{number}"),
            payload: vec![number, 0, 255],
            trace_parent: (number % 2 == 0).then(|| format!("00-{number:032x}-00f067aa0ba902b7-01")),
        };
        Work::new(store).finish(entry.clone()).await.unwrap();
        written.push(entry);
    }
    written
}
