use std::time::Duration;

use keywright_service::testing::{ACCOUNT, TestCredentials, records};
use serde_json::{Value, json};

use crate::harness::{TestSecrets, arn_prefix, start, start_with, text, token};
use crate::resource_policies::{OTHER, other_account, policy};

fn values(answer: &Value) -> Vec<(String, String)> {
    let all = answer["SecretValues"].as_array().unwrap().iter();
    all.map(|each| (text(&each["Name"]), text(&each["SecretString"]))).collect()
}

fn errors(answer: &Value) -> Vec<(String, String)> {
    let all = answer["Errors"].as_array().unwrap().iter();
    all.map(|each| (text(&each["SecretId"]), text(&each["ErrorCode"]))).collect()
}

fn pair(a: &str, b: &str) -> (String, String) {
    (a.to_owned(), b.to_owned())
}

async fn batch(secrets: &TestSecrets, ids: &[&str]) -> Value {
    secrets.call("BatchGetSecretValue", json!({ "SecretIdList": ids })).await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_secret_is_answered_by_itself() {
    let secrets = start().await;
    let arn = secrets.create("a", "one").await;
    secrets.create("b", "two").await;
    secrets.create("deleted", "x").await;
    secrets.call("DeleteSecret", json!({ "SecretId": "deleted" })).await;
    secrets.call("CreateSecret", json!({ "Name": "empty" })).await;
    secrets
        .call(
            "CreateSecret",
            json!({ "Name": "bytes", "SecretBinary": "AAEC", "ClientRequestToken": token() }),
        )
        .await;
    let answer = batch(&secrets, &["b", "none", &arn, "deleted", "not a name", "empty"]).await;
    assert_eq!(values(&answer), [pair("b", "two"), pair("a", "one")]);
    let first = &answer["SecretValues"][0];
    assert_eq!(first["VersionStages"], json!(["AWSCURRENT"]));
    assert!(first["CreatedDate"].is_number() && first["VersionId"].is_string() && first["ARN"].is_string());
    let expected = [
        pair("none", "ResourceNotFoundException"),
        pair("deleted", "InvalidRequestException"),
        pair("not a name", "ValidationException"),
        pair("empty", "ResourceNotFoundException"),
    ];
    assert_eq!(errors(&answer), expected);
    assert_eq!(answer["Errors"][0]["Message"], "Secrets Manager can't find the specified secret.");
    let bytes = batch(&secrets, &["bytes"]).await;
    assert_eq!((&bytes["SecretValues"][0]["SecretBinary"], &bytes["Errors"]), (&json!("AAEC"), &json!([])));
    let described = secrets.call("DescribeSecret", json!({ "SecretId": "bytes" })).await;
    assert!(described["LastAccessedDate"].is_number());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_refuses_concerns_its_own_secret_only_and_a_kms_that_is_away_all() {
    let secrets = start().await;
    secrets.create("a", "one").await;
    for (name, key) in [("b", "alias/b"), ("c", "alias/c")] {
        let input =
            json!({ "Name": name, "SecretString": "x", "ClientRequestToken": token(), "KmsKeyId": key });
        secrets.call("CreateSecret", input).await;
    }
    secrets.kms.refuse("Decrypt", "alias/b", "AccessDeniedException");
    secrets.kms.refuse("Decrypt", "alias/c", "DisabledException");
    let answer = batch(&secrets, &["a", "b", "c"]).await;
    assert_eq!(values(&answer), [pair("a", "one")]);
    assert_eq!(errors(&answer), [pair("b", "AccessDeniedException"), pair("c", "DecryptionFailure")]);
    secrets.kms.refuse("Decrypt", "alias/c", "ServiceUnavailableException");
    secrets
        .refuses("BatchGetSecretValue", json!({ "SecretIdList": ["a", "c"] }), "InternalServiceError")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_find_secrets_page_by_page() {
    let secrets = start().await;
    for name in ["app/a", "app/b", "other", "app/c"] {
        secrets.create(name, name).await;
    }
    let mut input = json!({ "Filters": [{ "Key": "name", "Values": ["app/"] }], "MaxResults": 2 });
    let first = secrets.call("BatchGetSecretValue", input.clone()).await;
    assert_eq!(values(&first), [pair("app/a", "app/a"), pair("app/b", "app/b")]);
    input["NextToken"] = first["NextToken"].clone();
    let second = secrets.call("BatchGetSecretValue", input).await;
    assert_eq!((values(&second), second.get("NextToken")), (vec![pair("app/c", "app/c")], None));
}

#[tokio::test(flavor = "multi_thread")]
async fn either_names_or_filters_are_given() {
    let secrets = start().await;
    let filters = json!([{ "Key": "name", "Values": ["a"] }]);
    for input in [
        json!({}),
        json!({ "SecretIdList": ["a"], "Filters": filters }),
        json!({ "SecretIdList": ["a"], "MaxResults": 1 }),
        json!({ "SecretIdList": ["a"], "NextToken": "x" }),
    ] {
        secrets.refuses("BatchGetSecretValue", input, "InvalidParameterException").await;
    }
    let many: Vec<_> = (0..21).map(|n| n.to_string()).collect();
    for input in [
        json!({ "SecretIdList": many }),
        json!({ "SecretIdList": [] }),
        json!({ "Filters": filters, "MaxResults": 21 }),
    ] {
        secrets.refuses("BatchGetSecretValue", input, "ValidationException").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_right_to_each_secret_is_decided_for_itself() {
    let allow = |action: &str, resource: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"secretsmanager:{action}","Resource":"{resource}"}}]}}"#
        )
    };
    let of_app = format!("{}app/*-??????", arn_prefix());
    let (batch, get, list) =
        (allow("BatchGetSecretValue", "*"), allow("GetSecretValue", &of_app), allow("ListSecrets", "*"));
    let credentials = TestCredentials::standard()
        .user("AKIABATCH", "111122223333", "batch", &[&batch, &get])
        .user("AKIALIST", "111122223333", "list", &[&batch, &get, &list])
        .user("AKIAGET", "111122223333", "get", &[&get, &list]);
    let secrets = start_with(credentials).await;
    secrets.create("app/a", "one").await;
    secrets.create("hidden", "two").await;
    let named = json!({ "SecretIdList": ["app/a", "hidden", "unknown", "app/unknown"] });
    let filtered = json!({ "Filters": [{ "Key": "name", "Values": ["app", "hid"] }] });
    let app = secrets.client.with_key("AKIABATCH");
    let answer = app.call("BatchGetSecretValue", named.clone()).await.ok();
    assert_eq!(values(&answer), [pair("app/a", "one")]);
    let refused = [
        pair("hidden", "AccessDeniedException"),
        pair("unknown", "AccessDeniedException"),
        pair("app/unknown", "ResourceNotFoundException"),
    ];
    assert_eq!(errors(&answer), refused, "who may not isn't told whether it exists");
    assert_eq!(app.call("BatchGetSecretValue", filtered.clone()).await.error(), "AccessDeniedException");
    let get = secrets.client.with_key("AKIAGET");
    assert_eq!(get.call("BatchGetSecretValue", named).await.error(), "AccessDeniedException");
    let answer = secrets.client.with_key("AKIALIST").call("BatchGetSecretValue", filtered).await.ok();
    assert_eq!((values(&answer), errors(&answer).len()), (vec![pair("app/a", "one")], 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn values_are_decrypted_side_by_side() {
    let secrets = start().await;
    let names: Vec<_> = (0..10).map(|n| format!("s{n}")).collect();
    for name in &names {
        secrets.create(name, name).await;
    }
    secrets.kms.take_calls();
    let gate = secrets.kms.hold_next("Decrypt");
    let client = secrets.client.clone();
    let input = json!({ "SecretIdList": names });
    let call = tokio::spawn(async move { client.call("BatchGetSecretValue", input).await.ok() });
    let mut seen = 0;
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    while seen < 10 {
        seen += secrets.kms.take_calls().len();
        assert!(tokio::time::Instant::now() < deadline, "only {seen} calls while one is held");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    gate.open();
    let answer = call.await.unwrap();
    let expected: Vec<_> = names.iter().map(|name| pair(name, name)).collect();
    assert_eq!(values(&answer), expected, "in the order of the request");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_secret_has_a_record_and_its_owner_one_too() {
    let secrets = start_with(other_account()).await;
    let input = json!({ "Name": "shared", "SecretString": "x", "ClientRequestToken": token(), "KmsKeyId": "alias/app" });
    let arn = text(&secrets.call("CreateSecret", input).await["ARN"]);
    let put =
        json!({ "SecretId": "shared", "ResourcePolicy": policy(OTHER, &["secretsmanager:GetSecretValue"]) });
    secrets.call("PutResourcePolicy", put).await;
    let hidden = secrets.create("hidden", "y").await;
    let other = secrets.client.with_key("AKIAOTHER");
    let asked = json!({ "SecretIdList": [arn, hidden, "own"] });
    let answer = other.call("BatchGetSecretValue", asked).await;
    let request_id = answer.request_id.clone();
    answer.ok();
    let all = records(secrets.running.journal(), 3 + 5).await;
    let of_call: Vec<_> = all.iter().filter(|record| record["requestID"] == request_id.as_str()).collect();
    assert_eq!(of_call.len(), 5, "{of_call:#?}");
    let batch =
        of_call.iter().filter(|record| record["eventName"] == "BatchGetSecretValue").collect::<Vec<_>>();
    assert_eq!((batch.len(), &batch[0]["recipientAccountId"]), (1, &json!("444455556666")));
    let of = |secret: &str, account: &str| {
        let is_it = |record: &&&Value| {
            record["eventName"] == "GetSecretValue"
                && record["requestParameters"]["secretId"] == secret
                && record["recipientAccountId"] == account
        };
        of_call.iter().filter(is_it).copied().cloned().collect::<Vec<_>>()
    };
    let (readers, owners) = (of(&arn, "444455556666"), of(&arn, ACCOUNT));
    assert_eq!((readers.len(), owners.len()), (1, 1));
    assert_eq!(readers[0]["sharedEventID"], owners[0]["sharedEventID"]);
    assert_eq!(
        (&owners[0]["userIdentity"]["type"], &owners[0]["resources"][0]["ARN"]),
        (&json!("AWSAccount"), &json!(arn))
    );
    assert_eq!(of(&hidden, "444455556666")[0]["errorCode"], "AccessDeniedException");
    assert!(of(&hidden, ACCOUNT).is_empty(), "nobody fills another account's trail");
    assert_eq!(of("own", "444455556666")[0]["errorCode"], "ResourceNotFoundException");
}
