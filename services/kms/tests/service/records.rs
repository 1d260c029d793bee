use keywright_service::testing::{ACCOUNT, records};
use serde_json::{Value, json};

use crate::harness::{HELLO, alias_arn, arn, start, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_use_of_a_key_is_recorded_as_cloudtrail_does() {
    let kms = start().await;
    let key = kms.new_key().await;
    let context = json!({ "app": "x" });
    let input = json!({ "KeyId": key, "KeySpec": "AES_256", "EncryptionContext": context });
    let generated = kms.call("GenerateDataKey", input).await;
    let record = kms.record_of("GenerateDataKey", 2).await;
    for (member, value) in [
        ("eventSource", json!("kms.amazonaws.com")),
        ("awsRegion", json!("us-east-1")),
        ("readOnly", json!(true)),
        ("requestParameters", json!({ "keyId": key, "keySpec": "AES_256", "encryptionContext": context })),
        ("responseElements", Value::Null),
        ("additionalEventData", json!({ "keyMaterialId": generated["KeyMaterialId"] })),
        ("resources", json!([{ "accountId": ACCOUNT, "type": "AWS::KMS::Key", "ARN": arn(&key) }])),
        ("eventType", json!("AwsApiCall")),
    ] {
        assert_eq!(record[member], value, "{member}");
    }

    let input = json!({ "CiphertextBlob": generated["CiphertextBlob"], "EncryptionContext": context });
    kms.call("Decrypt", input).await;
    let record = kms.record_of("Decrypt", 3).await;
    assert_eq!(
        record["requestParameters"],
        json!({ "encryptionAlgorithm": "SYMMETRIC_DEFAULT", "encryptionContext": context })
    );
    assert_eq!(record["responseElements"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_recorded_with_what_it_gave() {
    let kms = start().await;
    let created = kms.call("CreateKey", json!({ "Description": "app" })).await["KeyMetadata"].clone();
    let key = text(&created["KeyId"]);
    let record = kms.record_of("CreateKey", 1).await;
    assert_eq!(record["requestParameters"]["description"], "app");
    assert_eq!(record["responseElements"]["keyMetadata"]["keyId"], key.as_str());
    assert_eq!(record["readOnly"], false);

    kms.call("CreateAlias", json!({ "AliasName": "alias/app", "TargetKeyId": key })).await;
    let record = kms.record_of("CreateAlias", 2).await;
    assert_eq!(record["requestParameters"], json!({ "aliasName": "alias/app", "targetKeyId": key }));
    let arns: Vec<_> =
        record["resources"].as_array().unwrap().iter().map(|resource| &resource["ARN"]).collect();
    assert_eq!(arns, [&json!(arn(&key)), &json!(alias_arn("alias/app"))]);

    kms.call("ScheduleKeyDeletion", json!({ "KeyId": key, "PendingWindowInDays": 7 })).await;
    let record = kms.record_of("ScheduleKeyDeletion", 3).await;
    assert_eq!(record["responseElements"]["keyId"], arn(&key));
    assert_eq!(record["responseElements"]["keyState"], "PendingDeletion");

    let (code, message) = kms.refused("DisableKey", json!({ "KeyId": key })).await;
    let record = kms.record_of("DisableKey", 4).await;
    assert_eq!((&record["errorCode"], &record["errorMessage"]), (&json!(code), &json!(message)));
    assert_eq!(record["responseElements"], Value::Null);
    assert_eq!(record["resources"][0]["ARN"], arn(&key));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_by_a_service_names_the_caller_and_the_service() {
    let kms = start().await;
    let key = kms.new_key().await;
    let through_ssm = kms.client.with_key("KWSSM").on_behalf_of("AKIAADMIN");
    through_ssm.call("Encrypt", json!({ "KeyId": key, "Plaintext": HELLO })).await.ok();
    let record = kms.record_of("Encrypt", 2).await;
    assert_eq!(record["userIdentity"]["userName"], "admin");
    assert_eq!(record["userIdentity"]["invokedBy"], "ssm.amazonaws.com");
    assert_eq!(record["sourceIPAddress"], "ssm.amazonaws.com");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_plaintext_is_in_any_record_or_in_the_database() {
    let kms = start().await;
    let key = kms.new_key().await;
    let marker = "cGxhaW50ZXh0LW1hcmtlcg==";
    let blob = kms.encrypt(&key, marker).await;
    kms.call("Decrypt", json!({ "CiphertextBlob": blob })).await;
    let input = json!({ "CiphertextBlob": blob, "DestinationKeyId": key });
    kms.call("ReEncrypt", input).await;
    kms.refuses("Encrypt", json!({ "KeyId": "none", "Plaintext": marker }), "NotFoundException").await;
    let generated = kms.call("GenerateDataKey", json!({ "KeyId": key, "KeySpec": "AES_256" })).await;
    let random = kms.call("GenerateRandom", json!({ "NumberOfBytes": 32 })).await;
    let secrets = [marker.to_owned(), text(&generated["Plaintext"]), text(&random["Plaintext"])];

    let all = records(kms.running.journal(), 7).await;
    let shown = serde_json::to_string(&all).unwrap();
    for secret in &secrets {
        assert!(!shown.contains(secret) && !shown.contains("plaintext-marker"), "{shown}");
    }
    let row = kms.database.connect().await.query_one("SELECT wrapped FROM key_materials", &[]).await.unwrap();
    // Version, nonce, 256 bits and a tag: there is no room for anything else.
    assert_eq!(row.get::<_, Vec<u8>>(0).len(), 1 + 12 + 32 + 16);
}
