//! LookupEvents by each attribute among many events, through the API.

use std::sync::Arc;
use std::time::{Duration, Instant};

use keywright_audit::app::start_with;
use keywright_audit::config::{Config, ConsumerSection, DEFAULTS, RetentionSection};
use keywright_audit::consumer::{LogKey, ReadEntry, Settler, SourceConfig};
use keywright_audit_log::SourcedEntry;
use keywright_aws_api::SystemClock;
use keywright_local_stack::testing::database;
use keywright_service::Settings;
use keywright_service::testing::{TestClient, TestCredentials, base_config, identity_client, surroundings};
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::sync::Notify;

use crate::consumer::{BATCH, migrated};
use crate::records::{Records, USERS, access_key};

/// Stores so many events of the last thirty days, and looks some up by every attribute.
pub(crate) async fn run(events: usize) {
    let database = database().await;
    let store = migrated(&database).await;
    let clock = Arc::new(SystemClock);
    let mut settler = Settler::new(store.clone(), clock, LogKey::default(), Arc::new(Notify::new()));
    let span = time::Duration::days(30);
    let distance = span / i32::try_from(events).unwrap();
    let mut records = Records::new(OffsetDateTime::now_utc() - span, distance);
    let (began, source) = (Instant::now(), Arc::<str>::from("bench"));
    let mut samples = Vec::new();
    let mut position = 0;
    while position < events {
        let now = OffsetDateTime::now_utc();
        let mut batch = Vec::with_capacity(BATCH);
        for _ in 0..BATCH.min(events - position) {
            let entry = records.entry();
            if position.is_multiple_of(events / 100) {
                samples.push(entry.clone());
            }
            let sourced = SourcedEntry {
                source: Arc::clone(&source),
                position: i64::try_from(position).unwrap(),
                event_id: Some(entry.event_id),
                partition_key: entry.partition_key,
                payload: entry.payload,
                trace_parent: None,
            };
            position += 1;
            batch.push(ReadEntry::new(sourced, now));
        }
        settler.settle(&mut batch).await;
    }
    let took = began.elapsed();
    println!(
        "{events} events stored in {:.0} s: {:.0}/s",
        took.as_secs_f64(),
        events as f64 / took.as_secs_f64()
    );
    let client = database.connect().await;
    client.batch_execute("VACUUM ANALYZE").await.unwrap();
    let size: i64 =
        client.query_one("SELECT pg_database_size(current_database())", &[]).await.unwrap().get(0);
    println!("database: {:.0} bytes an event", size as f64 / events as f64);

    let (base, dir) = base_config(&database);
    let consumer = ConsumerSection::from_settings(&Settings::load(DEFAULTS).unwrap()).unwrap();
    let identity = identity_client(dir.path(), "KWAUDIT");
    let config = Config { base, identity, consumer, retention: RetentionSection { days: None } };
    let surroundings = surroundings(TestCredentials::standard());
    let running = start_with(config, SourceConfig::Journals(Vec::new()), surroundings).await.unwrap();
    let prefix = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101";
    let api = TestClient::new(running.address(), "AKIAADMIN", "cloudtrail", prefix);

    println!("\n| LookupEvents of 50 by | p50 ms | p99 ms | max ms | found |\n|---|---:|---:|---:|---:|");
    for (name, attribute) in ATTRIBUTES {
        let (mut times, mut found) = (Vec::new(), 0);
        for (sample, user) in samples.iter().zip(0..) {
            let record: Value = serde_json::from_slice(&sample.payload).unwrap();
            let value = match attribute {
                "EventId" => record["eventID"].as_str().unwrap().to_owned(),
                "EventName" => record["eventName"].as_str().unwrap().to_owned(),
                "EventSource" => "kms.amazonaws.com".to_owned(),
                "ReadOnly" => if user % 2 == 0 { "true" } else { "false" }.to_owned(),
                "Username" => format!("app-{}", user % USERS),
                "AccessKeyId" => access_key(user % USERS),
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

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

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
