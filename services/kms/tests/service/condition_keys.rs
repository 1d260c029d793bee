//! Every condition key in a policy that allows with it and refuses without.

use keywright_service::testing::{ACCOUNT, TestCredentials};
use serde_json::{Value, json};

use crate::harness::{HELLO, TestKms, start_with, text};
use crate::principals::{ADMIN, ALICE, BOB, ROOT, principals};

/// An operation, an operator, a condition key, a value that fits and one that doesn't.
type Row = (&'static str, &'static str, &'static str, &'static str, &'static str);

const KEY_POLICY_ROWS: &[Row] = &[
    ("Encrypt", "StringEquals", "kms:EncryptionContext:app", "x", "y"),
    ("Encrypt", "ForAnyValue:StringEquals", "kms:EncryptionContextKeys", "app", "other"),
    ("Encrypt", "StringEquals", "kms:EncryptionAlgorithm", "SYMMETRIC_DEFAULT", "RSAES_OAEP_SHA_1"),
    ("Encrypt", "StringEquals", "kms:RequestAlias", "alias/app", "alias/other"),
    ("Encrypt", "ForAnyValue:StringEquals", "kms:ResourceAliases", "alias/app", "alias/other"),
    ("Decrypt", "StringEquals", "kms:EncryptionContext:app", "x", "y"),
    ("Decrypt", "StringEquals", "kms:EncryptionAlgorithm", "SYMMETRIC_DEFAULT", "RSAES_OAEP_SHA_1"),
    ("Decrypt", "StringEquals", "kms:RequestAlias", "alias/app", "alias/other"),
    ("GenerateDataKey", "StringEquals", "kms:EncryptionContext:app", "x", "y"),
    ("GenerateDataKey", "StringEquals", "kms:EncryptionAlgorithm", "SYMMETRIC_DEFAULT", "SM2PKE"),
    ("GenerateDataKey", "StringEquals", "kms:RequestAlias", "alias/app", "alias/other"),
    ("GenerateDataKeyWithoutPlaintext", "ForAllValues:StringEquals", "kms:EncryptionContextKeys", "app", "b"),
    ("ReEncrypt", "Bool", "kms:ReEncryptOnSameKey", "true", "false"),
    ("ReEncrypt", "StringEquals", "kms:EncryptionContext:app", "x", "y"),
    ("DescribeKey", "StringEquals", "kms:CallerAccount", ACCOUNT, "444455556666"),
    ("DescribeKey", "StringEquals", "kms:KeySpec", "SYMMETRIC_DEFAULT", "RSA_2048"),
    ("DescribeKey", "StringEquals", "kms:CustomerMasterKeySpec", "SYMMETRIC_DEFAULT", "RSA_2048"),
    ("DescribeKey", "StringEquals", "kms:KeyUsage", "ENCRYPT_DECRYPT", "SIGN_VERIFY"),
    ("DescribeKey", "StringEquals", "kms:CustomerMasterKeyUsage", "ENCRYPT_DECRYPT", "SIGN_VERIFY"),
    ("DescribeKey", "StringEquals", "kms:KeyOrigin", "AWS_KMS", "EXTERNAL"),
    ("DescribeKey", "Bool", "kms:MultiRegion", "true", "false"),
    ("DescribeKey", "StringEquals", "kms:MultiRegionKeyType", "PRIMARY", "REPLICA"),
    ("DescribeKey", "StringEquals", "kms:RequestAlias", "alias/app", "alias/other"),
    ("DescribeKey", "StringEquals", "aws:ResourceTag/team", "blue", "red"),
    ("GetKeyPolicy", "StringEquals", "aws:ResourceTag/team", "blue", "red"),
    ("ListKeyPolicies", "StringEquals", "kms:KeySpec", "SYMMETRIC_DEFAULT", "HMAC_256"),
    ("ListResourceTags", "StringEquals", "kms:KeyUsage", "ENCRYPT_DECRYPT", "SIGN_VERIFY"),
    ("UpdateKeyDescription", "StringEquals", "kms:CallerAccount", ACCOUNT, "444455556666"),
    ("EnableKey", "ForAnyValue:StringEquals", "kms:ResourceAliases", "alias/app", "alias/other"),
    ("DisableKey", "StringEquals", "aws:ResourceTag/team", "blue", "red"),
    ("ScheduleKeyDeletion", "NumericEquals", "kms:ScheduleKeyDeletionPendingWindowInDays", "15", "30"),
    ("TagResource", "StringEquals", "aws:RequestTag/cost", "1", "2"),
    ("TagResource", "ForAllValues:StringEquals", "aws:TagKeys", "cost", "team"),
    ("UntagResource", "ForAllValues:StringEquals", "aws:TagKeys", "team", "cost"),
    ("PutKeyPolicy", "Bool", "kms:BypassPolicyLockoutSafetyCheck", "true", "false"),
    ("CreateGrant", "StringEquals", "kms:GranteePrincipal", BOB, ALICE),
    ("CreateGrant", "StringEquals", "kms:RetiringPrincipal", ROOT, ALICE),
    (
        "CreateGrant",
        "StringEquals",
        "kms:GrantConstraintType",
        "EncryptionContextSubset",
        "EncryptionContextEquals",
    ),
    ("CreateGrant", "ForAllValues:StringLike", "kms:GrantOperations", "*crypt", "Encrypt"),
    ("CreateGrant", "Bool", "kms:GrantIsForAWSResource", "false", "true"),
    ("CreateGrant", "StringEquals", "kms:EncryptionContext:app", "x", "y"),
    ("EnableKeyRotation", "NumericEquals", "kms:RotationPeriodInDays", "365", "90"),
    ("GetKeyRotationStatus", "StringEquals", "kms:KeySpec", "SYMMETRIC_DEFAULT", "RSA_2048"),
    ("ListKeyRotations", "StringEquals", "aws:ResourceTag/team", "blue", "red"),
    ("GetKeyLastUsage", "StringEquals", "kms:CallerAccount", ACCOUNT, "444455556666"),
    ("ListGrants", "Bool", "kms:GrantIsForAWSResource", "false", "true"),
    ("RevokeGrant", "Bool", "kms:GrantIsForAWSResource", "false", "true"),
];

struct Subject {
    key: String,
    blob: String,
    grant: String,
    policy: String,
}

/// A multi-Region key with an alias, a tag, a grant and a ciphertext in a context.
async fn subject(kms: &TestKms) -> Subject {
    let tags = json!([{ "TagKey": "team", "TagValue": "blue" }]);
    let created = kms.call("CreateKey", json!({ "MultiRegion": true, "Tags": tags })).await;
    let key = text(&created["KeyMetadata"]["KeyId"]);
    kms.client.call("DeleteAlias", json!({ "AliasName": "alias/app" })).await;
    kms.call("CreateAlias", json!({ "AliasName": "alias/app", "TargetKeyId": key })).await;
    let encrypted = kms
        .call("Encrypt", json!({ "KeyId": key, "Plaintext": HELLO, "EncryptionContext": { "app": "x" } }))
        .await;
    let granted = json!({ "KeyId": key, "GranteePrincipal": BOB, "Operations": ["Encrypt"] });
    let (grant, _) = kms.grant(granted).await;
    let policy = text(&kms.call("GetKeyPolicy", json!({ "KeyId": key })).await["Policy"]);
    Subject { key, blob: text(&encrypted["CiphertextBlob"]), grant, policy }
}

fn input(operation: &str, Subject { key, blob, grant, policy }: &Subject) -> Value {
    let context = json!({ "app": "x" });
    match operation {
        "Encrypt" => json!({ "KeyId": "alias/app", "Plaintext": HELLO, "EncryptionContext": context }),
        "Decrypt" => json!({ "KeyId": "alias/app", "CiphertextBlob": blob, "EncryptionContext": context }),
        "GenerateDataKey" | "GenerateDataKeyWithoutPlaintext" => {
            json!({ "KeyId": "alias/app", "KeySpec": "AES_256", "EncryptionContext": context })
        }
        "ReEncrypt" => json!({
            "CiphertextBlob": blob, "SourceEncryptionContext": context, "DestinationEncryptionContext": context,
            "DestinationKeyId": key,
        }),
        "DescribeKey" => json!({ "KeyId": "alias/app" }),
        "ScheduleKeyDeletion" => json!({ "KeyId": key, "PendingWindowInDays": 15 }),
        "TagResource" => json!({ "KeyId": key, "Tags": [{ "TagKey": "cost", "TagValue": "1" }] }),
        "UntagResource" => json!({ "KeyId": key, "TagKeys": ["team"] }),
        "UpdateKeyDescription" => json!({ "KeyId": key, "Description": "new" }),
        "PutKeyPolicy" => json!({ "KeyId": key, "Policy": policy, "BypassPolicyLockoutSafetyCheck": true }),
        "CreateGrant" => json!({
            "KeyId": key, "GranteePrincipal": BOB, "RetiringPrincipal": ROOT, "Operations": ["Encrypt", "Decrypt"],
            "Constraints": { "EncryptionContextSubset": context },
        }),
        "RevokeGrant" => json!({ "KeyId": key, "GrantId": grant }),
        _ => json!({ "KeyId": key }),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn key_policies_ask_for_what_the_request_and_the_key_are() {
    let kms = start_with(principals()).await;
    for (operation, operator, key, fits, misses) in KEY_POLICY_ROWS {
        let subject = subject(&kms).await;
        for (value, expected) in [(misses, "AccessDeniedException"), (fits, "")] {
            let policy = json!({ "Version": "2012-10-17", "Statement": [
                { "Effect": "Allow", "Principal": { "AWS": ROOT }, "Action": "kms:*", "Resource": "*" },
                { "Effect": "Allow", "Principal": { "AWS": ALICE }, "Action": "kms:*", "Resource": "*",
                  "Condition": { *operator: { *key: value } } },
            ] });
            let put = json!({ "KeyId": subject.key, "Policy": policy.to_string() });
            kms.call("PutKeyPolicy", put).await;
            let answer = kms.by("AKIAALICE").call(operation, input(operation, &subject)).await;
            assert_eq!(answer.error(), expected, "{operation} if {operator} {key} {value}: {}", answer.text);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_policy_tells_apart_through_which_service_a_call_comes() {
    let kms = start_with(principals()).await;
    let subject = subject(&kms).await;
    let policy = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Principal": { "AWS": ROOT }, "Action": "kms:*", "Resource": "*" },
        { "Effect": "Allow", "Principal": { "AWS": ALICE }, "Action": "kms:*", "Resource": "*",
          "Condition": { "StringEquals": { "kms:ViaService": "ssm.us-east-1.amazonaws.com" },
                         "Bool": { "kms:GrantIsForAWSResource": "true" } } },
    ] });
    kms.call("PutKeyPolicy", json!({ "KeyId": subject.key, "Policy": policy.to_string() })).await;
    let list = json!({ "KeyId": subject.key });
    for (service, expected) in [("KWSSM", ""), ("KWSECRETS", "AccessDeniedException")] {
        let through = kms.by(service).on_behalf_of("AKIAALICE");
        assert_eq!(through.call("ListGrants", list.clone()).await.error(), expected, "{service}");
    }
    assert_eq!(kms.by("AKIAALICE").call("ListGrants", list).await.error(), "AccessDeniedException");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_side_of_reencrypt_has_the_keys_of_its_own_key() {
    let kms = start_with(principals()).await;
    let policy = |tag: &str, alias: &str| {
        json!({ "Version": "2012-10-17", "Statement": [
            { "Effect": "Allow", "Principal": { "AWS": ROOT }, "Action": "kms:*", "Resource": "*" },
            { "Effect": "Allow", "Principal": { "AWS": ALICE }, "Action": "kms:ReEncrypt*", "Resource": "*",
              "Condition": { "StringEquals": {
                  "aws:ResourceTag/side": tag, "kms:EncryptionContext:side": tag, "kms:RequestAlias": alias,
              }, "Bool": { "kms:ReEncryptOnSameKey": "false" } } },
        ] })
        .to_string()
    };
    let mut keys = Vec::new();
    for side in ["from", "to"] {
        let alias = format!("alias/{side}");
        let tags = json!([{ "TagKey": "side", "TagValue": side }]);
        let created = kms.call("CreateKey", json!({ "Tags": tags, "Policy": policy(side, &alias) })).await;
        let key = text(&created["KeyMetadata"]["KeyId"]);
        kms.call("CreateAlias", json!({ "AliasName": alias, "TargetKeyId": key })).await;
        keys.push(key);
    }
    let context = |side: &str| json!({ "side": side });
    let encrypted = kms
        .call(
            "Encrypt",
            json!({ "KeyId": keys[0], "Plaintext": HELLO, "EncryptionContext": context("from") }),
        )
        .await;
    let reencrypt = |to: &str| {
        json!({
            "CiphertextBlob": encrypted["CiphertextBlob"], "SourceKeyId": "alias/from", "DestinationKeyId": "alias/to",
            "SourceEncryptionContext": context("from"), "DestinationEncryptionContext": context(to),
        })
    };
    let refused = kms.by("AKIAALICE").call("ReEncrypt", reencrypt("elsewhere")).await;
    assert_eq!(refused.error(), "AccessDeniedException");
    assert!(refused.message().contains("kms:ReEncryptTo"), "{}", refused.message());
    kms.by("AKIAALICE").call("ReEncrypt", reencrypt("to")).await.ok();
}

const IDENTITY_POLICY_ROWS: &[Row] = &[
    ("CreateKey", "StringEquals", "kms:KeySpec", "SYMMETRIC_DEFAULT", "RSA_2048"),
    ("CreateKey", "StringEquals", "kms:CustomerMasterKeySpec", "SYMMETRIC_DEFAULT", "RSA_2048"),
    ("CreateKey", "StringEquals", "kms:KeyUsage", "ENCRYPT_DECRYPT", "SIGN_VERIFY"),
    ("CreateKey", "StringEquals", "kms:CustomerMasterKeyUsage", "ENCRYPT_DECRYPT", "SIGN_VERIFY"),
    ("CreateKey", "StringEquals", "kms:KeyOrigin", "EXTERNAL", "AWS_KMS"),
    ("CreateKey", "Bool", "kms:MultiRegion", "true", "false"),
    ("CreateKey", "StringEquals", "kms:MultiRegionKeyType", "PRIMARY", "REPLICA"),
    ("CreateKey", "Bool", "kms:BypassPolicyLockoutSafetyCheck", "true", "false"),
    ("CreateKey", "StringEquals", "aws:RequestTag/team", "blue", "red"),
    ("CreateKey", "ForAllValues:StringEquals", "aws:TagKeys", "team", "cost"),
    ("CreateKey", "StringEquals", "kms:CallerAccount", ACCOUNT, "444455556666"),
    ("ListKeys", "StringEquals", "kms:CallerAccount", ACCOUNT, "444455556666"),
    ("ListAliases", "StringEquals", "kms:CallerAccount", ACCOUNT, "444455556666"),
    ("GenerateRandom", "StringEquals", "kms:CallerAccount", ACCOUNT, "444455556666"),
    ("ListRetirableGrants", "StringEquals", "kms:CallerAccount", ACCOUNT, "444455556666"),
    ("CreateAlias", "StringEquals", "kms:CallerAccount", ACCOUNT, "444455556666"),
];

#[tokio::test(flavor = "multi_thread")]
async fn identity_policies_ask_for_what_is_to_be_made() {
    let mut credentials: TestCredentials = principals();
    for (number, (_, operator, key, fits, misses)) in IDENTITY_POLICY_ROWS.iter().enumerate() {
        for (which, value) in [("FITS", fits), ("MISSES", misses)] {
            let policy = json!({ "Version": "2012-10-17", "Statement": {
                "Effect": "Allow", "Action": "kms:*", "Resource": "*", "Condition": { *operator: { *key: value } },
            } });
            let access_key = format!("AKIA{which}{number}");
            credentials =
                credentials.user(&access_key, ACCOUNT, &format!("{which}{number}"), &[&policy.to_string()]);
        }
    }
    let kms = start_with(credentials).await;
    let key = kms.new_key().await;
    for (number, (operation, operator, condition, ..)) in IDENTITY_POLICY_ROWS.iter().enumerate() {
        let input = match *operation {
            "CreateKey" => json!({
                "Origin": "EXTERNAL", "MultiRegion": true, "BypassPolicyLockoutSafetyCheck": true,
                "Tags": [{ "TagKey": "team", "TagValue": "blue" }],
            }),
            "GenerateRandom" => json!({ "NumberOfBytes": 8 }),
            "ListRetirableGrants" => json!({ "RetiringPrincipal": ALICE }),
            "CreateAlias" => json!({ "AliasName": "alias/new", "TargetKeyId": key }),
            _ => json!({}),
        };
        for (which, expected) in [("MISSES", "AccessDeniedException"), ("FITS", "")] {
            let client = kms.by(&format!("AKIA{which}{number}"));
            let answer = client.call(operation, input.clone()).await;
            assert_eq!(answer.error(), expected, "{operation} if {operator} {condition}: {}", answer.text);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn key_policies_ask_for_what_other_kinds_of_keys_do() {
    let kms = start_with(principals()).await;
    let (sign, mac, agree) = (
        json!({ "KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY" }),
        json!({ "KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC" }),
        json!({ "KeySpec": "ECC_NIST_P256", "KeyUsage": "KEY_AGREEMENT" }),
    );
    let symmetric = json!({});
    for (kind, (operation, operator, condition, fits, misses)) in [
        (&sign, ("Sign", "StringEquals", "kms:SigningAlgorithm", "ECDSA_SHA_256", "ECDSA_SHA_384")),
        (&sign, ("Sign", "StringEquals", "kms:MessageType", "RAW", "DIGEST")),
        (&sign, ("Sign", "StringEquals", "kms:RequestAlias", "alias/app", "alias/other")),
        (&sign, ("GetPublicKey", "StringEquals", "kms:KeySpec", "ECC_NIST_P256", "RSA_2048")),
        (&sign, ("GetPublicKey", "StringEquals", "kms:RequestAlias", "alias/app", "alias/other")),
        (&mac, ("GenerateMac", "StringEquals", "kms:MacAlgorithm", "HMAC_SHA_256", "HMAC_SHA_512")),
        (&agree, ("DeriveSharedSecret", "StringEquals", "kms:KeyAgreementAlgorithm", "ECDH", "OTHER")),
        (
            &symmetric,
            ("GenerateDataKeyPair", "StringEquals", "kms:DataKeyPairSpec", "ECC_NIST_P256", "RSA_2048"),
        ),
        (&symmetric, ("GenerateDataKeyPair", "StringEquals", "kms:EncryptionContext:app", "x", "y")),
        (
            &symmetric,
            (
                "GenerateDataKeyPairWithoutPlaintext",
                "StringEquals",
                "kms:EncryptionAlgorithm",
                "SYMMETRIC_DEFAULT",
                "SM2PKE",
            ),
        ),
    ] {
        let key = text(&kms.call("CreateKey", kind.clone()).await["KeyMetadata"]["KeyId"]);
        kms.client.call("DeleteAlias", json!({ "AliasName": "alias/app" })).await;
        kms.call("CreateAlias", json!({ "AliasName": "alias/app", "TargetKeyId": key })).await;
        let mut input = match operation {
            "Sign" => json!({ "Message": HELLO, "SigningAlgorithm": "ECDSA_SHA_256" }),
            "GenerateMac" => json!({ "Message": HELLO, "MacAlgorithm": "HMAC_SHA_256" }),
            "DeriveSharedSecret" => {
                let public = kms.call("GetPublicKey", json!({ "KeyId": key })).await["PublicKey"].clone();
                json!({ "KeyAgreementAlgorithm": "ECDH", "PublicKey": public })
            }
            "GetPublicKey" => json!({}),
            _ => json!({ "KeyPairSpec": "ECC_NIST_P256", "EncryptionContext": { "app": "x" } }),
        };
        input["KeyId"] = json!("alias/app");
        for (value, expected) in [(misses, "AccessDeniedException"), (fits, "")] {
            let policy = json!({ "Version": "2012-10-17", "Statement": [
                { "Effect": "Allow", "Principal": { "AWS": ROOT }, "Action": "kms:*", "Resource": "*" },
                { "Effect": "Allow", "Principal": { "AWS": ALICE }, "Action": "kms:*", "Resource": "*",
                  "Condition": { operator: { condition: value } } },
            ] });
            kms.call("PutKeyPolicy", json!({ "KeyId": key, "Policy": policy.to_string() })).await;
            let answer = kms.by("AKIAALICE").call(operation, input.clone()).await;
            assert_eq!(
                answer.error(),
                expected,
                "{operation} if {operator} {condition} {value}: {}",
                answer.text
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn key_policies_ask_for_how_material_comes_and_where_a_key_goes() {
    let kms = start_with(principals()).await;
    let (external, multi_region) = (json!({ "Origin": "EXTERNAL" }), json!({ "MultiRegion": true }));
    for (kind, (operation, operator, condition, fits, misses)) in [
        (
            &external,
            (
                "GetParametersForImport",
                "StringEquals",
                "kms:WrappingAlgorithm",
                "RSAES_OAEP_SHA_256",
                "SM2PKE",
            ),
        ),
        (
            &external,
            ("GetParametersForImport", "StringEquals", "kms:WrappingKeySpec", "RSA_2048", "RSA_4096"),
        ),
        (
            &external,
            (
                "ImportKeyMaterial",
                "StringEquals",
                "kms:ExpirationModel",
                "KEY_MATERIAL_EXPIRES",
                "KEY_MATERIAL_DOES_NOT_EXPIRE",
            ),
        ),
        (&external, ("ImportKeyMaterial", "NumericEquals", "kms:ValidTo", "2000000000", "2000000001")),
        (&external, ("DeleteImportedKeyMaterial", "StringEquals", "kms:KeyOrigin", "EXTERNAL", "AWS_KMS")),
        (&external, ("RotateKeyOnDemand", "StringEquals", "kms:KeyOrigin", "EXTERNAL", "AWS_KMS")),
        (&multi_region, ("DisableKeyRotation", "Bool", "kms:MultiRegion", "true", "false")),
        (&multi_region, ("ReplicateKey", "StringEquals", "kms:ReplicaRegion", "eu-west-1", "us-west-2")),
        (&multi_region, ("ReplicateKey", "StringEquals", "kms:MultiRegionKeyType", "PRIMARY", "REPLICA")),
        (
            &multi_region,
            ("UpdatePrimaryRegion", "StringEquals", "kms:PrimaryRegion", "eu-west-1", "us-west-2"),
        ),
    ] {
        let policy = |value: &str| {
            json!({ "Version": "2012-10-17", "Statement": [
                { "Effect": "Allow", "Principal": { "AWS": BOB }, "Action": "kms:*", "Resource": "*" },
                { "Effect": "Allow", "Principal": { "AWS": ADMIN }, "Action": "kms:*", "Resource": "*",
                  "Condition": { operator: { condition: value } } },
            ] })
            .to_string()
        };
        let mut wanted = kind.clone();
        wanted["Policy"] = json!(policy(misses));
        wanted["BypassPolicyLockoutSafetyCheck"] = json!(true);
        let key = text(&kms.call("CreateKey", wanted).await["KeyMetadata"]["KeyId"]);
        let input = match operation {
            "GetParametersForImport" => {
                json!({ "KeyId": key, "WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048" })
            }
            "ImportKeyMaterial" => json!({
                "KeyId": key, "ImportToken": HELLO, "EncryptedKeyMaterial": HELLO, "ValidTo": 2_000_000_000,
            }),
            "ReplicateKey" => json!({ "KeyId": key, "ReplicaRegion": "eu-west-1" }),
            "UpdatePrimaryRegion" => json!({ "KeyId": key, "PrimaryRegion": "eu-west-1" }),
            _ => json!({ "KeyId": key }),
        };
        let refused = kms.client.call(operation, input.clone()).await;
        assert_eq!(refused.error(), "AccessDeniedException", "{operation} if {condition} {misses}");
        assert!(refused.message().contains("no resource-based policy allows"), "{}", refused.message());
        kms.by("AKIABOB").call("PutKeyPolicy", json!({ "KeyId": key, "Policy": policy(fits) })).await.ok();
        // What it is refused for behind that is another matter.
        let decided = kms.client.call(operation, input).await;
        assert_ne!(
            decided.error(),
            "AccessDeniedException",
            "{operation} if {condition} {fits}: {}",
            decided.text
        );
    }
}
