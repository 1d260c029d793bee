use keywright_secrets::config::Config;
use keywright_service::quotas::{Limit, Setting};
use keywright_service::testing::{ADMINISTRATOR, TestCredentials};
use serde_json::json;

use crate::harness::{TestSecrets, start_set, token};

async fn with(set: impl FnOnce(&mut Config)) -> TestSecrets {
    let credentials =
        TestCredentials::standard().user("AKIAOTHER", "444455556666", "other", &[ADMINISTRATOR]);
    start_set(credentials, set).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_has_no_more_secrets_than_it_may() {
    let secrets = with(|config| config.limits.secrets_per_account = Limit::of(2)).await;
    let error = async |name: &str| {
        secrets.client.call("CreateSecret", json!({ "Name": name })).await.error().to_owned()
    };
    assert_eq!((error("a").await, error("b").await), (String::new(), String::new()));
    assert_eq!(error("c").await, "LimitExceededException");
    assert_eq!(error("a").await, "ResourceExistsException");
    secrets.client.with_key("AKIAOTHER").call("CreateSecret", json!({ "Name": "c" })).await.ok();
    // What waits for its deletion still counts.
    secrets.call("DeleteSecret", json!({ "SecretId": "a" })).await;
    assert_eq!(error("c").await, "LimitExceededException");
    secrets.call("DeleteSecret", json!({ "SecretId": "a", "ForceDeleteWithoutRecovery": true })).await;
    assert_eq!(error("c").await, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn creators_at_once_do_not_get_past_the_limit() {
    let secrets = with(|config| config.limits.secrets_per_account = Limit::of(2)).await;
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..12 {
        let client = secrets.client.clone();
        tasks.spawn(async move {
            client.call("CreateSecret", json!({ "Name": format!("s{number}") })).await.error().to_owned()
        });
    }
    let errors = tasks.join_all().await;
    assert_eq!(errors.iter().filter(|error| error.is_empty()).count(), 2, "{errors:?}");
    assert_eq!(errors.iter().filter(|error| *error == "LimitExceededException").count(), 10, "{errors:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_calls_too_often_is_told_to_wait() {
    let secrets = with(|config| {
        for name in ["describe_and_get_secret_value", "get_random_password", "rotation"] {
            config.throughput.rates.insert(name.to_owned(), Setting::Rate(0.02));
        }
    })
    .await;
    secrets.create("db", "one").await;
    let describe = json!({ "SecretId": "db" });
    secrets.call("DescribeSecret", describe.clone()).await;
    let refused = secrets.client.call("GetSecretValue", describe.clone()).await;
    assert_eq!((refused.error(), refused.status), ("ThrottlingException", 400), "{}", refused.text);
    secrets.call("GetRandomPassword", json!({})).await;
    secrets.call("ListSecrets", json!({})).await;
    let asked = json!({ "SecretId": "db", "ClientRequestToken": token() });
    secrets.refuses("RotateSecret", asked, "InvalidRequestException").await;
    secrets.refuses("CancelRotateSecret", describe.clone(), "ThrottlingException").await;
    // Another account has its own.
    let other = secrets.client.with_key("AKIAOTHER").call("DescribeSecret", describe.clone()).await;
    assert_eq!(other.error(), "ResourceNotFoundException");
    secrets.clock.advance(time::Duration::seconds(50));
    secrets.get("db").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_makes_a_secret_for_a_caller_owns_it() {
    let credentials = TestCredentials::standard().service("KWPARAMS", "ssm.amazonaws.com");
    let secrets = start_set(credentials, |_| {}).await;
    let via = secrets.client.with_key("KWPARAMS").on_behalf_of("AKIAADMIN");
    via.call("CreateSecret", json!({ "Name": "theirs" })).await.ok();
    secrets.create("ours", "x").await;
    let described = secrets.call("DescribeSecret", json!({ "SecretId": "theirs" })).await;
    assert_eq!(described["OwningService"], "ssm");
    let filter = json!([{ "Key": "owning-service", "Values": ["ss"] }]);
    let listed = secrets.call("ListSecrets", json!({ "Filters": filter })).await;
    assert_eq!(
        (listed["SecretList"].as_array().unwrap().len(), &listed["SecretList"][0]["Name"]),
        (1, &json!("theirs"))
    );
}
