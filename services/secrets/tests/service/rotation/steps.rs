use serde_json::{Value, json};

use super::start;
use crate::harness::{text, token};

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_does_its_four_steps_and_ends_with_a_new_current_version() {
    let (secrets, function) = start().await;
    secrets.create_for(&function, "db").await;
    let version = secrets.rotate("db", true).await;
    let succeeded = secrets.until_recorded("RotationSucceeded", 1).await;

    assert_eq!(function.steps(), ["createSecret", "setSecret", "testSecret", "finishSecret"]);
    let described = secrets.describe("db").await;
    let mut tokens = Vec::new();
    for event in function.events() {
        assert_eq!((&event["SecretId"], &event["ClientRequestToken"]), (&described["ARN"], &json!(version)));
        tokens.push(text(&event["RotationToken"]));
    }
    tokens.dedup();
    assert_eq!(tokens.len(), 4, "each call has a token of its own");
    assert_eq!((secrets.get("db").await, function.target()), ("made-1".to_owned(), "made-1".to_owned()));
    let labels = described["VersionIdsToStages"].as_object().unwrap();
    assert_eq!(labels[&version], json!(["AWSCURRENT", "AWSPENDING"]));
    assert_eq!(
        (&described["RotationEnabled"], described["RotationRules"]["AutomaticallyAfterDays"].as_u64()),
        (&json!(true), Some(30))
    );
    let (last, next) =
        (described["LastRotatedDate"].as_f64().unwrap(), described["NextRotationDate"].as_f64().unwrap());
    assert!((29.0..=31.0).contains(&((next - last) / 86_400.0)), "{described}");
    let listed = secrets.call("ListSecrets", json!({})).await;
    assert_eq!(listed["SecretList"][0]["NextRotationDate"], described["NextRotationDate"]);

    assert_eq!(succeeded["userIdentity"]["invokedBy"], "secretsmanager.amazonaws.com");
    assert_eq!(
        (&succeeded["eventType"], &succeeded["additionalEventData"]["SecretId"]),
        (&json!("AwsServiceEvent"), &described["ARN"])
    );
    secrets.until_recorded("RotationStarted", 1).await;
    assert!(!succeeded.to_string().contains("made-1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_is_to_come_has_a_label_and_no_value() {
    let (secrets, function) = start().await;
    secrets.create_for(&function, "db").await;
    let gate = function.hold("createSecret");
    let version = secrets.rotate("db", true).await;
    gate.arrival().await;
    assert_eq!(secrets.stages("db").await[&version], json!(["AWSPENDING"]));
    let pending = json!({ "SecretId": "db", "VersionStage": "AWSPENDING" });
    secrets.refuses("GetSecretValue", pending, "ResourceNotFoundException").await;
    let listed = secrets.call("ListSecretVersionIds", json!({ "SecretId": "db" })).await;
    let of_rotation =
        listed["Versions"].as_array().unwrap().iter().find(|entry| entry["VersionId"] == version.as_str());
    assert_eq!(of_rotation.unwrap()["KmsKeyIds"], Value::Null);
    let move_current = json!({
        "SecretId": "db", "VersionStage": "AWSCURRENT", "MoveToVersionId": version,
        "RemoveFromVersionId": secrets.call("GetSecretValue", json!({ "SecretId": "db" })).await["VersionId"],
    });
    secrets.refuses("UpdateSecretVersionStage", move_current, "ResourceNotFoundException").await;
    secrets.call("UpdateSecret", json!({ "SecretId": "db", "KmsKeyId": "alias/other" })).await;
    gate.open();
    secrets.until_recorded("RotationSucceeded", 1).await;
    assert_eq!(secrets.get("db").await, "made-1");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_of_a_rotation_makes_its_version_and_no_other() {
    let (secrets, function) = start().await;
    secrets.create_for(&function, "db").await;
    let gate = function.hold("createSecret");
    let version = secrets.rotate("db", true).await;
    gate.arrival().await;
    let rotation_token = text(&function.events()[0]["RotationToken"]);
    let put = |id: &str, rotation_token: &str| {
        json!({
            "SecretId": "db", "SecretString": "x", "ClientRequestToken": id, "VersionStages": ["AWSPENDING"],
            "RotationToken": rotation_token,
        })
    };
    for (id, with) in [(token(), rotation_token.as_str()), (version.clone(), &token())] {
        secrets.refuses("PutSecretValue", put(&id, with), "InvalidRequestException").await;
    }
    secrets.call("PutSecretValue", put(&version, &rotation_token)).await;
    gate.open();
    secrets.until_recorded("RotationSucceeded", 1).await;
    assert_eq!(secrets.get("db").await, "x");
    secrets.refuses("PutSecretValue", put(&version, &rotation_token), "InvalidRequestException").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_set_up_is_tried_out_on_a_copy_that_goes_again() {
    let (secrets, function) = start().await;
    secrets.create_for(&function, "db").await;
    let before = secrets.stages("db").await;
    let version = secrets.rotate("db", false).await;
    secrets.until_recorded("TestRotationStarted", 1).await;
    secrets.until_recorded("TestRotationSucceeded", 1).await;
    assert_eq!(function.steps(), ["testSecret"]);
    assert_eq!((secrets.stages("db").await, secrets.get("db").await.as_str()), (before.clone(), "first"));
    let copy = json!({ "SecretId": "db", "VersionId": version });
    secrets.refuses("GetSecretValue", copy, "ResourceNotFoundException").await;
    let described = secrets.describe("db").await;
    assert_eq!((&described["RotationEnabled"], &described["LastRotatedDate"]), (&json!(true), &Value::Null));
    assert!(described["NextRotationDate"].is_number());

    function.let_in("something else");
    secrets.rotate("db", false).await;
    let failed = secrets.until_recorded("TestRotationFailed", 1).await;
    assert_eq!(failed["errorMessage"], "testSecret: the function failed (Exception)");
    assert_eq!(secrets.stages("db").await, before);
    assert_eq!(secrets.recorded("RotationFailed").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_due_by_its_schedule_is_rotated_once() {
    let (secrets, function) = start().await;
    secrets.create_for(&function, "db").await;
    secrets.rotate("db", true).await;
    secrets.until_recorded("RotationSucceeded", 1).await;
    secrets.open_window().await;
    secrets.until_recorded("RotationSucceeded", 2).await;
    assert_eq!((secrets.get("db").await.as_str(), function.steps().len()), ("made-2", 8));
    let next = secrets.describe("db").await["NextRotationDate"].as_f64().unwrap();
    assert!(next > time::OffsetDateTime::now_utc().unix_timestamp() as f64 + 28.0 * 86_400.0);
}
