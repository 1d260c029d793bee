//! What becomes of positions and sources at the edges.

use std::sync::Arc;
use std::time::Duration;

use keywright_audit::consumer::{Consumer, SourceOpener};
use keywright_audit::store::positions::{Positions, settle};
use keywright_audit_log::{Journal, JournalConfig, PositionStore as _, SourceError, SourcePosition};
use keywright_local_stack::testing::database;

use crate::events::{migrated, numbered, until_count, until_whole};
use crate::journal_rig::JournalRig;
use crate::rig::{Rig as _, run, settler};

#[tokio::test]
async fn a_consumer_that_lost_its_partition_moves_no_position_back() {
    let database = database().await;
    let store = migrated(&database).await;
    let positions = Positions(store.clone());
    assert_eq!(positions.load("kafka:t/0").await.unwrap(), None);
    for (moves, expected) in
        [([(0, 7), (1, 3)], (7, 3)), ([(1, 9), (0, 5)], (7, 9)), ([(0, 8), (1, 9)], (8, 9))]
    {
        let moves =
            moves.map(|(n, position)| SourcePosition { source: format!("kafka:t/{n}").into(), position });
        let transaction = store.begin().await.unwrap();
        settle(&transaction, &moves).await.unwrap();
        transaction.commit().await.unwrap();
        let loaded = (positions.load("kafka:t/0").await.unwrap(), positions.load("kafka:t/1").await.unwrap());
        assert_eq!(loaded, (Some(expected.0), Some(expected.1)));
    }
}

#[tokio::test]
async fn two_consumers_of_the_same_entries_store_each_once() {
    let database = database().await;
    let (store, client) = (migrated(&database).await, database.connect().await);
    let rig = JournalRig::start();
    // As when a partition is taken over while its former owner is still storing what it has read.
    let (one, two) = (run(&rig, &store).await, run(&rig, &store).await);
    for from in (0..1_000).step_by(100) {
        rig.produce(numbered(from..from + 100)).await;
    }
    until_count(&client, "events", 1_000).await;
    until_whole(&client, 1_000).await;
    until_count(&client, "dead_letters", 0).await;
    drop((one, two));
}

#[tokio::test]
async fn only_what_is_settled_is_given_back_to_the_journal() {
    let database = database().await;
    let (store, client) = (migrated(&database).await, database.connect().await);
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::open(JournalConfig::new(dir.path(), "one")).unwrap();
    for entry in numbered(0..20) {
        journal.append(entry).await.unwrap();
    }
    let opener = || SourceOpener::journals(vec![journal.clone()], Positions(store.clone()));
    let mut consumer = Consumer::open(opener(), settler(&store), 8).await.unwrap();
    assert_eq!(journal.unacknowledged().0, 20);
    consumer.step().await.unwrap();
    assert_eq!(journal.unacknowledged().0, 12);
    until_count(&client, "events", 8).await;
    consumer.close().await;

    let consumer = Consumer::open(opener(), settler(&store), 8).await.unwrap();
    let ended = tokio::spawn(consumer.run());
    until_count(&client, "events", 20).await;
    journal.close().await;
    tokio::time::timeout(Duration::from_secs(10), ended).await.expect("it ends with its journals").unwrap();
}

#[tokio::test]
async fn a_journal_that_is_older_than_its_settled_position_is_refused() {
    let database = database().await;
    let store = migrated(&database).await;
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::open(JournalConfig::new(dir.path(), "one")).unwrap();
    let source: Arc<str> = format!("journal:{}", journal.id()).into();
    let transaction = store.begin().await.unwrap();
    settle(&transaction, &[SourcePosition { source, position: 100 }]).await.unwrap();
    transaction.commit().await.unwrap();
    let opener = SourceOpener::journals(vec![journal], Positions(store.clone()));
    let refused = Consumer::open(opener, settler(&store), 8).await.map(|_| ()).unwrap_err();
    assert!(matches!(refused, SourceError::Ahead { settled: 100, .. }), "{refused}");
}
