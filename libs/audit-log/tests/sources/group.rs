//! Members of a consumer group share the partitions and take over from each other.

use std::collections::BTreeSet;

use crate::{
    events::{PATIENCE, entries, number, read, sorted},
    kafka_rig::KafkaRig,
    rig::Rig,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_member_takes_partitions_over_at_their_settled_positions() {
    let Some(rig) = KafkaRig::start("a_second_member_takes_partitions_over").await else { return };
    rig.produce(entries(0..400)).await;
    let mut one = rig.source().await;
    let (settled, positions) = read(one.as_mut(), 400, 100).await;
    rig.positions().settle(&positions);
    assert_eq!(sorted(&settled), (0..400).collect::<Vec<_>>());

    let mut two = rig.source().await;
    let mut by_one = BTreeSet::new();
    let mut by_two = BTreeSet::new();
    let deadline = tokio::time::Instant::now() + PATIENCE;
    let mut produced = 400;
    // New entries come until both members have some of them: the group was balanced anew.
    while by_one.is_empty() || by_two.is_empty() || by_one.len() + by_two.len() < (produced - 400) as usize {
        if by_one.is_empty() || by_two.is_empty() {
            rig.produce(entries(produced..produced + 20)).await;
            produced += 20;
        }
        tokio::select! {
            batch = one.next_batch(50) => {
                let batch = batch.unwrap();
                rig.positions().settle(&batch.positions);
                by_one.extend(batch.entries.iter().map(number));
            }
            batch = two.next_batch(50) => {
                let batch = batch.unwrap();
                rig.positions().settle(&batch.positions);
                by_two.extend(batch.entries.iter().map(number));
            }
            () = tokio::time::sleep_until(deadline) => panic!("one {}, two {} of {}", by_one.len(), by_two.len(), produced - 400),
        }
    }
    assert!(by_two.iter().all(|number| *number >= 400), "settled entries came again");
    let both: BTreeSet<_> = by_one.union(&by_two).copied().collect();
    assert_eq!(both, (400..produced).collect());

    // What the first member has read and not settled, the second gets when the first is gone.
    rig.produce(entries(produced..produced + 100)).await;
    let batch = one.next_batch(10).await.unwrap();
    assert!(!batch.entries.is_empty());
    one.close().await;
    let (read, _) = read(two.as_mut(), 100, 1_000).await;
    // Some came twice: the second had not settled its own when it was given the first's partitions too.
    let taken_over: BTreeSet<_> = read.iter().map(number).collect();
    assert_eq!(taken_over, (produced..produced + 100).collect());
    two.close().await;
}
