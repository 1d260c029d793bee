use keywright_audit::log::verify::{Asked, Directory, Exported, Finding, Report, export, verify};
use serde_json::json;
use time::OffsetDateTime;

use crate::rig::{Rig, event, id};

async fn check(rig: &Rig, dir: &std::path::Path) -> Report {
    let key = rig.key();
    let asked = Asked {
        key: &key,
        witnesses: &[],
        from: None,
        to: None,
        since: None,
        now: OffsetDateTime::now_utc(),
    };
    verify(&Directory::open(dir).unwrap(), &asked).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_checked_without_the_database_and_goes_on_where_it_ended() {
    let rig = Rig::signed().await;
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(export(&rig.source(), dir.path()).await.unwrap(), Exported { size: 700, kept: 0 });
    let report = check(&rig, dir.path()).await;
    assert_eq!((report.findings, report.records), (vec![], 700));

    // With a record that has no room in a bundle.
    let mut long = event(700);
    long["requestParameters"] = json!({ "text": "x".repeat(70_000) });
    rig.settle(vec![long]).await;
    rig.happen(701..1_000).await;
    rig.sequence().await;
    rig.sign().await.unwrap();
    assert_eq!(export(&rig.source(), dir.path()).await.unwrap(), Exported { size: 1_000, kept: 512 });
    let report = check(&rig, dir.path()).await;
    assert_eq!((report.findings, report.records), (vec![], 1_000));
    assert!(dir.path().join("tile/large/700").exists());
    // The same as one that was made at once.
    let whole = tempfile::tempdir().unwrap();
    export(&rig.source(), whole.path()).await.unwrap();
    let report = check(&rig, whole.path()).await;
    assert_eq!((report.findings, report.records), (vec![], 1_000));
    let bundle = "tile/entries/002";
    let read = |dir: &std::path::Path| std::fs::read(dir.join(bundle)).unwrap();
    assert_eq!(read(dir.path()), read(whole.path()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_was_changed_is_found_out() {
    let rig = Rig::signed().await;
    let dir = tempfile::tempdir().unwrap();
    export(&rig.source(), dir.path()).await.unwrap();
    let path = dir.path().join("tile/entries/001");
    let mut bundle = std::fs::read(&path).unwrap();
    let at = bundle.windows(5).position(|part| part == b"alice").unwrap();
    bundle[at] = b'A';
    std::fs::write(&path, bundle).unwrap();
    let found = check(&rig, dir.path()).await.findings;
    assert!(found.contains(&Finding::Changed { leaf: 256, event_id: Some(id(256)) }), "{found:?}");
    std::fs::remove_file(&path).unwrap();
    let found = check(&rig, dir.path()).await.findings;
    assert!(found.contains(&Finding::MissingRecord { leaf: 300, event_id: Some(id(300)) }), "{found:?}");
}
