use std::collections::BTreeSet;

use keywright_service::testing::records;
use serde_json::{Value, json};

use crate::harness::{HELLO, start};

/// An input that would succeed for the administrator, at least with a key of another kind.
pub(crate) fn input(operation: &str, key: &str, blob: &str, policy: &Value) -> Value {
    match operation {
        "CreateKey" | "ListKeys" | "ListAliases" => json!({}),
        "CreateCustomKeyStore" => json!({
            "CustomKeyStoreName": "store",
            "CustomKeyStoreType": "EXTERNAL_KEY_STORE",
            "XksProxyConnectivity": "PUBLIC_ENDPOINT",
            "XksProxyUriEndpoint": "https://xks.example.com",
            "XksProxyUriPath": "/kms/xks/v1",
            "XksProxyAuthenticationCredential": {
                "AccessKeyId": "ABCDEFGHIJKLMNOPQRST",
                "RawSecretAccessKey": "x".repeat(43),
            },
        }),
        "DescribeCustomKeyStores" => json!({}),
        "UpdateCustomKeyStore" => json!({ "CustomKeyStoreId": "cks-1", "NewCustomKeyStoreName": "other" }),
        "ConnectCustomKeyStore" | "DeleteCustomKeyStore" | "DisconnectCustomKeyStore" => {
            json!({ "CustomKeyStoreId": "cks-1" })
        }
        "CreateAlias" => json!({ "AliasName": "alias/new", "TargetKeyId": key }),
        "UpdateAlias" => json!({ "AliasName": "alias/app", "TargetKeyId": key }),
        "DeleteAlias" => json!({ "AliasName": "alias/app" }),
        "Decrypt" => json!({ "CiphertextBlob": blob }),
        "ReEncrypt" => json!({ "CiphertextBlob": blob, "DestinationKeyId": key }),
        "Encrypt" => json!({ "KeyId": key, "Plaintext": HELLO }),
        "GetParametersForImport" => {
            json!({ "KeyId": key, "WrappingAlgorithm": "SM2PKE", "WrappingKeySpec": "SM2" })
        }
        "ImportKeyMaterial" => json!({
            "KeyId": key, "ImportToken": blob, "EncryptedKeyMaterial": blob,
            "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE",
        }),
        "GenerateRandom" => json!({ "NumberOfBytes": 8 }),
        "GenerateDataKey" | "GenerateDataKeyWithoutPlaintext" => {
            json!({ "KeyId": key, "KeySpec": "AES_256" })
        }
        "GenerateDataKeyPair" | "GenerateDataKeyPairWithoutPlaintext" => {
            json!({ "KeyId": key, "KeyPairSpec": "RSA_2048" })
        }
        "Sign" => json!({ "KeyId": key, "Message": HELLO, "SigningAlgorithm": "ECDSA_SHA_256" }),
        "Verify" => {
            json!({ "KeyId": key, "Message": HELLO, "SigningAlgorithm": "ECDSA_SHA_256", "Signature": HELLO })
        }
        "GenerateMac" => json!({ "KeyId": key, "Message": HELLO, "MacAlgorithm": "HMAC_SHA_256" }),
        "VerifyMac" => {
            json!({ "KeyId": key, "Message": HELLO, "MacAlgorithm": "HMAC_SHA_256", "Mac": HELLO })
        }
        "DeriveSharedSecret" => {
            json!({ "KeyId": key, "KeyAgreementAlgorithm": "ECDH", "PublicKey": HELLO })
        }
        "ReplicateKey" => json!({ "KeyId": key, "ReplicaRegion": "eu-west-1" }),
        "UpdatePrimaryRegion" => json!({ "KeyId": key, "PrimaryRegion": "eu-west-1" }),
        "PutKeyPolicy" => json!({ "KeyId": key, "Policy": policy }),
        "TagResource" => json!({ "KeyId": key, "Tags": [{ "TagKey": "a", "TagValue": "b" }] }),
        "UntagResource" => json!({ "KeyId": key, "TagKeys": ["a"] }),
        "UpdateKeyDescription" => json!({ "KeyId": key, "Description": "new" }),
        "CancelKeyDeletion"
        | "DeleteImportedKeyMaterial"
        | "DescribeKey"
        | "DisableKey"
        | "DisableKeyRotation"
        | "EnableKey"
        | "GetKeyLastUsage"
        | "EnableKeyRotation"
        | "GetKeyPolicy"
        | "GetKeyRotationStatus"
        | "GetPublicKey"
        | "ListKeyPolicies"
        | "ListKeyRotations"
        | "ListResourceTags"
        | "RotateKeyOnDemand"
        | "ScheduleKeyDeletion" => json!({ "KeyId": key }),
        unknown => panic!("{unknown} has no sample input: add one"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unsigned_wrongly_signed_and_unprivileged_calls_are_refused_and_recorded() {
    let kms = start().await;
    let key = kms.new_key().await;
    kms.call("CreateAlias", json!({ "AliasName": "alias/app", "TargetKeyId": key })).await;
    let blob = kms.encrypt(&key, HELLO).await;
    let policy = kms.call("GetKeyPolicy", json!({ "KeyId": key })).await["Policy"].clone();
    let wrong = kms.client.with_secret("not the secret");
    let nobody = kms.client.with_key("AKIANOBODY");
    let operations: BTreeSet<&str> = kms.running.apis()[0].operations().iter().map(|op| op.name).collect();
    for operation in &operations {
        let input = input(operation, &key, &blob, &policy);
        let unsigned = kms.client.call_unsigned(operation, input.clone()).await;
        assert_eq!(unsigned.error(), "MissingAuthenticationTokenException", "{operation}");
        let wrongly = wrong.call(operation, input.clone()).await;
        assert_eq!(wrongly.error(), "InvalidSignatureException", "{operation}");
        let unprivileged = nobody.call(operation, input).await;
        assert_eq!(unprivileged.error(), "AccessDeniedException", "{operation}: {}", unprivileged.text);
        assert!(unprivileged.message().contains("user/nobody"), "{}", unprivileged.message());
    }
    let all = records(kms.running.journal(), 4 + 3 * operations.len()).await;
    for code in ["MissingAuthenticationTokenException", "InvalidSignatureException", "AccessDeniedException"]
    {
        let refused = all.iter().filter(|record| record["errorCode"] == code);
        let names: BTreeSet<&str> = refused.filter_map(|record| record["eventName"].as_str()).collect();
        assert_eq!(names, operations, "{code}");
    }
    // None of them did anything.
    assert_eq!(kms.call("ListKeys", json!({})).await["Keys"].as_array().unwrap().len(), 1);
    assert_eq!(kms.call("ListAliases", json!({})).await["Aliases"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_do_nothing_does_not_learn_what_there_is() {
    let kms = start().await;
    let key = kms.new_key().await;
    kms.call("DisableKey", json!({ "KeyId": key })).await;
    let nobody = kms.client.with_key("AKIANOBODY");
    let absent = "00000000-0000-4000-8000-000000000000";
    for name in [key.as_str(), absent, "alias/none", "nonsense", "arn:aws:kms"] {
        let answer = nobody.call("Encrypt", json!({ "KeyId": name, "Plaintext": HELLO })).await;
        assert_eq!(answer.error(), "AccessDeniedException", "{name}: {}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_requests_are_the_callers_fault() {
    let kms = start().await;
    kms.refuses("Unheard", json!({}), "UnknownOperationException").await;
    for (body, code) in [
        ("{", "SerializationException"),
        (r#"{"KeyId": 7}"#, "SerializationException"),
        ("[]", "SerializationException"),
        ("{}", "ValidationException"),
        (r#"{"KeyId": ""}"#, "ValidationException"),
    ] {
        let answer = kms.client.call_raw("DescribeKey", body.as_bytes().to_vec()).await;
        assert_eq!((answer.status, answer.error()), (400, code), "{body}: {}", answer.text);
    }
    let elsewhere = kms.client.with_region("eu-west-1").call("ListKeys", json!({})).await;
    assert!(elsewhere.status >= 400 && elsewhere.status < 500, "{}", elsewhere.text);
}
