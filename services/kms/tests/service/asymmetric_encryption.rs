use serde_json::{Value, json};

use crate::harness::{HELLO, TestKms, arn, blob, bytes, start, start_with_time, text};
use crate::openssl::OpenSsl;

fn encrypt(key: &str, algorithm: &str, plaintext: &[u8]) -> Value {
    json!({ "KeyId": key, "EncryptionAlgorithm": algorithm, "Plaintext": blob(plaintext) })
}

fn decrypt(key: &str, algorithm: &str, ciphertext: impl AsRef<[u8]>) -> Value {
    json!({ "KeyId": key, "EncryptionAlgorithm": algorithm, "CiphertextBlob": blob(ciphertext) })
}

async fn sm2_key(kms: &TestKms) -> String {
    kms.new_key_of("SM2", "ENCRYPT_DECRYPT").await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_rsa_key_decrypts_what_openssl_and_it_itself_encrypted() {
    let kms = start_with_time().await;
    for (spec, modulus) in [("RSA_2048", 256), ("RSA_3072", 384), ("RSA_4096", 512)] {
        let key = kms.new_key_of(spec, "ENCRYPT_DECRYPT").await;
        let public = kms.call("GetPublicKey", json!({ "KeyId": key })).await;
        assert_eq!(public["EncryptionAlgorithms"], json!(["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"]));
        let openssl = OpenSsl::new();
        openssl.put("public.der", &bytes(&public["PublicKey"]));
        for (algorithm, hash, digest) in
            [("RSAES_OAEP_SHA_1", "sha1", 20), ("RSAES_OAEP_SHA_256", "sha256", 32)]
        {
            let max = modulus - 2 * digest - 2;
            let plaintext = vec![7; max];
            let encrypted = kms.call("Encrypt", encrypt(&key, algorithm, &plaintext)).await;
            assert_eq!(encrypted["KeyId"], arn(&key));
            assert_eq!(encrypted["EncryptionAlgorithm"], algorithm);
            let ours = bytes(&encrypted["CiphertextBlob"]);
            assert_eq!(ours.len(), modulus);
            openssl.put("plaintext", &plaintext);
            let theirs = openssl.run(&format!(
                "pkeyutl -encrypt -pubin -inkey public.der -keyform DER -in plaintext -pkeyopt rsa_padding_mode:oaep \
                 -pkeyopt rsa_oaep_md:{hash} -pkeyopt rsa_mgf1_md:{hash}"
            ));
            for ciphertext in [&ours, &theirs] {
                let decrypted = kms.call("Decrypt", decrypt(&key, algorithm, ciphertext)).await;
                assert_eq!(bytes(&decrypted["Plaintext"]), plaintext);
                assert_eq!(decrypted["KeyId"], arn(&key));
                assert_eq!(decrypted["EncryptionAlgorithm"], algorithm);
                assert!(decrypted.get("KeyMaterialId").is_none());
            }
            let long = encrypt(&key, algorithm, &vec![7; max + 1]);
            let message = kms.refuses("Encrypt", long, "ValidationException").await;
            assert_eq!(
                message,
                format!(
                    "Algorithm {algorithm} and key spec {spec} cannot encrypt data larger than {max} bytes."
                )
            );
            let mut damaged = ours.clone();
            damaged[modulus / 2] ^= 1;
            let other = if digest == 20 { "RSAES_OAEP_SHA_256" } else { "RSAES_OAEP_SHA_1" };
            for wrong in [
                decrypt(&key, algorithm, damaged),
                decrypt(&key, algorithm, &ours[1..]),
                decrypt(&key, algorithm, b"nonsense"),
                decrypt(&key, other, &ours),
            ] {
                kms.refuses("Decrypt", wrong, "InvalidCiphertextException").await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_sm2_key_encrypts_up_to_1024_bytes_for_itself_only() {
    let kms = start().await;
    let (key, other) = (sm2_key(&kms).await, sm2_key(&kms).await);
    for length in [1, 1024] {
        let plaintext = vec![7; length];
        let encrypted = kms.call("Encrypt", encrypt(&key, "SM2PKE", &plaintext)).await;
        let ciphertext = bytes(&encrypted["CiphertextBlob"]);
        let decrypted = kms.call("Decrypt", decrypt(&key, "SM2PKE", &ciphertext)).await;
        assert_eq!(bytes(&decrypted["Plaintext"]), plaintext);
        let wrong = decrypt(&other, "SM2PKE", &ciphertext);
        kms.refuses("Decrypt", wrong, "InvalidCiphertextException").await;
    }
    let message = kms.refuses("Encrypt", encrypt(&key, "SM2PKE", &[7; 1025]), "ValidationException").await;
    assert_eq!(message, "Algorithm SM2PKE and key spec SM2 cannot encrypt data larger than 1024 bytes.");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_sm2_key_decrypts_what_openssl_encrypted() {
    let kms = start().await;
    let key = sm2_key(&kms).await;
    let openssl = OpenSsl::new();
    openssl.put("public.der", &kms.public_key(&key).await);
    openssl.put("plaintext", b"attack at dawn");
    let theirs = openssl
        .run("pkeyutl -encrypt -pubin -inkey public.der -keyform DER -in plaintext -pkeyopt digest:sm3");
    let decrypted = kms.call("Decrypt", decrypt(&key, "SM2PKE", theirs)).await;
    assert_eq!(bytes(&decrypted["Plaintext"]), b"attack at dawn");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_asymmetric_key_and_its_algorithm_must_be_named() {
    let kms = start().await;
    let (key, symmetric) = (sm2_key(&kms).await, kms.new_key().await);
    let sealed = text(&kms.call("Encrypt", encrypt(&key, "SM2PKE", b"hello")).await["CiphertextBlob"]);

    // Nothing in the ciphertext tells the key.
    let without_key = json!({ "CiphertextBlob": sealed, "EncryptionAlgorithm": "SM2PKE" });
    kms.refuses("Decrypt", without_key, "InvalidCiphertextException").await;
    kms.refuses("Decrypt", json!({ "CiphertextBlob": sealed }), "InvalidCiphertextException").await;
    let incompatible = "Algorithm SYMMETRIC_DEFAULT is incompatible with key spec SM2.";
    for (operation, input) in [
        ("Decrypt", json!({ "CiphertextBlob": sealed, "KeyId": key })),
        ("Encrypt", json!({ "Plaintext": HELLO, "KeyId": key })),
    ] {
        assert_eq!(kms.refuses(operation, input, "InvalidKeyUsageException").await, incompatible);
    }
    for (key, algorithm) in
        [(&key, "RSAES_OAEP_SHA_256"), (&symmetric, "SM2PKE"), (&symmetric, "RSAES_OAEP_SHA_1")]
    {
        for (operation, input) in
            [("Encrypt", encrypt(key, algorithm, b"hello")), ("Decrypt", decrypt(key, algorithm, b"hello"))]
        {
            kms.refuses(operation, input, "InvalidKeyUsageException").await;
        }
    }
    // A symmetric ciphertext names its key, whichever is asked for.
    let blob = kms.encrypt(&symmetric, HELLO).await;
    let wrong = json!({ "CiphertextBlob": blob, "KeyId": key, "EncryptionAlgorithm": "SM2PKE" });
    kms.refuses("Decrypt", wrong, "InvalidCiphertextException").await;
    let without_ciphertext = json!({ "KeyId": key });
    let message = kms.refuses("Decrypt", without_ciphertext, "ValidationException").await;
    assert!(message.contains("'ciphertextBlob'"), "{message}");

    for (spec, usage) in [("HMAC_256", "GENERATE_VERIFY_MAC"), ("SM2", "SIGN_VERIFY")] {
        let other = kms.new_key_of(spec, usage).await;
        for (operation, input) in [
            ("Encrypt", encrypt(&other, "SM2PKE", b"hello")),
            ("Decrypt", decrypt(&other, "SM2PKE", b"hello")),
        ] {
            let message = kms.refuses(operation, input, "InvalidKeyUsageException").await;
            let expected =
                format!("{} key usage is {usage} which is not valid for {operation}.", arn(&other));
            assert_eq!(message, expected);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_asymmetric_key_takes_no_encryption_context() {
    let kms = start().await;
    let key = sm2_key(&kms).await;
    let sealed = bytes(&kms.call("Encrypt", encrypt(&key, "SM2PKE", b"hello")).await["CiphertextBlob"]);
    for (operation, mut input) in
        [("Encrypt", encrypt(&key, "SM2PKE", b"hello")), ("Decrypt", decrypt(&key, "SM2PKE", &sealed))]
    {
        input["EncryptionContext"] = json!({});
        kms.call(operation, input.clone()).await;
        input["EncryptionContext"] = json!({ "a": "b" });
        kms.refuses(operation, input, "ValidationException").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn re_encrypt_moves_between_kinds_of_keys() {
    let kms = start().await;
    let (symmetric, sm2) = (kms.new_key().await, sm2_key(&kms).await);
    let context = json!({ "app": "x" });
    let sealed = json!({ "KeyId": symmetric, "Plaintext": HELLO, "EncryptionContext": context });
    let sealed = kms.call("Encrypt", sealed).await["CiphertextBlob"].clone();
    let input = json!({
        "CiphertextBlob": sealed, "SourceEncryptionContext": context,
        "DestinationKeyId": sm2, "DestinationEncryptionAlgorithm": "SM2PKE",
    });
    let moved = kms.call("ReEncrypt", input.clone()).await;
    assert_eq!((&moved["SourceKeyId"], &moved["KeyId"]), (&json!(arn(&symmetric)), &json!(arn(&sm2))));
    assert_eq!(moved["SourceEncryptionAlgorithm"], "SYMMETRIC_DEFAULT");
    assert_eq!(moved["DestinationEncryptionAlgorithm"], "SM2PKE");
    assert!(moved["SourceKeyMaterialId"].is_string() && moved.get("DestinationKeyMaterialId").is_none());
    let ciphertext = bytes(&moved["CiphertextBlob"]);
    assert_eq!(kms.call("Decrypt", decrypt(&sm2, "SM2PKE", &ciphertext)).await["Plaintext"], HELLO);

    let back = json!({
        "CiphertextBlob": moved["CiphertextBlob"], "SourceKeyId": sm2, "SourceEncryptionAlgorithm": "SM2PKE",
        "DestinationKeyId": symmetric, "DestinationEncryptionContext": context,
    });
    let moved = kms.call("ReEncrypt", back.clone()).await;
    assert!(moved.get("SourceKeyMaterialId").is_none() && moved["DestinationKeyMaterialId"].is_string());
    let decrypted = json!({ "CiphertextBlob": moved["CiphertextBlob"], "EncryptionContext": context });
    assert_eq!(kms.call("Decrypt", decrypted).await["Plaintext"], HELLO);

    for (member, wrong, code) in [
        ("SourceKeyId", json!(symmetric), "InvalidKeyUsageException"),
        ("SourceEncryptionAlgorithm", json!("SYMMETRIC_DEFAULT"), "InvalidKeyUsageException"),
        ("DestinationEncryptionAlgorithm", json!("SM2PKE"), "InvalidKeyUsageException"),
        ("SourceEncryptionContext", context, "ValidationException"),
        ("DryRun", json!(true), "DryRunOperationException"),
    ] {
        let mut input = back.clone();
        input[member] = wrong;
        kms.refuses("ReEncrypt", input, code).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_may_ignore_the_ciphertext() {
    let kms = start().await;
    let (key, sm2) = (kms.new_key().await, sm2_key(&kms).await);
    let modifiers = json!(["IGNORE_CIPHERTEXT"]);
    for input in [
        json!({ "KeyId": key }),
        json!({ "KeyId": key, "CiphertextBlob": HELLO }),
        json!({ "KeyId": sm2, "EncryptionAlgorithm": "SM2PKE" }),
    ] {
        let mut dry = input.clone();
        dry["DryRun"] = json!(true);
        dry["DryRunModifiers"] = modifiers.clone();
        kms.refuses("Decrypt", dry.clone(), "DryRunOperationException").await;
        dry["SourceKeyId"] = dry["KeyId"].take();
        dry["SourceEncryptionAlgorithm"] = dry["EncryptionAlgorithm"].take();
        dry["DestinationKeyId"] = json!(key);
        kms.refuses("ReEncrypt", dry, "DryRunOperationException").await;
        let mut wet = input;
        wet["DryRunModifiers"] = modifiers.clone();
        kms.refuses("Decrypt", wet, "ValidationException").await;
    }
    let dry = json!({ "DryRun": true, "DryRunModifiers": modifiers });
    kms.refuses("Decrypt", dry.clone(), "ValidationException").await;
    let nobody = kms.client.with_key("AKIANOBODY");
    let mut input = dry;
    input["KeyId"] = json!(key);
    assert_eq!(nobody.call("Decrypt", input.clone()).await.error(), "AccessDeniedException");
    kms.call("DisableKey", json!({ "KeyId": key })).await;
    kms.refuses("Decrypt", input, "DisabledException").await;
}
