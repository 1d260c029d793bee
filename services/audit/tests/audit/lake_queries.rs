//! The life of a query: pages, errors, limits, cancelling, restarts.

use serde_json::json;

use crate::events::{eventually, numbered};
use crate::lake::{default_store, rows, run, three_events, until_ended};
use crate::trail::{OTHER_ACCOUNT, Trail};

#[path = "../../src/lake/sql/sample_statements.rs"]
mod sample_statements;

/// Takes longer than a test.
const LONG: &str = "SELECT count(*) FROM {eds} a, {eds} b, {eds} c, {eds} d, {eds} e WHERE a.eventName || b.eventName || \
                    c.eventName || d.eventName || e.eventName = 'x'";

async fn many(trail: &Trail, count: u64) {
    for entry in numbered(0..count) {
        trail.journal.append(entry).await.unwrap();
    }
    trail.until_stored(i64::try_from(count).unwrap()).await;
}

#[tokio::test]
async fn a_result_is_read_in_pages_which_stay_the_same() {
    let trail = Trail::start().await;
    many(&trail, 150).await;
    let client = trail.admin();
    let statement = "SELECT eventID FROM {eds} WHERE eventSource = 'kms.amazonaws.com' ORDER BY eventID";
    let statement = statement.replace("{eds}", &default_store(&client).await);
    let id = client.call("StartQuery", json!({"QueryStatement": statement})).await.ok()["QueryId"].clone();
    let whole = rows(&until_ended(&client, id.as_str().unwrap()).await);
    assert_eq!(whole.len(), 150);
    assert!(whole.is_sorted());
    let (mut found, mut token) = (Vec::new(), json!(null));
    loop {
        let mut input = json!({"QueryId": id, "MaxQueryResults": 64});
        if !token.is_null() {
            input["NextToken"] = token.clone();
        }
        let again = client.call("GetQueryResults", input.clone()).await.ok();
        let page = client.call("GetQueryResults", input).await.ok();
        assert_eq!(again, page);
        assert_eq!(page["QueryStatistics"]["TotalResultsCount"], 150);
        found.extend(rows(&page));
        match page.get("NextToken") {
            Some(next) => token = next.clone(),
            None => break,
        }
    }
    assert_eq!(found, whole);
    let other = run(&client, "SELECT 1 FROM {eds} LIMIT 1").await;
    assert_eq!(rows(&other), [["1"]]);
    let foreign = trail.admin().with_key("AKIAOTHER").call("GetQueryResults", json!({"QueryId": id})).await;
    assert_eq!(foreign.error(), "QueryIdNotFoundException");
    for token in ["made up", "AAAA"] {
        let answer = client.call("GetQueryResults", json!({"QueryId": id, "NextToken": token})).await;
        assert_eq!(answer.error(), "InvalidNextTokenException");
    }
    trail.stop().await;
}

#[tokio::test]
async fn queries_are_described_and_listed() {
    let trail = Trail::start().await;
    let client = trail.admin();
    let store = default_store(&client).await;
    let mut ids = Vec::new();
    for number in 0..3 {
        let statement = format!("SELECT {number} FROM {store} LIMIT 1");
        let id =
            client.call("StartQuery", json!({"QueryStatement": statement})).await.ok()["QueryId"].clone();
        until_ended(&client, id.as_str().unwrap()).await;
        let described =
            client.call("DescribeQuery", json!({"QueryId": id, "EventDataStore": store})).await.ok();
        assert_eq!(
            (&described["QueryString"], &described["QueryStatus"]),
            (&json!(statement), &json!("FINISHED"))
        );
        assert!(described["QueryStatistics"]["ExecutionTimeInMillis"].is_i64());
        ids.insert(0, id);
    }
    let (mut found, mut input) =
        (Vec::new(), json!({"EventDataStore": store, "MaxResults": 2, "QueryStatus": "FINISHED"}));
    loop {
        let page = client.call("ListQueries", input.clone()).await.ok();
        found.extend(page["Queries"].as_array().unwrap().iter().map(|query| query["QueryId"].clone()));
        match page.get("NextToken") {
            Some(token) => input["NextToken"] = token.clone(),
            None => break,
        }
    }
    assert_eq!(found, ids);
    let failed =
        client.call("ListQueries", json!({"EventDataStore": store, "QueryStatus": "FAILED"})).await.ok();
    assert_eq!(failed["Queries"], json!([]));
    let reversed =
        client.call("ListQueries", json!({"EventDataStore": store, "StartTime": 2, "EndTime": 1})).await;
    assert_eq!(reversed.error(), "InvalidDateRangeException");
    let unknown =
        client.call("DescribeQuery", json!({"QueryId": "00000000-0000-0000-0000-000000000000"})).await;
    assert_eq!(unknown.error(), "QueryIdNotFoundException");
    trail.stop().await;
}

#[tokio::test]
async fn what_is_no_statement_is_refused_and_what_cannot_run_fails_with_the_reason() {
    let trail = Trail::start().await;
    three_events(&trail).await;
    let client = trail.admin();
    let store = default_store(&client).await;
    for (statement, expected) in [
        ("SELECT nothing FROM {eds}", "InvalidQueryStatementException"),
        ("DELETE FROM {eds}", "InvalidQueryStatementException"),
        ("SELECT 1; SELECT 2", "InvalidQueryStatementException"),
        ("SELECT pg_sleep(1) FROM {eds}", "InvalidQueryStatementException"),
        ("SELECT 1 FROM lake_events", "EventDataStoreNotFoundException"),
        ("", "ValidationException"),
    ] {
        let input = json!({"QueryStatement": statement.replace("{eds}", &store)});
        assert_eq!(client.call("StartQuery", input).await.error(), expected, "{statement}");
    }
    let foreign = default_store(&trail.admin().with_key("AKIAOTHER")).await;
    let input = json!({"QueryStatement": format!("SELECT 1 FROM {foreign}")});
    assert_eq!(client.call("StartQuery", input).await.error(), "EventDataStoreNotFoundException");
    let delivered =
        json!({"QueryStatement": format!("SELECT 1 FROM {store}"), "DeliveryS3Uri": "s3://bucket/x"});
    assert_eq!(client.call("StartQuery", delivered).await.error(), "UnsupportedOperationException");
    for (statement, expected) in [
        ("SELECT 1 / 0 FROM {eds}", "22012"),
        ("SELECT eventName, count(*) FROM {eds}", "42803"),
        ("SELECT eventName + 1 FROM {eds}", "42883"),
        ("SELECT cast(eventName AS bigint) FROM {eds}", "22P02"),
    ] {
        let failed = run(&client, statement).await;
        assert_eq!(failed["QueryStatus"], "FAILED", "{statement}");
        assert!(failed["ErrorMessage"].as_str().unwrap().contains(expected), "{failed}");
    }
    trail.stop().await;
}

#[tokio::test]
async fn cancelling_ends_the_statement_in_the_database() {
    let trail = Trail::start().await;
    many(&trail, 200).await;
    let client = trail.admin();
    let statement = LONG.replace("{eds}", &default_store(&client).await);
    let id = client.call("StartQuery", json!({"QueryStatement": statement})).await.ok()["QueryId"].clone();
    let name = format!("keywright query {}", id.as_str().unwrap());
    let backends = || async {
        let sql = "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1 AND state = 'active'";
        trail.client.query_one(sql, &[&name]).await.unwrap().get::<_, i64>(0)
    };
    eventually(|| async { (backends().await == 1).then_some(()).ok_or("it does not run".to_owned()) }).await;
    let cancelled = client.call("CancelQuery", json!({"QueryId": id})).await.ok();
    assert_eq!(cancelled["QueryStatus"], "CANCELLED");
    eventually(|| async { (backends().await == 0).then_some(()).ok_or("it still runs".to_owned()) }).await;
    assert_eq!(until_ended(&client, id.as_str().unwrap()).await["QueryStatus"], "CANCELLED");
    assert_eq!(client.call("CancelQuery", json!({"QueryId": id})).await.error(), "InactiveQueryException");
    trail.stop().await;
}

#[tokio::test]
async fn an_account_has_ten_open_queries_at_most() {
    let trail = Trail::start().await;
    many(&trail, 200).await;
    let client = trail.admin();
    let statement = json!({"QueryStatement": LONG.replace("{eds}", &default_store(&client).await)});
    let mut ids = Vec::new();
    for _ in 0..10 {
        ids.push(client.call("StartQuery", statement.clone()).await.ok()["QueryId"].clone());
    }
    assert_eq!(client.call("StartQuery", statement.clone()).await.error(), "MaxConcurrentQueriesException");
    let other = trail.admin().with_key("AKIAOTHER");
    let others = format!("SELECT 1 FROM {}", default_store(&other).await);
    other.call("StartQuery", json!({"QueryStatement": others})).await.ok();
    for id in ids {
        client.call("CancelQuery", json!({"QueryId": id})).await.ok();
    }
    client
        .call(
            "StartQuery",
            json!({"QueryStatement": "SELECT 1 FROM {eds}".replace("{eds}", &default_store(&client).await)}),
        )
        .await
        .ok();
    trail.stop().await;
}

#[tokio::test]
async fn what_nobody_runs_any_more_fails_and_what_is_old_is_dropped() {
    let trail = Trail::start().await;
    let client = trail.admin();
    let store = default_store(&client).await;
    let id = client
        .call("StartQuery", json!({"QueryStatement": format!("SELECT 1 FROM {store}")}))
        .await
        .ok()["QueryId"]
        .clone();
    until_ended(&client, id.as_str().unwrap()).await;
    let row = "INSERT INTO lake_queries (query_id, account, stores, statement, columns, status, created_at, leased_until) \
               SELECT gen_random_uuid(), account, stores, 'abandoned', columns, 'RUNNING', now(), now() - interval '1 second' \
                 FROM lake_queries";
    trail.client.batch_execute(row).await.unwrap();
    trail.client.batch_execute("INSERT INTO lake_queries (query_id, account, stores, statement, columns, status, created_at, leased_until) \
               SELECT gen_random_uuid(), account, stores, 'old', columns, 'FINISHED', now() - interval '8 days', now() \
                 FROM lake_queries LIMIT 1").await.unwrap();
    eventually(|| async {
        let sql = "SELECT count(*) FROM lake_queries WHERE statement = 'old' OR (statement = 'abandoned' AND status = 'RUNNING')";
        let left: i64 = trail.client.query_one(sql, &[]).await.unwrap().get(0);
        (left == 0).then_some(()).ok_or(left.to_string())
    })
    .await;
    let failed =
        client.call("ListQueries", json!({"EventDataStore": store, "QueryStatus": "FAILED"})).await.ok();
    assert_eq!(failed["Queries"].as_array().unwrap().len(), 1);
    trail.stop().await;
}

#[tokio::test]
async fn another_accounts_events_are_in_no_result() {
    let trail = Trail::start().await;
    three_events(&trail).await;
    let own = run(&trail.admin(), "SELECT DISTINCT recipientAccountId FROM {eds}").await;
    assert_eq!(rows(&own), [["111122223333"]]);
    let other =
        run(&trail.admin().with_key("AKIAOTHER"), "SELECT DISTINCT recipientAccountId FROM {eds}").await;
    assert_eq!(rows(&other), [[OTHER_ACCOUNT]]);
    trail.stop().await;
}

#[tokio::test]
async fn the_usual_forms_of_statements_run() {
    let trail = Trail::start().await;
    three_events(&trail).await;
    let client = trail.admin();
    for statement in sample_statements::RUN {
        let results = run(&client, statement).await;
        assert_eq!(results["QueryStatus"], "FINISHED", "{statement}: {results}");
    }
    trail.stop().await;
}
