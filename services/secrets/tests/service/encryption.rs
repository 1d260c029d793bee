use serde_json::{Value, json};

use crate::fake_kms::arn;
use crate::harness::{start, text, token};

#[tokio::test(flavor = "multi_thread")]
async fn kms_is_asked_for_the_caller_with_the_context() {
    let secrets = start().await;
    let arn_of_secret = secrets.create("db", "one").await;
    secrets.get("db").await;
    let calls = secrets.kms.take_calls();
    let operations: Vec<_> = calls.iter().map(|call| call.operation.as_str()).collect();
    assert_eq!(operations, ["GenerateDataKey", "Decrypt"]);
    let version = &calls[0].input["EncryptionContext"]["SecretVersionId"];
    for call in &calls {
        assert_eq!(call.forward_token, "forward-AKIAADMIN");
        assert!(call.authorization.contains("Credential=KWSECRETS/"), "{}", call.authorization);
        let context = json!({ "SecretARN": arn_of_secret, "SecretVersionId": version });
        assert_eq!(call.input["EncryptionContext"], context);
    }
    assert_eq!(calls[0].input["KeyId"], "alias/aws/secretsmanager");
    assert_eq!(calls[0].input["KeySpec"], "AES_256");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_value_is_in_the_database_in_the_clear() {
    let secrets = start().await;
    secrets.create("db", "correct-horse-battery").await;
    secrets.put("db", "staple-in-the-clear").await;
    let client = secrets.database.connect().await;
    let rows_with = async |table: &str, text: &str| -> i64 {
        let hexed: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
        let count = format!("SELECT count(*) FROM {table} t WHERE t::text ~ $1");
        client.query_one(&count, &[&format!("{text}|{hexed}")]).await.unwrap().get(0)
    };
    assert_eq!(rows_with("secret_versions", "SecretVersionId").await, 2, "the fake's ciphertext can be read");
    for table in ["secrets", "secret_versions", "secret_version_stages", "secret_tags", "audit_outbox"] {
        for value in ["horse", "staple"] {
            assert_eq!(rows_with(table, value).await, 0, "{table} holds {value}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_kms_refuses_is_told_as_aws_does() {
    let secrets = start().await;
    let create = |key: &str| json!({ "Name": "x", "SecretString": "y", "ClientRequestToken": token(), "KmsKeyId": key });
    for (code, expected) in [
        ("AccessDeniedException", "AccessDeniedException"),
        ("DisabledException", "EncryptionFailure"),
        ("NotFoundException", "EncryptionFailure"),
        ("KMSInvalidStateException", "EncryptionFailure"),
        ("ServiceUnavailableException", "InternalServiceError"),
        ("UnrecognizedClientException", "InternalServiceError"),
    ] {
        secrets.kms.refuse("GenerateDataKey", "alias/app", code);
        let message = secrets.refuses("CreateSecret", create("alias/app"), expected).await;
        if code == "AccessDeniedException" {
            assert_eq!(message, "Access to KMS is not allowed");
        }
    }
    secrets.refuses("DescribeSecret", json!({ "SecretId": "x" }), "ResourceNotFoundException").await;

    secrets.create("db", "one").await;
    for (code, expected) in [
        ("AccessDeniedException", "AccessDeniedException"),
        ("DisabledException", "DecryptionFailure"),
        ("InvalidCiphertextException", "DecryptionFailure"),
    ] {
        secrets.kms.refuse("Decrypt", "alias/aws/secretsmanager", code);
        secrets.refuses("GetSecretValue", json!({ "SecretId": "db" }), expected).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_was_changed_in_the_database_is_not_given_out() {
    let secrets = start().await;
    secrets.create("a", "one").await;
    secrets.create("b", "two").await;
    let client = secrets.database.connect().await;
    let swap = "UPDATE secret_versions v SET sealed_value = o.sealed_value FROM secret_versions o WHERE o.secret_id <> v.secret_id";
    assert_eq!(client.execute(swap, &[]).await.unwrap(), 2);
    secrets.refuses("GetSecretValue", json!({ "SecretId": "a" }), "InternalServiceError").await;
    let swap = "UPDATE secret_versions v SET encrypted_data_key = o.encrypted_data_key FROM secret_versions o WHERE o.secret_id <> v.secret_id";
    assert_eq!(client.execute(swap, &[]).await.unwrap(), 2);
    // The other one is in memory as it was.
    secrets.refuses("GetSecretValue", json!({ "SecretId": "b" }), "DecryptionFailure").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_kms_key_takes_over_the_versions_in_use() {
    let secrets = start().await;
    secrets.create("db", "one").await;
    secrets.put("db", "two").await;
    secrets.put("db", "three").await;
    secrets.call("UpdateSecret", json!({ "SecretId": "db", "KmsKeyId": "alias/app" })).await;
    let described = secrets.call("DescribeSecret", json!({ "SecretId": "db" })).await;
    assert_eq!(described["KmsKeyId"], "alias/app");
    let listed =
        secrets.call("ListSecretVersionIds", json!({ "SecretId": "db", "IncludeDeprecated": true })).await;
    let keys: Vec<&Value> =
        listed["Versions"].as_array().unwrap().iter().map(|v| &v["KmsKeyIds"][0]).collect();
    let (new, old) = (arn("alias/app"), "DefaultEncryptionKey");
    assert_eq!(keys, [&json!(new), &json!(new), &json!(old)], "the version without labels stays");

    // The former key is gone; what is in use can still be read.
    secrets.kms.refuse("Decrypt", "alias/aws/secretsmanager", "DisabledException");
    assert_eq!(secrets.get("db").await, "three");
    let previous =
        secrets.call("GetSecretValue", json!({ "SecretId": "db", "VersionStage": "AWSPREVIOUS" })).await;
    assert_eq!(previous["SecretString"], "two");
    secrets.kms.take_calls();
    secrets.put("db", "four").await;
    assert_eq!(secrets.kms.take_calls()[0].input["KeyId"], "alias/app");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_encrypt_with_the_new_key_leaves_the_old_versions_alone() {
    let secrets = start().await;
    secrets.create("db", "one").await;
    secrets.kms.refuse("Encrypt", "alias/app", "AccessDeniedException");
    secrets.call("UpdateSecret", json!({ "SecretId": "db", "KmsKeyId": "alias/app" })).await;
    let listed = secrets.call("ListSecretVersionIds", json!({ "SecretId": "db" })).await;
    assert_eq!(text(&listed["Versions"][0]["KmsKeyIds"][0]), "DefaultEncryptionKey");
    assert_eq!(secrets.get("db").await, "one");

    secrets.kms.refuse("Encrypt", "alias/broken", "DisabledException");
    let input = json!({ "SecretId": "db", "KmsKeyId": "alias/broken" });
    secrets.refuses("UpdateSecret", input, "EncryptionFailure").await;
    let described = secrets.call("DescribeSecret", json!({ "SecretId": "db" })).await;
    assert_eq!(described["KmsKeyId"], "alias/app");
}
