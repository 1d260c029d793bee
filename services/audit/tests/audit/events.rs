//! Made-up events, and what of them is in the tables.

use std::future::Future;
use std::time::Duration;

use keywright_audit_log::Entry;
use keywright_local_stack::testing::TestDatabase;
use keywright_service::testing::{ACCOUNT, REGION, store_config};
use keywright_store::Store;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio_postgres::Client;
use uuid::Uuid;

/// An event, in the test's account and Region, a few minutes old.
pub(crate) struct Made(pub(crate) Value);

impl Made {
    pub(crate) fn new(id: Uuid) -> Self {
        let made = Self(json!({
            "eventVersion": "1.11",
            "userIdentity": {"type": "IAMUser", "userName": "alice", "accessKeyId": "AKIAALICE"},
            "eventSource": "kms.amazonaws.com",
            "eventName": "Decrypt",
            "awsRegion": REGION,
            "eventID": id,
            "readOnly": true,
            "resources": [{"accountId": ACCOUNT, "type": "AWS::KMS::Key", "ARN": "arn:aws:kms:::key/1"}],
            "eventType": "AwsApiCall",
            "recipientAccountId": ACCOUNT,
        }));
        made.at(OffsetDateTime::now_utc() - Duration::from_secs(300))
    }

    /// Another number, another event.
    pub(crate) fn number(number: u64) -> Self {
        Self::new(Uuid::from_u128(u128::from(number)))
    }

    pub(crate) fn at(self, time: OffsetDateTime) -> Self {
        let time = time.replace_nanosecond(0).unwrap().format(&Rfc3339).unwrap();
        self.with("/eventTime", time.into())
    }

    pub(crate) fn with(mut self, pointer: &str, value: Value) -> Self {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        match self.0.pointer_mut(parent).unwrap() {
            Value::Array(items) if name == items.len().to_string() => items.push(value),
            Value::Array(items) => items[name.parse::<usize>().unwrap()] = value,
            other => other[name] = value,
        }
        self
    }

    pub(crate) fn entry(&self) -> Entry {
        let id = self.0["eventID"].as_str().unwrap().parse().unwrap();
        let key = self.0["resources"][0]["ARN"].as_str().unwrap_or(ACCOUNT).to_owned();
        Entry::new(id, key, self.0.to_string())
    }
}

/// The events of these numbers, of seven keys.
pub(crate) fn numbered(numbers: std::ops::Range<u64>) -> Vec<Entry> {
    let of_key = |number| format!("arn:aws:kms:::key/{}", number % 7);
    numbers.map(|n| Made::number(n).with("/resources/0/ARN", of_key(n).into()).entry()).collect()
}

/// An entry that is no event.
pub(crate) fn poison(id: u128, payload: impl Into<bytes::Bytes>) -> Entry {
    Entry::new(Uuid::from_u128(id), "poison", payload)
}

/// A store with the audit service's tables.
pub(crate) async fn migrated(database: &TestDatabase) -> Store {
    let store = Store::connect(&store_config(database)).await.unwrap();
    keywright_store::migrate(&store, keywright_audit::store::migrations()).await.unwrap();
    store
}

pub(crate) async fn count(client: &Client, table: &str) -> i64 {
    client.query_one(&format!("SELECT count(*) FROM {table}"), &[]).await.unwrap().get(0)
}

/// Waits until the table has so many rows, and makes sure that it has no more.
pub(crate) async fn until_count(client: &Client, table: &str, expected: i64) {
    eventually(async || match count(client, table).await {
        found if found == expected => Ok(()),
        found => {
            assert!(found < expected, "{table} has {found} rows and never should have more than {expected}");
            Err(format!("{table} has {found} of {expected} rows"))
        }
    })
    .await;
}

/// Waits until there are so many events, and makes sure that each is whole: in its place of a block, where nothing else
/// is, and on its way to the transparency log as the leaf that it is.
pub(crate) async fn until_whole(client: &Client, expected: i64) {
    until_count(client, "events", expected).await;
    let whole = "SELECT count(*) FROM events AS event JOIN record_blocks AS block
           ON block.block_id = event.block_id AND block.day = (event.event_time AT TIME ZONE 'UTC')::date
         JOIN unsequenced_blocks AS leaf ON leaf.block_id = event.block_id AND leaf.day = block.day
        WHERE replace(convert_from(block.records[event.ordinal], 'UTF8'), '\\u0000', '')::json ->> 'eventID'
              = event.event_id::text
          AND substring(leaf.leaf_hashes FROM (event.ordinal - 1) * 32 + 1 FOR 32)
              = sha256('\\x00'::bytea || block.records[event.ordinal])";
    assert_eq!(client.query_one(whole, &[]).await.unwrap().get::<_, i64>(0), expected);
    for counted in ["sum(cardinality(records)) FROM record_blocks", "sum(leaves) FROM unsequenced_blocks"] {
        let leaves = client.query_one(&format!("SELECT {counted}"), &[]).await.unwrap();
        assert_eq!(leaves.get::<_, Option<i64>>(0).unwrap_or_default(), expected, "{counted}");
    }
}

/// Asks again and again until the answer is `Ok`; fails with the last `Err` at the deadline.
pub(crate) async fn eventually<T, F>(mut ask: impl FnMut() -> F) -> T
where
    F: Future<Output = Result<T, String>>,
{
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        match ask().await {
            Ok(answer) => return answer,
            Err(last) => assert!(tokio::time::Instant::now() < deadline, "not within {PATIENCE:?}: {last}"),
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
