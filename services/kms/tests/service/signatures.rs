use serde_json::{Value, json};

use crate::harness::{HELLO, TestKms, arn, blob, bytes, start, start_with_time, text};
use crate::openssl::OpenSsl;

const MESSAGE: &[u8] = b"attack at dawn";

/// How OpenSSL verifies `signature` of `message` with `public.der`; none where version 3.0 can't.
fn verifying(algorithm: &str) -> Option<String> {
    let sha = |name: &str| {
        let bits = name.rsplit('_').next().unwrap();
        format!("dgst -sha{bits} -verify public.der -keyform DER -signature signature")
    };
    let raw = "pkeyutl -verify -pubin -inkey public.der -keyform DER -rawin -in message -sigfile signature";
    match algorithm {
        name if name.starts_with("RSASSA_PSS") => {
            let sha = sha(name);
            Some(format!("{sha} -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest message"))
        }
        name if name.starts_with("RSASSA") || name.starts_with("ECDSA") => {
            Some(format!("{} message", sha(name)))
        }
        "ED25519_SHA_512" => Some(raw.to_owned()),
        "SM2DSA" => Some(format!("{raw} -digest sm3 -pkeyopt distid:1234567812345678")),
        _ => None,
    }
}

/// The hash function whose digests an algorithm takes instead of messages.
fn hash(algorithm: &str) -> Option<String> {
    match algorithm {
        // Its digest is not of the message alone.
        "SM2DSA" | "ED25519_SHA_512" | "ED25519_PH_SHA_512" | "ML_DSA_SHAKE_256" => None,
        name => Some(format!("sha{}", name.rsplit('_').next().unwrap())),
    }
}

struct Signer<'a> {
    kms: &'a TestKms,
    key: String,
    algorithm: String,
}

impl Signer<'_> {
    fn input(&self, message_type: &str, message: &[u8]) -> Value {
        json!({
            "KeyId": self.key, "Message": blob(message), "MessageType": message_type,
            "SigningAlgorithm": self.algorithm,
        })
    }

    async fn sign(&self, message_type: &str, message: &[u8]) -> Vec<u8> {
        let signed = self.kms.call("Sign", self.input(message_type, message)).await;
        assert_eq!(signed["KeyId"], arn(&self.key));
        assert_eq!(signed["SigningAlgorithm"], self.algorithm.as_str());
        bytes(&signed["Signature"])
    }

    async fn verify(&self, message_type: &str, message: &[u8], signature: &[u8]) {
        let mut input = self.input(message_type, message);
        input["Signature"] = json!(blob(signature));
        let verified = self.kms.call("Verify", input.clone()).await;
        assert_eq!(
            verified,
            json!({ "KeyId": arn(&self.key), "SignatureValid": true, "SigningAlgorithm": self.algorithm })
        );
        let mut damaged = signature.to_vec();
        *damaged.last_mut().unwrap() ^= 1;
        let mut other = message.to_vec();
        other[0] ^= 1;
        for (message, signature) in [(message, &damaged[..]), (&other, signature), (message, b"nonsense")] {
            input["Message"] = json!(blob(message));
            input["Signature"] = json!(blob(signature));
            self.kms.refuses("Verify", input.clone(), "KMSInvalidSignatureException").await;
        }
    }
}

/// Signs by every algorithm of a key of this spec, in every way, and has others verify it.
async fn every_signature_of(kms: &TestKms, spec: &str) {
    let key = kms.new_key_of(spec, "SIGN_VERIFY").await;
    let metadata = kms.call("DescribeKey", json!({ "KeyId": key })).await["KeyMetadata"].clone();
    let public = kms.call("GetPublicKey", json!({ "KeyId": key })).await;
    assert!(metadata.get("CurrentKeyMaterialId").is_none());
    for member in ["KeySpec", "CustomerMasterKeySpec", "KeyUsage", "SigningAlgorithms"] {
        assert_eq!(public[member], metadata[member], "{spec} {member}");
    }
    assert_eq!((&public["KeyId"], &public["KeySpec"]), (&json!(arn(&key)), &json!(spec)));
    assert!(public.get("EncryptionAlgorithms").is_none() && public.get("KeyAgreementAlgorithms").is_none());

    let openssl = OpenSsl::new();
    openssl.put("public.der", &bytes(&public["PublicKey"]));
    openssl.put("message", MESSAGE);
    for algorithm in public["SigningAlgorithms"].as_array().unwrap() {
        let signer = Signer { kms, key: key.clone(), algorithm: text(algorithm) };
        let mut signatures = Vec::new();
        if signer.algorithm == "ED25519_PH_SHA_512" {
            let digest = openssl.digest("sha512", MESSAGE);
            let signature = signer.sign("DIGEST", &digest).await;
            signer.verify("DIGEST", &digest, &signature).await;
        } else {
            let signature = signer.sign("RAW", MESSAGE).await;
            signer.verify("RAW", MESSAGE, &signature).await;
            signatures.push(signature);
        }
        if let Some(hash) = hash(&signer.algorithm) {
            // A message and its digest count as the same.
            let digest = openssl.digest(&hash, MESSAGE);
            let signature = signer.sign("DIGEST", &digest).await;
            signer.verify("RAW", MESSAGE, &signature).await;
            signer.verify("DIGEST", &digest, &signatures[0]).await;
            signatures.push(signature);
        }
        let Some(command) = verifying(&signer.algorithm) else { continue };
        for signature in &signatures {
            openssl.put("signature", signature);
            openssl.run(&command);
            openssl.put("signature", &signature[..signature.len() - 1]);
            assert!(!openssl.succeeds(&command), "{spec}: {command}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_rsa_signature_is_verified_by_openssl() {
    let kms = start_with_time().await;
    for spec in ["RSA_2048", "RSA_3072", "RSA_4096"] {
        every_signature_of(&kms, spec).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_elliptic_curve_signature_is_verified_by_openssl() {
    let kms = start().await;
    for spec in
        ["ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521", "ECC_SECG_P256K1", "ECC_NIST_EDWARDS25519", "SM2"]
    {
        every_signature_of(&kms, spec).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ml_dsa_signs_messages_and_their_representatives() {
    let kms = start().await;
    for spec in ["ML_DSA_44", "ML_DSA_65", "ML_DSA_87"] {
        every_signature_of(&kms, spec).await;
        let key = kms.new_key_of(spec, "SIGN_VERIFY").await;
        let public = kms.public_key(&key).await;
        let signer = Signer { kms: &kms, key, algorithm: "ML_DSA_SHAKE_256".to_owned() };
        // FIPS 204, algorithms 7 and 2: mu is of the public key's digest and of the message with an empty context before it.
        let openssl = OpenSsl::new();
        openssl.put("key", &public[SPKI_HEADER_LEN..]);
        let mut hashed = openssl.run("dgst -shake256 -xoflen 64 -binary key");
        hashed.extend_from_slice(&[0, 0]);
        hashed.extend_from_slice(MESSAGE);
        openssl.put("hashed", &hashed);
        let mu = openssl.run("dgst -shake256 -xoflen 64 -binary hashed");
        assert_eq!(mu.len(), 64);
        let signature = signer.sign("EXTERNAL_MU", &mu).await;
        signer.verify("EXTERNAL_MU", &mu, &signature).await;
        signer.verify("RAW", MESSAGE, &signature).await;
        let signature = signer.sign("RAW", MESSAGE).await;
        signer.verify("EXTERNAL_MU", &mu, &signature).await;
    }
}

/// What stands in a `SubjectPublicKeyInfo` before an ML-DSA key (RFC 9881).
const SPKI_HEADER_LEN: usize = 22;

#[tokio::test(flavor = "multi_thread")]
async fn a_message_fits_its_type_and_algorithm() {
    let kms = start().await;
    let keys = [
        ("ECC_NIST_P256", "ECDSA_SHA_256"),
        ("ECC_NIST_EDWARDS25519", "ED25519_SHA_512"),
        ("ECC_NIST_EDWARDS25519", "ED25519_PH_SHA_512"),
        ("ML_DSA_44", "ML_DSA_SHAKE_256"),
        ("SM2", "SM2DSA"),
    ];
    let refusals: [&[(&str, usize, &str)]; 5] = [
        &[
            ("DIGEST", 31, "Digest is invalid length for algorithm ECDSA_SHA_256."),
            ("DIGEST", 64, "Digest is invalid length for algorithm ECDSA_SHA_256."),
            ("EXTERNAL_MU", 64, "Message type EXTERNAL_MU is incompatible with key spec ECC_NIST_P256."),
            ("RAW", 0, "'message'"),
            ("RAW", 4097, "'message'"),
            ("HASH", 32, "'messageType'"),
        ],
        &[("DIGEST", 64, "Message type DIGEST is incompatible with algorithm ED25519_SHA_512.")],
        &[
            ("RAW", 64, "Message type RAW is incompatible with algorithm ED25519_PH_SHA_512."),
            ("DIGEST", 32, "Digest is invalid length for algorithm ED25519_PH_SHA_512."),
        ],
        &[
            ("DIGEST", 64, "Message type DIGEST is incompatible with key spec ML_DSA_44."),
            ("EXTERNAL_MU", 63, "External Mu is invalid length for algorithm ML_DSA_SHAKE_256."),
        ],
        &[("DIGEST", 48, "Digest is invalid length for algorithm SM2DSA.")],
    ];
    for ((spec, algorithm), refusals) in keys.into_iter().zip(refusals) {
        let key = kms.new_key_of(spec, "SIGN_VERIFY").await;
        for (message_type, length, expected) in refusals {
            let mut input = json!({
                "KeyId": key, "Message": blob(vec![7; *length]), "MessageType": message_type,
                "SigningAlgorithm": algorithm,
            });
            let message = kms.refuses("Sign", input.clone(), "ValidationException").await;
            assert!(message.contains(expected), "{message}");
            input["Signature"] = json!(HELLO);
            let message = kms.refuses("Verify", input, "ValidationException").await;
            assert!(message.contains(expected), "{message}");
        }
        let largest = if algorithm == "ED25519_PH_SHA_512" { ("DIGEST", 64) } else { ("RAW", 4096) };
        let signer = Signer { kms: &kms, key, algorithm: algorithm.to_owned() };
        signer.sign(largest.0, &vec![7; largest.1]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_signs_only_if_it_is_for_that_and_by_its_own_algorithms() {
    let kms = start().await;
    let input = |key: &str, algorithm: &str| json!({ "KeyId": key, "Message": HELLO, "SigningAlgorithm": algorithm, "Signature": HELLO });
    let key = kms.new_key_of("ECC_NIST_P256", "SIGN_VERIFY").await;
    for algorithm in ["ECDSA_SHA_384", "RSASSA_PSS_SHA_256", "SM2DSA", "ML_DSA_SHAKE_256", "ED25519_SHA_512"]
    {
        for operation in ["Sign", "Verify"] {
            let message = kms.refuses(operation, input(&key, algorithm), "InvalidKeyUsageException").await;
            assert_eq!(
                message,
                format!("Algorithm {algorithm} is incompatible with key spec ECC_NIST_P256.")
            );
        }
    }
    for (spec, usage) in [
        ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"),
        ("HMAC_256", "GENERATE_VERIFY_MAC"),
        ("ECC_NIST_P256", "KEY_AGREEMENT"),
        ("SM2", "ENCRYPT_DECRYPT"),
    ] {
        let key = kms.new_key_of(spec, usage).await;
        for operation in ["Sign", "Verify"] {
            let refused = input(&key, "ECDSA_SHA_256");
            let message = kms.refuses(operation, refused, "InvalidKeyUsageException").await;
            assert_eq!(
                message,
                format!("{} key usage is {usage} which is not valid for {operation}.", arn(&key))
            );
        }
    }
    let unknown = input("00000000-0000-4000-8000-000000000000", "ECDSA_SHA_256");
    kms.refuses("Sign", unknown, "NotFoundException").await;
    kms.refuses("Sign", input(&key, "ECDSA_SHA_1"), "ValidationException").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_signs_and_verifies_nothing() {
    let kms = start().await;
    let key = kms.new_key_of("ECC_NIST_P256", "SIGN_VERIFY").await;
    let mut input = json!({
        "KeyId": key, "Message": HELLO, "SigningAlgorithm": "ECDSA_SHA_256", "DryRun": true,
    });
    kms.refuses("Sign", input.clone(), "DryRunOperationException").await;
    input["DryRun"] = json!(false);
    let signature = kms.call("Sign", input.clone()).await["Signature"].clone();
    input["DryRun"] = json!(true);
    input["Signature"] = signature;
    kms.refuses("Verify", input.clone(), "DryRunOperationException").await;
    input["Message"] = json!(blob("other"));
    kms.refuses("Verify", input.clone(), "KMSInvalidSignatureException").await;
    kms.call("DisableKey", json!({ "KeyId": key })).await;
    kms.refuses("Sign", input, "DisabledException").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_asymmetric_keys_have_a_public_key() {
    let kms = start().await;
    for (spec, usage) in [("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"), ("HMAC_512", "GENERATE_VERIFY_MAC")] {
        let key = kms.new_key_of(spec, usage).await;
        let input = json!({ "KeyId": key });
        kms.refuses("GetPublicKey", input, "UnsupportedOperationException").await;
    }
}
