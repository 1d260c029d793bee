//! Every lookup is served by an index, in its order: no table is read through, and nothing is sorted but a page.

use keywright_audit::store::lookup;
use keywright_local_stack::testing::database;
use tokio_postgres::Client;

use crate::events::migrated;

const LOOKUPS: [(&str, &str, &str); 12] = [
    ("all", lookup::ALL, ""),
    ("event_id", lookup::BY_EVENT_ID, "gen_random_uuid()"),
    ("event_name", lookup::BY_EVENT_NAME, "'Rare'"),
    ("event_source", lookup::BY_EVENT_SOURCE, "'rare.amazonaws.com'"),
    ("username", lookup::BY_USERNAME, "'rare'"),
    ("access_key_id", lookup::BY_ACCESS_KEY_ID, "'AKIARARE'"),
    ("read_only", lookup::BY_READ_ONLY, "false"),
    ("resource_name", lookup::BY_RESOURCE_NAME, "'arn:rare'"),
    ("resource_type", lookup::BY_RESOURCE_TYPE, "'AWS::Rare'"),
    ("event_name", lookup::BY_EVENT_NAME, "'Decrypt'"),
    ("read_only", lookup::BY_READ_ONLY, "true"),
    ("resource_name", lookup::BY_RESOURCE_NAME, "'arn:'"),
];

#[tokio::test]
async fn no_lookup_reads_a_table_through() {
    let database = database().await;
    let _store = migrated(&database).await;
    let client = database.connect().await;
    fill(&client).await;
    for (name, sql, value) in LOOKUPS {
        for behind in
            ["'2026-03-04', '00000000-0000-0000-0000-000000000000'", "'2026-03-02 12:00', gen_random_uuid()"]
        {
            let types = "text, text, timestamptz, timestamptz, uuid, bigint";
            let types = match name {
                "all" => types.to_owned(),
                "event_id" => format!("{types}, uuid"),
                "read_only" => format!("{types}, bool"),
                _ => format!("{types}, text"),
            };
            let value = if value.is_empty() { String::new() } else { format!(", {value}") };
            client
                .batch_execute(&format!("DEALLOCATE ALL; PREPARE lookup ({types}) AS {sql}"))
                .await
                .unwrap();
            // The plan that is kept for a connection's lifetime, which does not know the values.
            client.batch_execute("SET plan_cache_mode = force_generic_plan").await.unwrap();
            let explain = format!(
                "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) \
                 EXECUTE lookup ('111122223333', 'us-east-1', '2026-03-01', {behind}, 51{value})"
            );
            let plan = client.query(&explain, &[]).await.unwrap();
            let plan: Vec<String> = plan.iter().map(|row| row.get(0)).collect();
            let plan = plan.join("\n");
            assert!(!plan.contains("Seq Scan"), "{name}: {plan}");
            let removed =
                plan.lines().filter_map(|line| line.trim().strip_prefix("Rows Removed by Filter: "));
            let removed: u64 = removed.map(|rows| rows.parse::<u64>().unwrap()).sum();
            assert!(removed < 100, "{name}: {removed} rows were read for nothing: {plan}");
            let rows = plan.split("(actual rows=").skip(1).map(|rest| rest.split(' ').next().unwrap());
            let most = rows.map(|rows| rows.parse::<u64>().unwrap()).max().unwrap();
            assert!(most < 200, "{name}: {most} rows were read for a page of 51: {plan}");
        }
    }
}

/// 60,000 events over three days, of which very few are rare ones.
async fn fill(client: &Client) {
    let fill = "
        SELECT make_event_partitions(ARRAY['2026-03-01', '2026-03-02', '2026-03-03']::date[]);
        CREATE TEMPORARY TABLE made AS
        SELECT timestamptz '2026-03-01' + n * interval '4 seconds' AS event_time, gen_random_uuid() AS event_id, n,
               '111122223333' AS account, CASE n % 3 WHEN 0 THEN 'eu-west-1' ELSE 'us-east-1' END AS region,
               n % 5000 = 1 AS rare
          FROM generate_series(0, 59999) AS n;
        INSERT INTO events
        SELECT event_time, event_id, 1 + n / 64, 1 + n % 64, account, region,
               CASE WHEN rare THEN 'Rare' ELSE 'Decrypt' END,
               CASE WHEN rare THEN 'rare.amazonaws.com' ELSE 'kms.amazonaws.com' END,
               CASE WHEN rare THEN 'rare' ELSE 'alice' END, CASE WHEN rare THEN 'AKIARARE' ELSE 'AKIAALICE' END,
               NOT rare, NULL, 'arn:alice', '192.0.2.7', CASE WHEN rare THEN 'AWS::Rare' ELSE 'AWS::KMS::Key' END,
               CASE WHEN rare THEN 'arn:rare' ELSE 'arn:' END
          FROM made;
        INSERT INTO event_resources
        SELECT event_time, event_id, 1, account, region, CASE WHEN rare THEN 'AWS::Rare' ELSE 'AWS::KMS::Key' END,
               CASE WHEN rare THEN 'arn:rare' ELSE 'arn:' END
          FROM made
         WHERE n % 2 = 0;
        INSERT INTO record_blocks
        SELECT DISTINCT 1 + n / 64, (event_time AT TIME ZONE 'UTC')::date, ARRAY['{}'::bytea]
          FROM made;
        ANALYZE;";
    client.batch_execute(fill).await.unwrap();
}
