//! What a grant permits, to whom, and under which constraints.

use serde_json::{Value, json};

use crate::harness::{HELLO, TestKms, arn, start_with, text};
use crate::principals::{ALICE, BOB, DAVE, OTHER_ROOT, POD, ROLE, ROOT, principals};

/// The error of an Encrypt under the key by its ARN, or nothing.
async fn encrypting(kms: &TestKms, principal: &str, key: &str, context: Value) -> String {
    let input = json!({ "KeyId": arn(key), "Plaintext": HELLO, "EncryptionContext": context });
    kms.by(principal).call("Encrypt", input).await.error().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_permits_its_operations_to_its_grantee_and_nothing_else() {
    let kms = start_with(principals()).await;
    let key = kms.new_key().await;
    let blob = kms.encrypt(&key, HELLO).await;
    let used = |operation: &str| match operation {
        "Encrypt" => json!({ "KeyId": key, "Plaintext": HELLO }),
        "Decrypt" => json!({ "CiphertextBlob": blob }),
        "DescribeKey" => json!({ "KeyId": key }),
        "ReEncrypt" => json!({ "CiphertextBlob": blob, "DestinationKeyId": key }),
        "CreateGrant" => json!({ "KeyId": key, "GranteePrincipal": BOB, "Operations": ["CreateGrant"] }),
        _ => json!({ "KeyId": key, "KeySpec": "AES_256" }),
    };
    let uses = [
        "Encrypt",
        "Decrypt",
        "DescribeKey",
        "ReEncrypt",
        "CreateGrant",
        "GenerateDataKey",
        "GenerateDataKeyWithoutPlaintext",
    ];
    for operation in uses {
        let operations = match operation {
            "ReEncrypt" => json!(["ReEncryptFrom", "ReEncryptTo"]),
            other => json!([other]),
        };
        let input = json!({ "KeyId": key, "GranteePrincipal": ALICE, "Operations": operations });
        let (grant, _) = kms.grant(input).await;
        for tried in uses {
            let answer = kms.by("AKIAALICE").call(tried, used(tried)).await;
            let expected = if tried == operation { "" } else { "AccessDeniedException" };
            assert_eq!(answer.error(), expected, "{tried} by a grant for {operation}: {}", answer.text);
        }
        let by_bob = kms.by("AKIABOB").call("Encrypt", used("Encrypt")).await;
        assert_eq!(by_bob.error(), "AccessDeniedException");
        kms.call("RevokeGrant", json!({ "KeyId": key, "GrantId": grant })).await;
        let answer = kms.by("AKIAALICE").call(operation, used(operation)).await;
        assert_eq!(answer.error(), "AccessDeniedException", "{operation} after the grant");
    }
    // One half of ReEncrypt is not enough.
    for half in ["ReEncryptFrom", "ReEncryptTo"] {
        let input = json!({ "KeyId": key, "GranteePrincipal": ALICE, "Operations": [half] });
        let (grant, _) = kms.grant(input).await;
        let answer = kms.by("AKIAALICE").call("ReEncrypt", used("ReEncrypt")).await;
        assert_eq!(answer.error(), "AccessDeniedException", "{half}");
        kms.call("RevokeGrant", json!({ "KeyId": key, "GrantId": grant })).await;
    }
    // What no grant can permit, none does.
    for operation in ["DisableKey", "GetKeyPolicy", "ListGrants", "ScheduleKeyDeletion"] {
        let answer = kms.by("AKIAALICE").call(operation, json!({ "KeyId": key })).await;
        assert_eq!(answer.error(), "AccessDeniedException", "{operation}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn constraints_bind_a_grant_to_encryption_contexts() {
    let kms = start_with(principals()).await;
    let (one, two) = (json!({ "a": "1" }), json!({ "a": "1", "b": "2" }));
    for (constraint, context, fits) in [
        ("EncryptionContextEquals", &one, true),
        ("EncryptionContextEquals", &two, false),
        ("EncryptionContextEquals", &json!({}), false),
        ("EncryptionContextSubset", &one, true),
        ("EncryptionContextSubset", &two, true),
        ("EncryptionContextSubset", &json!({ "a": "2" }), false),
        ("EncryptionContextSubset", &json!({ "b": "1" }), false),
    ] {
        let key = kms.new_key().await;
        kms.grant(json!({
            "KeyId": key, "GranteePrincipal": ALICE, "Operations": ["Encrypt", "DescribeKey"],
            "Constraints": { constraint: one },
        }))
        .await;
        let expected = if fits { "" } else { "AccessDeniedException" };
        assert_eq!(
            encrypting(&kms, "AKIAALICE", &key, context.clone()).await,
            expected,
            "{constraint} {context}"
        );
        // They don't concern what has no encryption context.
        kms.by("AKIAALICE").call("DescribeKey", json!({ "KeyId": key })).await.ok();
    }
    // Each side of ReEncrypt has its own context.
    let key = kms.new_key().await;
    kms.grant(json!({
        "KeyId": key, "GranteePrincipal": ALICE, "Operations": ["ReEncryptFrom", "ReEncryptTo"],
        "Constraints": { "EncryptionContextEquals": one },
    }))
    .await;
    let encrypted =
        kms.call("Encrypt", json!({ "KeyId": key, "Plaintext": HELLO, "EncryptionContext": one })).await;
    let to = |context: &Value| {
        json!({
            "CiphertextBlob": encrypted["CiphertextBlob"], "DestinationKeyId": key,
            "SourceEncryptionContext": one, "DestinationEncryptionContext": context,
        })
    };
    assert_eq!(kms.by("AKIAALICE").call("ReEncrypt", to(&two)).await.error(), "AccessDeniedException");
    kms.by("AKIAALICE").call("ReEncrypt", to(&one)).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grantee_is_a_user_a_role_a_session_or_an_account() {
    let kms = start_with(principals()).await;
    for (grantee, may) in [
        (ALICE, &["AKIAALICE"][..]),
        (ROLE, &["AKIAPOD", "AKIAPOD2"]),
        (POD, &["AKIAPOD"]),
        // A grant across accounts needs no identity policy.
        (DAVE, &["AKIADAVE"]),
        // To an account, it leaves the decision to the account's identity policies.
        (OTHER_ROOT, &["AKIACAROL"]),
        (ROOT, &["AKIAADMIN", "AKIAROOT"]),
    ] {
        // The key policy allows nobody of these anything.
        let policy = only_for_bob();
        let created =
            kms.call("CreateKey", json!({ "Policy": policy, "BypassPolicyLockoutSafetyCheck": true })).await;
        let key = text(&created["KeyMetadata"]["KeyId"]);
        let input = json!({ "KeyId": key, "GranteePrincipal": grantee, "Operations": ["Encrypt"] });
        kms.by("AKIABOB").call("CreateGrant", input).await.ok();
        for principal in [
            "AKIAADMIN",
            "AKIAROOT",
            "AKIAALICE",
            "AKIAPOD",
            "AKIAPOD2",
            "AKIANOBODY",
            "AKIACAROL",
            "AKIADAVE",
        ] {
            let expected = if may.contains(&principal) { "" } else { "AccessDeniedException" };
            assert_eq!(
                encrypting(&kms, principal, &key, json!({})).await,
                expected,
                "{principal} by a grant to {grantee}"
            );
        }
    }
}

fn only_for_bob() -> String {
    json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Principal": { "AWS": BOB }, "Action": "kms:*", "Resource": "*" },
    ] })
    .to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deny_beats_a_grant() {
    let kms = start_with(principals()).await;
    let key = kms.new_key().await;
    kms.grant(json!({ "KeyId": key, "GranteePrincipal": ALICE, "Operations": ["Encrypt"] })).await;
    assert_eq!(encrypting(&kms, "AKIAALICE", &key, json!({})).await, "");
    let policy = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Principal": { "AWS": ROOT }, "Action": "kms:*", "Resource": "*" },
        { "Effect": "Deny", "Principal": { "AWS": ALICE }, "Action": "kms:Encrypt", "Resource": "*" },
    ] });
    kms.call("PutKeyPolicy", json!({ "KeyId": key, "Policy": policy.to_string() })).await;
    assert_eq!(encrypting(&kms, "AKIAALICE", &key, json!({})).await, "AccessDeniedException");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_granted_by_a_grant_is_no_more_than_the_grant_permits() {
    let kms = start_with(principals()).await;
    let key = kms.new_key().await;
    let (subset, stricter) = (json!({ "a": "1" }), json!({ "a": "1", "b": "2" }));
    kms.grant(json!({
        "KeyId": key, "GranteePrincipal": ALICE, "Operations": ["Encrypt", "Decrypt", "CreateGrant"],
        "Constraints": { "EncryptionContextSubset": subset },
    }))
    .await;
    // Another grant permits more, but not to make grants.
    kms.grant(
        json!({ "KeyId": key, "GranteePrincipal": ALICE, "Operations": ["GenerateDataKey", "Encrypt"] }),
    )
    .await;
    for (operations, constraints, permitted) in [
        (json!(["Encrypt"]), json!({ "EncryptionContextSubset": subset }), true),
        (json!(["Encrypt", "CreateGrant"]), json!({ "EncryptionContextSubset": stricter }), true),
        (json!(["Decrypt"]), json!({ "EncryptionContextEquals": subset }), true),
        (json!(["Decrypt"]), json!({ "EncryptionContextEquals": stricter }), true),
        (json!(["Encrypt"]), json!({ "EncryptionContextSubset": { "b": "2" } }), false),
        (json!(["Encrypt"]), json!({ "EncryptionContextEquals": {} }), false),
        (json!(["Encrypt"]), json!({}), false),
        (json!(["GenerateDataKey"]), json!({ "EncryptionContextSubset": subset }), false),
        (json!(["Encrypt", "DescribeKey"]), json!({ "EncryptionContextSubset": subset }), false),
    ] {
        let input = json!({
            "KeyId": key, "GranteePrincipal": BOB, "Operations": operations, "Constraints": constraints,
        });
        let answer = kms.by("AKIAALICE").call("CreateGrant", input.clone()).await;
        let expected = if permitted { "" } else { "AccessDeniedException" };
        assert_eq!(answer.error(), expected, "{input}");
    }
    assert_eq!(encrypting(&kms, "AKIABOB", &key, subset).await, "");
    assert_eq!(encrypting(&kms, "AKIABOB", &key, json!({})).await, "AccessDeniedException");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_key_has_its_own_grant_operations() {
    let kms = start_with(principals()).await;
    let all = [
        "Decrypt",
        "Encrypt",
        "GenerateDataKey",
        "GenerateDataKeyWithoutPlaintext",
        "ReEncryptFrom",
        "ReEncryptTo",
        "Sign",
        "Verify",
        "GetPublicKey",
        "CreateGrant",
        "RetireGrant",
        "DescribeKey",
        "GenerateDataKeyPair",
        "GenerateDataKeyPairWithoutPlaintext",
        "GenerateMac",
        "VerifyMac",
        "DeriveSharedSecret",
    ];
    let of_all = ["CreateGrant", "RetireGrant", "DescribeKey"];
    for (spec, usage, of_kind) in [
        (
            "SYMMETRIC_DEFAULT",
            "ENCRYPT_DECRYPT",
            &[
                "Decrypt",
                "Encrypt",
                "GenerateDataKey",
                "GenerateDataKeyWithoutPlaintext",
                "ReEncryptFrom",
                "ReEncryptTo",
                "GenerateDataKeyPair",
                "GenerateDataKeyPairWithoutPlaintext",
            ][..],
        ),
        ("SM2", "ENCRYPT_DECRYPT", &["Decrypt", "Encrypt", "ReEncryptFrom", "ReEncryptTo", "GetPublicKey"]),
        ("ECC_NIST_P256", "SIGN_VERIFY", &["Sign", "Verify", "GetPublicKey"]),
        ("ECC_NIST_P256", "KEY_AGREEMENT", &["DeriveSharedSecret", "GetPublicKey"]),
        ("HMAC_256", "GENERATE_VERIFY_MAC", &["GenerateMac", "VerifyMac"]),
    ] {
        let key = text(
            &kms.call("CreateKey", json!({ "KeySpec": spec, "KeyUsage": usage })).await["KeyMetadata"]["KeyId"],
        );
        for operation in all {
            let input = json!({ "KeyId": key, "GranteePrincipal": ALICE, "Operations": [operation] });
            let fits = of_all.contains(&operation) || of_kind.contains(&operation);
            let answer = kms.client.call("CreateGrant", input).await;
            let expected = if fits { "" } else { "ValidationException" };
            assert_eq!(answer.error(), expected, "{operation} of {spec} for {usage}: {}", answer.text);
        }
        let constrained = json!({
            "KeyId": key, "GranteePrincipal": ALICE, "Operations": ["DescribeKey"],
            "Constraints": { "EncryptionContextSubset": { "a": "1" } },
        });
        let answer = kms.client.call("CreateGrant", constrained).await;
        assert_eq!(
            answer.error(),
            if spec == "SYMMETRIC_DEFAULT" { "" } else { "ValidationException" },
            "{spec}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn grants_permit_what_other_kinds_of_keys_do() {
    let kms = start_with(principals()).await;
    let made = |answer: &Value, member: &str| json!(text(&answer[member]));
    for (spec, usage, operations) in [
        ("ECC_NIST_P256", "SIGN_VERIFY", &["Sign", "Verify", "GetPublicKey"][..]),
        ("HMAC_256", "GENERATE_VERIFY_MAC", &["GenerateMac", "VerifyMac"]),
        ("ECC_NIST_P256", "KEY_AGREEMENT", &["GetPublicKey", "DeriveSharedSecret"]),
        (
            "SYMMETRIC_DEFAULT",
            "ENCRYPT_DECRYPT",
            &["GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext"],
        ),
    ] {
        let key = text(
            &kms.call("CreateKey", json!({ "KeySpec": spec, "KeyUsage": usage })).await["KeyMetadata"]["KeyId"],
        );
        let (mut signature, mut mac, mut public) = (json!(HELLO), json!(HELLO), json!(HELLO));
        for operation in operations {
            let input = |key: &str| {
                let mut input = json!({ "KeyId": key });
                let more = match *operation {
                    "Sign" => json!({ "Message": HELLO, "SigningAlgorithm": "ECDSA_SHA_256" }),
                    "Verify" => {
                        json!({ "Message": HELLO, "SigningAlgorithm": "ECDSA_SHA_256", "Signature": signature })
                    }
                    "GenerateMac" => json!({ "Message": HELLO, "MacAlgorithm": "HMAC_SHA_256" }),
                    "VerifyMac" => json!({ "Message": HELLO, "MacAlgorithm": "HMAC_SHA_256", "Mac": mac }),
                    "DeriveSharedSecret" => json!({ "KeyAgreementAlgorithm": "ECDH", "PublicKey": public }),
                    "GetPublicKey" => json!({}),
                    _ => json!({ "KeyPairSpec": "ECC_NIST_P256" }),
                };
                input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
                input
            };
            let input = input(&key);
            let before = kms.by("AKIAALICE").call(operation, input.clone()).await;
            assert_eq!(before.error(), "AccessDeniedException", "{operation}");
            kms.grant(json!({ "KeyId": key, "GranteePrincipal": ALICE, "Operations": [operation] })).await;
            let answer = kms.by("AKIAALICE").call(operation, input).await.ok();
            match *operation {
                "Sign" => signature = made(&answer, "Signature"),
                "GenerateMac" => mac = made(&answer, "Mac"),
                "GetPublicKey" => public = made(&answer, "PublicKey"),
                _ => {}
            }
        }
    }
}
