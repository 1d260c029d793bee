//! A database that goes away and comes back.

use keywright_audit_log::Entry;
use keywright_crypto::SecretString;
use keywright_local_stack::PostgresCluster;
use keywright_local_stack::testing::test_postgres;
use keywright_store::{Store, StoreConfig, TlsMode};

use crate::events::{Made, numbered, until_count, until_whole};
use crate::journal_rig::JournalRig;
use crate::kafka_rig::KafkaRig;
use crate::rig::{Rig, run};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_restarted_in_mid_stream_costs_nothing_from_journals() {
    survives(JournalRig::start()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_restarted_in_mid_stream_costs_nothing_from_kafka() {
    if let Some(rig) = KafkaRig::start("postgres_restarted_in_mid_stream").await {
        survives(rig).await;
    }
}

async fn survives(rig: impl Rig) {
    let dir = tempfile::tempdir().unwrap();
    let mut cluster = PostgresCluster::start(test_postgres(dir.path().join("cluster"))).await.unwrap();
    let login = cluster.create_database("audit", "audit", "password").await.unwrap();
    let password = SecretString::new("password".to_owned());
    let mut config = StoreConfig::new(login.host(), login.database(), login.user(), password);
    (config.port, config.tls) = (login.port(), TlsMode::Disable);
    let store = Store::connect(&config).await.unwrap();
    keywright_store::migrate(&store, keywright_audit::store::migrations()).await.unwrap();

    let running = run(&rig, &store).await;
    rig.produce(numbered(0..200)).await;
    until_count(&login.connect().await.unwrap(), "events", 200).await;

    cluster.shut_down().await.unwrap();
    rig.produce(numbered(200..400)).await;
    let poisoned: Vec<Entry> = vec![Made::number(400).with("/eventTime", "never".into()).entry()];
    rig.produce(poisoned).await;
    cluster.restart().await.unwrap();
    let client = login.connect().await.unwrap();
    until_count(&client, "events", 400).await;
    until_count(&client, "dead_letters", 1).await;

    // And again, while events come.
    let (produced, restarted) = tokio::join!(
        async {
            for from in (1_000..2_000).step_by(20) {
                rig.produce(numbered(from..from + 20)).await;
            }
        },
        cluster.restart()
    );
    let () = produced;
    restarted.unwrap();
    let client = login.connect().await.unwrap();
    until_count(&client, "events", 1_400).await;
    until_whole(&client, 1_400).await;
    until_count(&client, "dead_letters", 1).await;
    drop(running);
    cluster.stop().await.unwrap();
}
