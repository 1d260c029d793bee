//! The relay, on brokers that come and go.

use std::time::Duration;

use keywright_audit_log::{Journal, JournalConfig, KafkaConfig, Relay, RelayError};
use keywright_local_stack::testing::own_kafka_or_skip;

use crate::{
    events::{PATIENCE, assert_order_of_keys, entries, entry, read, sorted},
    kafka_rig::KafkaRig,
    rig::Rig,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_stops_and_crashes_in_the_middle_costs_nothing() {
    let Some(mut own) = own_kafka_or_skip("a_broker_that_stops_and_crashes_in_the_middle").await else {
        return;
    };
    let rig = KafkaRig::on(KafkaConfig::new(own.broker.bootstrap_servers()), "group".to_owned());
    rig.produce(entries(0..500)).await;
    rig.relay().wait_idle(PATIENCE).await.unwrap();

    own.broker.shut_down().await.unwrap();
    rig.produce(entries(500..1_000)).await;
    let behind = rig.relay().wait_idle(Duration::from_millis(200)).await;
    assert!(matches!(behind, Err(RelayError::Behind { pending: 500 })), "{behind:?}");
    assert_eq!(rig.journal().unacknowledged().0, 500);
    own.broker.restart().await.unwrap();
    rig.relay().wait_idle(PATIENCE).await.unwrap();

    let (produced, crashed) = tokio::join!(
        async {
            for from in (1_000..3_000).step_by(50) {
                rig.produce(entries(from..from + 50)).await;
                tokio::task::yield_now().await;
            }
        },
        async {
            own.broker.crash().await.unwrap();
            own.broker.restart().await
        }
    );
    let () = produced;
    crashed.unwrap();
    rig.relay().wait_idle(PATIENCE).await.unwrap();
    let mut source = rig.source().await;
    let (read, _) = read(source.as_mut(), 3_000, 1_000).await;
    source.close().await;
    let mut numbers = sorted(&read);
    let delivered = numbers.len();
    numbers.dedup();
    assert_eq!(numbers, (0..3_000).collect::<Vec<_>>());
    assert_eq!(delivered, 3_000, "an idempotent producer repeats nothing");
    assert_order_of_keys(&read);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_acknowledged_position_is_in_kafka() {
    let Some(rig) = KafkaRig::start("an_acknowledged_position_is_in_kafka").await else { return };
    let mut last = None;
    for number in 0..20 {
        last = Some(rig.journal().append(entry(number)).await.unwrap());
    }
    let acknowledged = rig.relay().acknowledged(last.unwrap());
    tokio::time::timeout(PATIENCE, acknowledged).await.expect("kafka acknowledges").unwrap();
    let mut source = rig.source().await;
    assert_eq!(sorted(&read(source.as_mut(), 20, 100).await.0), (0..20).collect::<Vec<_>>());
    source.close().await;
}

#[tokio::test]
async fn wrong_settings_are_refused_at_start_without_showing_their_values() {
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::open(JournalConfig::new(dir.path(), "test")).unwrap();
    let mut config = KafkaConfig::new("127.0.0.1:1");
    config.properties.insert("sasl.passwort".to_owned(), "hunter2".to_owned());
    let refused = match Relay::spawn(journal, config, std::future::pending()) {
        Ok(_) => panic!("an unknown setting was taken"),
        Err(refused) => format!("{refused:?} {refused}"),
    };
    assert!(refused.contains("sasl.passwort") && !refused.contains("hunter2"), "{refused}");
}
