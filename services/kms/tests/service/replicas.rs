use std::sync::Arc;
use std::time::{Duration, Instant};

use keywright_local_stack::testing::database;
use keywright_service::testing::{
    TestClient, TestClock, TestCredentials, base_config_in, surroundings, until,
};
use serde_json::{Value, json};

use crate::harness::{HELLO, arn, client, config, run, start, start_on};

/// Calls until it fails so, or doesn't; gives the time it took.
async fn until_error(client: &TestClient, operation: &str, input: Value, error: &str) -> Duration {
    let ask = async || client.call(operation, input.clone()).await.error().to_owned();
    until(error.to_owned(), ask).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_reaches_another_replica_within_a_second() {
    let kms = start().await;
    let journal = tempfile::tempdir().unwrap();
    let second = config(base_config_in(&kms.database, journal.path()), kms.dir.path());
    let second = run(second, Arc::new(TestCredentials::standard()), &TestClock::default()).await;
    let other = client(&second);

    let (key, next) = (kms.new_key().await, kms.new_key().await);
    kms.call("CreateAlias", json!({ "AliasName": "alias/app", "TargetKeyId": key })).await;
    let by_alias = json!({ "KeyId": "alias/app", "KeySpec": "AES_256" });
    let by_id = json!({ "KeyId": key, "KeySpec": "AES_256" });
    // Both replicas are warm now.
    for client in [&kms.client, &other] {
        assert_eq!(client.call("GenerateDataKey", by_alias.clone()).await.ok()["KeyId"], arn(&key));
    }

    let within = Duration::from_secs(1);
    kms.call("DisableKey", json!({ "KeyId": key })).await;
    let took = until_error(&other, "GenerateDataKey", by_id.clone(), "DisabledException").await;
    assert!(took < within, "disabled: {took:?}");
    // The replica that made the change doesn't wait at all.
    kms.refuses("GenerateDataKey", by_id.clone(), "DisabledException").await;

    other.call("EnableKey", json!({ "KeyId": key })).await.ok();
    let took = until_error(&kms.client, "GenerateDataKey", by_id.clone(), "").await;
    assert!(took < within, "enabled: {took:?}");

    kms.call("UpdateAlias", json!({ "AliasName": "alias/app", "TargetKeyId": next })).await;
    let began = Instant::now();
    while other.call("GenerateDataKey", by_alias.clone()).await.ok()["KeyId"] != arn(&next) {
        assert!(began.elapsed() < within, "the alias still stands for the former key");
    }

    kms.call("ScheduleKeyDeletion", json!({ "KeyId": key })).await;
    let took = until_error(&other, "GenerateDataKey", by_id, "KMSInvalidStateException").await;
    assert!(took < within, "pending deletion: {took:?}");
    kms.call("DeleteAlias", json!({ "AliasName": "alias/app" })).await;
    let took = until_error(&other, "GenerateDataKey", by_alias, "NotFoundException").await;
    assert!(took < within, "alias deleted: {took:?}");
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_finds_everything() {
    let kms = start().await;
    let key = kms.new_key().await;
    kms.call("CreateAlias", json!({ "AliasName": "alias/app", "TargetKeyId": key })).await;
    let blob = kms.encrypt("alias/app", HELLO).await;
    let before = kms.call("DescribeKey", json!({ "KeyId": key })).await;
    let (database, dir) = (kms.database, kms.dir);
    kms.running.stop().await;

    let kms = start_on(database, dir).await;
    assert_eq!(kms.call("DescribeKey", json!({ "KeyId": "alias/app" })).await, before);
    let decrypted = kms.call("Decrypt", json!({ "CiphertextBlob": blob, "KeyId": "alias/app" })).await;
    assert_eq!(decrypted["Plaintext"], HELLO);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_root_key_it_does_not_start() {
    let kms = start().await;
    let (database, dir) = (kms.database, kms.dir);
    kms.running.stop().await;
    let start_again = async || {
        let journal = tempfile::tempdir().unwrap();
        let config = config(base_config_in(&database, journal.path()), dir.path());
        let surroundings = surroundings(TestCredentials::standard());
        keywright_kms::app::start_with(config, surroundings).await.map(|_| ())
    };
    let path = dir.path().join("root.key");
    std::fs::remove_file(&path).unwrap();
    let missing = start_again().await.unwrap_err().to_string();
    assert!(missing.contains("root.key"), "{missing}");
    assert!(!path.exists(), "a new root key was made beside keys that it can't unwrap");

    let elsewhere = start().await;
    std::fs::copy(elsewhere.dir.path().join("root.key"), &path).unwrap();
    let other = start_again().await.unwrap_err();
    let chain = std::iter::successors(Some(&other as &dyn std::error::Error), |error| error.source());
    let chain: Vec<String> = chain.map(ToString::to_string).collect();
    assert!(chain.iter().any(|text| text.contains("root key")), "{chain:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_that_start_together_share_one_hierarchy() {
    let (database, keys) = (database().await, tempfile::tempdir().unwrap());
    let journals: Vec<_> = (0..3).map(|_| tempfile::tempdir().unwrap()).collect();
    let clock = TestClock::default();
    let replicas = futures::future::join_all(journals.iter().map(|journal| {
        let config = config(base_config_in(&database, journal.path()), keys.path());
        run(config, Arc::new(TestCredentials::standard()), &clock)
    }))
    .await;
    let created = client(&replicas[0]).call("CreateKey", json!({})).await.ok();
    let key = json!({ "KeyId": created["KeyMetadata"]["KeyId"], "KeySpec": "AES_256" });
    let generated = client(&replicas[1]).call("GenerateDataKey", key).await.ok();
    let input = json!({ "CiphertextBlob": generated["CiphertextBlob"] });
    assert_eq!(client(&replicas[2]).call("Decrypt", input).await.ok()["Plaintext"], generated["Plaintext"]);
    let count = database.connect().await.query_one("SELECT count(*) FROM domain_keys", &[]).await.unwrap();
    assert_eq!(count.get::<_, i64>(0), 1);
    for replica in replicas {
        replica.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_domain_key_begun_by_another_replica_is_found() {
    let kms = start().await;
    let key = kms.new_key().await;
    let blob = kms.encrypt(&key, HELLO).await;
    let (database, dir) = (kms.database, kms.dir);
    kms.running.stop().await;
    // The next start makes a domain key of its own; what the former wrapped stays under it.
    database
        .connect()
        .await
        .execute("UPDATE domain_keys SET active = false, retired_at = now()", &[])
        .await
        .unwrap();
    let path = dir.path().join("root.key");
    let source = keywright_root_key::RootKeySource::KeyFile { path, create: false };
    let random = keywright_crypto::SystemRandom;
    let root = keywright_root_key::open(&source, &random).unwrap();
    let next = keywright_kms::domain::domain_keys::DomainKeys::generate(&*root, &random).unwrap();
    let insert = "INSERT INTO domain_keys VALUES ($1, $2, true, now(), NULL)";
    let parameters: &[&(dyn keywright_store::types::ToSql + Sync)] = &[&next.id, &next.wrapped.as_bytes()];
    database.connect().await.execute(insert, parameters).await.unwrap();

    let kms = start_on(database, dir).await;
    assert_eq!(kms.call("Decrypt", json!({ "CiphertextBlob": blob })).await["Plaintext"], HELLO);
    kms.encrypt(&kms.new_key().await, HELLO).await;
    // What the former wrapped is re-wrapped soon.
    let (began, database) = (Instant::now(), kms.database.connect().await);
    let used = "SELECT count(*) FROM key_materials WHERE domain_key_id = $1";
    while database.query_one(used, &[&next.id]).await.unwrap().get::<_, i64>(0) < 2 {
        assert!(began.elapsed() < Duration::from_secs(10), "the former domain key still wraps");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(kms.call("Decrypt", json!({ "CiphertextBlob": blob })).await["Plaintext"], HELLO);
}
