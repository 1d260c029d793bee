//! Whatever the owner of the database does, the check names it.

use keywright_audit::log::verify::{Asked, Bound, Finding, verify};
use keywright_transparency_log::LogError;
use time::{Duration, OffsetDateTime};

use crate::rig::{Rig, id};

/// The block of leaf 64, and its day: yesterday's second.
const SECOND: &str = "(SELECT block_id FROM sequenced_blocks WHERE first_leaf = 64)";

#[tokio::test(flavor = "multi_thread")]
async fn an_untouched_log_is_whole() {
    let rig = Rig::signed().await;
    let report = rig.report().await;
    assert_eq!((report.findings, report.records, report.checkpoint.size), (vec![], 700, 700));
    // What comes behind the checkpoint is not looked at yet, and no stray.
    rig.happen(700..800).await;
    assert_eq!(rig.report().await.findings, []);
    rig.sequence().await;
    assert_eq!(rig.report().await.findings, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_record_is_named() {
    let rig = Rig::signed().await;
    let found = rig
        .findings_after(&format!(
            "UPDATE record_blocks
                SET records[7] = convert_to(replace(convert_from(records[7], 'UTF8'), 'AwsApiCall', 'AwsApiCalm'), 'UTF8')
              WHERE block_id = {SECOND}"
        ))
        .await;
    assert_eq!(found, [Finding::Changed { leaf: 70, event_id: Some(id(70)) }]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_column_is_named() {
    let rig = Rig::signed().await;
    for (column, change) in [
        ("account", "'999999999999'"),
        ("region", "'eu-west-1'"),
        ("event_name", "'Encrypt'"),
        ("event_source", "'ssm.amazonaws.com'"),
        ("username", "NULL"),
        ("access_key_id", "'AKIABOB'"),
        ("read_only", "false"),
        ("error_code", "'AccessDenied'"),
        ("principal_arn", "'arn:mallory'"),
        ("source_ip_address", "'10.9.9.9'"),
        ("resource_type", "NULL"),
        ("resource_name", "'arn:other'"),
        ("event_time", "event_time + interval '1 second'"),
    ] {
        let sql = format!("SELECT {column}::text FROM events WHERE event_id = '{}'", id(70));
        let before: Option<String> = rig.owner.query_one(&sql, &[]).await.unwrap().get(0);
        let set = |to: &str| format!("UPDATE events SET {column} = {to} WHERE event_id = '{}'", id(70));
        let found = rig.findings_after(&set(change)).await;
        let changed = Finding::ChangedRow { leaf: 70, event_id: id(70), columns: vec![column] };
        // The resources hang on the time, too.
        assert!(found.contains(&changed) || found.iter().any(|finding| matches!(finding,
            Finding::ChangedRow { leaf: 70, columns, .. } if column == "event_time" && columns.contains(&column))),
            "{column}: {found:?}");
        assert!(column == "event_time" || found.len() == 1, "{column}: {found:?}");
        let before = before.map_or_else(|| "NULL".to_owned(), |text| format!("'{text}'"));
        rig.owner.batch_execute(&set(&before)).await.unwrap();
    }
    let sql = format!("UPDATE event_resources SET resource_name = 'arn:other' WHERE event_id = '{}'", id(70));
    let found = rig.findings_after(&sql);
    let columns = vec!["event_resources"];
    assert_eq!(found.await, [Finding::ChangedRow { leaf: 70, event_id: id(70), columns }]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_of_another_event_is_named() {
    let rig = Rig::signed().await;
    let other = "00000000-0000-0000-0000-0000deadbeef";
    let sql = format!("UPDATE events SET event_id = '{other}' WHERE event_id = '{}'", id(70));
    let found = rig.findings_after(&sql).await;
    assert!(
        matches!(&found[0], Finding::ChangedRow { leaf: 70, event_id, columns }
            if *event_id == id(70) && columns.contains(&"event_id")),
        "{found:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_row_is_named() {
    let rig = Rig::signed().await;
    let found = rig.findings_after(&format!("DELETE FROM events WHERE event_id = '{}'", id(70))).await;
    assert!(found.contains(&Finding::MissingRow { leaf: 70, event_id: id(70) }), "{found:?}");
    // Its further resource is left over.
    let stray =
        Finding::Stray { table: "event_resources".to_owned(), event_id: Some(id(70)), block_id: None };
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.contains(&stray), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn inserted_rows_and_blocks_are_named() {
    let rig = Rig::signed().await;
    let columns = "account, region, event_name, event_source, username, access_key_id, read_only, error_code,
                   principal_arn, source_ip_address, resource_type, resource_name";
    let forged = uuid::Uuid::from_u128(0xf00d);
    let copy = |block: &str, ordinal: &str| {
        format!(
            "INSERT INTO events SELECT event_time, '{forged}', {block}, {ordinal}, {columns} FROM events WHERE event_id = '{}'",
            id(70)
        )
    };
    let block: i64 = rig.owner.query_one(&format!("SELECT {SECOND}"), &[]).await.unwrap().get(0);
    for (block_sql, ordinal, expected) in [
        ("block_id", "ordinal", Finding::ExtraRow { event_id: forged, block_id: block }),
        ("block_id", "65", Finding::ExtraRow { event_id: forged, block_id: block }),
        (
            "987654321",
            "1",
            Finding::Stray {
                table: "events".to_owned(),
                event_id: Some(forged),
                block_id: Some(987_654_321),
            },
        ),
    ] {
        assert_eq!(rig.findings_after(&copy(block_sql, ordinal)).await, [expected], "{block_sql} {ordinal}");
        rig.owner.batch_execute(&format!("DELETE FROM events WHERE event_id = '{forged}'")).await.unwrap();
    }
    let found = rig
        .findings_after(&format!(
            "INSERT INTO record_blocks SELECT 987654321, day, records FROM record_blocks WHERE block_id = {SECOND}"
        ))
        .await;
    let stray =
        Finding::Stray { table: "record_blocks".to_owned(), event_id: None, block_id: Some(987_654_321) };
    assert_eq!(found, [stray]);
}

#[tokio::test(flavor = "multi_thread")]
async fn records_in_another_order_are_named() {
    let rig = Rig::signed().await;
    let found = rig
        .findings_after(&format!(
            "UPDATE record_blocks SET records[7] = records[9], records[9] = records[7] WHERE block_id = {SECOND};
             UPDATE events SET ordinal = 16 - ordinal WHERE block_id = {SECOND} AND ordinal IN (7, 9)"
        ))
        .await;
    // The rows were moved as well, so that they fit.
    assert_eq!(
        found,
        [
            Finding::Reordered { leaf: 70, belongs: 72, event_id: Some(id(72)) },
            Finding::Reordered { leaf: 72, belongs: 70, event_id: Some(id(70)) },
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_in_place_of_another_is_named() {
    let rig = Rig::signed().await;
    let found = rig
        .findings_after(&format!(
            "UPDATE record_blocks SET records[7] = records[9] WHERE block_id = {SECOND}"
        ))
        .await;
    assert!(
        found.contains(&Finding::Duplicated { leaf: 70, belongs: 72, event_id: Some(id(72)) }),
        "{found:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_record_is_named() {
    let rig = Rig::signed().await;
    let found = rig
        .findings_after(&format!("UPDATE record_blocks SET records[7] = NULL WHERE block_id = {SECOND}"))
        .await;
    assert_eq!(found, [Finding::MissingRecord { leaf: 70, event_id: Some(id(70)) }]);
}

#[tokio::test(flavor = "multi_thread")]
async fn records_more_or_less_are_named() {
    let rig = Rig::signed().await;
    let block: i64 = rig.owner.query_one(&format!("SELECT {SECOND}"), &[]).await.unwrap().get(0);
    let found = rig
        .findings_after(&format!(
            "UPDATE record_blocks SET records = records || records[1:1] WHERE block_id = {SECOND}"
        ))
        .await;
    assert_eq!(found, [Finding::BlockLength { block_id: block, leaves: 64, records: 65 }]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_block_is_named_and_not_taken_for_retention() {
    let rig = Rig::signed().await;
    let sql = format!("SELECT {SECOND}, day::text FROM sequenced_blocks WHERE first_leaf = 64");
    let row = rig.owner.query_one(&sql, &[]).await.unwrap();
    let (block_id, day): (i64, String) = (row.get(0), row.get(1));
    // Not even where somebody says that the day was dropped.
    let found = rig
        .findings_after(&format!(
            "DELETE FROM record_blocks WHERE block_id = {block_id};
             DELETE FROM event_resources USING events
              WHERE events.event_id = event_resources.event_id AND block_id = {block_id};
             DELETE FROM events WHERE block_id = {block_id};
             INSERT INTO expired_days (day, events) VALUES ('{day}', 64)"
        ))
        .await;
    assert_eq!(found, [Finding::MissingBlock { block_id, day, from: 64, to: 128 }]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_retention_has_removed_is_told_and_is_no_finding() {
    let rig = Rig::signed().await;
    let yesterday = (OffsetDateTime::now_utc() - Duration::DAY).date().to_string();
    let found = rig
        .findings_after(&format!(
            "INSERT INTO expired_days (day, events) SELECT '{yesterday}', drop_event_partitions('{yesterday}')"
        ))
        .await;
    assert_eq!(found, []);
    let report = rig.report().await;
    assert_eq!((report.records, report.expired.get(&yesterday)), (230, Some(&470)));
}

#[tokio::test(flavor = "multi_thread")]
async fn moved_and_forgotten_blocks_are_named() {
    let rig = Rig::signed().await;
    let found = rig.findings_after("UPDATE sequenced_blocks SET first_leaf = 10 WHERE first_leaf = 64").await;
    assert!(found.contains(&Finding::NoBlock { from: 64, to: 128 }), "{found:?}");
    assert!(found.iter().any(|one| matches!(one, Finding::Misplaced { first_leaf: 10, .. })), "{found:?}");
    rig.owner
        .batch_execute("UPDATE sequenced_blocks SET first_leaf = 64 WHERE first_leaf = 10")
        .await
        .unwrap();
    let found = rig.findings_after("DELETE FROM sequenced_blocks WHERE first_leaf = 64").await;
    assert!(found.contains(&Finding::NoBlock { from: 64, to: 128 }), "{found:?}");
    // What is there of it belongs to nothing now.
    assert!(found.iter().any(|one| matches!(one, Finding::Stray { table, .. } if table == "record_blocks")));
    assert!(
        found.contains(&Finding::Stray {
            table: "events".to_owned(),
            event_id: Some(id(70)),
            block_id: found.iter().find_map(|one| match one {
                Finding::Stray { block_id, .. } => *block_id,
                _ => None,
            }),
        }),
        "{found:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn edited_tiles_are_named_and_the_records_found_to_be_right() {
    let edit = |which: &str, back: bool| {
        let byte = if back { "get_byte(data, 40) # 255" } else { "255 # get_byte(data, 40)" };
        format!("UPDATE log_tiles SET data = set_byte(data, 40, {byte}) WHERE {which}")
    };
    let rig = Rig::signed().await;
    for (which, expected) in [
        ("level = 0 AND tile_index = 1", Finding::Tile { path: "tile/0/001".to_owned() }),
        ("level = 0 AND tile_index = 2", Finding::Root),
        ("level = 1 AND tile_index = 0", Finding::Root),
    ] {
        assert_eq!(rig.findings_after(&edit(which, false)).await, [expected], "{which}");
        rig.owner.batch_execute(&edit(which, true)).await.unwrap();
    }
    let found = rig.findings_after("DELETE FROM log_tiles WHERE level = 0 AND tile_index = 0").await;
    assert_eq!(found, [Finding::Tile { path: "tile/0/000".to_owned() }]);
    // Where the records of such a tile were changed as well, they can't be told from it.
    rig.owner
        .batch_execute(&format!("UPDATE record_blocks SET records[7] = '{{}}' WHERE block_id = {SECOND}"))
        .await
        .unwrap();
    let found = rig.report().await.findings;
    assert!(found.contains(&Finding::Unproven { from: 0, to: 256 }), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replaced_checkpoint_is_named() {
    let rig = Rig::signed().await;
    let found = rig
        .findings_after("UPDATE log_checkpoints SET note = replace(note, E'\\n700\\n', E'\\n640\\n')")
        .await;
    let signature = LogError::Signature(crate::rig::ORIGIN.to_owned());
    assert!(found.contains(&Finding::Checkpoint(signature)), "{found:?}");
    // One that another key has signed.
    let other = Rig::signed().await;
    let theirs = other.checkpoint().await;
    rig.owner.execute("UPDATE log_checkpoints SET note = $1", &[&theirs]).await.unwrap();
    let found = rig.report().await.findings;
    let unsigned = LogError::Unsigned(crate::rig::ORIGIN.to_owned());
    assert!(found.contains(&Finding::Checkpoint(unsigned)), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_rolled_back_is_told_by_a_checkpoint_that_was_kept() {
    let rig = Rig::start().await;
    rig.happen(0..640).await;
    rig.sequence().await;
    rig.sign().await.unwrap();
    let old = rig.checkpoint().await;
    let tiles =
        "CREATE TABLE kept_tiles AS TABLE log_tiles; CREATE TABLE kept_checkpoints AS TABLE log_checkpoints";
    rig.owner.batch_execute(tiles).await.unwrap();
    rig.happen(640..700).await;
    rig.sequence().await;
    rig.sign().await.unwrap();
    let new = rig.checkpoint().await;
    let key = rig.key();
    let since = async |note: &str| {
        let asked = Asked {
            key: &key,
            witnesses: &[],
            from: None,
            to: None,
            since: Some(note),
            now: OffsetDateTime::now_utc(),
        };
        verify(&rig.source(), &asked).await.unwrap().findings
    };
    assert_eq!((since(&old).await, since(&new).await), (vec![], vec![]));
    // Everything is taken back to where it was, rows and all.
    rig.owner
        .batch_execute(
            "CREATE TEMPORARY TABLE gone AS SELECT block_id FROM sequenced_blocks WHERE first_leaf >= 640;
             DELETE FROM event_resources USING events
              WHERE events.event_id = event_resources.event_id AND block_id IN (TABLE gone);
             DELETE FROM events WHERE block_id IN (TABLE gone);
             DELETE FROM record_blocks WHERE block_id IN (TABLE gone);
             DELETE FROM sequenced_blocks WHERE block_id IN (TABLE gone);
             TRUNCATE log_tiles, log_checkpoints;
             INSERT INTO log_tiles TABLE kept_tiles;
             INSERT INTO log_checkpoints TABLE kept_checkpoints",
        )
        .await
        .unwrap();
    assert_eq!(since(&old).await, [], "by itself it is whole");
    assert_eq!(since(&new).await, [Finding::RolledBack { before: 700, now: 640 }]);
    // And it goes on with other events, as if nothing had been.
    rig.happen(1000..1100).await;
    rig.sequence().await;
    rig.sign().await.unwrap();
    assert_eq!(since(&new).await, [Finding::NotConsistent { before: 700 }]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_is_checked_by_itself() {
    let rig = Rig::signed().await;
    rig.owner
        .batch_execute(&format!("UPDATE record_blocks SET records[7] = '{{}}' WHERE block_id = {SECOND}"))
        .await
        .unwrap();
    let key = rig.key();
    let between = async |from: Option<Bound>, to: Option<Bound>| {
        let asked =
            Asked { key: &key, witnesses: &[], from, to, since: None, now: OffsetDateTime::now_utc() };
        verify(&rig.source(), &asked).await.unwrap()
    };
    let leaf = |leaf| Some(Bound::Leaf(leaf));
    let changed = Finding::Changed { leaf: 70, event_id: Some(id(70)) };
    for (from, to, expected) in [
        (leaf(0), leaf(64), vec![]),
        (leaf(128), None, vec![]),
        (leaf(70), leaf(71), vec![changed.clone()]),
        (leaf(100), leaf(500), vec![changed.clone()]),
        (None, leaf(300), vec![changed.clone()]),
    ] {
        let report = between(from.clone(), to.clone()).await;
        assert_eq!(report.findings, expected, "{from:?} {to:?}");
    }
    let day =
        |days: i64| Some(Bound::Day((OffsetDateTime::now_utc() - Duration::days(days)).date().to_string()));
    assert_eq!(between(day(0), None).await.findings, []);
    assert_eq!(between(day(0), None).await.leaves, 470..700);
    assert_eq!(between(None, day(1)).await.leaves, 0..470);
    assert_eq!(between(day(1), day(0)).await.findings, [changed]);
    assert_eq!(between(None, day(5)).await.leaves, 0..0);
}
