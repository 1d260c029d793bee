use keywright_audit::log::sequencer::{self, Step};
use keywright_transparency_log::LogError;

use crate::rig::Rig;

#[tokio::test(flavor = "multi_thread")]
async fn replicas_that_sequence_at_once_leave_no_gap_and_no_leaf_twice() {
    let rig = Rig::start().await;
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let replicas: Vec<_> = (0..4)
        .map(|_| {
            let (store, stop) = (rig.store.clone(), std::sync::Arc::clone(&stop));
            tokio::spawn(async move {
                let mut done = 0;
                while !stop.load(std::sync::atomic::Ordering::SeqCst) {
                    if let Step::Done { blocks, .. } = sequencer::step(&store).await.unwrap() {
                        done += blocks;
                    }
                }
                done
            })
        })
        .collect();
    for part in 0..20 {
        rig.happen(part * 35..(part + 1) * 35).await;
    }
    stop.store(true, std::sync::atomic::Ordering::SeqCst);
    for replica in replicas {
        replica.await.unwrap();
    }
    assert_eq!(rig.sequence().await, 700);
    rig.sign().await.unwrap().unwrap();
    let report = rig.report().await;
    assert_eq!((report.findings, report.records, report.leaves), (vec![], 700, 0..700));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_breaks_off_leaves_nothing_behind() {
    let rig = Rig::start().await;
    rig.happen(0..300).await;
    // The last statement of the step fails, as if the process had died before it.
    rig.owner
        .batch_execute("ALTER TABLE log_tiles ADD CONSTRAINT none_now CHECK (level < 0) NOT VALID")
        .await
        .unwrap();
    assert!(sequencer::step(&rig.store).await.is_err());
    let count = |table| rig.count(table);
    assert_eq!((count("sequenced_blocks").await, count("log_tiles").await), (0, 0));
    assert!(count("unsequenced_blocks").await > 0);
    rig.owner.batch_execute("ALTER TABLE log_tiles DROP CONSTRAINT none_now").await.unwrap();
    assert_eq!(rig.sequence().await, 300);
    rig.sign().await.unwrap();
    assert_eq!(rig.report().await.findings, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_added_to_an_edge_that_is_not_whole() {
    let rig = Rig::signed().await;
    rig.happen(700..710).await;
    rig.owner
        .batch_execute("UPDATE log_tiles SET data = substring(data FROM 33), width = width - 1 WHERE width < 256 AND level = 0")
        .await
        .unwrap();
    let refused = sequencer::step(&rig.store).await.unwrap_err();
    assert!(
        matches!(refused, keywright_audit::error::AuditError::Log(LogError::Edge { size: 700 })),
        "{refused:?}"
    );
}
