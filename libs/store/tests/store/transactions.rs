use std::sync::{Arc, Mutex};
use std::time::Duration;

use keywright_store::{CommitError, Connection, OutboxEntry, Store, StoreError, Unavailable, Work};
use uuid::Uuid;

use crate::proxy::Proxy;
use crate::support::{INSERT_WIDGET, config, eventually, migrated, migrated_with, widgets};

#[tokio::test]
async fn a_committed_transaction_is_visible_and_a_rolled_back_one_is_not() {
    let (_database, store) = migrated().await;
    let committed = store.begin().await.unwrap();
    assert_eq!(committed.execute(INSERT_WIDGET, &[&"kept"]).await.unwrap(), 1);
    assert_eq!(widgets(&store).await, Vec::<String>::new(), "visible before the commit");
    committed.commit().await.unwrap();

    let rolled_back = store.begin().await.unwrap();
    rolled_back.execute(INSERT_WIDGET, &[&"gone"]).await.unwrap();
    rolled_back.rollback().await.unwrap();
    assert_eq!(widgets(&store).await, ["kept"]);
}

#[tokio::test]
async fn a_dropped_transaction_is_rolled_back_and_its_connection_never_comes_back() {
    let (_database, store) = migrated_with(|config| config.pool_size = 1).await;
    let transaction = store.begin().await.unwrap();
    let process = backend(&transaction).await;
    transaction.execute(INSERT_WIDGET, &[&"dropped"]).await.unwrap();
    drop(transaction);

    let connection = store.connection().await.unwrap();
    assert_ne!(backend(&connection).await, process);
    eventually(Duration::from_secs(5), async || {
        let alive = "SELECT count(*) FROM pg_stat_activity WHERE pid = $1";
        match connection.query_one(alive, &[&process]).await.unwrap().get::<_, i64>(0) {
            0 => Ok(()),
            _ => Err(format!("backend {process} is still there")),
        }
    })
    .await;
    drop(connection);
    assert_eq!(widgets(&store).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_finished_transaction_gives_its_connection_back() {
    let (_database, store) = migrated_with(|config| config.pool_size = 1).await;
    let committed = store.begin().await.unwrap();
    let process = backend(&committed).await;
    committed.commit().await.unwrap();
    let rolled_back = store.begin().await.unwrap();
    assert_eq!(backend(&rolled_back).await, process);
    rolled_back.rollback().await.unwrap();
    assert_eq!(backend(&store.connection().await.unwrap()).await, process);
}

#[tokio::test]
async fn a_begin_given_up_at_any_point_leaves_no_transaction_open_in_the_pool() {
    let (_database, store) = migrated_with(|config| config.pool_size = 1).await;
    for polls in 1..12 {
        {
            let mut beginning = Box::pin(store.begin());
            for _ in 0..polls {
                if futures::poll!(&mut beginning).is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        let connection = store.connection().await.unwrap();
        let number = "SELECT pg_current_xact_id()::text";
        let first: String = connection.query_one(number, &[]).await.unwrap().get(0);
        let second: String = connection.query_one(number, &[]).await.unwrap().get(0);
        assert_ne!(first, second, "still inside a transaction, given up after {polls} polls");
    }
}

#[tokio::test]
async fn a_commit_after_a_failed_statement_is_refused() {
    let (_database, store) = migrated().await;
    let transaction = store.begin().await.unwrap();
    transaction.execute(INSERT_WIDGET, &[&"once"]).await.unwrap();
    let error = transaction.execute(INSERT_WIDGET, &[&"once"]).await.unwrap_err();
    assert_eq!(error.unique_violation(), Some("widgets_pkey"));
    // Postgres itself answers such a COMMIT without an error, and rolls back.
    let error = transaction.commit().await.unwrap_err();
    assert!(matches!(error, CommitError::RolledBack(StoreError::Refused { .. })), "{error:?}");
    assert_eq!(widgets(&store).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_commit_after_a_statement_that_was_given_up_is_refused() {
    let (_database, store) = migrated().await;
    let transaction = store.begin().await.unwrap();
    transaction.execute(INSERT_WIDGET, &[&"first"]).await.unwrap();
    tokio::select! {
        biased;
        _ = transaction.execute("SELECT pg_sleep(1)", &[]) => panic!("slept too quickly"),
        () = tokio::time::sleep(Duration::from_millis(50)) => {}
    }
    let error = transaction.commit().await.unwrap_err();
    assert!(error.is_rolled_back(), "{error:?}");
    assert_eq!(widgets(&store).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_constraint_that_fails_at_the_commit_rolls_back_for_certain() {
    let (_database, store) = migrated().await;
    let table = "CREATE TABLE later (n integer CONSTRAINT one_later UNIQUE DEFERRABLE INITIALLY DEFERRED)";
    store.connection().await.unwrap().execute(table, &[]).await.unwrap();
    let transaction = store.begin().await.unwrap();
    transaction.execute("INSERT INTO later VALUES (1), (1)", &[]).await.unwrap();
    let error = transaction.commit().await.unwrap_err();
    assert!(error.is_rolled_back(), "{error:?}");
    assert_eq!(error.cause().unique_violation(), Some("one_later"));
}

#[tokio::test]
async fn a_commit_whose_answer_is_lost_is_unknown() {
    let (database, direct) = migrated().await;
    let proxy = Proxy::to(database.login().port()).await;
    let mut through_proxy = config(database.login());
    through_proxy.port = proxy.port;
    let store = Store::connect(&through_proxy).await.unwrap();

    let transaction = store.begin().await.unwrap();
    transaction.execute(INSERT_WIDGET, &[&"perhaps"]).await.unwrap();
    proxy.lose_commits();
    let error = transaction.commit().await.unwrap_err();
    assert!(
        matches!(error, CommitError::Unknown(StoreError::Unavailable(Unavailable::ConnectionLost))),
        "{error:?}"
    );
    // It did commit: to call it rolled back would have been wrong.
    assert_eq!(widgets(&direct).await, ["perhaps"]);

    // What a cache has may be stale now; what follows a success may not happen.
    let hooks = Arc::new(Mutex::new(Vec::new()));
    let (dropped, succeeded) = (Arc::clone(&hooks), Arc::clone(&hooks));
    let mut work = Work::new(&store);
    work.unless_rolled_back(move || dropped.lock().unwrap().push("drop"));
    work.after_commit(move || succeeded.lock().unwrap().push("succeed"));
    work.transaction().await.unwrap().execute(INSERT_WIDGET, &[&"too"]).await.unwrap();
    let record = OutboxEntry {
        event_id: Uuid::now_v7(),
        partition_key: "key".to_owned(),
        payload: b"{}".to_vec(),
        trace_parent: None,
    };
    assert!(!work.finish(record).await.unwrap_err().is_rolled_back());
    assert_eq!(*hooks.lock().unwrap(), ["drop"]);
    assert_eq!(widgets(&direct).await, ["perhaps", "too"]);
}

#[tokio::test]
async fn a_connection_known_to_be_lost_before_the_commit_is_rolled_back_for_certain() {
    let (_database, store) = migrated().await;
    let transaction = store.begin().await.unwrap();
    transaction.execute(INSERT_WIDGET, &[&"cut"]).await.unwrap();
    let process = backend(&transaction).await;
    let other = store.connection().await.unwrap();
    other.query_one("SELECT pg_terminate_backend($1)", &[&process]).await.unwrap();
    let error = transaction.execute("SELECT 1", &[]).await.unwrap_err();
    assert!(error.retryable(), "{error:?}");
    assert!(transaction.commit().await.unwrap_err().is_rolled_back());
    assert_eq!(widgets(&store).await, Vec::<String>::new());
}

async fn backend(connection: &Connection) -> i32 {
    connection.query_one("SELECT pg_backend_pid()", &[]).await.unwrap().get(0)
}
