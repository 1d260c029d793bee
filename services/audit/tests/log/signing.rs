use keywright_audit::error::AuditError;
use keywright_transparency_log::{Checkpoint, Note};
use serde_json::json;
use time::{Duration, OffsetDateTime};

use crate::fake_kms::KEY_ARN;
use crate::rig::{ORIGIN, Rig, event, id};

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_is_signed_under_the_logs_name_and_once_for_each_size() {
    let rig = Rig::signed().await;
    let note = Note::parse(&rig.checkpoint().await).unwrap();
    assert_eq!(note.verify(&rig.key()), Ok(None));
    let checkpoint = Checkpoint::parse(note.text()).unwrap();
    assert_eq!((checkpoint.origin.as_str(), checkpoint.size), (ORIGIN, 700));
    // Without news nothing is signed again, by whichever replica.
    for _ in 0..3 {
        assert_eq!(rig.sign().await.unwrap().unwrap().checkpoint, checkpoint);
    }
    assert_eq!((rig.kms.signed(), rig.count("log_checkpoints").await), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn while_kms_is_away_records_get_their_places_and_are_signed_afterwards() {
    let rig = Rig::signed().await;
    rig.kms.refuse(true);
    rig.happen(700..720).await;
    assert_eq!(rig.sequence().await, 720);
    assert!(matches!(rig.sign().await, Err(AuditError::Signing(_))));
    // The process dies here; another one finds the same tree.
    rig.happen(720..730).await;
    rig.kms.refuse(false);
    assert_eq!(rig.sign().await.unwrap().unwrap().checkpoint.size, 720, "only what is committed");
    rig.sequence().await;
    assert_eq!(rig.sign().await.unwrap().unwrap().checkpoint.size, 730);
    assert_eq!(rig.report().await.findings, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_that_sign_at_once_sign_one_root() {
    let rig = Rig::start().await;
    rig.happen(0..100).await;
    rig.sequence().await;
    let steps = (0..6).map(|_| {
        let (mut signer, store) = (rig.signer(), rig.store.clone());
        tokio::spawn(async move { signer.step(&store, OffsetDateTime::now_utc()).await.unwrap() })
    });
    let mut roots: Vec<_> = Vec::new();
    for step in steps.collect::<Vec<_>>() {
        roots.extend(step.await.unwrap().map(|signed| signed.note.to_string()));
    }
    roots.dedup();
    assert_eq!((roots.len(), rig.count("log_checkpoints").await), (1, 1), "{roots:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_logs_own_signing_alone_is_signed_once_an_hour() {
    let rig = Rig::signed().await;
    let mut own = event(700);
    own["eventName"] = json!("Sign");
    own["resources"][0]["ARN"] = json!(KEY_ARN);
    rig.settle(vec![own]).await;
    assert_eq!(rig.sequence().await, 701);
    let mut signer = rig.signer();
    let now = OffsetDateTime::now_utc();
    let size_at = async |signer: &mut keywright_audit::log::signer::Signer, now| {
        signer.step(&rig.store, now).await.unwrap().unwrap().checkpoint.size
    };
    assert_eq!(size_at(&mut signer, now + Duration::minutes(58)).await, 700);
    assert_eq!(size_at(&mut signer, now + Duration::minutes(61)).await, 701);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_signed_that_does_not_begin_with_what_was_signed() {
    for tampering in [
        // Other leaves, in a tile that fits.
        "UPDATE log_tiles SET data = overlay(data PLACING '\\xff'::bytea FROM 7) WHERE level = 1",
        // Fewer leaves.
        "DELETE FROM sequenced_blocks WHERE first_leaf > 200; DELETE FROM unsequenced_blocks",
    ] {
        let rig = Rig::signed().await;
        rig.happen(700..710).await;
        rig.sequence().await;
        rig.owner.batch_execute(tampering).await.unwrap();
        let refused = rig.sign().await.unwrap_err();
        assert!(matches!(refused, AuditError::LogDamaged(_)), "{tampering}: {refused:?}");
        assert_eq!(rig.count("log_checkpoints").await, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_old_checkpoints_one_an_hour_is_kept() {
    let rig = Rig::start().await;
    let mut signer = rig.signer();
    let now = OffsetDateTime::now_utc().replace_minute(0).unwrap();
    for (number, age) in
        [(0, 3 * 24 * 60), (1, 3 * 24 * 60 - 10), (2, 3 * 24 * 60 - 20), (3, 30), (4, 20), (5, 0)]
    {
        rig.happen(number..number + 1).await;
        rig.sequence().await;
        signer.step(&rig.store, now - Duration::minutes(age)).await.unwrap().unwrap();
    }
    let sizes = rig.owner.query("SELECT size FROM log_checkpoints ORDER BY size", &[]).await.unwrap();
    let sizes: Vec<i64> = sizes.iter().map(|row| row.get(0)).collect();
    assert_eq!(sizes, [3, 4, 5, 6]);
    assert_eq!(id(0).as_u128(), 1);
}
