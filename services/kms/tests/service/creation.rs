use serde_json::json;

use crate::harness::{arn, start, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_has_the_metadata_of_its_kind() {
    let kms = start().await;
    let created = kms.call("CreateKey", json!({ "Description": "app" })).await["KeyMetadata"].clone();
    let key = text(&created["KeyId"]);
    assert_eq!(created["Arn"], arn(&key));
    for (member, value) in [
        ("AWSAccountId", json!("111122223333")),
        ("Description", json!("app")),
        ("Enabled", json!(true)),
        ("KeyState", json!("Enabled")),
        ("KeyUsage", json!("ENCRYPT_DECRYPT")),
        ("KeyManager", json!("CUSTOMER")),
        ("Origin", json!("AWS_KMS")),
        ("KeySpec", json!("SYMMETRIC_DEFAULT")),
        ("CustomerMasterKeySpec", json!("SYMMETRIC_DEFAULT")),
        ("EncryptionAlgorithms", json!(["SYMMETRIC_DEFAULT"])),
        ("MultiRegion", json!(false)),
    ] {
        assert_eq!(created[member], value, "{member}");
    }
    assert!(created["CreationDate"].is_number());
    assert!(created.get("DeletionDate").is_none());
    kms.call("UpdateKeyDescription", json!({ "KeyId": key, "Description": "other" })).await;
    let described = kms.call("DescribeKey", json!({ "KeyId": key })).await["KeyMetadata"].clone();
    assert_eq!(described["Description"], "other");
    assert_eq!(described["CurrentKeyMaterialId"], created["CurrentKeyMaterialId"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_older_name_of_the_spec_serves_as_well() {
    let kms = start().await;
    let input = json!({ "CustomerMasterKeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC" });
    let created = kms.call("CreateKey", input).await["KeyMetadata"].clone();
    assert_eq!(
        (&created["KeySpec"], &created["CustomerMasterKeySpec"]),
        (&json!("HMAC_256"), &json!("HMAC_256"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_are_not_offered_are_refused() {
    let kms = start().await;
    for input in [
        json!({ "KeySpec": "RSA_1024" }),
        json!({ "KeyUsage": "SIGN_VERIFY" }),
        json!({ "KeySpec": "ECC_NIST_P256" }),
        json!({ "KeySpec": "ECC_SECG_P256K1", "KeyUsage": "KEY_AGREEMENT" }),
        json!({ "KeySpec": "HMAC_256", "KeyUsage": "SIGN_VERIFY" }),
        json!({ "CustomerMasterKeySpec": "ML_DSA_44", "KeyUsage": "SIGN_VERIFY" }),
        json!({ "CustomerMasterKeySpec": "ECC_NIST_EDWARDS25519", "KeyUsage": "SIGN_VERIFY" }),
        json!({ "Description": "x".repeat(8193) }),
        json!({ "KeySpec": "SYMMETRIC_DEFAULT", "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT" }),
    ] {
        kms.refuses("CreateKey", input, "ValidationException").await;
    }
    assert_eq!(kms.call("ListKeys", json!({})).await["Keys"], json!([]));
}
