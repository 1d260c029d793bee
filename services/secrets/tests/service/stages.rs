use serde_json::{Value, json};

use crate::harness::{start, text, token};

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_by_hand_moves_the_labels_as_aws_does() {
    let secrets = start().await;
    secrets.create("db", "old").await;
    let old = text(&secrets.call("GetSecretValue", json!({ "SecretId": "db" })).await["VersionId"]);
    let new = token();
    let pending = json!({
        "SecretId": "db", "SecretString": "new", "ClientRequestToken": new, "VersionStages": ["AWSPENDING"],
    });
    assert_eq!(secrets.call("PutSecretValue", pending).await["VersionStages"], json!(["AWSPENDING"]));
    assert_eq!(secrets.get("db").await, "old");

    let finish = |from: Option<&str>| {
        json!({
            "SecretId": "db", "VersionStage": "AWSCURRENT", "MoveToVersionId": new, "RemoveFromVersionId": from,
        })
    };
    let message =
        secrets.refuses("UpdateSecretVersionStage", finish(None), "InvalidParameterException").await;
    assert!(message.contains(&old), "{message}");
    secrets.call("UpdateSecretVersionStage", finish(Some(&old))).await;
    let expected: Value =
        json!({ new.as_str(): ["AWSCURRENT", "AWSPENDING"], old.as_str(): ["AWSPREVIOUS"] });
    assert_eq!(secrets.stages("db").await, expected);
    assert_eq!(secrets.get("db").await, "new");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_label_of_ones_own_is_attached_and_removed() {
    let secrets = start().await;
    secrets.create("db", "one").await;
    let id = text(&secrets.call("GetSecretValue", json!({ "SecretId": "db" })).await["VersionId"]);
    let label = |member: &str| json!({ "SecretId": "db", "VersionStage": "golden", member: id });
    secrets.call("UpdateSecretVersionStage", label("MoveToVersionId")).await;
    let read = secrets.call("GetSecretValue", json!({ "SecretId": "db", "VersionStage": "golden" })).await;
    assert_eq!(read["VersionStages"], json!(["AWSCURRENT", "golden"]));
    secrets.call("UpdateSecretVersionStage", label("RemoveFromVersionId")).await;
    assert_eq!(secrets.stages("db").await, json!({ id.as_str(): ["AWSCURRENT"] }));
    secrets
        .refuses("UpdateSecretVersionStage", label("RemoveFromVersionId"), "InvalidParameterException")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_current_label_cannot_vanish_nor_point_to_nothing() {
    let secrets = start().await;
    secrets.create("db", "one").await;
    let id = text(&secrets.call("GetSecretValue", json!({ "SecretId": "db" })).await["VersionId"]);
    let current = |more: Value| {
        let mut input = json!({ "SecretId": "db", "VersionStage": "AWSCURRENT", "RemoveFromVersionId": id });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    secrets.refuses("UpdateSecretVersionStage", current(json!({})), "InvalidParameterException").await;
    let nowhere = current(json!({ "MoveToVersionId": token() }));
    secrets.refuses("UpdateSecretVersionStage", nowhere, "ResourceNotFoundException").await;
    let neither = json!({ "SecretId": "db", "VersionStage": "AWSCURRENT" });
    secrets.refuses("UpdateSecretVersionStage", neither, "InvalidParameterException").await;
    assert_eq!(secrets.get("db").await, "one");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_keeps_labelled_versions_and_one_version_for_a_label() {
    let secrets = start().await;
    secrets.create("db", "one").await;
    let client = secrets.database.connect().await;
    let refused = client.execute("DELETE FROM secret_versions", &[]).await.unwrap_err();
    assert_eq!(refused.code().unwrap().code(), "23503");
    let twice = "INSERT INTO secret_version_stages SELECT * FROM secret_version_stages";
    let refused = client.execute(twice, &[]).await.unwrap_err();
    assert_eq!(refused.code().unwrap().code(), "23505");
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_labels_are_the_limit() {
    let secrets = start().await;
    secrets.create("db", "one").await;
    let labels = |count: usize| {
        let labels: Vec<_> = (0..count).map(|n| format!("label-{n}")).collect();
        json!({ "SecretId": "db", "SecretString": "x", "ClientRequestToken": token(), "VersionStages": labels })
    };
    secrets.refuses("PutSecretValue", labels(21), "ValidationException").await;
    secrets.refuses("PutSecretValue", labels(20), "LimitExceededException").await;
    secrets.call("PutSecretValue", labels(19)).await;
    let client = secrets.database.connect().await;
    let versions: i64 = client.query_one("SELECT count(*) FROM secret_versions", &[]).await.unwrap().get(0);
    assert_eq!(versions, 2, "what was refused left no version behind");
}
