use keywright_service::testing::TestCredentials;
use serde_json::{Value, json};

use crate::harness::{arn_prefix, start, start_with, token};

fn with_token(mut input: Value) -> Value {
    input["ClientRequestToken"] = json!(token());
    input
}

#[tokio::test(flavor = "multi_thread")]
async fn values_are_one_and_have_a_token() {
    let secrets = start().await;
    secrets.create("db", "one").await;
    let put = |input: Value| {
        let mut input = input;
        input["SecretId"] = json!("db");
        input
    };
    let two = put(with_token(json!({ "SecretString": "a", "SecretBinary": "AA==" })));
    secrets.refuses("PutSecretValue", two.clone(), "InvalidParameterException").await;
    secrets.refuses("UpdateSecret", two, "InvalidParameterException").await;
    let message =
        secrets.refuses("PutSecretValue", put(with_token(json!({}))), "InvalidRequestException").await;
    assert_eq!(message, "You must provide either SecretString or SecretBinary.");
    for operation in ["PutSecretValue", "UpdateSecret"] {
        let message =
            secrets.refuses(operation, put(json!({ "SecretString": "a" })), "InvalidRequestException").await;
        assert!(message.starts_with("You must provide a ClientRequestToken value."), "{message}");
    }
    secrets
        .refuses("CreateSecret", json!({ "Name": "x", "SecretString": "a" }), "InvalidRequestException")
        .await;
    let short = put(json!({ "SecretString": "a", "ClientRequestToken": "short" }));
    secrets.refuses("PutSecretValue", short, "ValidationException").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn values_have_at_most_65536_bytes() {
    let secrets = start().await;
    secrets.create("db", "one").await;
    let put = |value: String| with_token(json!({ "SecretId": "db", "SecretString": value }));
    let longest = "x".repeat(65_536);
    secrets.call("PutSecretValue", put(longest.clone())).await;
    assert_eq!(secrets.get("db").await, longest);
    for too_long in ["x".repeat(65_537), "é".repeat(40_000)] {
        let message = secrets.refuses("PutSecretValue", put(too_long), "ValidationException").await;
        assert!(message.contains("'secretString'") && message.len() < 300, "{message}");
    }
    secrets.refuses("PutSecretValue", put(String::new()), "ValidationException").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_and_texts_that_cannot_be_are_refused() {
    let secrets = start().await;
    secrets.create("db", "one").await;
    for name in ["a b", "a:b", "ä"] {
        let message = secrets.refuses("CreateSecret", json!({ "Name": name }), "ValidationException").await;
        assert!(message.starts_with("Invalid name."), "{message}");
        secrets.refuses("GetSecretValue", json!({ "SecretId": name }), "ValidationException").await;
    }
    let nul = "a\0".repeat(20);
    for (operation, input) in [
        ("CreateSecret", json!({ "Name": "x", "Description": nul })),
        ("CreateSecret", json!({ "Name": "x", "KmsKeyId": nul })),
        ("CreateSecret", json!({ "Name": "x", "SecretString": "v", "ClientRequestToken": nul })),
        ("CreateSecret", json!({ "Name": "x", "Tags": [{ "Key": nul }] })),
        ("UpdateSecret", json!({ "SecretId": "db", "Description": nul })),
        ("GetSecretValue", json!({ "SecretId": "db", "VersionId": nul })),
        ("GetSecretValue", json!({ "SecretId": "db", "VersionStage": nul })),
        ("UntagResource", json!({ "SecretId": "db", "TagKeys": [nul] })),
        (
            "UpdateSecretVersionStage",
            json!({ "SecretId": "db", "VersionStage": nul, "MoveToVersionId": nul }),
        ),
    ] {
        secrets.refuses(operation, input, "InvalidParameterException").await;
    }
    let nul_value = with_token(json!({ "SecretId": "db", "SecretString": "a\0b" }));
    secrets.call("PutSecretValue", nul_value).await;
    assert_eq!(secrets.get("db").await, "a\0b", "a value may have any character");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_offered_is_refused() {
    let secrets = start().await;
    secrets
        .refuses("CreateSecret", json!({ "Name": "x", "Type": "partner" }), "InvalidParameterException")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_decide_by_the_secrets_arn() {
    let policy = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"secretsmanager:*","Resource":"{}app/*-??????"}}]}}"#,
        arn_prefix()
    );
    let credentials = TestCredentials::standard().user("AKIAAPP", "111122223333", "app", &[&policy]).user(
        "AKIAOTHER",
        "444455556666",
        "other",
        &[keywright_service::testing::ADMINISTRATOR],
    );
    let secrets = start_with(credentials).await;
    let hidden = secrets.create("hidden", "no").await;
    let app = secrets.client.with_key("AKIAAPP");
    let create = |name: &str| with_token(json!({ "Name": name, "SecretString": "x" }));
    app.call("CreateSecret", create("app/db")).await.ok();
    app.call("GetSecretValue", json!({ "SecretId": "app/db" })).await.ok();
    let missing = app.call("GetSecretValue", json!({ "SecretId": "app/missing" })).await;
    assert_eq!(missing.error(), "ResourceNotFoundException");

    for (operation, input) in [
        ("CreateSecret", create("other")),
        ("GetSecretValue", json!({ "SecretId": "hidden" })),
        ("GetSecretValue", json!({ "SecretId": "unknown" })),
        ("DeleteSecret", json!({ "SecretId": "unknown", "ForceDeleteWithoutRecovery": true })),
        ("ListSecrets", json!({})),
    ] {
        let answer = app.call(operation, input).await;
        assert_eq!(answer.error(), "AccessDeniedException", "{operation}: {}", answer.text);
    }
    let foreign =
        secrets.client.with_key("AKIAOTHER").call("GetSecretValue", json!({ "SecretId": hidden })).await;
    assert_eq!(foreign.error(), "AccessDeniedException", "another account needs a policy on the secret");
    secrets.create("hidden-too", "x").await;
    let own = secrets
        .client
        .with_key("AKIAOTHER")
        .call("GetSecretValue", json!({ "SecretId": "hidden-too" }))
        .await;
    assert_eq!(own.error(), "ResourceNotFoundException", "a name is one of the caller's account");
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_at_creation_need_their_own_permission() {
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"secretsmanager:CreateSecret","Resource":"*"}]}"#;
    let credentials = TestCredentials::standard().user("AKIAAPP", "111122223333", "app", &[policy]);
    let secrets = start_with(credentials).await;
    let app = secrets.client.with_key("AKIAAPP");
    let tagged =
        app.call("CreateSecret", json!({ "Name": "a", "Tags": [{ "Key": "k", "Value": "v" }] })).await;
    assert_eq!(tagged.error(), "AccessDeniedException");
    assert!(tagged.message().contains("secretsmanager:TagResource"), "{}", tagged.message());
    app.call("CreateSecret", json!({ "Name": "a" })).await.ok();
}
