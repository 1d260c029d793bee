//! What the role of queries can do, if somebody found a way past the translation.

use keywright_service::testing::ACCOUNT;
use tokio_postgres::Client;

use crate::lake::three_events;
use crate::trail::{OTHER_ACCOUNT, Trail};

/// Confined as a query is.
async fn confined(trail: &Trail, account: &str) -> Client {
    let client = trail.database.connect().await;
    let role = format!("{}_queries", trail.database.login().user());
    client.batch_execute("BEGIN").await.unwrap();
    client.query("SELECT set_config('keywright.lake_account', $1, true)", &[&account]).await.unwrap();
    client.batch_execute(&format!("SET TRANSACTION READ ONLY; SET LOCAL ROLE \"{role}\"")).await.unwrap();
    client
}

#[tokio::test]
async fn the_role_sees_one_accounts_events_and_nothing_else() {
    let trail = Trail::start().await;
    three_events(&trail).await;
    let client = confined(&trail, ACCOUNT).await;
    for view in ["lake_events", "lake_records"] {
        let accounts = client.query(&format!("SELECT DISTINCT account FROM {view}"), &[]).await.unwrap();
        assert_eq!(accounts.iter().map(|row| row.get(0)).collect::<Vec<String>>(), [ACCOUNT], "{view}");
    }
    let other = confined(&trail, OTHER_ACCOUNT).await;
    let count: i64 = other.query_one("SELECT count(*) FROM lake_records", &[]).await.unwrap().get(0);
    assert_eq!(count, 1);
    let nobody = confined(&trail, "").await;
    let count: i64 = nobody.query_one("SELECT count(*) FROM lake_events", &[]).await.unwrap().get(0);
    assert_eq!(count, 0);
    for refused in [
        "SELECT * FROM events",
        "SELECT * FROM record_blocks",
        "SELECT * FROM event_resources",
        "SELECT * FROM lake_queries",
        "SELECT * FROM lake_results",
        "SELECT * FROM event_data_stores",
        "SELECT * FROM audit_outbox",
        "SELECT * FROM dead_letters",
        "INSERT INTO lake_results VALUES (gen_random_uuid(), 1, '')",
        "DELETE FROM events",
        "UPDATE lake_events SET region = ''",
        "CREATE TABLE x (a int)",
        "CREATE TEMPORARY TABLE x (a int)",
        "SELECT nextval('record_block_ids')",
        "SELECT pg_read_file('/etc/hostname')",
        "SELECT lo_import('/etc/hostname')",
        "COPY (SELECT 1) TO '/tmp/keywright-test'",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "SELECT rolpassword FROM pg_authid",
        "SET TRANSACTION READ WRITE",
        "SET ROLE postgres",
        "CREATE EXTENSION dblink",
    ] {
        let client = confined(&trail, ACCOUNT).await;
        let failed = client.batch_execute(refused).await.expect_err(refused);
        let code = failed.code().unwrap().code().to_owned();
        assert!(
            ["42501", "25006", "25001", "42704", "22023"].contains(&code.as_str()),
            "{refused}: {failed:?}"
        );
    }
    trail.stop().await;
}

#[tokio::test]
async fn partitions_of_other_times_and_blocks_are_left_alone() {
    let trail = Trail::start().await;
    three_events(&trail).await;
    let client = confined(&trail, ACCOUNT).await;
    let sql = format!(
        "EXPLAIN SELECT count(*) FROM (SELECT * FROM lake_events AS e WHERE e.account = '{ACCOUNT}' AND (true)) AS s1 \
         WHERE s1.event_time > '2026-01-08' AND s1.event_time < '2026-01-09'"
    );
    let plan: Vec<String> = client.query(&sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    let plan = plan.join("\n");
    assert!(plan.contains("events_20260108"), "{plan}");
    assert!(!plan.contains("events_20260106") && !plan.contains("record_blocks"), "{plan}");
    trail.stop().await;
}

#[tokio::test]
async fn a_lot_of_text_or_a_long_time_ends_the_query_and_not_the_service() {
    let trail = Trail::start().await;
    three_events(&trail).await;
    let client = trail.admin();
    let doubled = "WITH a AS (SELECT eventJson || eventJson AS x FROM {eds}), b AS (SELECT x || x || x || x AS x FROM a), c AS \
                   (SELECT x || x || x || x || x || x || x || x AS x FROM b), d AS (SELECT x || x || x || x || x || x || x || x \
                   AS x FROM c), e AS (SELECT x || x || x || x AS x FROM d) SELECT max(x) FROM e";
    let failed = crate::lake::run(&client, doubled).await;
    assert_eq!(failed["QueryStatus"], "FAILED", "{failed}");
    assert!(failed["ErrorMessage"].as_str().unwrap().contains("54000"), "{failed}");
    trail.stop().await;
}
