//! Several consumers share the partitions of a topic.

use std::time::Duration;

use keywright_local_stack::testing::database;

use crate::events::{eventually, migrated, numbered, until_count, until_whole};
use crate::kafka_rig::KafkaRig;
use crate::rig::{Rig, run};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn consumers_that_come_and_go_store_every_event_once() {
    let Some(rig) = KafkaRig::start("consumers_that_come_and_go").await else { return };
    let database = database().await;
    let (store, client) = (migrated(&database).await, database.connect().await);
    let first = run(&rig, &store).await;
    rig.produce(numbered(0..400)).await;
    until_count(&client, "events", 400).await;

    let second = run(&rig, &store).await;
    for from in (400..1_200).step_by(40) {
        rig.produce(numbered(from..from + 40)).await;
        // In the middle of it the group is balanced anew.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    drop(first);
    rig.produce(numbered(1_200..1_400)).await;
    until_whole(&client, 1_400).await;
    let settled = "SELECT sum(position)::bigint FROM source_positions";
    eventually(async || match client.query_one(settled, &[]).await.unwrap().get::<_, i64>(0) {
        1_400 => Ok(()),
        other => Err(format!("{other} of 1400 entries are settled")),
    })
    .await;
    drop(second);
}
