use serde_json::{Value, json};

use crate::harness::{HELLO, TestKms, arn, blob, start, text};

/// What each operation answers for a key in each state: nothing for a success, else the error's code.
const TABLE: &[(&str, [&str; 3])] = &[
    //                                  Enabled                     Disabled            PendingDeletion
    ("CancelKeyDeletion", [INVALID_STATE, INVALID_STATE, ""]),
    ("CreateAlias", ["", "", INVALID_STATE]),
    ("Decrypt", ["", DISABLED, INVALID_STATE]),
    ("DeleteAlias", ["", "", ""]),
    ("DeriveSharedSecret", ["", DISABLED, INVALID_STATE]),
    ("DescribeKey", ["", "", ""]),
    ("DisableKey", ["", "", INVALID_STATE]),
    ("DisableKeyRotation", ["", DISABLED, INVALID_STATE]),
    ("EnableKey", ["", "", INVALID_STATE]),
    ("EnableKeyRotation", ["", DISABLED, INVALID_STATE]),
    ("Encrypt", ["", DISABLED, INVALID_STATE]),
    ("GenerateDataKey", ["", DISABLED, INVALID_STATE]),
    ("GenerateDataKeyPair", ["", DISABLED, INVALID_STATE]),
    ("GenerateDataKeyPairWithoutPlaintext", ["", DISABLED, INVALID_STATE]),
    ("GenerateDataKeyWithoutPlaintext", ["", DISABLED, INVALID_STATE]),
    ("GenerateMac", ["", DISABLED, INVALID_STATE]),
    ("GetKeyLastUsage", ["", "", ""]),
    ("GetKeyPolicy", ["", "", ""]),
    ("GetKeyRotationStatus", ["", "", ""]),
    ("GetPublicKey", ["", DISABLED, INVALID_STATE]),
    ("ListAliases", ["", "", ""]),
    ("ListKeyPolicies", ["", "", ""]),
    ("ListKeyRotations", ["", "", ""]),
    ("ListResourceTags", ["", "", ""]),
    ("PutKeyPolicy", ["", "", ""]),
    ("ReEncrypt", ["", DISABLED, INVALID_STATE]),
    ("RotateKeyOnDemand", ["", DISABLED, INVALID_STATE]),
    ("ScheduleKeyDeletion", ["", "", INVALID_STATE]),
    ("Sign", ["", DISABLED, INVALID_STATE]),
    ("TagResource", ["", "", INVALID_STATE]),
    ("UntagResource", ["", "", INVALID_STATE]),
    ("UpdateAlias", ["", "", INVALID_STATE]),
    ("UpdateKeyDescription", ["", "", INVALID_STATE]),
    ("Verify", ["", DISABLED, INVALID_STATE]),
    ("VerifyMac", ["", DISABLED, INVALID_STATE]),
];
const DISABLED: &str = "DisabledException";
const INVALID_STATE: &str = "KMSInvalidStateException";

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_answers_every_state_as_documented() {
    let kms = start().await;
    let policy = kms.call("GetKeyPolicy", json!({ "KeyId": kms.new_key().await })).await["Policy"].clone();
    for (number, (operation, expected)) in TABLE.iter().enumerate() {
        for (state, expected) in ["Enabled", "Disabled", "PendingDeletion"].into_iter().zip(expected) {
            let key = key_for(&kms, operation).await;
            let alias = format!("alias/{state}-{number}");
            kms.call("CreateAlias", json!({ "AliasName": alias, "TargetKeyId": key })).await;
            let blob = made_by(&kms, operation, &key).await;
            bring_to(&kms, &key, state).await;
            let answer = kms.client.call(operation, input(operation, &key, &alias, &blob, &policy)).await;
            assert_eq!(answer.error(), *expected, "{operation} of a key that is {state}: {}", answer.text);
            match answer.error() {
                DISABLED => assert_eq!(answer.message(), format!("{} is disabled.", arn(&key))),
                INVALID_STATE if state == "PendingDeletion" => {
                    assert_eq!(answer.message(), format!("{} is pending deletion.", arn(&key)));
                }
                INVALID_STATE => {
                    assert_eq!(answer.message(), format!("{} is not pending deletion.", arn(&key)))
                }
                _ => {}
            }
        }
    }
}

/// A key of the kind that an operation uses.
async fn key_for(kms: &TestKms, operation: &str) -> String {
    match operation {
        "Sign" | "Verify" | "GetPublicKey" => kms.new_key_of("ECC_NIST_P256", "SIGN_VERIFY").await,
        "GenerateMac" | "VerifyMac" => kms.new_key_of("HMAC_256", "GENERATE_VERIFY_MAC").await,
        "DeriveSharedSecret" => kms.new_key_of("ECC_NIST_P256", "KEY_AGREEMENT").await,
        _ => kms.new_key().await,
    }
}

/// What a key made that an operation is to be given: a ciphertext, a signature, a MAC, its public key.
async fn made_by(kms: &TestKms, operation: &str, key: &str) -> String {
    match operation {
        "Sign" | "GenerateMac" | "GetPublicKey" => String::new(),
        "Verify" => text(&kms.call("Sign", input("Sign", key, "", "", &Value::Null)).await["Signature"]),
        "VerifyMac" => {
            text(&kms.call("GenerateMac", input("GenerateMac", key, "", "", &Value::Null)).await["Mac"])
        }
        "DeriveSharedSecret" => blob(kms.public_key(key).await),
        _ => kms.encrypt(key, HELLO).await,
    }
}

async fn bring_to(kms: &TestKms, key: &str, state: &str) {
    match state {
        "Disabled" => drop(kms.call("DisableKey", json!({ "KeyId": key })).await),
        "PendingDeletion" => drop(kms.call("ScheduleKeyDeletion", json!({ "KeyId": key })).await),
        _ => {}
    }
    let described = kms.call("DescribeKey", json!({ "KeyId": key })).await;
    assert_eq!(described["KeyMetadata"]["KeyState"], state);
    assert_eq!(described["KeyMetadata"]["Enabled"], state == "Enabled");
}

pub(crate) fn input(operation: &str, key: &str, alias: &str, blob: &str, policy: &Value) -> Value {
    match operation {
        "CreateAlias" => json!({ "AliasName": format!("{alias}-2"), "TargetKeyId": key }),
        "UpdateAlias" => json!({ "AliasName": alias, "TargetKeyId": key }),
        "DeleteAlias" => json!({ "AliasName": alias }),
        "Decrypt" => json!({ "CiphertextBlob": blob }),
        "ReEncrypt" => json!({ "CiphertextBlob": blob, "DestinationKeyId": key }),
        "Encrypt" => json!({ "KeyId": key, "Plaintext": HELLO }),
        "GenerateDataKey" | "GenerateDataKeyWithoutPlaintext" => {
            json!({ "KeyId": key, "KeySpec": "AES_256" })
        }
        "GenerateDataKeyPair" | "GenerateDataKeyPairWithoutPlaintext" => {
            json!({ "KeyId": key, "KeyPairSpec": "ECC_NIST_P256" })
        }
        "Sign" => json!({ "KeyId": key, "Message": HELLO, "SigningAlgorithm": "ECDSA_SHA_256" }),
        "Verify" => {
            json!({ "KeyId": key, "Message": HELLO, "SigningAlgorithm": "ECDSA_SHA_256", "Signature": blob })
        }
        "GenerateMac" => json!({ "KeyId": key, "Message": HELLO, "MacAlgorithm": "HMAC_SHA_256" }),
        "VerifyMac" => {
            json!({ "KeyId": key, "Message": HELLO, "MacAlgorithm": "HMAC_SHA_256", "Mac": blob })
        }
        "DeriveSharedSecret" => {
            json!({ "KeyId": key, "KeyAgreementAlgorithm": "ECDH", "PublicKey": blob })
        }
        "PutKeyPolicy" => json!({ "KeyId": key, "Policy": policy }),
        "TagResource" => json!({ "KeyId": key, "Tags": [{ "TagKey": "a", "TagValue": "b" }] }),
        "UntagResource" => json!({ "KeyId": key, "TagKeys": ["a"] }),
        "UpdateKeyDescription" => json!({ "KeyId": key, "Description": "new" }),
        _ => json!({ "KeyId": key }),
    }
}

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
