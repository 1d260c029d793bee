use serde_json::{Value, json};

use crate::harness::{arn_prefix, start, text, token};

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_made_described_and_read() {
    let secrets = start().await;
    let id = token();
    let created = secrets
        .call(
            "CreateSecret",
            json!({
                "Name": "app/db", "Description": "the database", "ClientRequestToken": id, "SecretString": "hunter2",
                "Tags": [{ "Key": "team", "Value": "a" }, { "Key": "empty" }],
            }),
        )
        .await;
    let arn = text(&created["ARN"]);
    let suffix = arn.strip_prefix(&format!("{}app/db-", arn_prefix())).unwrap();
    assert!(suffix.len() == 6 && suffix.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{arn}");
    assert_eq!(created, json!({ "ARN": arn, "Name": "app/db", "VersionId": id }));

    let described = secrets.call("DescribeSecret", json!({ "SecretId": "app/db" })).await;
    assert_eq!(described["VersionIdsToStages"], json!({ id.as_str(): ["AWSCURRENT"] }));
    assert_eq!(described["Description"], "the database");
    assert_eq!(described["Tags"], json!([{ "Key": "empty", "Value": "" }, { "Key": "team", "Value": "a" }]));
    for absent in ["KmsKeyId", "LastAccessedDate", "DeletedDate", "RotationEnabled", "OwningService"] {
        assert_eq!(described.get(absent), None, "{absent}");
    }

    let partial = format!("{}app/db", arn_prefix());
    for name in ["app/db", &arn, &partial] {
        let read = secrets.call("GetSecretValue", json!({ "SecretId": name })).await;
        assert_eq!(read["SecretString"], "hunter2");
        assert_eq!(read.get("SecretBinary"), None);
        assert_eq!((&read["VersionId"], &read["VersionStages"]), (&json!(id), &json!(["AWSCURRENT"])));
        assert_eq!(read["CreatedDate"], described["CreatedDate"]);
    }
    let described = secrets.call("DescribeSecret", json!({ "SecretId": "app/db" })).await;
    let accessed = described["LastAccessedDate"].as_i64().unwrap();
    assert_eq!(accessed % 86_400, 0, "only the day is told");
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_come_back_as_bytes() {
    let secrets = start().await;
    let input = json!({ "Name": "bin", "SecretBinary": "AP8=", "ClientRequestToken": token() });
    secrets.call("CreateSecret", input).await;
    let read = secrets.call("GetSecretValue", json!({ "SecretId": "bin" })).await;
    assert_eq!((&read["SecretBinary"], read.get("SecretString")), (&json!("AP8="), None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_may_have_no_value_yet() {
    let secrets = start().await;
    let created = secrets.call("CreateSecret", json!({ "Name": "empty" })).await;
    assert_eq!(created.get("VersionId"), None);
    let message =
        secrets.refuses("GetSecretValue", json!({ "SecretId": "empty" }), "ResourceNotFoundException").await;
    assert_eq!(
        message,
        "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT"
    );
    let pending = json!({
        "SecretId": "empty", "SecretString": "x", "ClientRequestToken": token(), "VersionStages": ["AWSPENDING"],
    });
    let put = secrets.call("PutSecretValue", pending).await;
    assert_eq!(
        put["VersionStages"],
        json!(["AWSCURRENT", "AWSPENDING"]),
        "the first version is the current one"
    );
    assert_eq!(secrets.get("empty").await, "x");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_creation_is_the_same_and_another_is_refused() {
    let secrets = start().await;
    let input = |value: &str, token: &str| json!({ "Name": "db", "SecretString": value, "ClientRequestToken": token });
    let id = token();
    let created = secrets.call("CreateSecret", input("a", &id)).await;
    assert_eq!(secrets.call("CreateSecret", input("a", &id)).await, created);

    let message = secrets.refuses("CreateSecret", input("b", &id), "ResourceExistsException").await;
    assert!(message.contains(&id), "{message}");
    let message = secrets.refuses("CreateSecret", input("a", &token()), "ResourceExistsException").await;
    assert_eq!(message, "The operation failed because the secret db already exists.");
    secrets.refuses("CreateSecret", json!({ "Name": "db" }), "ResourceExistsException").await;
    let versions: Value = secrets.stages("db").await;
    assert_eq!(versions, json!({ id.as_str(): ["AWSCURRENT"] }));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_arn_finds_only_the_secret_that_it_names() {
    let secrets = start().await;
    let arn = secrets.create("db", "short").await;
    let named = arn.strip_prefix(&arn_prefix()).unwrap().to_owned();
    let wrong_suffix = format!("{}db-zzzzzz", arn_prefix());
    let message =
        secrets.refuses("GetSecretValue", json!({ "SecretId": wrong_suffix }), "ResourceNotFoundException");
    assert_eq!(message.await, "Secrets Manager can't find the specified secret.");
    secrets.refuses("GetSecretValue", json!({ "SecretId": named }), "ResourceNotFoundException").await;

    // A secret whose name ends as an ARN does: the whole ARN means the other one.
    secrets.create(&named, "long").await;
    assert_eq!(secrets.get(&arn).await, "short");
    assert_eq!(secrets.get(&named).await, "long");
    secrets.call("DeleteSecret", json!({ "SecretId": "db", "ForceDeleteWithoutRecovery": true })).await;
    assert_eq!(secrets.get(&arn).await, "long", "now it can only be a partial one");
}
