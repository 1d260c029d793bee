//! What a record and a durable append cost: `cargo bench -p keywright-audit-log`.
//!
//! The load resembles a service's: 64 requests at a time, on two runtimes of one thread each, as actix has them.

#![expect(
    clippy::unwrap_used,
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

const RUNTIMES: usize = 2;
const REQUESTS_EACH: usize = 32;
const DURATION: Duration = Duration::from_secs(3);

fn main() {
    measure_record();
    for _ in 0..3 {
        measure_appends(REQUESTS_EACH);
    }
    measure_appends(1);
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

fn measure_appends(requests_each: usize) {
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::open(JournalConfig::new(dir.path(), "bench")).unwrap();
    let payload = record(1);
    let (until, mut counts) = (Instant::now() + DURATION, Vec::new());
    std::thread::scope(|scope| {
        let workers: Vec<_> =
            (0..RUNTIMES).map(|_| scope.spawn(|| drive(&journal, &payload, requests_each, until))).collect();
        counts.extend(workers.into_iter().map(|worker| worker.join().unwrap()));
    });
    let count: u64 = counts.iter().sum();
    let rate = count as f64 / DURATION.as_secs_f64();
    println!("{} requests at a time: {rate:.0} durable appends a second", requests_each * RUNTIMES);
}

fn drive(journal: &Journal, payload: &Bytes, requests: usize, until: Instant) -> u64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let tasks: Vec<_> = (0..requests)
            .map(|_| {
                let (journal, payload) = (journal.clone(), payload.clone());
                tokio::spawn(async move {
                    let mut count = 0;
                    while Instant::now() < until {
                        let entry = Entry::new(Uuid::nil(), Bytes::from_static(b"key"), payload.clone());
                        journal.append(entry).await.unwrap();
                        count += 1;
                    }
                    count
                })
            })
            .collect();
        let mut count = 0;
        for task in tasks {
            count += task.await.unwrap();
        }
        journal.acknowledge(journal.durable_end());
        count
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
