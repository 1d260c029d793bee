use keywright_service::testing::{ACCOUNT, ADMINISTRATOR, TestCredentials, records};
use serde_json::{Value, json};

use crate::harness::{TestSecrets, start, start_with, text, token};

pub(crate) const OTHER: &str = "arn:aws:iam::444455556666:root";

/// Allows whom this names to do that.
pub(crate) fn policy(principal: &str, actions: &[&str]) -> String {
    statement("Allow", json!({ "AWS": principal }), actions)
}

fn statement(effect: &str, principal: Value, actions: &[&str]) -> String {
    let statement = json!({ "Effect": effect, "Principal": principal, "Action": actions, "Resource": "*" });
    json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
}

/// Beside the administrator one of another account, and somebody there who may nothing.
pub(crate) fn other_account() -> TestCredentials {
    TestCredentials::standard()
        .user("AKIAOTHER", "444455556666", "other", &[ADMINISTRATOR])
        .user("AKIAOTHERNOBODY", "444455556666", "nobody", &[])
        .user("AKIAAPP", ACCOUNT, "app", &[])
}

async fn attach(secrets: &TestSecrets, policy: &str) {
    let put = json!({ "SecretId": "db", "ResourcePolicy": policy });
    assert_eq!(secrets.call("PutResourcePolicy", put).await["Name"], "db");
}

/// A secret under a key that other accounts may use.
async fn with_secret() -> (TestSecrets, String) {
    let secrets = start_with(other_account()).await;
    let input = json!({ "Name": "db", "SecretString": "one", "ClientRequestToken": token(), "KmsKeyId": "alias/app" });
    let arn = text(&secrets.call("CreateSecret", input).await["ARN"]);
    (secrets, arn)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_comes_and_goes_as_it_was_written() {
    let (secrets, arn) = with_secret().await;
    let get = async || secrets.call("GetResourcePolicy", json!({ "SecretId": "db" })).await;
    assert_eq!(get().await, json!({ "ARN": arn, "Name": "db" }));
    let text = format!(" {}\n", policy(OTHER, &["secretsmanager:GetSecretValue"]));
    attach(&secrets, &text).await;
    assert_eq!(get().await["ResourcePolicy"], text.as_str());
    let record = secrets.record_of("PutResourcePolicy", 3).await;
    assert_eq!(record["requestParameters"], json!({ "secretId": "db", "resourcePolicy": text }));
    for _ in 0..2 {
        let deleted = secrets.call("DeleteResourcePolicy", json!({ "SecretId": "db" })).await;
        assert_eq!(deleted, json!({ "ARN": arn, "Name": "db" }));
    }
    assert_eq!(get().await, json!({ "ARN": arn, "Name": "db" }));
    secrets.call("DeleteSecret", json!({ "SecretId": "db" })).await;
    for (operation, input) in [
        ("GetResourcePolicy", json!({ "SecretId": "db" })),
        ("DeleteResourcePolicy", json!({ "SecretId": "db" })),
        ("PutResourcePolicy", json!({ "SecretId": "db", "ResourcePolicy": text })),
        ("ValidateResourcePolicy", json!({ "SecretId": "db", "ResourcePolicy": text })),
    ] {
        secrets.refuses(operation, input, "InvalidRequestException").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_policies_are_refused() {
    let (secrets, _) = with_secret().await;
    let put = |policy: &str| json!({ "SecretId": "db", "ResourcePolicy": policy });
    let no_principal =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    for (policy, message) in [
        ("{", "This resource policy contains invalid Json."),
        ("{}", "This resource policy has invalid syntax"),
        (no_principal, "This resource policy has invalid syntax"),
        (
            &policy("somebody", &["secretsmanager:*"]),
            "This resource policy contains an unsupported principal",
        ),
    ] {
        for operation in ["PutResourcePolicy", "ValidateResourcePolicy"] {
            let told = secrets.refuses(operation, put(policy), "MalformedPolicyDocumentException").await;
            assert!(told.starts_with(message), "{told}");
        }
    }
    secrets.refuses("PutResourcePolicy", put(&"x".repeat(20_481)), "ValidationException").await;
    // Few enough characters, but too many bytes.
    let id = format!("2012-10-17\",\"Id\":\"{}\"", "é".repeat(10_200));
    let wide = policy(OTHER, &["secretsmanager:*"]).replace("2012-10-17\"", &id);
    secrets.refuses("PutResourcePolicy", put(&wide), "InvalidParameterException").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_gives_and_takes_within_the_account() {
    let (secrets, _) = with_secret().await;
    let app = secrets.client.with_key("AKIAAPP");
    let read = json!({ "SecretId": "db" });
    assert_eq!(app.call("GetSecretValue", read.clone()).await.error(), "AccessDeniedException");
    attach(
        &secrets,
        &policy(&format!("arn:aws:iam::{ACCOUNT}:user/app"), &["secretsmanager:GetSecretValue"]),
    )
    .await;
    assert_eq!(app.call("GetSecretValue", read.clone()).await.ok()["SecretString"], "one");
    assert_eq!(app.call("DescribeSecret", read.clone()).await.error(), "AccessDeniedException");

    attach(&secrets, &statement("Deny", json!("*"), &["secretsmanager:GetSecretValue"])).await;
    let refused = secrets.client.call("GetSecretValue", read.clone()).await;
    assert_eq!(refused.error(), "AccessDeniedException");
    assert!(refused.message().contains("explicit deny in a resource-based policy"), "{}", refused.message());
    let batch = secrets.call("BatchGetSecretValue", json!({ "SecretIdList": ["db"] })).await;
    assert_eq!(batch["Errors"][0]["ErrorCode"], "AccessDeniedException");
    let filters = json!([{ "Key": "name", "Values": ["db"] }]);
    let batch = secrets.call("BatchGetSecretValue", json!({ "Filters": filters })).await;
    assert_eq!(
        batch["Errors"][0]["ErrorCode"], "AccessDeniedException",
        "what is listed is decided by its policy too"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn across_accounts_both_sides_must_allow() {
    let (secrets, arn) = with_secret().await;
    let (other, nobody) = (secrets.client.with_key("AKIAOTHER"), secrets.client.with_key("AKIAOTHERNOBODY"));
    let read = json!({ "SecretId": arn });
    assert_eq!(other.call("GetSecretValue", read.clone()).await.error(), "AccessDeniedException");
    attach(&secrets, &policy(OTHER, &["secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"]))
        .await;
    secrets.kms.take_calls();
    assert_eq!(other.call("GetSecretValue", read.clone()).await.ok()["SecretString"], "one");
    assert_eq!(secrets.kms.take_calls()[0].forward_token, "forward-AKIAOTHER", "KMS decides for the reader");
    assert_eq!(nobody.call("GetSecretValue", read.clone()).await.error(), "AccessDeniedException");
    assert_eq!(other.call("DescribeSecret", read.clone()).await.error(), "AccessDeniedException");
    // By its name it would be the reader's own.
    assert_eq!(
        other.call("GetSecretValue", json!({ "SecretId": "db" })).await.error(),
        "ResourceNotFoundException"
    );

    let put = json!({ "SecretId": arn, "SecretString": "two", "ClientRequestToken": token() });
    other.call("PutSecretValue", put).await.ok();
    let asked = secrets.kms.take_calls().remove(0).input["KeyId"].clone();
    assert_eq!(
        asked,
        format!("arn:aws:kms:us-east-1:{ACCOUNT}:alias/app"),
        "an alias is one of the secret's account"
    );
    assert_eq!(secrets.get("db").await, "two");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_of_another_account_uses_the_managed_key() {
    let secrets = start_with(other_account()).await;
    let arn = secrets.create("db", "one").await;
    attach(&secrets, &policy(OTHER, &["secretsmanager:*"])).await;
    let other = secrets.client.with_key("AKIAOTHER");
    secrets.kms.take_calls();
    for (operation, input) in [
        ("GetSecretValue", json!({ "SecretId": arn })),
        ("PutSecretValue", json!({ "SecretId": arn, "SecretString": "x", "ClientRequestToken": token() })),
        ("UpdateSecret", json!({ "SecretId": arn, "SecretString": "x", "ClientRequestToken": token() })),
    ] {
        let refused = other.call(operation, input).await;
        assert_eq!(refused.error(), "InvalidRequestException", "{operation}");
        assert!(refused.message().starts_with("You can't access a secret from a different AWS account"));
    }
    assert!(secrets.kms.take_calls().is_empty());
    other.call("DescribeSecret", json!({ "SecretId": arn })).await.ok();
    assert_eq!(secrets.get("db").await, "one");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_policy_is_refused_where_that_is_asked_for() {
    let (secrets, _) = with_secret().await;
    let public = policy("*", &["secretsmanager:GetSecretValue"]);
    let narrow = public.replace("}]", r#","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3"}}}]"#);
    let put = |policy: &str, block: bool| json!({ "SecretId": "db", "ResourcePolicy": policy, "BlockPublicPolicy": block });
    secrets.refuses("PutResourcePolicy", put(&public, true), "PublicPolicyException").await;
    assert!(
        secrets.call("GetResourcePolicy", json!({ "SecretId": "db" })).await.get("ResourcePolicy").is_none()
    );
    secrets.call("PutResourcePolicy", put(&narrow, true)).await;
    secrets.call("PutResourcePolicy", put(&public, false)).await;
    assert_eq!(
        secrets.call("GetResourcePolicy", json!({ "SecretId": "db" })).await["ResourcePolicy"],
        public.as_str()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_is_validated_without_being_attached() {
    let (secrets, arn) = with_secret().await;
    let validate = async |secret: Option<&str>, policy: &str| {
        let mut input = json!({ "ResourcePolicy": policy });
        if let Some(secret) = secret {
            input["SecretId"] = json!(secret);
        }
        let answer = secrets.call("ValidateResourcePolicy", input).await;
        let errors = answer["ValidationErrors"].as_array().unwrap();
        assert_eq!(answer["PolicyValidationPassed"], errors.is_empty());
        errors.iter().map(|error| text(&error["CheckName"])).collect::<Vec<_>>()
    };
    let deny = |principal: Value| statement("Deny", principal, &["secretsmanager:PutResourcePolicy"]);
    for secret in [None, Some("db"), Some(&*arn)] {
        assert_eq!(validate(secret, &policy(OTHER, &["secretsmanager:*"])).await, [""; 0]);
        assert_eq!(validate(secret, &policy("*", &["secretsmanager:*"])).await, ["PUBLIC_POLICY"]);
        assert_eq!(validate(secret, &deny(json!("*"))).await, ["LOCKOUT"]);
        assert_eq!(validate(secret, &deny(json!({ "AWS": OTHER }))).await, [""; 0]);
    }
    assert!(
        secrets.call("GetResourcePolicy", json!({ "SecretId": "db" })).await.get("ResourcePolicy").is_none()
    );
    // Another account keeps its right only by the policy.
    attach(&secrets, &policy(OTHER, &["secretsmanager:*"])).await;
    let narrower =
        json!({ "SecretId": arn, "ResourcePolicy": policy(OTHER, &["secretsmanager:GetSecretValue"]) });
    let answer = secrets.client.with_key("AKIAOTHER").call("ValidateResourcePolicy", narrower).await.ok();
    assert_eq!(answer["ValidationErrors"][0]["CheckName"], "LOCKOUT");
}

#[tokio::test(flavor = "multi_thread")]
async fn both_accounts_have_a_record_of_a_shared_read() {
    let (secrets, arn) = with_secret().await;
    attach(&secrets, &policy(OTHER, &["secretsmanager:GetSecretValue"])).await;
    secrets.client.with_key("AKIAOTHER").call("GetSecretValue", json!({ "SecretId": arn })).await.ok();
    let all = records(secrets.running.journal(), 4).await;
    let reads: Vec<_> = all.iter().filter(|record| record["eventName"] == "GetSecretValue").collect();
    assert_eq!(reads.len(), 2);
    assert_eq!(reads[0]["sharedEventID"], reads[1]["sharedEventID"]);
    let mut recipients: Vec<_> = reads.iter().map(|record| text(&record["recipientAccountId"])).collect();
    recipients.sort();
    assert_eq!(recipients, [ACCOUNT, "444455556666"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_was_changed_in_the_database_decides_nothing() {
    let secrets = start().await;
    secrets.create("db", "one").await;
    let client = secrets.database.connect().await;
    client.execute("UPDATE secrets SET resource_policy = '{}'", &[]).await.unwrap();
    secrets.refuses("GetSecretValue", json!({ "SecretId": "db" }), "InternalServiceError").await;
}
