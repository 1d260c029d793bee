use serde_json::{Value, json};

use crate::harness::{HELLO, TestKms, arn, blob, bytes, start, start_with_time, text};
use crate::openssl::OpenSsl;

/// Makes a pair in both ways, and has OpenSSL read it.
async fn a_pair_of(kms: &TestKms, spec: &str) {
    let key = kms.new_key().await;
    let material =
        kms.call("DescribeKey", json!({ "KeyId": key })).await["KeyMetadata"]["CurrentKeyMaterialId"].clone();
    let context = json!({ "app": "x" });
    let input = json!({ "KeyId": key, "KeyPairSpec": spec, "EncryptionContext": context });
    let decrypt = async |pair: &Value| {
        let blob = &pair["PrivateKeyCiphertextBlob"];
        let input = json!({ "CiphertextBlob": blob, "EncryptionContext": context });
        text(&kms.call("Decrypt", input).await["Plaintext"])
    };
    let pair = kms.call("GenerateDataKeyPair", input.clone()).await;
    assert_eq!(pair["PrivateKeyPlaintext"], decrypt(&pair).await);
    let without = kms.call("GenerateDataKeyPairWithoutPlaintext", input).await;
    assert!(without.get("PrivateKeyPlaintext").is_none());
    assert_ne!(without["PublicKey"], pair["PublicKey"]);
    let without_private = decrypt(&without).await;
    for (pair, private) in [(&pair, text(&pair["PrivateKeyPlaintext"])), (&without, without_private)] {
        assert_eq!((&pair["KeyId"], &pair["KeyPairSpec"]), (&json!(arn(&key)), &json!(spec)));
        assert_eq!(pair["KeyMaterialId"], material);
        let openssl = OpenSsl::new();
        openssl.put("private.der", &bytes(&json!(private)));
        let public = openssl.run("pkey -inform DER -in private.der -check -pubout -outform DER");
        // It says that the key is valid before it prints it.
        assert!(public.ends_with(&bytes(&pair["PublicKey"])), "{spec}");
    }
    let wrong = json!({ "CiphertextBlob": pair["PrivateKeyCiphertextBlob"] });
    kms.refuses("Decrypt", wrong, "InvalidCiphertextException").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn openssl_reads_every_elliptic_curve_pair() {
    let kms = start().await;
    for spec in
        ["ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521", "ECC_SECG_P256K1", "SM2", "ECC_NIST_EDWARDS25519"]
    {
        a_pair_of(&kms, spec).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn openssl_reads_every_rsa_pair() {
    let kms = start_with_time().await;
    for spec in ["RSA_2048", "RSA_3072", "RSA_4096"] {
        a_pair_of(&kms, spec).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pair_is_encrypted_under_a_symmetric_key_only() {
    let kms = start().await;
    let input = |key: &str, spec: &str| json!({ "KeyId": key, "KeyPairSpec": spec });
    let (signer, sm2) = (
        kms.new_key_of("ECC_NIST_P256", "SIGN_VERIFY").await,
        kms.new_key_of("SM2", "ENCRYPT_DECRYPT").await,
    );
    let key = kms.new_key().await;
    for operation in ["GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext"] {
        let refused = input(&signer, "ECC_NIST_P256");
        let message = kms.refuses(operation, refused, "InvalidKeyUsageException").await;
        assert_eq!(
            message,
            format!("{} key usage is SIGN_VERIFY which is not valid for {operation}.", arn(&signer))
        );
        let refused = input(&sm2, "ECC_NIST_P256");
        let message = kms.refuses(operation, refused, "InvalidKeyUsageException").await;
        assert_eq!(message, "Algorithm SYMMETRIC_DEFAULT is incompatible with key spec SM2.");
        for spec in ["ML_DSA_44", "SYMMETRIC_DEFAULT", "RSA_1024"] {
            kms.refuses(operation, input(&key, spec), "ValidationException").await;
        }
        let mut dry = input(&key, "RSA_4096");
        dry["DryRun"] = json!(true);
        kms.refuses(operation, dry, "DryRunOperationException").await;
    }
    let generate = json!({ "KeyId": sm2, "KeySpec": "AES_256" });
    kms.refuses("GenerateDataKey", generate, "InvalidKeyUsageException").await;
    let mut to_enclave = input(&key, "ECC_NIST_P256");
    to_enclave["Recipient"] =
        json!({ "KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256", "AttestationDocument": blob(HELLO) });
    kms.refuses("GenerateDataKeyPair", to_enclave, "UnsupportedOperationException").await;
}
