use keywright_service::testing::{ACCOUNT, records};
use serde_json::{Value, json};

use crate::harness::{start, token};

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_recorded_with_what_it_gave_but_never_the_value() {
    let secrets = start().await;
    let id = token();
    let created = secrets
        .call(
            "CreateSecret",
            json!({
                "Name": "db", "SecretString": "correct-horse", "ClientRequestToken": id, "KmsKeyId": "alias/app",
                "Description": "d", "Tags": [{ "Key": "k", "Value": "v" }],
            }),
        )
        .await;
    let record = secrets.record_of("CreateSecret", 1).await;
    let arn = &created["ARN"];
    for (member, value) in [
        ("eventSource", json!("secretsmanager.amazonaws.com")),
        ("readOnly", json!(false)),
        (
            "requestParameters",
            json!({
                "name": "db", "clientRequestToken": id, "description": "d", "kmsKeyId": "alias/app",
                "tags": [{ "key": "k", "value": "v" }],
            }),
        ),
        ("responseElements", json!({ "arn": arn, "name": "db", "versionId": id })),
        ("resources", json!([{ "accountId": ACCOUNT, "type": "AWS::SecretsManager::Secret", "ARN": arn }])),
    ] {
        assert_eq!(record[member], value, "{member}");
    }

    secrets.call("GetSecretValue", json!({ "SecretId": "db", "VersionStage": "AWSCURRENT" })).await;
    let record = secrets.record_of("GetSecretValue", 2).await;
    assert_eq!(record["requestParameters"], json!({ "secretId": "db", "versionStage": "AWSCURRENT" }));
    assert_eq!((&record["responseElements"], &record["readOnly"]), (&Value::Null, &json!(true)));
    assert_eq!(record["resources"][0]["ARN"], *arn);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_is_recorded_with_what_was_looked_for() {
    let secrets = start().await;
    let filters = json!([{ "Key": "name", "Values": ["app/", "!app/old"] }]);
    secrets.call("ListSecrets", json!({ "Filters": filters, "MaxResults": 5, "SortOrder": "desc" })).await;
    let record = secrets.record_of("ListSecrets", 1).await;
    let expected = json!({
        "filters": [{ "key": "name", "values": ["app/", "!app/old"] }], "maxResults": 5, "sortOrder": "desc",
    });
    assert_eq!((&record["requestParameters"], &record["responseElements"]), (&expected, &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_record_of_any_operation_has_a_value() {
    let secrets = start().await;
    let value = "correct-horse";
    let (first, second, third) = (token(), token(), token());
    let calls = [
        ("CreateSecret", json!({ "Name": "db", "SecretString": value, "ClientRequestToken": first })),
        ("CreateSecret", json!({ "Name": "db", "SecretString": value, "ClientRequestToken": second })),
        ("PutSecretValue", json!({ "SecretId": "db", "SecretString": value, "ClientRequestToken": second })),
        ("UpdateSecret", json!({ "SecretId": "db", "SecretString": value, "ClientRequestToken": third })),
        ("UpdateSecret", json!({ "SecretId": "db", "SecretString": value, "ClientRequestToken": third })),
        ("PutSecretValue", json!({ "SecretId": "none", "SecretString": value, "ClientRequestToken": third })),
        ("PutSecretValue", json!({ "SecretId": "db", "SecretString": [value], "ClientRequestToken": third })),
        ("GetSecretValue", json!({ "SecretId": "db" })),
        ("BatchGetSecretValue", json!({ "SecretIdList": ["db", "none"] })),
        ("DescribeSecret", json!({ "SecretId": "db" })),
        ("ListSecrets", json!({})),
        ("DeleteSecret", json!({ "SecretId": "db" })),
    ];
    // The deletion's start has one of its own, and each secret of the batch.
    let count = calls.len() + 3;
    for (operation, input) in calls {
        let answer = secrets.client.call(operation, input).await;
        assert!(
            operation.ends_with("GetSecretValue") || !answer.text.contains(value),
            "{operation}: {}",
            answer.text
        );
    }
    let records = records(secrets.running.journal(), count).await;
    assert_eq!(records.len(), count);
    for record in records {
        let shown = record.to_string();
        let parameters = record["requestParameters"].to_string().to_lowercase();
        assert!(!shown.contains(value) && !parameters.contains("secretstring"), "{shown}");
    }
}
