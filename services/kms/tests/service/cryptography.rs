use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::harness::{HELLO, TestKms, alias_arn, arn, start, text};

fn decoded_len(value: &Value) -> usize {
    let text = value.as_str().unwrap();
    text.len() / 4 * 3 - text.bytes().rev().take_while(|byte| *byte == b'=').count()
}

async fn key_with_alias(kms: &TestKms) -> String {
    let key = kms.new_key().await;
    kms.call("CreateAlias", json!({ "AliasName": "alias/app", "TargetKeyId": key })).await;
    key
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_taken_by_id_arn_alias_and_alias_arn() {
    let kms = start().await;
    let key = key_with_alias(&kms).await;
    let metadata = kms.call("DescribeKey", json!({ "KeyId": key })).await;
    let material = text(&metadata["KeyMetadata"]["CurrentKeyMaterialId"]);
    assert_eq!(material.len(), 64);
    for name in [key.clone(), arn(&key), "alias/app".to_owned(), alias_arn("alias/app")] {
        let described = kms.call("DescribeKey", json!({ "KeyId": name })).await;
        assert_eq!(described["KeyMetadata"]["KeyId"], key.as_str(), "{name}");

        let encrypted = kms.call("Encrypt", json!({ "KeyId": name, "Plaintext": HELLO })).await;
        assert_eq!(encrypted["KeyId"], arn(&key));
        assert_eq!(encrypted["EncryptionAlgorithm"], "SYMMETRIC_DEFAULT");
        let blob = &encrypted["CiphertextBlob"];
        for input in [json!({ "CiphertextBlob": blob }), json!({ "CiphertextBlob": blob, "KeyId": name })] {
            let decrypted = kms.call("Decrypt", input).await;
            assert_eq!(decrypted["Plaintext"], HELLO);
            assert_eq!(decrypted["KeyId"], arn(&key));
            assert_eq!(decrypted["KeyMaterialId"], material.as_str());
        }
        let generated = kms.call("GenerateDataKey", json!({ "KeyId": name, "KeySpec": "AES_256" })).await;
        assert_eq!(generated["KeyMaterialId"], material.as_str());
        let decrypted = kms.call("Decrypt", json!({ "CiphertextBlob": generated["CiphertextBlob"] })).await;
        assert_eq!(decrypted["Plaintext"], generated["Plaintext"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn data_keys_have_the_length_that_was_asked_for() {
    let kms = start().await;
    let key = kms.new_key().await;
    for (asked, length) in [
        (json!({ "KeySpec": "AES_256" }), 32),
        (json!({ "KeySpec": "AES_128" }), 16),
        (json!({ "NumberOfBytes": 1 }), 1),
        (json!({ "NumberOfBytes": 1024 }), 1024),
    ] {
        let mut input = asked.clone();
        input["KeyId"] = json!(key);
        let generated = kms.call("GenerateDataKey", input.clone()).await;
        assert_eq!(decoded_len(&generated["Plaintext"]), length, "{asked}");
        let without = kms.call("GenerateDataKeyWithoutPlaintext", input).await;
        assert!(without.get("Plaintext").is_none());
        let decrypted = kms.call("Decrypt", json!({ "CiphertextBlob": without["CiphertextBlob"] })).await;
        assert_eq!(decoded_len(&decrypted["Plaintext"]), length);
        assert_ne!(decrypted["Plaintext"], generated["Plaintext"]);
    }
    for operation in ["GenerateDataKey", "GenerateDataKeyWithoutPlaintext"] {
        for wrong in [
            json!({ "KeyId": key }),
            json!({ "KeyId": key, "KeySpec": "AES_256", "NumberOfBytes": 32 }),
            json!({ "KeyId": key, "NumberOfBytes": 0 }),
            json!({ "KeyId": key, "NumberOfBytes": 1025 }),
            json!({ "KeyId": key, "KeySpec": "AES_512" }),
        ] {
            kms.refuses(operation, wrong, "ValidationException").await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn random_bytes_are_random_and_bounded() {
    let kms = start().await;
    let mut seen = BTreeSet::new();
    for _ in 0..3 {
        let random = kms.call("GenerateRandom", json!({ "NumberOfBytes": 24 })).await;
        assert_eq!(decoded_len(&random["Plaintext"]), 24);
        assert!(seen.insert(text(&random["Plaintext"])));
    }
    for wrong in [json!({}), json!({ "NumberOfBytes": 0 }), json!({ "NumberOfBytes": 1025 })] {
        kms.refuses("GenerateRandom", wrong, "ValidationException").await;
    }
    let in_store = json!({ "NumberOfBytes": 1, "CustomKeyStoreId": "cks-1" });
    kms.refuses("GenerateRandom", in_store, "CustomKeyStoreNotFoundException").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_encryption_context_binds_whatever_its_order() {
    let kms = start().await;
    let key = kms.new_key().await;
    // Written out, since a JSON library may order the members.
    let encrypt =
        format!(r#"{{"KeyId":"{key}","Plaintext":"{HELLO}","EncryptionContext":{{"b":"2","a":"1"}}}}"#);
    let blob = kms.client.call_raw("Encrypt", encrypt.into_bytes()).await.ok()["CiphertextBlob"].clone();
    let decrypt = format!(r#"{{"CiphertextBlob":{blob},"EncryptionContext":{{"a":"1","b":"2"}}}}"#);
    assert_eq!(kms.client.call_raw("Decrypt", decrypt.into_bytes()).await.ok()["Plaintext"], HELLO);
    for wrong in [
        json!({}),
        json!({ "a": "1" }),
        json!({ "a": "2", "b": "1" }),
        json!({ "a": "1", "b": "2", "c": "" }),
    ] {
        let input = json!({ "CiphertextBlob": blob, "EncryptionContext": wrong });
        kms.refuses("Decrypt", input, "InvalidCiphertextException").await;
    }
    let long = json!({ "KeyId": key, "Plaintext": HELLO, "EncryptionContext": { "k": "v".repeat(8192) } });
    kms.refuses("Encrypt", long, "ValidationException").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_and_foreign_ciphertexts_are_refused() {
    let kms = start().await;
    let key = kms.new_key().await;
    let blob = kms.encrypt(&key, HELLO).await;
    for at in (0..blob.trim_end_matches('=').len()).step_by(7) {
        let mut damaged = blob.clone().into_bytes();
        damaged[at] = if damaged[at] == b'A' { b'B' } else { b'A' };
        let input = json!({ "CiphertextBlob": String::from_utf8(damaged).unwrap() });
        kms.refuses("Decrypt", input, "InvalidCiphertextException").await;
    }
    let foreign = "AQICAHh2pGnPyFY1q3J5oUuZJ7oI4c3v0s4mJ4jYb8m1l3QnJAE=";
    kms.refuses("Decrypt", json!({ "CiphertextBlob": foreign }), "InvalidCiphertextException").await;

    // A sound blob of another installation names a key that isn't here.
    let elsewhere = start().await;
    let theirs = elsewhere.encrypt(&elsewhere.new_key().await, HELLO).await;
    let message = kms.refuses("Decrypt", json!({ "CiphertextBlob": theirs }), "AccessDeniedException").await;
    assert!(message.contains("does not exist in this region"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_key_than_the_ciphertexts_is_incorrect() {
    let kms = start().await;
    let (key, other) = (kms.new_key().await, kms.new_key().await);
    let blob = kms.encrypt(&key, HELLO).await;
    let input = json!({ "CiphertextBlob": blob, "KeyId": other });
    kms.refuses("Decrypt", input, "IncorrectKeyException").await;
    let input = json!({ "CiphertextBlob": blob, "SourceKeyId": other, "DestinationKeyId": other });
    kms.refuses("ReEncrypt", input, "IncorrectKeyException").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn re_encrypt_moves_to_another_key_and_context() {
    let kms = start().await;
    let (from, to) = (kms.new_key().await, kms.new_key().await);
    let context = json!({ "stage": "one" });
    let encrypted = json!({ "KeyId": from, "Plaintext": HELLO, "EncryptionContext": context });
    let blob = kms.call("Encrypt", encrypted).await["CiphertextBlob"].clone();
    let moved = json!({
        "CiphertextBlob": blob, "SourceEncryptionContext": context,
        "DestinationKeyId": to, "DestinationEncryptionContext": { "stage": "two" },
    });
    let moved = kms.call("ReEncrypt", moved).await;
    assert_eq!((&moved["SourceKeyId"], &moved["KeyId"]), (&json!(arn(&from)), &json!(arn(&to))));
    assert_ne!(moved["SourceKeyMaterialId"], moved["DestinationKeyMaterialId"]);
    let decrypted = json!({
        "CiphertextBlob": moved["CiphertextBlob"], "KeyId": to, "EncryptionContext": { "stage": "two" },
    });
    assert_eq!(kms.call("Decrypt", decrypted).await["Plaintext"], HELLO);
    let wrong = json!({ "CiphertextBlob": blob, "DestinationKeyId": to });
    kms.refuses("ReEncrypt", wrong, "InvalidCiphertextException").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_ends_where_it_would_succeed() {
    let kms = start().await;
    let key = kms.new_key().await;
    let blob = kms.encrypt(&key, HELLO).await;
    for (operation, input) in [
        ("Encrypt", json!({ "KeyId": key, "Plaintext": HELLO })),
        ("Decrypt", json!({ "CiphertextBlob": blob })),
        ("ReEncrypt", json!({ "CiphertextBlob": blob, "DestinationKeyId": key })),
        ("GenerateDataKey", json!({ "KeyId": key, "KeySpec": "AES_256" })),
        ("GenerateDataKeyWithoutPlaintext", json!({ "KeyId": key, "KeySpec": "AES_256" })),
    ] {
        kms.call(operation, input.clone()).await;
        let mut dry = input;
        dry["DryRun"] = json!(true);
        kms.refuses(operation, dry, "DryRunOperationException").await;
    }
    kms.call("DisableKey", json!({ "KeyId": key })).await;
    let dry = json!({ "CiphertextBlob": blob, "DryRun": true });
    kms.refuses("Decrypt", dry, "DisabledException").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plaintext_has_1_to_4096_bytes() {
    let kms = start().await;
    let key = kms.new_key().await;
    let largest = format!("{}AA==", "AAAA".repeat(1365));
    let blob = kms.encrypt(&key, &largest).await;
    let decrypted = kms.call("Decrypt", json!({ "CiphertextBlob": blob })).await;
    assert_eq!(decrypted["Plaintext"], largest.as_str());
    for wrong in [String::new(), "AAAA".repeat(1366)] {
        let message =
            kms.refuses("Encrypt", json!({ "KeyId": key, "Plaintext": wrong }), "ValidationException").await;
        assert!(message.contains("'plaintext'"), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_symmetric_key_has_not_is_refused() {
    let kms = start().await;
    let key = kms.new_key().await;
    let input = json!({ "KeyId": key, "Plaintext": HELLO, "EncryptionAlgorithm": "RSAES_OAEP_SHA_256" });
    kms.refuses("Encrypt", input, "InvalidKeyUsageException").await;
    let recipient = json!({ "KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256", "AttestationDocument": HELLO });
    let input = json!({ "KeyId": key, "KeySpec": "AES_256", "Recipient": recipient });
    kms.refuses("GenerateDataKey", input, "UnsupportedOperationException").await;
}
