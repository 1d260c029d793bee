//! What a tick costs must not grow with the number of secrets, with or without statistics of the tables; what a read costs
//! must not once Postgres has statistics, which it makes within a minute: before that all indexes that begin with Region and
//! account look alike to it.

use keywright_secrets::domain::listing::{Listing, SortBy, SortOrder};
use keywright_secrets::store::listing::statement;

use crate::harness::start;

/// How many of the queries are those of a tick.
const OF_A_TICK: usize = 3;
const FILL: &str = "
    INSERT INTO secrets (secret_id, region, account_id, name, suffix, created_at, last_changed_at)
    SELECT gen_random_uuid(), 'us-east-1', '111122223333', 'big/' || n, 'abcdef', now(), now()
    FROM generate_series(1, 100000) n;
    INSERT INTO secret_rotations
        (secret_id, rotation_region, rotation_enabled, rotation_function, rotation_days, window_opens_at, window_closes_at, due_at)
    SELECT secret_id, 'us-east-1', true, 'arn:aws:lambda:us-east-1:111122223333:function:rotate', 30,
        now() + interval '1 day', now() + interval '2 days', now() + random() * interval '30 days' + interval '1 hour'
    FROM secrets;
    SET plan_cache_mode = force_generic_plan;";

#[tokio::test]
async fn a_tick_is_one_query_that_goes_by_its_index_however_many_secrets_have_schedules() {
    let secrets = start().await;
    let database = secrets.database.connect().await;
    database.batch_execute(FILL).await.unwrap();
    let claim = include_str!("../../../src/store/sql/claim_rotations.sql");
    let by_name = include_str!("../../../src/store/sql/find_by_name.sql");
    let listed = statement(Listing { by: SortBy::Name, order: SortOrder::Asc });
    for statistics in [false, true] {
        if statistics {
            database.batch_execute("ANALYZE").await.unwrap();
        }
        for (number, (sql, parameters, found)) in [
            // Nothing is due, and one row says so.
            (claim, "'us-east-1', now(), now(), 16", 1.0),
            // All are due; but no slot is free, or sixteen are.
            (claim, "'us-east-1', now() + interval '60 days', now() + interval '90 days', 0", 1.0),
            (claim, "'us-east-1', now() + interval '60 days', now() + interval '90 days', 16", 16.0),
            (by_name, "'us-east-1', '111122223333', 'big/77777'", 1.0),
            (
                listed,
                "'us-east-1', '111122223333', false, 'big/5', '00000000-0000-0000-0000-000000000000', 5",
                5.0,
            ),
        ]
        .into_iter()
        .enumerate()
        .filter(|(number, _)| statistics || *number < OF_A_TICK)
        {
            let name = format!("hot_{number}_{statistics}");
            database.batch_execute(&format!("PREPARE {name} AS {sql}")).await.unwrap();
            let explain = format!("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE {name} ({parameters})");
            let row = database.query_one(&explain, &[]).await.unwrap();
            let plan: serde_json::Value = row.get(0);
            let plan = &plan[0]["Plan"];
            let touched =
                plan["Shared Hit Blocks"].as_i64().unwrap() + plan["Shared Read Blocks"].as_i64().unwrap();
            assert_eq!(plan["Actual Rows"].as_f64(), Some(found), "{plan:#}");
            // The tables and indexes have thousands of pages. What is taken on is written, too.
            let most = 60 + 20 * found as i64;
            assert!(touched < most, "statistics={statistics}: {touched} pages: {plan:#}");
        }
    }
}
