use std::sync::Arc;
use std::time::{Duration, Instant};

use keywright_service::Running;
use keywright_service::testing::{TestClient, TestClock, TestCredentials, base_config_in, records};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{HELLO, TestKms, blob, client, config, run, start, start_on, text};
use crate::refusals::input;

/// AWS's list of the operations that count.
const TRACKED: [&str; 12] = [
    "Decrypt",
    "DeriveSharedSecret",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "GenerateDataKeyWithoutPlaintext",
    "GenerateMac",
    "ReEncrypt",
    "Sign",
    "Verify",
    "VerifyMac",
];

async fn usage(client: &TestClient, key: &str) -> Value {
    client.call("GetKeyLastUsage", json!({ "KeyId": key })).await.ok()["KeyLastUsage"].clone()
}

/// Another replica, which hears of nothing but by the database.
async fn replica(kms: &TestKms, clock: &TestClock) -> (Running, TempDir) {
    let journal = tempfile::tempdir().unwrap();
    let config = config(base_config_in(&kms.database, journal.path()), kms.dir.path());
    (run(config, Arc::new(TestCredentials::standard()), clock).await, journal)
}

/// Waits until a replica tells this operation.
async fn until(client: &TestClient, key: &str, operation: &str) -> Value {
    let began = Instant::now();
    loop {
        let told = usage(client, key).await;
        if told["Operation"] == operation {
            return told;
        }
        assert!(began.elapsed() < Duration::from_secs(10), "still {told}, not {operation}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_cryptographic_operation_is_noted_at_once_where_it_was_done() {
    let kms = start().await;
    let symmetric = kms.new_key().await;
    let signing = kms.new_key_of("ECC_NIST_P256", "SIGN_VERIFY").await;
    let mac = kms.new_key_of("HMAC_256", "GENERATE_VERIFY_MAC").await;
    let agreeing = kms.new_key_of("ECC_NIST_P256", "KEY_AGREEMENT").await;
    let sealed = kms.encrypt(&symmetric, HELLO).await;
    let policy = kms.call("GetKeyPolicy", json!({ "KeyId": symmetric })).await["Policy"].clone();
    let sign = input("Sign", &signing, &sealed, &policy, "");
    let generate_mac = input("GenerateMac", &mac, &sealed, &policy, "");
    let signature = kms.call("Sign", sign).await["Signature"].clone();
    let tag = kms.call("GenerateMac", generate_mac).await["Mac"].clone();
    let public_key = blob(kms.public_key(&agreeing).await);
    for operation in TRACKED {
        let key = match operation {
            "Sign" | "Verify" => &signing,
            "GenerateMac" | "VerifyMac" => &mac,
            "DeriveSharedSecret" => &agreeing,
            _ => &symmetric,
        };
        let mut input = input(operation, key, &sealed, &policy, "");
        match operation {
            "Verify" => input["Signature"] = signature.clone(),
            "VerifyMac" => input["Mac"] = tag.clone(),
            "DeriveSharedSecret" => input["PublicKey"] = json!(public_key),
            _ => {}
        }
        kms.call(operation, input).await;
        assert_eq!(usage(&kms.client, key).await["Operation"], operation);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_names_the_event_and_the_request_of_the_last_success() {
    let kms = start().await;
    let key = kms.new_key().await;
    let before = kms.call("GetKeyLastUsage", json!({ "KeyId": key })).await;
    assert_eq!((&before["KeyId"], &before["KeyLastUsage"]), (&json!(key), &json!({})));
    let created =
        kms.call("DescribeKey", json!({ "KeyId": key })).await["KeyMetadata"]["CreationDate"].clone();
    assert_eq!((&before["KeyCreationDate"], &before["TrackingStartDate"]), (&created, &created));

    let encrypted = kms.client.call("Encrypt", json!({ "KeyId": key, "Plaintext": HELLO })).await;
    let blob = encrypted.body["CiphertextBlob"].clone();
    // Neither a dry run, a refusal nor a failure is a use.
    let dry = json!({ "KeyId": key, "Plaintext": HELLO, "DryRun": true });
    kms.refuses("Encrypt", dry, "DryRunOperationException").await;
    let generate = json!({ "KeyId": key, "KeySpec": "AES_256" });
    let refused = kms.client.with_key("AKIANOBODY").call("GenerateDataKey", generate).await;
    assert_eq!(refused.error(), "AccessDeniedException");
    let wrong = json!({ "CiphertextBlob": blob, "EncryptionContext": { "a": "b" } });
    kms.refuses("Decrypt", wrong, "InvalidCiphertextException").await;

    let told = usage(&kms.client, &key).await;
    let record = kms.record_of("Encrypt", 4).await;
    let all = records(kms.running.journal(), 4).await;
    let record =
        all.iter().find(|r| r["eventName"] == "Encrypt" && r["errorCode"].is_null()).unwrap_or(&record);
    assert_eq!(told["CloudTrailEventId"], record["eventID"]);
    assert_eq!(told["KmsRequestId"], encrypted.request_id);
    assert!(told["Timestamp"].as_f64().unwrap() >= created.as_f64().unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn re_encrypting_is_a_use_of_both_keys() {
    let kms = start().await;
    let (from, to) = (kms.new_key().await, kms.new_key().await);
    let blob = kms.encrypt(&from, HELLO).await;
    kms.call("ReEncrypt", json!({ "CiphertextBlob": blob, "DestinationKeyId": to })).await;
    let (source, destination) = (usage(&kms.client, &from).await, usage(&kms.client, &to).await);
    assert_eq!(source["Operation"], "ReEncrypt");
    assert_eq!(source, destination);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_replica_hears_of_it_and_the_later_use_counts() {
    let kms = start().await;
    let key = kms.new_key().await;
    let ahead = TestClock::default();
    ahead.advance(time::Duration::minutes(4));
    let (second, _journal) = replica(&kms, &ahead).await;
    let other = client(&second);

    let blob = kms.encrypt(&key, HELLO).await;
    until(&other, &key, "Encrypt").await;
    other.call("Decrypt", json!({ "CiphertextBlob": blob })).await.ok();
    let later = until(&kms.client, &key, "Decrypt").await;
    // What the first replica does now was before that, by the clocks; its flush changes nothing.
    kms.call("GenerateDataKey", json!({ "KeyId": key, "KeySpec": "AES_256" })).await;
    let (probe, count) = (kms.new_key().await, "SELECT count(*) FROM key_last_usage");
    kms.encrypt(&probe, HELLO).await;
    until(&other, &probe, "Encrypt").await;
    assert_eq!(usage(&other, &key).await, later);
    assert_eq!(usage(&kms.client, &key).await, later);
    let rows = kms.database.connect().await.query_one(count, &[]).await.unwrap();
    assert_eq!(rows.get::<_, i64>(0), 2, "one row for each key");
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_writes_what_is_noted_and_a_deletion_takes_it_away() {
    let kms = start().await;
    let (key, doomed) = (kms.new_key().await, kms.new_key().await);
    // It would not flush within this hour.
    let journal = tempfile::tempdir().unwrap();
    let mut lazy = config(base_config_in(&kms.database, journal.path()), kms.dir.path());
    lazy.last_usage.flush_seconds = 3_600;
    let lazy = run(lazy, Arc::new(TestCredentials::standard()), &kms.clock).await;
    for key in [&key, &doomed] {
        client(&lazy).call("Encrypt", json!({ "KeyId": key, "Plaintext": HELLO })).await.ok();
    }
    let told = usage(&client(&lazy), &key).await;
    assert_eq!(usage(&kms.client, &key).await, json!({}));
    lazy.stop().await;
    let kept = usage(&kms.client, &key).await;
    assert_eq!(text(&kept["CloudTrailEventId"]), text(&told["CloudTrailEventId"]));

    kms.call("ScheduleKeyDeletion", json!({ "KeyId": doomed, "PendingWindowInDays": 7 })).await;
    kms.clock.advance(time::Duration::days(8));
    let rows = async |table: &str| {
        let count = format!("SELECT count(*) FROM {table}");
        kms.database.connect().await.query_one(&count, &[]).await.unwrap().get::<_, i64>(0)
    };
    let began = Instant::now();
    while rows("keys").await > 1 {
        assert!(began.elapsed() < Duration::from_secs(10), "the key is not deleted");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(rows("key_last_usage").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_key_older_than_the_tracking_it_is_told_since_when_it_is_tracked() {
    let kms = start().await;
    let key = kms.new_key().await;
    let database = kms.database.connect().await;
    database.execute("UPDATE keys SET created_at = '2001-02-03Z'", &[]).await.unwrap();
    let (database, dir) = (kms.database, kms.dir);
    kms.running.stop().await;
    let kms = start_on(database, dir).await;
    let told = kms.call("GetKeyLastUsage", json!({ "KeyId": key })).await;
    assert!(told["TrackingStartDate"].as_f64().unwrap() > told["KeyCreationDate"].as_f64().unwrap());
}
