//! Keys of other accounts: which operations take them, and who may.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::harness::{HELLO, TestKms, alias_arn, arn, start_with, text};
use crate::principals::{DAVE, OTHER_ROOT, ROOT, principals};

/// Whether an operation takes another account's key, as its page of the API reference says under "Cross-account use"; none for
/// those that aren't about a key.
const TABLE: &[(&str, Option<bool>)] = &[
    ("CancelKeyDeletion", Some(false)),
    ("ConnectCustomKeyStore", None),
    ("CreateAlias", Some(false)),
    ("CreateCustomKeyStore", None),
    ("CreateGrant", Some(true)),
    ("CreateKey", None),
    ("Decrypt", Some(true)),
    ("DeleteAlias", None),
    ("DeleteCustomKeyStore", None),
    ("DeleteImportedKeyMaterial", Some(false)),
    ("DeriveSharedSecret", Some(true)),
    ("DescribeCustomKeyStores", None),
    ("DescribeKey", Some(true)),
    ("DisableKey", Some(false)),
    ("DisableKeyRotation", Some(false)),
    ("DisconnectCustomKeyStore", None),
    ("EnableKey", Some(false)),
    ("EnableKeyRotation", Some(false)),
    ("Encrypt", Some(true)),
    ("GenerateDataKey", Some(true)),
    ("GenerateDataKeyPair", Some(true)),
    ("GenerateDataKeyPairWithoutPlaintext", Some(true)),
    ("GenerateDataKeyWithoutPlaintext", Some(true)),
    ("GenerateMac", Some(true)),
    ("GenerateRandom", None),
    ("GetKeyLastUsage", Some(false)),
    ("GetKeyPolicy", Some(false)),
    ("GetKeyRotationStatus", Some(true)),
    ("GetParametersForImport", Some(false)),
    ("GetPublicKey", Some(true)),
    ("ImportKeyMaterial", Some(false)),
    ("ListAliases", Some(false)),
    ("ListGrants", Some(true)),
    ("ListKeyPolicies", Some(false)),
    ("ListKeyRotations", Some(false)),
    ("ListKeys", None),
    ("ListResourceTags", Some(false)),
    ("ListRetirableGrants", None),
    ("PutKeyPolicy", Some(false)),
    ("ReEncrypt", Some(true)),
    ("ReplicateKey", Some(false)),
    ("RetireGrant", Some(true)),
    ("RevokeGrant", Some(true)),
    ("RotateKeyOnDemand", Some(false)),
    ("ScheduleKeyDeletion", Some(false)),
    ("Sign", Some(true)),
    ("TagResource", Some(false)),
    ("UntagResource", Some(false)),
    ("UpdateAlias", Some(false)),
    ("UpdateCustomKeyStore", None),
    ("UpdateKeyDescription", Some(false)),
    ("UpdatePrimaryRegion", Some(false)),
    ("Verify", Some(true)),
    ("VerifyMac", Some(true)),
];

fn open_to(principals: &[&str]) -> String {
    json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Principal": { "AWS": principals }, "Action": "kms:*", "Resource": "*" },
    ] })
    .to_string()
}

/// The kind of key that an operation is for.
fn kind(operation: &str) -> Value {
    match operation {
        "Sign" | "Verify" | "GetPublicKey" => {
            json!({ "KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY" })
        }
        "GenerateMac" | "VerifyMac" => json!({ "KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC" }),
        "DeriveSharedSecret" => json!({ "KeySpec": "ECC_NIST_P256", "KeyUsage": "KEY_AGREEMENT" }),
        _ => json!({}),
    }
}

/// What the key's own account has made by it, for the operation to take.
async fn made_by(kms: &TestKms, operation: &str, key: &str) -> String {
    match operation {
        "Verify" => text(&kms.call("Sign", input("Sign", key, "", "", "")).await["Signature"]),
        "VerifyMac" => text(&kms.call("GenerateMac", input("GenerateMac", key, "", "", "")).await["Mac"]),
        "DeriveSharedSecret" => text(&kms.call("GetPublicKey", json!({ "KeyId": key })).await["PublicKey"]),
        _ => String::new(),
    }
}

fn input(operation: &str, key: &str, blob: &str, grant: &str, policy: &str) -> Value {
    match operation {
        "CreateAlias" | "UpdateAlias" => json!({ "AliasName": "alias/theirs", "TargetKeyId": key }),
        "CreateGrant" => json!({ "KeyId": key, "GranteePrincipal": DAVE, "Operations": ["Encrypt"] }),
        "Decrypt" => json!({ "CiphertextBlob": blob, "KeyId": key }),
        "Encrypt" => json!({ "KeyId": key, "Plaintext": HELLO }),
        "GenerateDataKey" | "GenerateDataKeyWithoutPlaintext" => {
            json!({ "KeyId": key, "KeySpec": "AES_256" })
        }
        "GetParametersForImport" => {
            json!({ "KeyId": key, "WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048" })
        }
        "ImportKeyMaterial" => json!({ "KeyId": key, "ImportToken": HELLO, "EncryptedKeyMaterial": HELLO }),
        "ReplicateKey" => json!({ "KeyId": key, "ReplicaRegion": "eu-west-1" }),
        "UpdatePrimaryRegion" => json!({ "KeyId": key, "PrimaryRegion": "eu-west-1" }),
        "GenerateDataKeyPair" | "GenerateDataKeyPairWithoutPlaintext" => {
            json!({ "KeyId": key, "KeyPairSpec": "ECC_NIST_P256" })
        }
        "Sign" => json!({ "KeyId": key, "Message": HELLO, "SigningAlgorithm": "ECDSA_SHA_256" }),
        "Verify" => {
            json!({ "KeyId": key, "Message": HELLO, "SigningAlgorithm": "ECDSA_SHA_256", "Signature": blob })
        }
        "GenerateMac" => json!({ "KeyId": key, "Message": HELLO, "MacAlgorithm": "HMAC_SHA_256" }),
        "VerifyMac" => json!({ "KeyId": key, "Message": HELLO, "MacAlgorithm": "HMAC_SHA_256", "Mac": blob }),
        "DeriveSharedSecret" => json!({ "KeyId": key, "KeyAgreementAlgorithm": "ECDH", "PublicKey": blob }),
        "PutKeyPolicy" => json!({ "KeyId": key, "Policy": policy }),
        "ReEncrypt" => json!({ "CiphertextBlob": blob, "DestinationKeyId": key }),
        "RetireGrant" | "RevokeGrant" => json!({ "KeyId": key, "GrantId": grant }),
        "TagResource" => json!({ "KeyId": key, "Tags": [{ "TagKey": "a", "TagValue": "b" }] }),
        "UntagResource" => json!({ "KeyId": key, "TagKeys": ["a"] }),
        "UpdateKeyDescription" => json!({ "KeyId": key, "Description": "theirs" }),
        _ => json!({ "KeyId": key }),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_operation_takes_other_accounts_keys_only_if_documented() {
    let kms = start_with(principals()).await;
    let operations: BTreeSet<&str> = kms.running.apis()[0].operations().iter().map(|op| op.name).collect();
    let table: BTreeSet<&str> = TABLE.iter().map(|(operation, _)| *operation).collect();
    assert_eq!(operations, table, "the table has all operations");
    let carol = kms.by("AKIACAROL");
    // An alias of the other account's own, to be moved.
    let own = carol.call("CreateKey", json!({})).await.ok()["KeyMetadata"]["KeyId"].clone();
    carol.call("CreateAlias", json!({ "AliasName": "alias/theirs", "TargetKeyId": own })).await.ok();
    let policy = open_to(&[ROOT, OTHER_ROOT]);
    for (operation, takes) in TABLE {
        let Some(takes) = takes else { continue };
        let mut wanted = kind(operation);
        wanted["Policy"] = json!(policy);
        let key = text(&kms.call("CreateKey", wanted).await["KeyMetadata"]["KeyId"]);
        let blob = match kind(operation).as_object().unwrap().is_empty() {
            true => kms.encrypt(&key, HELLO).await,
            false => made_by(&kms, operation, &key).await,
        };
        let granted = json!({ "KeyId": key, "GranteePrincipal": OTHER_ROOT, "Operations": ["RetireGrant"] });
        let (grant, _) = kms.grant(granted).await;
        let answer = carol.call(operation, input(operation, &arn(&key), &blob, &grant, &policy)).await;
        let expected = if *takes { "" } else { "AccessDeniedException" };
        assert_eq!(answer.error(), expected, "{operation}: {}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn across_accounts_both_sides_must_allow() {
    let kms = start_with(principals()).await;
    let key = kms.new_key().await;
    kms.call("CreateAlias", json!({ "AliasName": "alias/app", "TargetKeyId": key })).await;
    let encrypt = async |principal: &str, key: &str| {
        let answer = kms.by(principal).call("Encrypt", json!({ "KeyId": key, "Plaintext": HELLO })).await;
        assert!(matches!(answer.error(), "" | "AccessDeniedException"), "{}", answer.text);
        answer.message().to_owned()
    };
    let (by_key, by_alias) = (arn(&key), alias_arn("alias/app"));
    assert!(encrypt("AKIACAROL", &by_key).await.contains("no resource-based policy allows"));
    for (principals, carol, dave) in [
        (&[ROOT, OTHER_ROOT][..], "", "no identity-based policy allows"),
        (&[ROOT, DAVE], "no resource-based policy allows", "no identity-based policy allows"),
        (&[ROOT, "*"], "", "no identity-based policy allows"),
    ] {
        kms.call("PutKeyPolicy", json!({ "KeyId": key, "Policy": open_to(principals) })).await;
        for identifier in [&by_key, &by_alias] {
            for (principal, expected) in [("AKIACAROL", carol), ("AKIADAVE", dave)] {
                let message = encrypt(principal, identifier).await;
                assert_eq!(message.is_empty(), expected.is_empty(), "{principal}: {message}");
                assert!(message.contains(expected), "{principal}: {message}");
            }
        }
    }
    // A short key id or an alias name means one of the caller's own account.
    for identifier in [key.as_str(), "alias/app"] {
        let answer = kms.by("AKIACAROL").call("DescribeKey", json!({ "KeyId": identifier })).await;
        assert_eq!(answer.error(), "NotFoundException", "{identifier}");
    }
}
