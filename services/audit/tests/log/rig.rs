//! A log in a database of its own, filled and kept step by step.

use std::ops::Range;
use std::sync::Arc;

use keywright_audit::consumer::{LogKey, ReadEntry, Settler};
use keywright_audit::error::AuditError;
use keywright_audit::log::rows;
use keywright_audit::log::sequencer::{self, Step};
use keywright_audit::log::signer::Signer;
use keywright_audit::log::store::{self, Signed};
use keywright_audit::log::verify::{Asked, Finding, LogSource, Report, VerifyError, verify};
use keywright_audit::log::wire::{LogBlock, LogDays, Stray};
use keywright_audit::log::{WitnessSection, Witnesses};
use keywright_audit_log::SourcedEntry;
use keywright_aws_api::SystemClock;
use keywright_local_stack::testing::{TestDatabase, database};
use keywright_service::testing::{ACCOUNT, REGION, store_config};
use keywright_service::{Destination, ServiceClient, ServiceKey};
use keywright_store::Store;
use keywright_transparency_log::{KeyKind, TileId, VerifierKey};
use serde_json::{Value, json};
use time::format_description::well_known::{Iso8601, Rfc3339};
use time::{Date, Duration, OffsetDateTime};
use tokio::sync::Notify;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::fake_kms::FakeKms;

pub(crate) const ORIGIN: &str = "example.com/audit";

pub(crate) struct Rig {
    pub(crate) store: Store,
    pub(crate) kms: FakeKms,
    pub(crate) log_key: LogKey,
    /// Of the database's owner, who may do everything with it.
    pub(crate) owner: Client,
    _database: TestDatabase,
    settler: tokio::sync::Mutex<(Settler, i64)>,
}

impl Rig {
    pub(crate) async fn start() -> Self {
        let database = database().await;
        let store = Store::connect(&store_config(&database)).await.unwrap();
        keywright_store::migrate(&store, keywright_audit::store::migrations()).await.unwrap();
        let log_key = LogKey::default();
        let settler =
            Settler::new(store.clone(), Arc::new(SystemClock), log_key.clone(), Arc::new(Notify::new()));
        let owner = database.connect().await;
        let settler = tokio::sync::Mutex::new((settler, 0));
        Self { store, kms: FakeKms::start(), log_key, owner, _database: database, settler }
    }

    /// A log with 700 leaves, two thirds of them of the day before; signed.
    pub(crate) async fn signed() -> Self {
        let rig = Self::start().await;
        rig.happen(0..700).await;
        rig.sequence().await;
        rig.sign().await.unwrap();
        rig
    }

    pub(crate) fn signer(&self) -> Signer {
        self.witnessed_signer(Vec::new(), 0)
    }

    pub(crate) fn witnessed_signer(&self, witnesses: Vec<WitnessSection>, required: usize) -> Signer {
        let witnesses = Witnesses::new(witnesses, required).unwrap();
        let destination =
            Destination { endpoint: self.kms.endpoint(), signing_name: "kms", target_prefix: "TrentService" };
        let secret = keywright_crypto::SecretString::new("secret".to_owned());
        let key = ServiceKey { access_key_id: "KWAUDIT".to_owned(), secret };
        let kms =
            ServiceClient::new(destination, &key, &REGION.parse().unwrap(), Arc::new(SystemClock)).unwrap();
        Signer::new(
            kms,
            "alias/aws/cloudtrail".to_owned(),
            ORIGIN.to_owned(),
            self.log_key.clone(),
            witnesses,
        )
    }

    pub(crate) fn key(&self) -> VerifierKey {
        VerifierKey::from_spki(ORIGIN, KeyKind::Note, &self.kms.public_key()).unwrap()
    }

    /// Stores the events of these numbers.
    pub(crate) async fn happen(&self, numbers: Range<u64>) {
        self.settle(numbers.map(event).collect()).await;
    }

    pub(crate) async fn settle(&self, events: Vec<Value>) {
        let mut settler = self.settler.lock().await;
        let (settler, position) = &mut *settler;
        for part in events.chunks(256) {
            let mut entries: Vec<ReadEntry> = part
                .iter()
                .map(|event| {
                    *position += 1;
                    let entry = SourcedEntry {
                        source: "test".into(),
                        position: *position,
                        event_id: None,
                        partition_key: bytes::Bytes::new(),
                        payload: event.to_string().into(),
                        trace_parent: None,
                    };
                    ReadEntry::new(entry, OffsetDateTime::now_utc())
                })
                .collect();
            let settled = settler.settle(&mut entries).await;
            assert_eq!(settled.stored, part.len() as u64);
        }
    }

    pub(crate) async fn sequence(&self) -> u64 {
        loop {
            match sequencer::step(&self.store).await.unwrap() {
                Step::Done { blocks: 0, size } => return size,
                Step::Done { .. } | Step::Followed => {}
            }
        }
    }

    pub(crate) async fn sign(&self) -> Result<Option<Signed>, AuditError> {
        self.signer().step(&self.store, OffsetDateTime::now_utc()).await
    }

    pub(crate) async fn checkpoint(&self) -> String {
        self.source().checkpoint().await.unwrap().unwrap()
    }

    pub(crate) fn source(&self) -> Tables {
        Tables(self.store.clone())
    }

    pub(crate) async fn report(&self) -> Report {
        let key = self.key();
        let asked = Asked {
            key: &key,
            witnesses: &[],
            from: None,
            to: None,
            since: None,
            now: OffsetDateTime::now_utc(),
        };
        verify(&self.source(), &asked).await.unwrap()
    }

    pub(crate) async fn count(&self, table: &str) -> i64 {
        self.owner.query_one(&format!("SELECT count(*) FROM {table}"), &[]).await.unwrap().get(0)
    }

    /// What is found after the owner of the database has done this.
    pub(crate) async fn findings_after(&self, sql: &str) -> Vec<Finding> {
        assert_eq!(self.report().await.findings, [], "before");
        self.owner.batch_execute(sql).await.unwrap();
        self.report().await.findings
    }
}

/// The event of a number, with two resources; the first two thirds of 700 are of yesterday.
pub(crate) fn event(number: u64) -> Value {
    let midnight = OffsetDateTime::now_utc().replace_time(time::Time::MIDNIGHT);
    let time = if number < 470 { midnight - Duration::hours(12) } else { midnight };
    json!({
        "eventVersion": "1.11",
        "userIdentity": { "type": "IAMUser", "userName": "alice", "accessKeyId": "AKIAALICE" },
        "eventTime": (time + Duration::seconds(i64::try_from(number).unwrap())).format(&Rfc3339).unwrap(),
        "eventSource": "kms.amazonaws.com",
        "eventName": "Decrypt",
        "awsRegion": REGION,
        "sourceIPAddress": "10.0.0.1",
        "eventID": id(number),
        "readOnly": true,
        "resources": [
            { "accountId": ACCOUNT, "type": "AWS::KMS::Key", "ARN": "arn:aws:kms:::key/1" },
            { "accountId": ACCOUNT, "type": "AWS::KMS::Key", "ARN": "arn:aws:kms:::key/2" },
        ],
        "eventType": "AwsApiCall",
        "recipientAccountId": ACCOUNT,
    })
}

pub(crate) fn id(number: u64) -> Uuid {
    Uuid::from_u128(u128::from(number) + 1)
}

/// The log as its tables have it, without a service before them.
pub(crate) struct Tables(Store);

impl LogSource for Tables {
    async fn checkpoint(&self) -> Result<Option<String>, VerifyError> {
        let connection = self.0.connection().await.unwrap();
        Ok(store::newest_checkpoint(&connection).await.unwrap().map(|newest| newest.note.to_string()))
    }

    async fn tile(&self, id: TileId) -> Result<Option<Vec<u8>>, VerifyError> {
        Ok(store::read_tile(&self.0.connection().await.unwrap(), id).await.unwrap())
    }

    async fn blocks(&self, first_leaf: u64, size: u64) -> Result<Vec<LogBlock>, VerifyError> {
        let connection = self.0.connection().await.unwrap();
        let blocks = store::blocks_from(&connection, first_leaf, size, 3).await.unwrap();
        Ok(rows::of_blocks(&connection, &blocks).await.unwrap())
    }

    async fn leaves_of(&self, from: &str, to: &str, size: u64) -> Result<Option<Range<u64>>, VerifyError> {
        let day = |text: &str| Date::parse(text, &Iso8601::DATE).unwrap();
        let connection = self.0.connection().await.unwrap();
        let range = store::leaves_of(&connection, day(from), day(to), size).await.unwrap();
        Ok((!range.is_empty()).then_some(range))
    }

    async fn days(&self) -> Result<LogDays, VerifyError> {
        Ok(rows::days(&self.0.connection().await.unwrap()).await.unwrap())
    }

    async fn strays(&self, day: &str) -> Result<Vec<Stray>, VerifyError> {
        let day = Date::parse(day, &Iso8601::DATE).unwrap();
        Ok(rows::strays(&self.0.connection().await.unwrap(), day, None).await.unwrap().strays)
    }
}
