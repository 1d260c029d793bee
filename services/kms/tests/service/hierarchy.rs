//! The rotation of domain keys and of the root key, with failures at every step.

use std::sync::Arc;
use std::time::{Duration, Instant};

use keywright_crypto::SystemRandom;
use keywright_kms::config::Config;
use keywright_local_stack::testing::TestDatabase;
use keywright_root_key::RootKeySource;
use keywright_service::testing::{
    ADMINISTRATOR, TestClient, TestClock, TestCredentials, base_config_in, records, surroundings_at,
};
use keywright_service::{RootKeySection, Running};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{HELLO, TestKms, client, config, run, start, text};

/// A process on somebody else's database.
struct Replica {
    running: Running,
    client: TestClient,
    _journal: TempDir,
}

async fn replica(database: &TestDatabase, keys: &TempDir, change: impl FnOnce(&mut Config)) -> Replica {
    let journal = tempfile::tempdir().unwrap();
    let mut config = config(base_config_in(database, journal.path()), keys.path());
    change(&mut config);
    let running = run(config, Arc::new(credentials()), &TestClock::default()).await;
    Replica { client: client(&running), running, _journal: journal }
}

fn credentials() -> TestCredentials {
    let kms_only =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"kms:*","Resource":"*"}}"#;
    TestCredentials::standard().user("AKIAOTHER", "444455556666", "other", &[ADMINISTRATOR]).user(
        "AKIAKMS",
        "111122223333",
        "kms",
        &[kms_only],
    )
}

fn admin(running: &Running) -> TestClient {
    TestClient::new(running.address(), "AKIAADMIN", "kms", "KeywrightKmsAdmin")
}

async fn administer(running: &Running, operation: &str) -> Value {
    admin(running).call(operation, json!({})).await.ok()
}

/// Keys, each with a ciphertext.
async fn ciphertexts(kms: &TestKms, count: usize) -> Vec<String> {
    let mut blobs = Vec::new();
    for _ in 0..count {
        let key = kms.new_key().await;
        blobs.push(kms.encrypt(&key, HELLO).await);
    }
    blobs
}

async fn all_decrypt(client: &TestClient, blobs: &[String]) {
    for blob in blobs {
        let decrypted = client.call("Decrypt", json!({ "CiphertextBlob": blob })).await.ok();
        assert_eq!(decrypted["Plaintext"], HELLO);
    }
}

/// How many materials each domain key wraps, the oldest domain key first.
async fn wrapped(database: &TestDatabase) -> Vec<i64> {
    let sql = "SELECT (SELECT count(*) FROM key_materials m WHERE m.domain_key_id = d.domain_key_id)
               FROM domain_keys d ORDER BY created_at";
    let rows = database.connect().await.query(sql, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

async fn until_wrapped(database: &TestDatabase, expected: impl Fn(&[i64]) -> bool) -> Vec<i64> {
    let began = Instant::now();
    loop {
        let now = wrapped(database).await;
        if expected(&now) {
            return now;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "still {now:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Makes a change of a table's row fail, or slow, where the condition holds.
async fn sabotage(database: &TestDatabase, event: &str, table: &str, when: &str, what: &str) {
    let sql = format!(
        "CREATE FUNCTION sabotage() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN {what}; RETURN coalesce(NEW, OLD); END $$;
         CREATE TRIGGER sabotage BEFORE {event} ON {table} FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION sabotage()"
    );
    database.connect().await.batch_execute(&sql).await.unwrap();
}

async fn repair(database: &TestDatabase) {
    database.connect().await.batch_execute("DROP FUNCTION sabotage CASCADE").await.unwrap();
}

const FAIL: &str = "RAISE EXCEPTION 'sabotage'";

#[tokio::test(flavor = "multi_thread")]
async fn another_domain_key_takes_over_everywhere_and_the_retired_one_is_destroyed_in_time() {
    let kms = start().await;
    let second = replica(&kms.database, &kms.dir, |_| {}).await;
    let blobs = ciphertexts(&kms, 20).await;
    all_decrypt(&second.client, &blobs[..10]).await;

    let rotated = administer(&kms.running, "RotateDomainKey").await;
    let retired = text(&rotated["RetiredDomainKeyId"]);
    until_wrapped(&kms.database, |wrapped| wrapped == [0, 20]).await;
    // Warm or cold, on either replica.
    all_decrypt(&kms.client, &blobs).await;
    all_decrypt(&second.client, &blobs).await;
    let began = Instant::now();
    while wrapped(&kms.database).await[1] < 22 {
        // Both make new keys under the new one, as soon as they have heard of it; what they make before is re-wrapped.
        second.client.call("CreateKey", json!({})).await.ok();
        kms.new_key().await;
        assert!(began.elapsed() < Duration::from_secs(10));
    }
    until_wrapped(&kms.database, |wrapped| wrapped[0] == 0).await;

    let described = administer(&second.running, "DescribeKeyHierarchy").await;
    let keys = described["DomainKeys"].as_array().unwrap().clone();
    assert_eq!((&keys[0]["DomainKeyId"], &keys[0]["Active"]), (&json!(retired), &json!(false)));
    assert_eq!(keys[0]["Wraps"], json!({ "key materials": 0, "region keys": 0 }));
    assert_eq!((&keys[1]["DomainKeyId"], &keys[1]["Active"]), (&rotated["DomainKeyId"], &json!(true)));
    assert_eq!(keys[1]["RootKeyId"], described["RootKeyId"]);

    // Tokens that it sealed live for a day.
    kms.clock.advance(time::Duration::hours(24));
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(wrapped(&kms.database).await.len(), 2);
    kms.clock.advance(time::Duration::minutes(61));
    until_wrapped(&kms.database, |wrapped| wrapped.len() == 1).await;
    kms.clock.advance(-time::Duration::minutes(24 * 60 + 61));
    all_decrypt(&kms.client, &blobs).await;

    let all = records(kms.running.journal(), 43).await;
    let of = |name: &str| all.iter().find(|record| record["eventName"] == name).unwrap();
    assert_eq!(of("RotateDomainKey")["responseElements"]["retiredDomainKeyId"], retired.as_str());
    assert_eq!(of("RotateDomainKey")["userIdentity"]["userName"], "admin");
    let destroyed = of("DestroyDomainKey");
    assert_eq!(destroyed["serviceEventDetails"]["domainKeyId"], retired.as_str());
    assert_eq!(destroyed["eventType"], "AwsServiceEvent");
    second.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_at_any_step_leaves_everything_usable_and_the_next_try_goes_on() {
    let kms = start().await;
    let blobs = ciphertexts(&kms, 20).await;
    let database = &kms.database;

    // The new domain key can't be stored: nothing has changed.
    sabotage(database, "INSERT", "domain_keys", "true", FAIL).await;
    let failed = admin(&kms.running).call("RotateDomainKey", json!({})).await;
    assert!(failed.status >= 500, "{}", failed.text);
    assert_eq!(wrapped(database).await, [20]);
    repair(database).await;

    // Neither the first batch nor, then, the third can be stored.
    let third = "SELECT m.key_id FROM key_materials m ORDER BY m.key_id OFFSET 16 LIMIT 1";
    let third: String = database.connect().await.query_one(third, &[]).await.unwrap().get(0);
    sabotage(database, "UPDATE", "key_materials", "true", FAIL).await;
    administer(&kms.running, "RotateDomainKey").await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(wrapped(database).await, [20, 0]);
    all_decrypt(&replica(database, &kms.dir, |_| {}).await.client, &blobs).await;
    repair(database).await;
    sabotage(database, "UPDATE", "key_materials", &format!("NEW.key_id = '{third}'"), FAIL).await;
    until_wrapped(database, |wrapped| wrapped == [6, 14]).await;
    all_decrypt(&replica(database, &kms.dir, |_| {}).await.client, &blobs).await;
    repair(database).await;
    until_wrapped(database, |wrapped| wrapped == [0, 20]).await;

    // The retired key can't be destroyed.
    sabotage(database, "DELETE", "domain_keys", "true", FAIL).await;
    kms.clock.advance(time::Duration::hours(26));
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(wrapped(database).await, [0, 20]);
    repair(database).await;
    until_wrapped(database, |wrapped| wrapped == [20]).await;
    all_decrypt(&replica(database, &kms.dir, |_| {}).await.client, &blobs).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_die_while_they_re_wrap_are_taken_over_from() {
    let kms = start().await;
    let blobs = ciphertexts(&kms, 40).await;
    let (database, dir, running) = (kms.database, kms.dir, kms.running);
    let second = replica(&database, &dir, |_| {}).await;
    // Two replicas share the work, slowly, and both die in the midst of it.
    sabotage(&database, "UPDATE", "key_materials", "true", "PERFORM pg_sleep(0.03)").await;
    administer(&running, "RotateDomainKey").await;
    until_wrapped(&database, |wrapped| matches!(wrapped, [1..40, 1..40])).await;
    drop(running);
    drop(second);
    let left = wrapped(&database).await;
    assert!(left[0] > 0, "{left:?}");
    let third = replica(&database, &dir, |_| {}).await;
    all_decrypt(&third.client, &blobs).await;
    repair(&database).await;
    until_wrapped(&database, |wrapped| wrapped == [0, 40]).await;
    all_decrypt(&replica(&database, &dir, |_| {}).await.client, &blobs).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_material_that_can_not_be_unwrapped_holds_up_no_other_and_keeps_its_domain_key() {
    let kms = start().await;
    let blobs = ciphertexts(&kms, 9).await;
    let first = "SELECT key_id FROM key_materials ORDER BY key_id LIMIT 1";
    let connection = kms.database.connect().await;
    let first: String = connection.query_one(first, &[]).await.unwrap().get(0);
    let damage = "UPDATE key_materials SET wrapped = set_byte(wrapped, 20, get_byte(wrapped, 20) # 1) WHERE key_id = $1";
    connection.execute(damage, &[&first]).await.unwrap();
    administer(&kms.running, "RotateDomainKey").await;
    until_wrapped(&kms.database, |wrapped| wrapped == [1, 8]).await;
    kms.clock.advance(time::Duration::hours(26));
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(wrapped(&kms.database).await, [1, 8]);
    // Once it is as it was, it follows.
    connection.execute(damage, &[&first]).await.unwrap();
    until_wrapped(&kms.database, |wrapped| wrapped == [9]).await;
    all_decrypt(&replica(&kms.database, &kms.dir, |_| {}).await.client, &blobs).await;
}

/// Makes a root key file beside the others.
fn new_root_key(keys: &TempDir, name: &str) -> RootKeySection {
    let path = keys.path().join(name);
    let source = RootKeySource::KeyFile { path: path.clone(), create: true };
    keywright_root_key::open(&source, &SystemRandom).unwrap();
    RootKeySection::key_file(path)
}

/// What keeps a process from starting.
async fn refusal(database: &TestDatabase, keys: &TempDir, change: impl FnOnce(&mut Config)) -> String {
    let journal = tempfile::tempdir().unwrap();
    let mut config = config(base_config_in(database, journal.path()), keys.path());
    change(&mut config);
    let surroundings = surroundings_at(Arc::new(credentials()), Arc::new(TestClock::default()));
    let refused = keywright_kms::app::start_with(config, surroundings).await.err().unwrap();
    let chain = std::iter::successors(Some(&refused as &dyn std::error::Error), |error| error.source());
    chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[tokio::test(flavor = "multi_thread")]
async fn another_root_key_takes_over_while_replicas_run_and_failures_are_resumed_from() {
    let kms = start().await;
    let blobs = ciphertexts(&kms, 10).await;
    let (database, dir) = (&kms.database, &kms.dir);
    let former = RootKeySection::key_file(dir.path().join("root.key"));
    let next = new_root_key(dir, "next.key");
    let replaced = |config: &mut Config| {
        config.root_key = next.clone();
        config.previous_root_key = Some(former.clone());
    };

    // Too early: the new one alone opens nothing.
    let alone = refusal(database, dir, |config| config.root_key = next.clone()).await;
    assert!(alone.contains("another root key") && alone.contains("previous_root_key"), "{alone}");
    let same = refusal(database, dir, |config| config.previous_root_key = Some(former.clone())).await;
    assert!(same.contains("the same key"), "{same}");

    // The first replica still has the former one only. A domain key that is made now can be opened by it.
    let both = replica(database, dir, replaced).await;
    all_decrypt(&both.client, &blobs).await;
    administer(&both.running, "RotateDomainKey").await;
    until_wrapped(database, |wrapped| wrapped == [0, 10]).await;
    kms.new_key().await;
    all_decrypt(&replica(database, dir, |_| {}).await.client, &blobs).await;

    // It fails at the second domain key: the first is wrapped by the new root key, the second by the former.
    let active =
        administer(&both.running, "DescribeKeyHierarchy").await["DomainKeys"][1]["DomainKeyId"].clone();
    let when = format!("OLD.domain_key_id = '{}'", text(&active));
    sabotage(database, "UPDATE", "domain_keys", &when, FAIL).await;
    let failed = admin(&both.running).call("RotateRootKey", json!({})).await;
    assert!(failed.status >= 500, "{}", failed.text);
    let described = administer(&both.running, "DescribeKeyHierarchy").await;
    let by = |at: usize| described["DomainKeys"][at]["RootKeyId"].clone();
    assert_eq!((by(0), by(1)), (described["RootKeyId"].clone(), described["PreviousRootKeyId"].clone()));
    all_decrypt(&replica(database, dir, replaced).await.client, &blobs).await;
    repair(database).await;

    // Two at once: each domain key is re-wrapped once.
    let other = replica(database, dir, replaced).await;
    let (first, second) =
        tokio::join!(administer(&both.running, "RotateRootKey"), administer(&other.running, "RotateRootKey"));
    assert_eq!(first["Rewrapped"].as_i64().unwrap() + second["Rewrapped"].as_i64().unwrap(), 1);
    assert_eq!(first["RootKeyId"], described["RootKeyId"]);
    assert_eq!(administer(&both.running, "RotateRootKey").await["Rewrapped"], 0);

    // The replica with the former one goes on, but can't start again, nor rotate back by accident.
    all_decrypt(&kms.client, &blobs).await;
    kms.new_key().await;
    let refused = admin(&kms.running).call("RotateRootKey", json!({})).await;
    assert_eq!((refused.status, refused.error()), (400, "OtherRootKeyException"));
    let late = refusal(database, dir, |_| {}).await;
    assert!(late.contains("another root key"), "{late}");

    // The new one alone opens everything.
    let alone = replica(database, dir, |config| config.root_key = next.clone()).await;
    all_decrypt(&alone.client, &blobs).await;
    administer(&alone.running, "RotateDomainKey").await;
    let count = wrapped(database).await.iter().sum::<i64>();
    until_wrapped(database, |wrapped| wrapped[..2] == [0, 0] && wrapped[2] == count).await;
    all_decrypt(&replica(database, dir, |config| config.root_key = next.clone()).await.client, &blobs).await;

    let all = records(both.running.journal(), 10).await;
    let rewrapped = all.iter().filter(|record| record["eventName"] == "RewrapDomainKey").count();
    let rotated: Vec<_> = all.iter().filter(|record| record["eventName"] == "RotateRootKey").collect();
    assert!(rewrapped >= 1, "{all:#?}");
    assert_eq!(rotated[0]["errorCode"], "InternalFailure");
    assert_eq!(rotated[1]["userIdentity"]["userName"], "admin");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_operators_get_at_the_hierarchy() {
    let kms = start().await;
    let replica = replica(&kms.database, &kms.dir, |_| {}).await;
    let operator = admin(&replica.running);
    let operations = replica.running.apis()[1].operations();
    assert_eq!(operations.len(), 3);
    for operation in &operations {
        let unsigned = operator.call_unsigned(operation.name, json!({})).await;
        assert_eq!(unsigned.error(), "MissingAuthenticationTokenException");
        let wrongly = operator.with_secret("not the secret").call(operation.name, json!({})).await;
        assert_eq!(wrongly.error(), "InvalidSignatureException");
        // Another account's administrator, and somebody who may do all of KMS.
        for key in ["AKIANOBODY", "AKIAOTHER", "AKIAKMS"] {
            let refused = operator.with_key(key).call(operation.name, json!({})).await;
            assert_eq!(refused.error(), "AccessDeniedException", "{key} {}", operation.name);
        }
        // They aren't AWS's, and AWS's aren't here.
        let elsewhere = replica.client.call(operation.name, json!({})).await;
        assert_eq!(elsewhere.error(), "UnknownOperationException");
    }
    assert_eq!(operator.call("ListKeys", json!({})).await.error(), "UnknownOperationException");
    assert_eq!(wrapped(&kms.database).await.len(), 1);
    let all = records(replica.running.journal(), 3 * 6 + 1).await;
    let refused = all.iter().filter(|record| record["errorCode"] == "AccessDeniedException").count();
    assert_eq!(refused, 9);
    replica.running.stop().await;
}
