//! What others do to a secret while it is rotated.

use serde_json::{Value, json};

use super::start;
use crate::harness::token;

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_is_cancelled_and_its_version_left_to_its_owner() {
    let (secrets, function) = start().await;
    secrets.create_for(&function, "db").await;
    let gate = function.hold("setSecret");
    let version = secrets.rotate("db", true).await;
    gate.arrival().await;
    let cancelled = secrets.call("CancelRotateSecret", json!({ "SecretId": "db" })).await;
    assert_eq!(cancelled["VersionId"], version.as_str());
    gate.open();
    let described = secrets.describe("db").await;
    assert_eq!(
        (&described["RotationEnabled"], &described["NextRotationDate"]),
        (&json!(false), &Value::Null)
    );
    assert_eq!(described["RotationRules"]["AutomaticallyAfterDays"], 30);
    assert_eq!(described["VersionIdsToStages"][&version], json!(["AWSPENDING"]));
    let again = json!({ "SecretId": "db", "ClientRequestToken": token() });
    secrets.refuses("RotateSecret", again.clone(), "InvalidRequestException").await;
    let remove = json!({ "SecretId": "db", "VersionStage": "AWSPENDING", "RemoveFromVersionId": version });
    secrets.call("UpdateSecretVersionStage", remove).await;
    secrets.call("RotateSecret", again).await;
    secrets.until_recorded("RotationSucceeded", 1).await;
    assert_eq!(secrets.get("db").await, function.target());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_whose_version_lost_its_label_is_abandoned() {
    let (secrets, function) = start().await;
    secrets.create_for(&function, "db").await;
    let gate = function.hold("createSecret");
    let version = secrets.rotate("db", true).await;
    gate.arrival().await;
    let remove = json!({ "SecretId": "db", "VersionStage": "AWSPENDING", "RemoveFromVersionId": version });
    secrets.call("UpdateSecretVersionStage", remove).await;
    gate.open();
    secrets.until_recorded("RotationAbandoned", 1).await;
    assert_eq!(secrets.get("db").await, "first");
    secrets.rotate("db", true).await;
    secrets.until_recorded("RotationSucceeded", 1).await;
    assert_eq!(secrets.get("db").await, function.target());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_somebody_puts_ends_a_rotation_and_counts_as_one() {
    for operation in ["PutSecretValue", "UpdateSecret"] {
        let (secrets, function) = start().await;
        secrets.create_for(&function, "db").await;
        let gate = function.hold("setSecret");
        let version = secrets.rotate("db", true).await;
        gate.arrival().await;
        let input = json!({ "SecretId": "db", "SecretString": "by hand", "ClientRequestToken": token() });
        secrets.call(operation, input).await;
        secrets.until_recorded("RotationAbandoned", 1).await;
        gate.open();
        let described = secrets.describe("db").await;
        assert_eq!(described["VersionIdsToStages"][&version], Value::Null);
        assert!(described["NextRotationDate"].is_number());
        assert_eq!(secrets.get("db").await, "by hand");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_of_a_deleted_secret_waits_until_it_is_restored() {
    let (secrets, function) = start().await;
    secrets.create_for(&function, "db").await;
    let gate = function.hold("setSecret");
    let version = secrets.rotate("db", true).await;
    gate.arrival().await;
    secrets.call("DeleteSecret", json!({ "SecretId": "db" })).await;
    gate.open();
    let asleep = async || {
        let row = secrets
            .database
            .connect()
            .await
            .query_one("SELECT due_at IS NULL FROM secret_rotations", &[])
            .await;
        row.unwrap().get::<_, bool>(0)
    };
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
    while !asleep().await {
        assert!(tokio::time::Instant::now() < deadline, "the rotation doesn't sleep");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    secrets.call("RestoreSecret", json!({ "SecretId": "db" })).await;
    secrets.until_recorded("RotationSucceeded", 1).await;
    assert_eq!(secrets.get("db").await, function.target());
    assert_eq!(secrets.stages("db").await[&version], json!(["AWSCURRENT", "AWSPENDING"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_of_a_secret_that_is_gone_ends() {
    let (secrets, function) = start().await;
    secrets.create_for(&function, "db").await;
    let gate = function.hold("setSecret");
    secrets.rotate("db", true).await;
    gate.arrival().await;
    secrets.call("DeleteSecret", json!({ "SecretId": "db", "ForceDeleteWithoutRecovery": true })).await;
    gate.open();
    secrets.create_for(&function, "db").await;
    secrets.rotate("db", true).await;
    secrets.until_recorded("RotationSucceeded", 1).await;
    assert_eq!(secrets.get("db").await, function.target());
}
