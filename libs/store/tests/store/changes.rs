use std::time::{Duration, Instant};

use keywright_local_stack::PostgresCluster;
use keywright_local_stack::testing::{self, test_postgres};
use keywright_store::{Change, ChangeListener, Store, StoreConfig};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::proxy::Proxy;
use crate::support::{config, eventually};

const CHANNEL: &str = "kms.Changes";

#[tokio::test]
async fn a_notification_arrives_within_a_second_of_its_commit_and_not_before() {
    let database = testing::database().await;
    let config = config(database.login());
    let store = Store::connect(&config).await.unwrap();
    let (_listener, mut changes) = listen(&config);
    assert_eq!(next(&mut changes).await, Change::Resynchronize);

    let early = store.begin().await.unwrap();
    early.notify(CHANNEL, "sent first").await.unwrap();
    let undone = store.begin().await.unwrap();
    undone.notify(CHANNEL, "rolled back").await.unwrap();
    undone.rollback().await.unwrap();
    let late = store.begin().await.unwrap();
    late.notify(CHANNEL, "sent last").await.unwrap();
    late.commit().await.unwrap();
    assert_eq!(next(&mut changes).await, notified("sent last"));
    let committed_at = Instant::now();
    early.commit().await.unwrap();
    assert_eq!(next(&mut changes).await, notified("sent first"));
    assert!(committed_at.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn a_listener_that_lost_its_connection_resynchronizes_and_hears_again() {
    let database = testing::database().await;
    let config = config(database.login());
    let store = Store::connect(&config).await.unwrap();
    let (listener, mut changes) = listen(&config);
    assert_eq!(next(&mut changes).await, Change::Resynchronize);

    let before = Instant::now();
    let end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                WHERE datname = current_database() AND application_name = 'keywright listener'";
    let ended = store.connection().await.unwrap().query_one(end, &[]).await.unwrap();
    assert_eq!(ended.get::<_, i64>(0), 1);
    assert_eq!(next(&mut changes).await, Change::Resynchronize);
    eventually(Duration::from_secs(5), async || {
        let health = listener.health();
        if health.connected && health.last_confirmed > before { Ok(()) } else { Err(format!("{health:?}")) }
    })
    .await;

    let transaction = store.begin().await.unwrap();
    transaction.notify(CHANNEL, "after").await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(next(&mut changes).await, notified("after"));
}

#[tokio::test]
async fn staleness_grows_while_the_server_is_away_and_recovers_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut cluster = PostgresCluster::start(test_postgres(dir.path().join("cluster"))).await.unwrap();
    let config = config(&cluster.create_database("app", "app", "app-password").await.unwrap());
    let (listener, mut changes) = listen(&config);
    assert_eq!(next(&mut changes).await, Change::Resynchronize);

    cluster.shut_down().await.unwrap();
    eventually(Duration::from_secs(10), async || match listener.staleness() {
        staleness if staleness > Duration::from_secs(3) => Ok(()),
        staleness => Err(format!("{staleness:?}")),
    })
    .await;
    assert!(!listener.health().connected);

    cluster.restart().await.unwrap();
    assert_eq!(next(&mut changes).await, Change::Resynchronize);
    eventually(Duration::from_secs(5), async || match listener.staleness() {
        staleness if staleness < Duration::from_secs(1) => Ok(()),
        staleness => Err(format!("{staleness:?}")),
    })
    .await;
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_connection_that_went_silent_is_noticed_and_replaced() {
    let database = testing::database().await;
    let proxy = Proxy::to(database.login().port()).await;
    let mut config = config(database.login());
    config.port = proxy.port;
    let (listener, mut changes) = listen(&config);
    assert_eq!(next(&mut changes).await, Change::Resynchronize);
    proxy.freeze();
    // A beat each second, and one second for its answer.
    assert_eq!(next(&mut changes).await, Change::Resynchronize);
    assert!(listener.health().connected);
}

#[tokio::test]
async fn beats_keep_a_quiet_listener_fresh() {
    let database = testing::database().await;
    let (listener, mut changes) = listen(&config(database.login()));
    assert_eq!(next(&mut changes).await, Change::Resynchronize);
    let first = listener.health().last_confirmed;
    for beat in 1..=2 {
        eventually(Duration::from_secs(5), async || {
            let since = listener.health().last_confirmed - first;
            if since > Duration::from_millis(900) * beat { Ok(()) } else { Err(format!("{since:?}")) }
        })
        .await;
    }
}

#[tokio::test]
async fn a_stopped_listener_leaves_no_connection_behind() {
    let database = testing::database().await;
    let config = config(database.login());
    let store = Store::connect(&config).await.unwrap();
    let (listener, mut changes) = listen(&config);
    assert_eq!(next(&mut changes).await, Change::Resynchronize);
    listener.stop().await;
    assert_eq!(changes.recv().await, None, "the handler is dropped with its listener");
    let connection = store.connection().await.unwrap();
    eventually(Duration::from_secs(5), async || {
        let count = "SELECT count(*) FROM pg_stat_activity
                      WHERE datname = current_database() AND application_name LIKE '%listener'";
        match connection.query_one(count, &[]).await.unwrap().get::<_, i64>(0) {
            0 => Ok(()),
            left => Err(format!("{left} connections")),
        }
    })
    .await;
}

fn listen(config: &StoreConfig) -> (ChangeListener, UnboundedReceiver<Change>) {
    let (heard, changes) = unbounded_channel();
    let listener = ChangeListener::spawn(config, &[CHANNEL, "another"], move |change| {
        // The test may have ended.
        let _ = heard.send(change);
    });
    (listener.unwrap(), changes)
}

async fn next(changes: &mut UnboundedReceiver<Change>) -> Change {
    let change = tokio::time::timeout(Duration::from_secs(10), changes.recv()).await;
    change.expect("no change within ten seconds").expect("the listener has ended")
}

fn notified(payload: &str) -> Change {
    Change::Notified { channel: CHANNEL.to_owned(), payload: payload.to_owned() }
}
