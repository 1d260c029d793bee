use std::collections::BTreeMap;
use std::sync::Arc;

use keywright_kms::config::Config;
use keywright_kms::quotas::quota::Quota;
use keywright_service::Running;
use keywright_service::quotas::{QuotasSection, Setting};
use keywright_service::testing::{
    ADMINISTRATOR, TestClient, TestClock, TestCredentials, base_config_in, records,
};
use serde_json::json;
use tempfile::TempDir;
use time::Duration;

use crate::harness::{HELLO, TestKms, client, config, run, start};
use crate::refusals::input;

/// A replica of `kms` with other settings, and a second account's `AKIAOTHER`.
struct Limited {
    running: Running,
    client: TestClient,
    clock: TestClock,
    _journal: TempDir,
}

async fn limited(kms: &TestKms, change: impl FnOnce(&mut Config)) -> Limited {
    let journal = tempfile::tempdir().unwrap();
    let mut config = config(base_config_in(&kms.database, journal.path()), kms.dir.path());
    change(&mut config);
    let credentials =
        TestCredentials::standard().user("AKIAOTHER", "444455556666", "other", &[ADMINISTRATOR]);
    let clock = TestClock::default();
    let running = run(config, Arc::new(credentials), &clock).await;
    Limited { client: client(&running), running, clock, _journal: journal }
}

fn rates<'a>(rates: impl IntoIterator<Item = (&'a str, f64)>) -> QuotasSection {
    let rates = rates.into_iter().map(|(name, rate)| (name.to_owned(), Setting::Rate(rate)));
    QuotasSection { rates: rates.collect::<BTreeMap<_, _>>(), ..QuotasSection::default() }
}

impl Limited {
    async fn error(&self, operation: &str, input: serde_json::Value) -> String {
        self.client.call(operation, input).await.error().to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_has_a_quota() {
    let kms = start().await;
    let key = kms.new_key().await;
    kms.call("CreateAlias", json!({ "AliasName": "alias/app", "TargetKeyId": key })).await;
    let blob = kms.encrypt(&key, HELLO).await;
    let policy = kms.call("GetKeyPolicy", json!({ "KeyId": key })).await["Policy"].clone();
    // One call of each kind in a thousand seconds.
    let all: Vec<_> = Quota::all().map(|quota| (quota.name(), 0.001)).collect();
    let limited = limited(&kms, |config| config.quotas = rates(all)).await;
    for operation in limited.running.apis()[0].operations() {
        let input = input(operation.name, &key, &blob, &policy, &"0".repeat(64));
        limited.client.call(operation.name, input.clone()).await;
        let second = limited.client.call(operation.name, input).await;
        assert_eq!((second.status, second.error()), (400, "ThrottlingException"), "{}", operation.name);
    }
    limited.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_used_up_comes_back_with_time_and_is_recorded() {
    let kms = start().await;
    let limited = limited(&kms, |config| config.quotas = rates([("list_keys", 2.0)])).await;
    for expected in ["", "", "ThrottlingException"] {
        assert_eq!(limited.error("ListKeys", json!({})).await, expected);
    }
    let refused = limited.client.call("ListKeys", json!({})).await;
    let text = "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.";
    assert_eq!((refused.status, refused.message()), (400, text));
    limited.client.call("ListAliases", json!({})).await.ok();
    limited.clock.advance(Duration::seconds(1));
    limited.client.call("ListKeys", json!({})).await.ok();

    let all = records(limited.running.journal(), 6).await;
    let codes: Vec<_> = all.iter().map(|record| record["errorCode"].as_str().unwrap_or_default()).collect();
    assert_eq!(codes, ["", "", "ThrottlingException", "ThrottlingException", "", ""]);
    let metrics = format!("http://{}/metrics", limited.running.ops_address());
    let metrics = reqwest::get(metrics).await.unwrap().text().await.unwrap();
    let counted = metrics
        .lines()
        .find(|line| line.starts_with("keywright_throttled_total{quota=\"list_keys\",service=\"kms\"}"));
    assert!(counted.is_some(), "{metrics}");
    limited.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cryptographic_operations_share_one_quota_and_others_have_theirs() {
    let kms = start().await;
    let key = kms.new_key().await;
    let limited = limited(&kms, |config| config.quotas = rates([("cryptographic_symmetric", 4.0)])).await;
    let blob = kms.encrypt(&key, HELLO).await;
    assert_eq!(limited.error("Encrypt", json!({ "KeyId": key, "Plaintext": HELLO })).await, "");
    assert_eq!(limited.error("Decrypt", json!({ "CiphertextBlob": blob })).await, "");
    assert_eq!(limited.error("GenerateRandom", json!({ "NumberOfBytes": 1 })).await, "");
    // It uses two keys of one kind, and counts once.
    let again = json!({ "CiphertextBlob": blob, "DestinationKeyId": key });
    assert_eq!(limited.error("ReEncrypt", again).await, "");
    let generate = json!({ "KeyId": key, "KeySpec": "AES_256" });
    assert_eq!(limited.error("GenerateDataKey", generate).await, "ThrottlingException");
    assert_eq!(limited.error("DescribeKey", json!({ "KeyId": key })).await, "");
    limited.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_account_has_its_own_and_pays_for_what_services_do_for_it() {
    let kms = start().await;
    let key = kms.new_key().await;
    let limited = limited(&kms, |config| config.quotas = rates([("cryptographic_symmetric", 1.0)])).await;
    let encrypt = json!({ "KeyId": key, "Plaintext": HELLO });
    let through_ssm = limited.client.with_key("KWSSM").on_behalf_of("AKIAADMIN");
    assert_eq!(through_ssm.call("Encrypt", encrypt.clone()).await.error(), "");
    assert_eq!(limited.error("Encrypt", encrypt).await, "ThrottlingException");
    let other = limited.client.with_key("AKIAOTHER");
    assert_eq!(other.call("GenerateRandom", json!({ "NumberOfBytes": 1 })).await.error(), "");
    limited.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_not_allowed_or_finds_no_key_counts_too() {
    let kms = start().await;
    let key = kms.new_key().await;
    let quotas = rates([("describe_key", 1.0), ("cryptographic_symmetric", 1.0)]);
    let limited = limited(&kms, |config| config.quotas = quotas).await;
    let nobody = limited.client.with_key("AKIANOBODY");
    let describe = json!({ "KeyId": key });
    assert_eq!(nobody.call("DescribeKey", describe.clone()).await.error(), "AccessDeniedException");
    assert_eq!(limited.error("DescribeKey", describe).await, "ThrottlingException");
    let absent = json!({ "KeyId": "alias/none", "Plaintext": HELLO });
    assert_eq!(limited.error("Encrypt", absent.clone()).await, "NotFoundException");
    assert_eq!(limited.error("Encrypt", absent).await, "ThrottlingException");
    limited.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_has_no_more_keys_than_it_may() {
    let kms = start().await;
    let limited = limited(&kms, |config| config.limits.keys_per_account = 3).await;
    let mut keys = Vec::new();
    for _ in 0..3 {
        keys.push(limited.client.call("CreateKey", json!({})).await.ok());
    }
    let more = limited.client.call("CreateKey", json!({})).await;
    assert_eq!((more.status, more.error()), (400, "LimitExceededException"));
    // AWS managed keys and other accounts' don't count.
    let through_ssm = limited.client.with_key("KWSSM").on_behalf_of("AKIAADMIN");
    through_ssm.call("Encrypt", json!({ "KeyId": "alias/aws/ssm", "Plaintext": HELLO })).await.ok();
    limited.client.with_key("AKIAOTHER").call("CreateKey", json!({})).await.ok();
    // One that waits for its deletion does, and one that is destroyed doesn't.
    let key = json!({ "KeyId": keys[0]["KeyMetadata"]["KeyId"] });
    limited.client.call("ScheduleKeyDeletion", key.clone()).await.ok();
    assert_eq!(limited.error("CreateKey", json!({})).await, "LimitExceededException");
    limited.clock.advance(Duration::days(31));
    let began = std::time::Instant::now();
    let database = kms.database.connect().await;
    let left = "SELECT sum(keys)::bigint FROM key_counts WHERE account_id = '111122223333'";
    while database.query_one(left, &[]).await.unwrap().get::<_, i64>(0) == 3 {
        assert!(began.elapsed() < std::time::Duration::from_secs(10), "the key is not destroyed");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    // Signatures are of today.
    limited.clock.advance(-Duration::days(31));
    assert_eq!(limited.error("CreateKey", json!({})).await, "");
    assert_eq!(limited.error("CreateKey", json!({})).await, "LimitExceededException");
    limited.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quota_that_can_not_be_counted_refuses_to_start() {
    let kms = start().await;
    let journal = tempfile::tempdir().unwrap();
    let mut config = config(base_config_in(&kms.database, journal.path()), kms.dir.path());
    config.quotas = rates([("create_key", 0.0)]);
    let surroundings = keywright_service::testing::surroundings(TestCredentials::standard());
    let refused = keywright_kms::app::start_with(config, surroundings).await.err().unwrap().to_string();
    assert!(refused.contains("quotas.create_key"), "{refused}");
}
