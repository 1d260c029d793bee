//! LookupEvents by each attribute among many events, through the API.

use std::time::{Duration, Instant};

use keywright_audit::app::start_with;
use keywright_audit::config::{Config, ConsumerSection, DEFAULTS, LakeSection, RetentionSection};
use keywright_audit::consumer::SourceConfig;
use keywright_audit::log::LogSection;
use keywright_audit::notifications::NotificationsSection;
use keywright_audit::trail_files::TrailSection;
use keywright_local_stack::testing::{TestDatabase, database};
use keywright_service::testing::{TestClient, TestCredentials, base_config, identity_client, surroundings};
use keywright_service::{KmsSection, Settings};
use serde_json::{Value, json};
use time::{Date, OffsetDateTime};
use tokio_postgres::Client;

use crate::consumer::{migrated, sizes};

/// Stores so many events of the last thirty days, and looks some up by every attribute.
pub(crate) async fn run(events: usize) {
    let database = database().await;
    migrated(&database).await;
    let client = database.connect().await;
    let began = Instant::now();
    fill(&database, events).await;
    println!(
        "{events} events of thirty days filled in, with their indexes, in {:.0} s",
        began.elapsed().as_secs_f64()
    );
    client.batch_execute("VACUUM ANALYZE").await.unwrap();
    println!("{}", sizes(&client, events).await);

    let (base, dir) = base_config(&database);
    let settings = Settings::load(DEFAULTS).unwrap();
    let config = Config {
        base,
        identity: identity_client(dir.path(), "KWAUDIT"),
        consumer: ConsumerSection::from_settings(&settings).unwrap(),
        retention: RetentionSection { days: None },
        lake: LakeSection::from_settings(&settings).unwrap(),
        trail: TrailSection::from_settings(&settings).unwrap(),
        kms: KmsSection { endpoint: "http://127.0.0.1:1".to_owned() },
        // Its tree has its own cost, which is not what is measured here.
        log: LogSection { enabled: false, ..LogSection::from_settings(&settings).unwrap() },
        notifications: NotificationsSection::from_settings(&settings).unwrap(),
    };
    let surroundings = surroundings(TestCredentials::standard());
    let running = start_with(config, SourceConfig::Journals(Vec::new()), surroundings).await.unwrap();
    let prefix = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101";
    let api = TestClient::new(running.address(), "AKIAADMIN", "cloudtrail", prefix);

    let samples = samples(&client).await;
    println!("\n| LookupEvents of 50 by | p50 ms | p99 ms | max ms | found |\n|---|---:|---:|---:|---:|");
    for (name, attribute) in ATTRIBUTES {
        let (mut times, mut found) = (Vec::new(), 0);
        for (record, user) in samples.iter().zip(0..) {
            let value = match attribute {
                "EventId" => record["eventID"].as_str().unwrap().to_owned(),
                "EventName" => record["eventName"].as_str().unwrap().to_owned(),
                "EventSource" => "kms.amazonaws.com".to_owned(),
                "ReadOnly" => if user % 2 == 0 { "true" } else { "false" }.to_owned(),
                "Username" => format!("app-{user}"),
                "AccessKeyId" => format!("ASIA{user:016}"),
                "ResourceName" => record["resources"][0]["ARN"].as_str().unwrap().to_owned(),
                "ResourceType" => "AWS::KMS::Key".to_owned(),
                _ => String::new(),
            };
            let end = record["eventTime"].as_str().unwrap();
            let end = OffsetDateTime::parse(end, &time::format_description::well_known::Rfc3339).unwrap();
            let mut input = json!({"EndTime": end.unix_timestamp()});
            if !attribute.is_empty() {
                input["LookupAttributes"] = json!([{"AttributeKey": attribute, "AttributeValue": value}]);
            }
            let began = Instant::now();
            let answer = api.call("LookupEvents", input).await.ok();
            times.push(began.elapsed());
            found += answer["Events"].as_array().unwrap().len();
        }
        times.sort_unstable();
        let at = |part: usize| ms(times[(times.len() * part / 100).min(times.len() - 1)]);
        println!("| {name} | {:.1} | {:.1} | {:.1} | {found} |", at(50), at(99), ms(times[times.len() - 1]));
    }
    running.stop().await;
    drop(dir);
}

/// Makes so many events of the last thirty days within Postgres, by two connections. What serves lookups is made at once,
/// when all is there.
async fn fill(database: &TestDatabase, events: usize) {
    let client = database.connect().await;
    let sql = "SELECT indexname::text, replace(indexdef, ' ON ONLY ', ' ON ') FROM pg_indexes
                WHERE tablename = 'events' AND indexname LIKE 'events_by_%'";
    let mut indexes = Vec::new();
    for row in client.query(sql, &[]).await.unwrap() {
        client.batch_execute(&format!("DROP INDEX {}", row.get::<_, &str>(0))).await.unwrap();
        indexes.push(row.get::<_, String>(1));
    }
    let days: Vec<Date> =
        (1..=DAYS).map(|ago| OffsetDateTime::now_utc().date() - time::Duration::days(ago)).collect();
    client.execute("SELECT make_event_partitions($1)", &[&days]).await.unwrap();
    // Whole blocks a day.
    let each = i64::try_from(events).unwrap() / DAYS / 64 * 64;
    let numbered: Vec<_> = days.into_iter().zip((0..).map(|day| day * each)).collect();
    futures::future::join_all(numbered.chunks(numbered.len().div_ceil(2)).map(async |days| {
        let client = database.connect().await;
        client.batch_execute(include_str!("fill.sql")).await.unwrap();
        for (day, first) in days {
            client.execute(include_str!("fill_day.sql"), &[day, first, &each]).await.unwrap();
        }
    }))
    .await;
    // One after another: two at once may choose the same name for the index of a partition. Each is built by several processes.
    client.batch_execute("SET maintenance_work_mem = '1GB'").await.unwrap();
    for index in indexes {
        client.batch_execute(&index).await.unwrap();
    }
}

/// A hundred records, from everywhere.
async fn samples(client: &Client) -> Vec<Value> {
    let sql = "SELECT records[1 + (random() * 62)::int] FROM record_blocks WHERE block_id = ANY (
                   SELECT (random() * (SELECT max(block_id) FROM record_blocks))::bigint FROM generate_series(1, 120))
                LIMIT 100";
    let rows = client.query(sql, &[]).await.unwrap();
    rows.iter().map(|row| serde_json::from_slice(row.get(0)).unwrap()).collect()
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

const DAYS: i64 = 30;
const ATTRIBUTES: [(&str, &str); 9] = [
    ("nothing (all)", ""),
    ("EventId", "EventId"),
    ("EventName", "EventName"),
    ("EventSource", "EventSource"),
    ("ReadOnly", "ReadOnly"),
    ("Username", "Username"),
    ("AccessKeyId", "AccessKeyId"),
    ("ResourceName", "ResourceName"),
    ("ResourceType", "ResourceType"),
];
