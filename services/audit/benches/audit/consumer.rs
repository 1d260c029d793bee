//! The consumer beside `COPY` of the rows that it makes, and beside other ways to store the same events.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::{SinkExt as _, StreamExt as _};
use keywright_audit::consumer::{Consumer, LogKey, Settler, SourceOpener};
use keywright_audit::store::positions::Positions;
use keywright_audit_log::{Entry, Journal, JournalConfig, PositionStore as _};
use keywright_aws_api::SystemClock;
use keywright_local_stack::testing::{TestDatabase, database};
use keywright_service::testing::store_config;
use keywright_store::Store;
use tempfile::TempDir;
use time::OffsetDateTime;
use tokio::sync::Notify;
use tokio_postgres::Client;

use crate::cpu::Cpu;
use crate::records::Records;
use crate::variants::{self, Variant};

/// So many events by each way, in interleaved rounds.
pub(crate) async fn run(events: usize) {
    let database = database().await;
    let store = migrated(&database).await;
    let client = database.connect().await;
    let mut records = Records::new(OffsetDateTime::now_utc(), time::Duration::ZERO);
    let entries: Vec<_> = (0..events).map(|_| records.entry()).collect();
    let bytes: usize = entries.iter().map(|entry| entry.payload.len()).sum();
    println!("{events} events of {} bytes on average, {BATCH} in a transaction", bytes / events);

    let (mut consumed, mut copied) = (Vec::new(), Vec::new());
    let mut others: Vec<(Variant, Vec<f64>)> =
        variants::ALL.into_iter().map(|variant| (variant, Vec::new())).collect();
    variants::prepare(&client).await;
    let cpu = Cpu::of(&database).await;
    let (mut consuming, mut copying) = ((0.0, 0.0), (0.0, 0.0));
    for round in 1..=ROUNDS {
        empty(&client).await;
        let (journal, _dir) = journaled(&entries).await;
        let before = cpu.used();
        let took = consume(&store, &client, &journal, events).await;
        consuming = cpu.used().since(before, events);
        consumed.push(rate(events, took));
        let dumped = dump(&client).await;
        empty(&client).await;
        let before = cpu.used();
        let took = copy(&client, &dumped).await;
        copying = cpu.used().since(before, events);
        copied.push(rate(events, took));
        for (variant, rates) in &mut others {
            client.batch_execute("TRUNCATE variant").await.unwrap();
            let began = Instant::now();
            variants::store(*variant, &client, &entries, BATCH).await;
            rates.push(rate(events, began.elapsed()));
        }
        println!(
            "round {round} of {ROUNDS}: consumer {:.0}/s, COPY {:.0}/s",
            consumed[round - 1],
            copied[round - 1]
        );
    }
    let (consumer, copy) = (median(&mut consumed), median(&mut copied));
    println!("\n| what | rows/s | of COPY |\n|---|---:|---:|");
    println!("| plain COPY of the same rows into the same tables | {copy:.0} | 1.00 |");
    println!("| the consumer, from a journal | {consumer:.0} | {:.2} |", consumer / copy);
    for (variant, mut rates) in others {
        let rate = median(&mut rates);
        println!("| {} | {rate:.0} | {:.2} |", variant.name(), rate / copy);
    }
    for (what, (own, postgres)) in [("consumer", consuming), ("COPY", copying)] {
        println!(
            "\nmicroseconds of processor time for each event, last round, {what}: this process {own:.1}, Postgres {postgres:.1}"
        );
    }
    println!("\n{}", sizes(&client, events).await);
}

/// A journal of these entries.
pub(crate) async fn journaled(entries: &[Entry]) -> (Journal, TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::open(JournalConfig::new(dir.path(), "bench")).unwrap();
    // As many at once as requests may wait, so that it is written soon.
    for part in entries.chunks(512) {
        futures::future::try_join_all(part.iter().map(|entry| journal.append(entry.clone()))).await.unwrap();
    }
    (journal, dir)
}

/// Runs the consumer until everything is stored.
async fn consume(store: &Store, client: &Client, journal: &Journal, events: usize) -> Duration {
    let (positions, source) = (Positions(store.clone()), format!("journal:{}", journal.id()));
    let clock = Arc::new(SystemClock);
    let settler = Settler::new(store.clone(), clock, LogKey::default(), Arc::new(Notify::new()));
    let opener = SourceOpener::journals(vec![journal.clone()], positions.clone());
    let began = Instant::now();
    let mut consumer = Consumer::open(opener, settler, BATCH).await.unwrap();
    let end = i64::try_from(events).unwrap() + 1;
    while positions.load(&source).await.unwrap().unwrap_or_default() < end {
        consumer.step().await.unwrap();
    }
    let took = began.elapsed();
    consumer.close().await;
    let stored = client.query_one("SELECT count(*) FROM events", &[]).await.unwrap().get::<_, i64>(0);
    assert_eq!(stored, end - 1);
    took
}

/// All rows of the tables, as `COPY` gives and takes them.
async fn dump(client: &Client) -> Vec<(&'static str, Vec<Bytes>)> {
    let mut dumped = Vec::new();
    for table in TABLES {
        let sql = format!("COPY (SELECT * FROM {table}) TO STDOUT (FORMAT binary)");
        let stream = client.copy_out(&sql).await.unwrap();
        tokio::pin!(stream);
        let mut chunks = Vec::new();
        while let Some(chunk) = stream.next().await {
            chunks.push(chunk.unwrap());
        }
        dumped.push((table, chunks));
    }
    dumped
}

async fn copy(client: &Client, dumped: &[(&str, Vec<Bytes>)]) -> Duration {
    let began = Instant::now();
    client.batch_execute("BEGIN").await.unwrap();
    for (table, chunks) in dumped {
        let sink = client.copy_in(&format!("COPY {table} FROM STDIN (FORMAT binary)")).await.unwrap();
        tokio::pin!(sink);
        for chunk in chunks {
            sink.feed(chunk.clone()).await.unwrap();
        }
        sink.finish().await.unwrap();
    }
    client.batch_execute("COMMIT").await.unwrap();
    began.elapsed()
}

async fn empty(client: &Client) {
    let sql = format!("TRUNCATE {}, source_positions", TABLES.join(", "));
    client.batch_execute(&sql).await.unwrap();
}

/// Bytes for each event: of the tables, of their indexes.
pub(crate) async fn sizes(client: &Client, events: usize) -> String {
    let sql = "SELECT coalesce(sum(pg_table_size(relid)), 0)::bigint, coalesce(sum(pg_indexes_size(relid)), 0)::bigint
                 FROM pg_partition_tree($1::text::regclass) WHERE isleaf";
    let mut text = String::from("bytes for each event:");
    for table in ["events", "event_resources", "record_blocks"] {
        let row = client.query_one(sql, &[&table]).await.unwrap();
        let each = |bytes: i64| bytes as f64 / events as f64;
        text += &format!(" {table} {:.0} and its indexes {:.0};", each(row.get(0)), each(row.get(1)));
    }
    text
}

pub(crate) async fn migrated(database: &TestDatabase) -> Store {
    let store = Store::connect(&store_config(database)).await.unwrap();
    keywright_store::migrate(&store, keywright_audit::store::migrations()).await.unwrap();
    store
}

fn rate(events: usize, took: Duration) -> f64 {
    events as f64 / took.as_secs_f64()
}

fn median(rates: &mut [f64]) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

const TABLES: [&str; 4] = ["events", "event_resources", "record_blocks", "unsequenced_blocks"];
/// As the service's default.
pub(crate) const BATCH: usize = 2_000;
const ROUNDS: usize = 3;
