//! What a service's tests need: a configuration, principals without an identity service, a signing client, the records.
//!
//! The pipeline, the journal and the database are the real ones; only the source of credentials is the test's own.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that can't be set up has failed")]

mod client;
mod clock;
mod credentials;
mod log;
mod tls_server;
mod until;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use keywright_audit_log::Journal;
use keywright_aws_api::{Clock, CredentialSource, SystemClock};
use keywright_crypto::{SecretString, SystemRandom};
use keywright_local_stack::testing::TestDatabase;
use keywright_store::{StoreConfig, TlsMode};
use serde_json::Value;
use tempfile::TempDir;

pub use client::{Answer, TestClient};
pub use clock::TestClock;
pub use credentials::{ADMINISTRATOR, TestCredentials};
pub use log::Log;
pub use tls_server::{TlsServer, TlsStream};
pub use until::until;

use crate::config::{BaseConfig, Commit, JournalSection, KafkaSection, ServiceSection, TelemetrySection};
use crate::identity::IdentityClientConfig;
use crate::surroundings::Surroundings;

/// The Region of tests.
pub const REGION: &str = "us-east-1";
/// The account of tests.
pub const ACCOUNT: &str = "111122223333";

/// A configuration on free ports, with this database and a journal in a directory of its own, which must be kept.
///
/// # Panics
/// When there is no room for the journal.
#[must_use]
pub fn base_config(database: &TestDatabase) -> (BaseConfig, TempDir) {
    let dir = tempfile::tempdir().expect("a directory for the journal");
    (base_config_in(database, dir.path()), dir)
}

/// The same with a journal below `dir`.
///
/// # Panics
/// When the constants of this module aren't valid.
#[must_use]
pub fn base_config_in(database: &TestDatabase, dir: &Path) -> BaseConfig {
    let any_port = "127.0.0.1:0".parse().expect("an address");
    BaseConfig {
        service: ServiceSection {
            partition: "aws".to_owned(),
            region: REGION.parse().expect("a Region"),
            regions: None,
            account: ACCOUNT.parse().expect("an account"),
            listen: any_port,
            ops_listen: any_port,
            workers: 2,
            body_limit_bytes: 1 << 20,
            request_timeout_ms: 10_000,
            drain_seconds: 5,
            front_token_file: None,
        },
        store: store_config(database),
        journal: JournalSection {
            dir: dir.join("journal"),
            segment_bytes: 1 << 20,
            max_bytes: 1 << 28,
            commit: Commit::Journal,
        },
        kafka: KafkaSection {
            brokers: String::new(),
            topic: "keywright.audit.v1".to_owned(),
            partitions: 6,
            properties_file: None,
        },
        telemetry: TelemetrySection {
            log_filter: "warn".to_owned(),
            log_format: "text".to_owned(),
            otlp_endpoint: String::new(),
        },
    }
}

/// How a service would reach identity, which it doesn't in tests: what counts is its own access key, whose secret is
/// put into `dir`.
///
/// # Panics
/// When the file can't be written.
#[must_use]
pub fn identity_client(dir: &Path, access_key_id: &str) -> IdentityClientConfig {
    let secret_access_key_file = dir.join("service-key");
    std::fs::write(&secret_access_key_file, TestCredentials::secret_of(access_key_id))
        .expect("a secret file");
    IdentityClientConfig {
        endpoint: "http://127.0.0.1:1".to_owned(),
        access_key_id: access_key_id.to_owned(),
        secret_access_key_file,
        cache_entries: 1,
        unknown_ms: 1,
    }
}

/// The test's own principals, with the machine's clock and randomness.
#[must_use]
pub fn surroundings(credentials: TestCredentials) -> Surroundings {
    surroundings_at(Arc::new(credentials), Arc::new(SystemClock))
}

/// The same with another clock.
#[must_use]
pub fn surroundings_at(credentials: Arc<dyn CredentialSource>, clock: Arc<dyn Clock>) -> Surroundings {
    Surroundings { credentials, clock, random: Arc::new(SystemRandom) }
}

/// How the owner of a test's database gets in.
#[must_use]
pub fn store_config(database: &TestDatabase) -> StoreConfig {
    let login = database.login();
    let config = login.config();
    let password =
        config.get_password().and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default();
    let password = SecretString::new(password.to_owned());
    let mut config = StoreConfig::new(login.host(), login.database(), login.user(), password);
    config.port = login.port();
    config.tls = TlsMode::Disable;
    config
}

/// All records in a journal, oldest first, when at least `count` are there.
///
/// # Panics
/// When they aren't there in ten seconds, or one is no JSON.
pub async fn records(journal: &Journal, count: usize) -> Vec<Value> {
    let mut reader = journal.reader(journal.oldest());
    let mut records: Vec<Value> = Vec::new();
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    while records.len() < count {
        let batch = tokio::time::timeout_at(deadline, reader.next_batch(1_000, 1 << 24)).await;
        let batch =
            batch.unwrap_or_else(|_| panic!("only {} of {count} records: {records:#?}", records.len()));
        for stored in batch.expect("a readable journal") {
            records.push(serde_json::from_slice(&stored.entry.payload).expect("a JSON record"));
        }
    }
    records
}
