//! What a record and a durable append cost: `cargo bench -p keywright-audit-log`.
//!
//! The load resembles a service's: 1, 8 and 64 requests at a time, on up to two runtimes of one thread each, as actix has
//! them. Beside the rates it tells how long an append waited until its record was durable, how many shared one sync, and how
//! long a sync took.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark that cannot go on has failed, and its output is its result"
)]

use std::time::{Duration, Instant};

use bytes::Bytes;
use keywright_audit_log::{
    Entry, Fields, Journal, JournalConfig, Record, UserIdentity,
    record::{EventType, Resource, SourceAddress},
};
use time::macros::datetime;
use uuid::Uuid;

const ROUNDS: usize = 3;
const DURATION: Duration = Duration::from_secs(3);

fn main() {
    measure_record();
    for _ in 0..ROUNDS {
        for (runtimes, requests_each) in [(1, 1), (2, 4), (2, 32)] {
            measure_appends(runtimes, requests_each);
        }
    }
}

fn measure_record() {
    const COUNT: u32 = 200_000;
    let began = Instant::now();
    let mut bytes = 0;
    for index in 0..COUNT {
        bytes = record(index).len();
    }
    let nanos = began.elapsed().as_nanos() / u128::from(COUNT);
    println!("record of {bytes} bytes: {nanos} ns");
}

fn measure_appends(runtimes: usize, requests_each: usize) {
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::open(JournalConfig::new(dir.path(), "bench")).unwrap();
    let payload = record(1);
    let before = syncs();
    let (until, mut waits) = (Instant::now() + DURATION, Vec::new());
    std::thread::scope(|scope| {
        let workers: Vec<_> =
            (0..runtimes).map(|_| scope.spawn(|| drive(&journal, &payload, requests_each, until))).collect();
        for worker in workers {
            waits.extend(worker.join().unwrap());
        }
    });
    waits.sort_unstable();
    let quantile = |q: f64| waits[((waits.len() - 1) as f64 * q) as usize].as_secs_f64() * 1_000.0;
    let (count, took) = (syncs().0 - before.0, syncs().1 - before.1);
    println!(
        "{:>2} requests at a time: {:>6.0} durable appends a second, p50 {:.3} ms, p99 {:.3} ms; {:.1} share one of {count} \
         syncs of {:.3} ms",
        requests_each * runtimes,
        waits.len() as f64 / DURATION.as_secs_f64(),
        quantile(0.5),
        quantile(0.99),
        waits.len() as f64 / count as f64,
        took * 1_000.0 / count as f64,
    );
}

/// How many syncs there were in all, and how many seconds they took: as the journal's own metric has it.
fn syncs() -> (u64, f64) {
    let families = keywright_telemetry::registry().gather();
    let family = families.iter().find(|family| family.name() == "keywright_journal_fdatasync_seconds");
    let metrics = family.map(|family| family.get_metric()).unwrap_or_default();
    let histograms = metrics.iter().map(|metric| metric.get_histogram());
    histograms.fold((0, 0.0), |(count, seconds), histogram| {
        (count + histogram.get_sample_count(), seconds + histogram.get_sample_sum())
    })
}

fn drive(journal: &Journal, payload: &Bytes, requests: usize, until: Instant) -> Vec<Duration> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let tasks: Vec<_> = (0..requests)
            .map(|_| {
                let (journal, payload) = (journal.clone(), payload.clone());
                tokio::spawn(async move {
                    let mut waits = Vec::new();
                    while Instant::now() < until {
                        let entry = Entry::new(Uuid::nil(), Bytes::from_static(b"key"), payload.clone());
                        let began = Instant::now();
                        journal.append(entry).await.unwrap();
                        waits.push(began.elapsed());
                    }
                    waits
                })
            })
            .collect();
        let mut waits = Vec::new();
        for task in tasks {
            waits.extend(task.await.unwrap());
        }
        journal.acknowledge(journal.durable_end());
        waits
    })
}

fn record(index: u32) -> Bytes {
    let mut parameters = Fields::new();
    parameters
        .push_str("keyId", "arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab")
        .push_str("keySpec", "AES_256")
        .push_map("encryptionContext", [("application", "billing"), ("tenant", "0123456789abcdef")]);
    let record = Record {
        user_identity: UserIdentity::IamUser {
            principal_id: "AIDAEXAMPLEEXAMPLE00",
            arn: "arn:aws:iam::000000000000:user/admin",
            account_id: "000000000000",
            access_key_id: Some("AKIAEXAMPLEEXAMPLE00"),
            user_name: "admin",
            session_context: None,
            invoked_by: None,
        },
        event_time: datetime!(2026-01-31 23:59:59 UTC),
        event_source: "kms.amazonaws.com",
        event_name: "GenerateDataKey",
        aws_region: "us-east-1",
        source_ip_address: SourceAddress::Ip([127, 0, 0, 1].into()),
        user_agent: Some(
            "Boto3/1.40.0 md/Botocore#1.40.0 ua/2.1 os/linux#6.1 md/arch#x86_64 lang/python#3.11",
        ),
        error_code: None,
        error_message: None,
        request_parameters: Some(&parameters),
        response_elements: None,
        additional_event_data: None,
        request_id: Some(Uuid::from_u128(u128::from(index))),
        event_id: Uuid::from_u128(u128::from(index)),
        read_only: true,
        resources: &[Resource {
            account_id: "000000000000",
            resource_type: "AWS::KMS::Key",
            arn: "arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        }],
        event_type: EventType::AwsApiCall,
        recipient_account_id: "000000000000",
        service_event_details: None,
        shared_event_id: None,
        tls_details: None,
    };
    record.to_json().unwrap()
}
