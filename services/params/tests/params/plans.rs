//! What a read costs must not grow with the number of parameters, with or without statistics of the tables.

use keywright_params::store::lists::{DESCRIBE, DESCRIBE_LEVELS, DESCRIBE_NAMED, LIST_BELOW, LIST_LEVEL};

use crate::support::App;

/// Each hot query, with parameters for it.
const QUERIES: [(&str, &str); 12] = [
    (
        include_str!("../../src/store/sql/find.sql"),
        "'us-east-1', ARRAY['111122223333'], ARRAY['big/00007'], ARRAY[NULL]::bigint[], ARRAY[NULL]::text[]",
    ),
    (
        include_str!("../../src/store/sql/find.sql"),
        "'us-east-1', ARRAY['111122223333'], ARRAY['big/00007'], ARRAY[NULL]::bigint[], ARRAY['prod']",
    ),
    (LIST_BELOW, "'us-east-1', '111122223333', 'big/', 'big0', NULL, NULL, NULL, ARRAY['prod'], NULL, 11"),
    (LIST_BELOW, "'us-east-1', '111122223333', 'big/', 'big0', NULL, NULL, NULL, NULL, NULL, 11"),
    (LIST_LEVEL, "'us-east-1', '111122223333', 'big', '', NULL, NULL, NULL, NULL, NULL, 11"),
    (
        DESCRIBE_NAMED,
        "'us-east-1', '111122223333', '', NULL, NULL, NULL, NULL, NULL, NULL, '{}', '{}', '{}', 11,
        ARRAY[''], ARRAY['~'], NULL, ARRAY['big/00007']",
    ),
    (
        DESCRIBE,
        "'us-east-1', '111122223333', '', NULL, NULL, NULL, NULL, NULL, NULL, '{}', '{}', '{}', 11,
        ARRAY[''], ARRAY['~'], NULL, NULL",
    ),
    // Few, behind many, in two places.
    (
        DESCRIBE,
        "'us-east-1', '111122223333', '', NULL, NULL, NULL, NULL, NULL, NULL, '{}', '{}', '{}', 11,
        ARRAY['big/1234', 'big/1999'], ARRAY['big/1234~', 'big/1999~'], NULL, NULL",
    ),
    (
        DESCRIBE_LEVELS,
        "'us-east-1', '111122223333', '', NULL, NULL, NULL, NULL, NULL, NULL, '{}', '{}', '{}', 11,
        ARRAY[''], ARRAY['~'], ARRAY['big', 'small'], NULL",
    ),
    // Few of a level.
    (
        DESCRIBE_LEVELS,
        "'us-east-1', '111122223333', '', NULL, NULL, NULL, NULL, NULL, NULL, '{}', '{}', '{}', 11,
        ARRAY['big/1999'], ARRAY['big/1999~'], ARRAY['big'], NULL",
    ),
    (include_str!("../../src/store/sql/count_standard.sql"), "'us-east-1', '111122223333', 11"),
    (include_str!("../../src/store/sql/count_advanced.sql"), "'us-east-1', '111122223333', 11"),
];

const FILL: &str = "
    INSERT INTO parameters (region, account_id, path, parent, name, version)
    SELECT 'us-east-1', '111122223333', 'big/' || lpad(n::text, 5, '0'), 'big', '/big/' || lpad(n::text, 5, '0'), 1
    FROM generate_series(1, 20000) n;
    INSERT INTO parameter_versions
        (parameter_id, version, type, tier, data_type, value, modified_at, modified_by)
    SELECT parameter_id, 1, 'String', 'Standard', 'text', 'v', now(), 'test' FROM parameters;
    INSERT INTO parameter_labels (parameter_id, label, version) SELECT parameter_id, 'prod', 1 FROM parameters;
    SET plan_cache_mode = force_generic_plan;";

#[tokio::test]
async fn hot_queries_go_by_the_indexes_and_stop_at_the_page() {
    let app = App::start().await;
    let database = app.database.connect().await;
    database.batch_execute(FILL).await.unwrap();
    for statistics in [false, true] {
        if statistics {
            database.batch_execute("ANALYZE").await.unwrap();
        }
        for (number, (sql, parameters)) in QUERIES.iter().enumerate() {
            let name = format!("hot_{number}_{statistics}");
            database.batch_execute(&format!("PREPARE {name} AS {sql}")).await.unwrap();
            let explain = format!("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE {name} ({parameters})");
            let row = database.query_one(&explain, &[]).await.unwrap();
            let plan: serde_json::Value = row.get(0);
            let touched = plan[0]["Plan"]["Shared Hit Blocks"].as_i64().unwrap()
                + plan[0]["Plan"]["Shared Read Blocks"].as_i64().unwrap();
            assert!(plan[0]["Plan"]["Actual Rows"].as_f64().unwrap() >= 1.0, "nothing was found: {plan:#}");
            // The tables and indexes have many hundred pages; an item of a list needs three or four, by label six.
            assert!(touched < 100, "statistics={statistics}: {touched} pages: {plan:#}");
        }
    }
}
