//! What is refused.

use keywright_service::testing::{ACCOUNT, TestClient, TestCredentials, records};
use serde_json::{Value, json};

use super::{HERE, THERE, replicated, start, start_with};
use crate::harness::token;
use crate::rotation::function_arn;

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_is_changed_by_its_primary_secret_only() {
    let regions = start().await;
    regions.create("db", "one").await;
    let with = |member: &str, value: Value| {
        let mut input = json!({ "SecretId": "db" });
        input[member] = value;
        input
    };
    let put = json!({ "SecretId": "db", "SecretString": "x", "ClientRequestToken": token() });
    let policy = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "AWS": ACCOUNT }, "Action": "secretsmanager:*", "Resource": "*" }]});
    let function = function_arn("keywright-generic-random").replace(HERE, THERE);
    for (operation, input) in [
        ("PutSecretValue", put.clone()),
        ("UpdateSecret", put),
        ("UpdateSecret", with("Description", json!("x"))),
        ("TagResource", with("Tags", json!([{ "Key": "a", "Value": "b" }]))),
        ("UntagResource", with("TagKeys", json!(["a"]))),
        ("PutResourcePolicy", with("ResourcePolicy", json!(policy.to_string()))),
        ("DeleteResourcePolicy", json!({ "SecretId": "db" })),
        ("DeleteSecret", json!({ "SecretId": "db" })),
        ("DeleteSecret", with("ForceDeleteWithoutRecovery", json!(true))),
        ("RestoreSecret", json!({ "SecretId": "db" })),
        ("RotateSecret", with("RotationLambdaARN", json!(function))),
        ("CancelRotateSecret", json!({ "SecretId": "db" })),
        (
            "UpdateSecretVersionStage",
            json!({ "SecretId": "db", "VersionStage": "X", "MoveToVersionId": token() }),
        ),
        ("ReplicateSecretToRegions", with("AddReplicaRegions", json!([{ "Region": HERE }]))),
        ("RemoveRegionsFromReplication", with("RemoveReplicaRegions", json!([HERE]))),
    ] {
        let message = regions.there.refuses(operation, input, "InvalidParameterException").await;
        let expected =
            "Operation not permitted on a replica secret. Call must be made in primary secret's region.";
        assert_eq!(message, expected, "{operation}");
    }
    assert_eq!(regions.there.get("db").await, "one");
}

#[tokio::test(flavor = "multi_thread")]
async fn regions_that_cannot_be_replicated_to_are_refused() {
    let regions = start().await;
    regions.here.create("db", "one").await;
    for (wanted, reason) in [
        (json!([{ "Region": HERE }]), "the primary secret is there"),
        (json!([{ "Region": "ap-south-1" }]), "it is not a Region of this installation"),
        (json!([{ "Region": THERE }, { "Region": THERE }]), "it is named more than once"),
        (json!([{ "KmsKeyId": "x" }]), "must have a Region"),
    ] {
        let input = json!({ "SecretId": "db", "AddReplicaRegions": wanted });
        let message =
            regions.here.refuses("ReplicateSecretToRegions", input, "InvalidParameterException").await;
        assert!(message.contains(reason), "{message}");
        let mut create = replicated("new", "x");
        create["AddReplicaRegions"] = wanted;
        regions.here.refuses("CreateSecret", create, "InvalidParameterException").await;
    }
    regions.here.refuses("DescribeSecret", json!({ "SecretId": "new" }), "ResourceNotFoundException").await;
    regions.create("there", "one").await;
    let other =
        json!({ "SecretId": "there", "AddReplicaRegions": [{ "Region": THERE, "KmsKeyId": "alias/x" }] });
    let message = regions.here.refuses("ReplicateSecretToRegions", other, "InvalidParameterException").await;
    assert!(message.contains("UpdateSecret in its Region"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_decide_by_regions_and_overwriting() {
    let policy = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"secretsmanager:*","Resource":"*"},
        {"Effect":"Deny","Action":["secretsmanager:CreateSecret","secretsmanager:ReplicateSecretToRegions"],"Resource":"*",
         "Condition":{"ForAnyValue:StringEquals":{"secretsmanager:AddReplicaRegions":"ap-south-1"}}},
        {"Effect":"Deny","Action":["secretsmanager:CreateSecret","secretsmanager:ReplicateSecretToRegions"],"Resource":"*",
         "Condition":{"Bool":{"secretsmanager:ForceOverwriteReplicaSecret":"true"}}},
        {"Effect":"Deny","Action":"secretsmanager:DescribeSecret","Resource":"*",
         "Condition":{"StringEquals":{"secretsmanager:SecretPrimaryRegion":"us-east-1"}}}]}"#;
    let creates = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"secretsmanager:CreateSecret","Resource":"*"}]}"#;
    let credentials = || {
        let standard = TestCredentials::standard().user("AKIAAPP", "111122223333", "app", &[policy]);
        standard.user("AKIAMAKER", "111122223333", "maker", &[creates])
    };
    let regions = start_with(credentials, |_| {}).await;
    let app = regions.here.client.with_key("AKIAAPP");
    let allowed = app.call("CreateSecret", replicated("db", "one")).await;
    allowed.ok();
    let mut elsewhere = replicated("x", "one");
    elsewhere["AddReplicaRegions"] = json!([{ "Region": "ap-south-1" }]);
    let mut overwriting = replicated("x", "one");
    overwriting["ForceOverwriteReplicaSecret"] = json!(true);
    for input in [elsewhere, overwriting] {
        assert_eq!(app.call("CreateSecret", input).await.error(), "AccessDeniedException");
    }
    let again = json!({ "SecretId": "db", "AddReplicaRegions": [{ "Region": THERE }], "ForceOverwriteReplicaSecret": true });
    assert_eq!(app.call("ReplicateSecretToRegions", again).await.error(), "AccessDeniedException");
    regions.until("db", "InSync").await;
    for client in [&app, &regions.there.client.with_key("AKIAAPP")] {
        assert_eq!(
            client.call("DescribeSecret", json!({ "SecretId": "db" })).await.error(),
            "AccessDeniedException"
        );
    }
    let refused =
        regions.here.client.with_key("AKIAMAKER").call("CreateSecret", replicated("y", "one")).await;
    assert!(refused.message().contains("secretsmanager:ReplicateSecretToRegions"), "{}", refused.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_this_service_tells_how_a_secret_is() {
    let regions = start().await;
    let prefix = "KeywrightSecretsRegions";
    let client = TestClient::new(regions.there.running.address(), "AKIAADMIN", "secretsmanager", prefix);
    let client = client.with_region(THERE);
    let own = client.with_key("KWSECRETS");
    let input = json!({ "Message": "e30=" });
    for (answer, code) in [
        (client.call_unsigned("Deliver", input.clone()).await, "MissingAuthenticationTokenException"),
        (client.call("Deliver", input.clone()).await, "AccessDeniedException"),
        (client.with_key("KWSSM").call("Deliver", input.clone()).await, "AccessDeniedException"),
        (own.on_behalf_of("AKIAADMIN").call("Deliver", input.clone()).await, "AccessDeniedException"),
        (own.with_secret("wrong").call("Deliver", input.clone()).await, "InvalidSignatureException"),
        (own.call("Deliver", input.clone()).await, "InvalidParameterException"),
        (own.call("Deliver", json!({})).await, "ValidationException"),
    ] {
        assert_eq!(answer.error(), code, "{}", answer.text);
    }
    let all = records(regions.there.running.journal(), 7).await;
    assert!(
        all.iter().all(|record| record["eventName"] == "Deliver" && !record["errorCode"].is_null()),
        "{all:#?}"
    );
}
