use keywright_service::testing::{ACCOUNT, until};
use serde_json::{Value, json};

use crate::harness::{TestSecrets, start, token};
use crate::resource_policies::policy;

/// What a reading shows: the value, or why not.
async fn read(secrets: &TestSecrets) -> String {
    let answer = secrets.client.call("GetSecretValue", json!({ "SecretId": "db" })).await;
    match answer.error() {
        "" => answer.body["SecretString"].as_str().unwrap().to_owned(),
        error => error.to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_current_value_that_was_read_costs_no_query_when_it_is_read_again() {
    let secrets = start().await;
    let arn = secrets.create("db", "one").await;
    // The first access of a day is noted.
    for _ in 0..2 {
        assert_eq!(secrets.get("db").await, "one");
    }
    let database = secrets.database.connect().await;
    database.batch_execute("ALTER TABLE secret_versions RENAME TO away").await.unwrap();
    let partial = arn.rsplit_once('-').unwrap().0;
    for name in ["db", &arn, partial] {
        assert_eq!(secrets.get(name).await, "one", "{name}");
    }
    let batch = secrets.call("BatchGetSecretValue", json!({ "SecretIdList": [arn] })).await;
    assert_eq!(batch["SecretValues"][0]["SecretString"], "one");
    // Functions that rotate name what they read: they are told how it is, or nothing.
    let named = json!({ "SecretId": "db", "VersionStage": "AWSCURRENT" });
    let answer = secrets.client.call("GetSecretValue", named).await;
    assert_eq!(answer.status, 500, "{}", answer.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_read_what_the_last_change_has_left() {
    let secrets = start().await;
    let other = secrets.replica().await;
    secrets.create("db", "one").await;
    for replica in [&secrets, &other] {
        assert_eq!(read(replica).await, "one");
    }
    let value =
        |value: &str| json!({ "SecretId": "db", "SecretString": value, "ClientRequestToken": token() });
    let name = || json!({ "SecretId": "db" });
    let steps: [(&str, Value, &str); 8] = [
        ("PutSecretValue", value("two"), "two"),
        ("UpdateSecret", value("three"), "three"),
        ("DeleteSecret", name(), "InvalidRequestException"),
        ("RestoreSecret", name(), "three"),
        (
            "DeleteSecret",
            json!({ "SecretId": "db", "ForceDeleteWithoutRecovery": true }),
            "ResourceNotFoundException",
        ),
        (
            "CreateSecret",
            json!({ "Name": "db", "SecretString": "four", "ClientRequestToken": token() }),
            "four",
        ),
        ("PutSecretValue", value("five"), "five"),
        ("PutSecretValue", value("six"), "six"),
    ];
    for (turn, (operation, input, expected)) in steps.into_iter().enumerate() {
        let (changed, told) = if turn % 2 == 0 { (&secrets, &other) } else { (&other, &secrets) };
        changed.call(operation, input).await;
        assert_eq!(read(changed).await, expected, "{operation} at once");
        until(expected.to_owned(), async || read(told).await).await;
    }

    let stages = secrets.stages("db").await;
    let version = |label: &str| {
        let found = stages
            .as_object()
            .unwrap()
            .iter()
            .find(|(_, labels)| labels.as_array().unwrap().contains(&json!(label)));
        found.unwrap().0.clone()
    };
    let back = json!({
        "SecretId": "db",
        "VersionStage": "AWSCURRENT",
        "MoveToVersionId": version("AWSPREVIOUS"),
        "RemoveFromVersionId": version("AWSCURRENT"),
    });
    secrets.call("UpdateSecretVersionStage", back).await;
    assert_eq!(read(&secrets).await, "five");
    until("five".to_owned(), async || read(&other).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_read_is_decided_by_the_present_policy() {
    let secrets = start().await;
    let other = secrets.replica().await;
    let arn = secrets.create("db", "one").await;
    let error = async |replica: &TestSecrets| {
        let nobody = replica.client.with_key("AKIANOBODY");
        nobody.call("GetSecretValue", json!({ "SecretId": arn })).await.error().to_owned()
    };
    for replica in [&secrets, &other] {
        assert_eq!(error(replica).await, "AccessDeniedException");
    }
    let user = format!("arn:aws:iam::{ACCOUNT}:user/nobody");
    let text = policy(&user, &["secretsmanager:GetSecretValue"]);
    secrets.call("PutResourcePolicy", json!({ "SecretId": "db", "ResourcePolicy": text })).await;
    assert_eq!(error(&secrets).await, "");
    until("".to_owned(), async || error(&other).await).await;
    other.call("DeleteResourcePolicy", json!({ "SecretId": "db" })).await;
    assert_eq!(error(&other).await, "AccessDeniedException");
    until("AccessDeniedException".to_owned(), async || error(&secrets).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_whose_recovery_window_is_over_is_forgotten_by_all_replicas() {
    let secrets = start().await;
    let other = secrets.replica().await;
    secrets.create("db", "one").await;
    let in_a_week = json!({ "SecretId": "db", "RecoveryWindowInDays": 7 });
    secrets.call("DeleteSecret", in_a_week).await;
    for replica in [&secrets, &other] {
        until("InvalidRequestException".to_owned(), async || read(replica).await).await;
    }
    secrets.clock.advance(time::Duration::days(8));
    let database = secrets.database.connect().await;
    let count = async || {
        let row = database.query_one("SELECT count(*) FROM secrets", &[]).await.unwrap();
        row.get::<_, i64>(0)
    };
    until(0, count).await;
    // Requests are signed by the machine's clock.
    secrets.clock.advance(-time::Duration::days(8));
    for replica in [&secrets, &other] {
        until("ResourceNotFoundException".to_owned(), async || read(replica).await).await;
    }
}
