use keywright_service::testing::records;
use serde_json::{Value, json};

use crate::harness::{start, token};

/// An input that an administrator could call the operation with.
fn input(operation: &str) -> Value {
    let with = |member: &str, value: Value| json!({ "SecretId": "db", member: value });
    match operation {
        "BatchGetSecretValue" => json!({ "SecretIdList": ["db"] }),
        "CreateSecret" => json!({ "Name": "new" }),
        "GetRandomPassword" | "ListSecrets" => json!({}),
        "CancelRotateSecret"
        | "DeleteResourcePolicy"
        | "DeleteSecret"
        | "DescribeSecret"
        | "GetResourcePolicy"
        | "GetSecretValue"
        | "ListSecretVersionIds"
        | "RestoreSecret"
        | "StopReplicationToReplica" => json!({ "SecretId": "db" }),
        "PutResourcePolicy" | "ValidateResourcePolicy" => with("ResourcePolicy", json!("{}")),
        "RotateSecret" => with("RotationLambdaARN", json!(crate::rotation::function_arn("keywright-redis"))),
        "PutSecretValue" => json!({ "SecretId": "db", "SecretString": "x", "ClientRequestToken": token() }),
        "ReplicateSecretToRegions" => with("AddReplicaRegions", json!([{ "Region": "eu-west-1" }])),
        "RemoveRegionsFromReplication" => with("RemoveReplicaRegions", json!(["eu-west-1"])),
        "TagResource" => with("Tags", json!([])),
        "UntagResource" => with("TagKeys", json!([])),
        "UpdateSecret" => with("Description", json!("x")),
        "UpdateSecretVersionStage" => with("VersionStage", json!("x")),
        unknown => panic!("{unknown} has no sample input: add one"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_not_is_refused_and_recorded() {
    let secrets = start().await;
    secrets.create("db", "one").await;
    secrets.kms.take_calls();
    let (forged, nobody) = (secrets.client.with_secret("wrong"), secrets.client.with_key("AKIANOBODY"));
    let own_name = secrets.client.with_key("KWSECRETS");
    let mut expected = Vec::new();
    for operation in secrets.running.apis()[0].operations().iter().map(|operation| operation.name) {
        let input = input(operation);
        for (answer, code) in [
            (
                secrets.client.call_unsigned(operation, input.clone()).await,
                "MissingAuthenticationTokenException",
            ),
            (forged.call(operation, input.clone()).await, "InvalidSignatureException"),
            (nobody.call(operation, input.clone()).await, "AccessDeniedException"),
            (own_name.call(operation, input.clone()).await, "AccessDeniedException"),
        ] {
            assert_eq!(answer.error(), code, "{operation}: {}", answer.text);
            expected.push((operation, code, answer.request_id));
        }
    }
    let records = records(secrets.running.journal(), 1 + expected.len()).await;
    for (operation, code, request_id) in expected {
        let record = records.iter().find(|record| record["requestID"] == request_id.as_str());
        let record = record.unwrap_or_else(|| panic!("{operation} that gave {code} has no record"));
        assert_eq!((&record["eventName"], &record["errorCode"]), (&json!(operation), &json!(code)));
    }
    assert!(secrets.kms.take_calls().is_empty(), "KMS was asked for somebody who may not");
    assert_eq!(secrets.get("db").await, "one");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_regions_signature_is_refused() {
    let secrets = start().await;
    let answer = secrets.client.with_region("eu-west-1").call("ListSecrets", json!({})).await;
    assert_eq!(answer.status, 400, "{}", answer.text);
    assert_ne!(answer.error(), "");
}
