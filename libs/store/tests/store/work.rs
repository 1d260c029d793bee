use std::sync::{Arc, Mutex};
use std::time::Duration;

use keywright_store::{CommitError, OutboxEntry, Store, Work};
use uuid::Uuid;

use crate::support::{INSERT_WIDGET, eventually, migrated, widgets};

#[tokio::test]
async fn a_change_and_its_record_appear_together() {
    let (_database, store) = migrated().await;
    let mut work = Work::new(&store);
    assert!(!work.is_begun());
    work.transaction().await.unwrap().execute(INSERT_WIDGET, &[&"made"]).await.unwrap();
    assert!(work.is_begun());
    // The same transaction again, not a second one.
    let rows = work.transaction().await.unwrap().query("SELECT name FROM widgets", &[]).await.unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!((widgets(&store).await.len(), outbox_len(&store).await), (0, 0));

    work.finish(record()).await.unwrap();
    assert_eq!((widgets(&store).await.len(), outbox_len(&store).await), (1, 1));
    let rows = "SELECT count(DISTINCT xmin::text) FROM
                (SELECT xmin FROM widgets UNION ALL SELECT xmin FROM audit_outbox) AS written";
    let writers = store.connection().await.unwrap().query_one(rows, &[]).await.unwrap();
    assert_eq!(writers.get::<_, i64>(0), 1, "written by two transactions");
}

#[tokio::test]
async fn hooks_run_in_order_after_the_commit() {
    let (_database, store) = migrated().await;
    let (mut work, order) = work_with_hooks(&store);
    work.transaction().await.unwrap().execute(INSERT_WIDGET, &[&"made"]).await.unwrap();
    assert!(order.lock().unwrap().is_empty());
    work.finish(record()).await.unwrap();
    assert_eq!(*order.lock().unwrap(), [1, 2, 3]);
}

#[tokio::test]
async fn hooks_do_not_run_when_the_work_is_abandoned() {
    let (_database, store) = migrated().await;
    let (mut work, order) = work_with_hooks(&store);
    work.transaction().await.unwrap().execute(INSERT_WIDGET, &[&"not made"]).await.unwrap();
    work.abandon().await;
    assert!(order.lock().unwrap().is_empty());
    assert_eq!((widgets(&store).await.len(), outbox_len(&store).await), (0, 0));
}

#[tokio::test]
async fn a_record_that_can_not_be_written_takes_its_change_with_it() {
    let (_database, store) = migrated().await;
    let record = record();
    Work::new(&store).finish(record.clone()).await.unwrap();

    let (mut work, order) = work_with_hooks(&store);
    work.transaction().await.unwrap().execute(INSERT_WIDGET, &[&"not made"]).await.unwrap();
    let error = work.finish(record).await.unwrap_err();
    let CommitError::RolledBack(cause) = &error else { panic!("{error:?}") };
    assert_eq!(cause.unique_violation(), Some("audit_outbox_pkey"));
    assert!(order.lock().unwrap().is_empty());
    assert_eq!((widgets(&store).await.len(), outbox_len(&store).await), (0, 1));
}

#[tokio::test]
async fn a_finish_goes_on_to_its_end_when_its_caller_goes_away() {
    let (_database, store) = migrated().await;
    let (mut work, order) = work_with_hooks(&store);
    work.transaction().await.unwrap().execute(INSERT_WIDGET, &[&"made"]).await.unwrap();
    {
        let mut finishing = Box::pin(work.finish(record()));
        assert!(futures::poll!(&mut finishing).is_pending());
    }
    eventually(Duration::from_secs(5), async || match order.lock().unwrap().as_slice() {
        [1, 2, 3] => Ok(()),
        other => Err(format!("{other:?}")),
    })
    .await;
    assert_eq!((widgets(&store).await.len(), outbox_len(&store).await), (1, 1));
}

fn work_with_hooks(store: &Store) -> (Work, Arc<Mutex<Vec<u32>>>) {
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut work = Work::new(store);
    for number in 1..=3 {
        let order = Arc::clone(&order);
        work.after_commit(move || order.lock().unwrap().push(number));
    }
    (work, order)
}

fn record() -> OutboxEntry {
    OutboxEntry {
        event_id: Uuid::now_v7(),
        partition_key: "arn:aws:kms:us-east-1:000000000000:key/one".to_owned(),
        payload: b"{}".to_vec(),
        trace_parent: None,
    }
}

async fn outbox_len(store: &Store) -> i64 {
    let connection = store.connection().await.unwrap();
    connection.query_one("SELECT count(*) FROM audit_outbox", &[]).await.unwrap().get(0)
}
