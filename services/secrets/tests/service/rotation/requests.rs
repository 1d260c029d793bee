use keywright_secrets::rotation::section::{FunctionSection, FunctionSections};
use keywright_service::SigningKeys;
use keywright_service::testing::TestCredentials;
use serde_json::{Value, json};

use super::{function_arn, start};
use crate::harness::{start_rotating, token};
use crate::rotation_function::RotationFunction;

fn rotate(name: &str, members: Value) -> Value {
    let mut input = json!({
        "SecretId": name, "ClientRequestToken": token(), "RotationLambdaARN": function_arn("rotate"),
    });
    for (member, value) in members.as_object().unwrap() {
        input[member] = value.clone();
    }
    input
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_is_refused_and_changes_nothing() {
    let (secrets, function) = start().await;
    secrets.create_for(&function, "db").await;
    secrets.call("CreateSecret", json!({ "Name": "empty" })).await;
    let rules = |rules: Value| rotate("db", json!({ "RotationRules": rules }));
    for (input, code) in [
        (json!({ "SecretId": "db", "ClientRequestToken": token() }), "InvalidRequestException"),
        (rotate("db", json!({ "RotationLambdaARN": "rotate" })), "InvalidParameterException"),
        (rotate("db", json!({ "RotationLambdaARN": function_arn("unknown") })), "AccessDeniedException"),
        (rotate("db", json!({ "ClientRequestToken": null })), "InvalidRequestException"),
        (rotate("db", json!({ "ClientRequestToken": "short" })), "ValidationException"),
        (rules(json!({ "AutomaticallyAfterDays": 0 })), "ValidationException"),
        (rules(json!({ "AutomaticallyAfterDays": 1001 })), "ValidationException"),
        (
            rules(json!({ "AutomaticallyAfterDays": 1, "ScheduleExpression": "rate(1 day)" })),
            "InvalidParameterException",
        ),
        (rules(json!({ "ScheduleExpression": "rate(1 hour)" })), "InvalidParameterException"),
        (rules(json!({ "ScheduleExpression": "cron(1 2 3)" })), "InvalidParameterException"),
        (
            rules(json!({ "ScheduleExpression": "rate(1 day)", "Duration": "25h" })),
            "InvalidParameterException",
        ),
        (rules(json!({ "Duration": "3h" })), "InvalidParameterException"),
        (rotate("db", json!({ "ExternalSecretRotationMetadata": [] })), "InvalidParameterException"),
        (rotate("empty", json!({})), "ResourceNotFoundException"),
        (rotate("none", json!({})), "ResourceNotFoundException"),
    ] {
        secrets.refuses("RotateSecret", input, code).await;
    }
    secrets.refuses("CancelRotateSecret", json!({ "SecretId": "db" }), "InvalidRequestException").await;
    assert_eq!((&secrets.describe("db").await["RotationEnabled"], function.steps().len()), (&Value::Null, 0));
    secrets.call("DeleteSecret", json!({ "SecretId": "db" })).await;
    secrets.refuses("RotateSecret", rotate("db", json!({})), "InvalidRequestException").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_repeated_rotates_once() {
    let (secrets, function) = start().await;
    secrets.create_for(&function, "db").await;
    let gate = function.hold("createSecret");
    let input = rotate("db", json!({}));
    let first = secrets.call("RotateSecret", input.clone()).await;
    gate.arrival().await;
    assert_eq!(secrets.call("RotateSecret", input.clone()).await, first);
    gate.open();
    secrets.until_recorded("RotationSucceeded", 1).await;
    assert_eq!(secrets.call("RotateSecret", input).await, first);
    assert_eq!(function.steps().len(), 4);
    let next = secrets.describe("db").await["NextRotationDate"].clone();
    assert_eq!(next, Value::Null, "there are no rules");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_rotates_needs_the_right_to_call_the_function() {
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"secretsmanager:*","Resource":"*"},
        {"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":"arn:aws:lambda:us-east-1:111122223333:function:other"}]}"#;
    let function = RotationFunction::start();
    let section = |token_file| FunctionSection {
        url: function.url.clone(),
        time_limit_seconds: 5,
        bearer_token_file: token_file,
        hmac_key_files: Vec::new(),
        ca_file: None,
    };
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "shown-to-it\n").unwrap();
    let sections = FunctionSections::from([("rotate".to_owned(), section(Some(file.path().to_owned())))]);
    let credentials = TestCredentials::standard().user("AKIAAPP", "111122223333", "app", &[policy]);
    let secrets = start_rotating(credentials, sections).await;
    function.use_client(secrets.client.clone());
    secrets.create_for(&function, "db").await;
    let refused = secrets.client.with_key("AKIAAPP").call("RotateSecret", rotate("db", json!({}))).await;
    assert_eq!(refused.error(), "AccessDeniedException");
    assert!(refused.message().contains("lambda:InvokeFunction"), "{}", refused.message());
    secrets.call("RotateSecret", rotate("db", json!({}))).await;
    secrets.until_recorded("RotationSucceeded", 1).await;
    assert!(function.authorizations().iter().all(|shown| shown == "Bearer shown-to-it"));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_call_is_signed_where_there_are_keys_for_it() {
    let keys: Vec<_> = [
        "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        "whsec_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=",
    ]
    .into_iter()
    .map(|key| {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), format!("{key}\n")).unwrap();
        file
    })
    .collect();
    let files: Vec<_> = keys.iter().map(|file| file.path().to_owned()).collect();
    let function = RotationFunction::start();
    let section = FunctionSection {
        url: function.url.clone(),
        time_limit_seconds: 5,
        bearer_token_file: None,
        hmac_key_files: files.clone(),
        ca_file: None,
    };
    let sections = FunctionSections::from([("rotate".to_owned(), section)]);
    let secrets = start_rotating(TestCredentials::standard(), sections).await;
    function.use_client(secrets.client.clone());
    secrets.create_for(&function, "db").await;
    secrets.call("RotateSecret", rotate("db", json!({}))).await;
    secrets.until_recorded("RotationSucceeded", 1).await;
    let signed = function.signed();
    assert_eq!(signed.len(), 4);
    let verifier = SigningKeys::read(&files).unwrap();
    for call in &signed {
        let (id, timestamp) = (call.id.parse().unwrap(), call.timestamp.parse().unwrap());
        assert_eq!(verifier.sign(id, timestamp, &call.body), call.signature);
        assert_ne!(verifier.sign(id, timestamp + 1, &call.body), call.signature);
        assert_eq!(call.signature.split(' ').count(), 2, "one for each key");
    }
    let ids: std::collections::BTreeSet<_> = signed.iter().map(|call| &call.id).collect();
    assert_eq!(ids.len(), 4, "each call has an id of its own");
}
