use std::sync::Arc;

use keywright_kms::domain::domain_keys::{DomainKeys, StoredDomainKey};
use keywright_kms::domain::import_token::{ImportToken, SealedToken};
use keywright_root_key::{RootKeySource, WrappedKey};
use keywright_service::testing::{TestCredentials, base_config_in};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use crate::harness::{HELLO, TestKms, arn, blob, bytes, client, config, run, start, text};
use crate::importing::{
    Parameters, external_key, external_key_of, import, import_refused, parameters, quick_parameters, state,
};
use crate::openssl::OpenSsl;

const MATERIAL: [u8; 32] = [0x2a; 32];

#[tokio::test(flavor = "multi_thread")]
async fn every_wrapping_algorithm_and_spec_brings_the_same_material() {
    let kms = start().await;
    let key = external_key(&kms).await;
    assert_eq!(state(&kms, &key).await, "PendingImport");
    let mut ids = Vec::new();
    let rsa =
        ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256", "RSA_AES_KEY_WRAP_SHA_1", "RSA_AES_KEY_WRAP_SHA_256"];
    let all = ["RSA_2048", "RSA_3072", "RSA_4096"].into_iter().flat_map(|spec| rsa.map(|name| (name, spec)));
    for (algorithm, spec) in all.chain([("SM2PKE", "SM2")]) {
        let parameters = parameters(&kms, &key, algorithm, spec).await;
        let input = parameters.input(&key, &MATERIAL, &json!({}));
        let imported = kms.call("ImportKeyMaterial", input).await;
        assert_eq!(imported["KeyId"], arn(&key));
        ids.push(text(&imported["KeyMaterialId"]));
        assert_eq!(state(&kms, &key).await, "Enabled", "{algorithm} {spec}");
    }
    ids.dedup();
    assert_eq!(ids.len(), 1);
    let described = kms.call("DescribeKey", json!({ "KeyId": key })).await["KeyMetadata"].clone();
    assert_eq!(described["ExpirationModel"], "KEY_MATERIAL_DOES_NOT_EXPIRE");
    assert_eq!(described["CurrentKeyMaterialId"], ids[0].as_str());
    let sealed = kms.encrypt(&key, HELLO).await;
    assert_eq!(kms.call("Decrypt", json!({ "CiphertextBlob": sealed })).await["Plaintext"], HELLO);
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_are_recorded_without_their_key_and_valid_for_a_day() {
    let kms = start().await;
    let key = external_key(&kms).await;
    let input = json!({ "KeyId": key, "WrappingAlgorithm": "SM2PKE", "WrappingKeySpec": "SM2" });
    let answer = kms.call("GetParametersForImport", input).await;
    assert_eq!(answer["KeyId"], arn(&key));
    let valid_to = answer["ParametersValidTo"].as_f64().unwrap();
    let tomorrow = (OffsetDateTime::now_utc() + Duration::hours(24)).unix_timestamp() as f64;
    assert!((valid_to - tomorrow).abs() < 60.0, "{valid_to} {tomorrow}");
    assert!(bytes(&answer["ImportToken"]).len() <= 6144);
    let record = kms.record_of("GetParametersForImport", 2).await;
    let parameters = json!({ "keyId": key, "wrappingAlgorithm": "SM2PKE", "wrappingKeySpec": "SM2" });
    assert_eq!(record["requestParameters"], parameters);
    assert_eq!(record["responseElements"], Value::Null);

    let more = json!({ "ImportType": "NEW_KEY_MATERIAL", "KeyMaterialDescription": "from our hsm" });
    let imported = import(&kms, &key, &MATERIAL, more).await;
    let record = kms.record_of("ImportKeyMaterial", 4).await;
    let parameters = json!({
        "keyId": key, "expirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE", "importType": "NEW_KEY_MATERIAL",
        "keyMaterialDescription": "from our hsm",
    });
    assert_eq!(record["requestParameters"], parameters);
    let answered = json!({ "keyId": arn(&key), "keyMaterialId": imported["KeyMaterialId"] });
    assert_eq!(record["responseElements"], answered);
}

/// Key pairs as OpenSSL makes them, with how a key of that spec is used.
const PAIRS: &[(&str, &str, &str)] = &[
    ("RSA_2048", "-algorithm RSA -pkeyopt rsa_keygen_bits:2048", "RSASSA_PSS_SHA_256"),
    ("ECC_NIST_P256", "-algorithm EC -pkeyopt ec_paramgen_curve:P-256", "ECDSA_SHA_256"),
    ("ECC_NIST_P384", "-algorithm EC -pkeyopt ec_paramgen_curve:P-384", "ECDSA_SHA_384"),
    ("ECC_NIST_P521", "-algorithm EC -pkeyopt ec_paramgen_curve:P-521", "ECDSA_SHA_512"),
    ("ECC_SECG_P256K1", "-algorithm EC -pkeyopt ec_paramgen_curve:secp256k1", "ECDSA_SHA_256"),
    ("ECC_NIST_EDWARDS25519", "-algorithm ed25519", "ED25519_SHA_512"),
    ("SM2", "-algorithm EC -pkeyopt ec_paramgen_curve:SM2", "SM2DSA"),
];

/// A private key in the PKCS #8 form.
fn new_pair(openssl: &OpenSsl, generation: &str) -> Vec<u8> {
    openssl.run(&format!("genpkey {generation} -out private.pem"));
    openssl.run("pkcs8 -topk8 -nocrypt -in private.pem -outform DER")
}

/// How material of a spec is wrapped under RSA-2048.
fn wrapping_of(spec: &str) -> &'static str {
    match spec {
        "RSA_2048" | "ECC_NIST_P521" => "RSA_AES_KEY_WRAP_SHA_256",
        _ => "RSAES_OAEP_SHA_256",
    }
}

async fn sign_and_verify(kms: &TestKms, key: &str, algorithm: &str) {
    let signed = json!({ "KeyId": key, "Message": HELLO, "SigningAlgorithm": algorithm });
    let signature = kms.call("Sign", signed.clone()).await["Signature"].clone();
    let mut verified = signed;
    verified["Signature"] = signature;
    assert_eq!(kms.call("Verify", verified).await["SignatureValid"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn key_pairs_of_openssl_are_imported_and_used() {
    let kms = start().await;
    for (spec, generation, algorithm) in PAIRS {
        let openssl = OpenSsl::new();
        let private = new_pair(&openssl, generation);
        openssl.put("private.der", &private);
        let public = openssl.run("pkey -inform DER -in private.der -pubout -outform DER");
        let key = external_key_of(&kms, spec, "SIGN_VERIFY").await;
        let parameters = parameters(&kms, &key, wrapping_of(spec), "RSA_2048").await;
        let imported = kms.call("ImportKeyMaterial", parameters.input(&key, &private, &json!({}))).await;
        assert_eq!(imported, json!({ "KeyId": arn(&key) }), "{spec}");
        assert_eq!(kms.public_key(&key).await, public, "{spec}");
        sign_and_verify(&kms, &key, algorithm).await;
        // The same material may come again, another one may not.
        kms.call("ImportKeyMaterial", parameters.input(&key, &private, &json!({}))).await;
        let other = new_pair(&openssl, generation);
        let other = parameters.input(&key, &other, &json!({}));
        kms.refuses("ImportKeyMaterial", other, "IncorrectKeyMaterialException").await;
        sign_and_verify(&kms, &key, algorithm).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ml_dsa_keys_are_imported_and_used() {
    use keywright_crypto::{KeyPairSpec, PrivateKey, SystemRandom};
    let kms = start().await;
    let specs = [
        ("ML_DSA_44", KeyPairSpec::MlDsa44),
        ("ML_DSA_65", KeyPairSpec::MlDsa65),
        ("ML_DSA_87", KeyPairSpec::MlDsa87),
    ];
    for (spec, pair) in specs {
        let pair = PrivateKey::generate(pair, &SystemRandom).unwrap();
        let key = external_key_of(&kms, spec, "SIGN_VERIFY").await;
        import(&kms, &key, pair.to_pkcs8().expose_secret(), json!({})).await;
        assert_eq!(kms.public_key(&key).await, pair.public_key().spki(), "{spec}");
        sign_and_verify(&kms, &key, "ML_DSA_SHAKE_256").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hmac_keys_are_imported_and_used() {
    let kms = start().await;
    for (bits, length) in [(224_usize, 28), (256, 32), (384, 48), (512, 64)] {
        let key = external_key_of(&kms, &format!("HMAC_{bits}"), "GENERATE_VERIFY_MAC").await;
        let material = vec![0x41; length];
        for wrong in [length - 1, length + 1] {
            let code = "IncorrectKeyMaterialException";
            import_refused(&kms, &key, &vec![0x41; wrong], json!({}), code).await;
        }
        import(&kms, &key, &material, json!({})).await;
        let input = json!({ "KeyId": key, "Message": HELLO, "MacAlgorithm": format!("HMAC_SHA_{bits}") });
        let mac = bytes(&kms.call("GenerateMac", input).await["Mac"]);
        let openssl = OpenSsl::new();
        openssl.put("message", b"hello");
        let ours = format!("dgst -sha{bits} -binary -hmac {} message", "A".repeat(length));
        assert_eq!(mac, openssl.run(&ours), "{bits}");
        for more in [
            json!({ "ImportType": "EXISTING_KEY_MATERIAL" }),
            json!({ "KeyMaterialDescription": "x" }),
            json!({ "KeyMaterialId": "0".repeat(64) }),
        ] {
            import_refused(&kms, &key, &material, more, "UnsupportedOperationException").await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_for_agreement_and_encryption_are_imported_and_used() {
    let kms = start().await;
    let openssl = OpenSsl::new();
    let private = new_pair(&openssl, "-algorithm EC -pkeyopt ec_paramgen_curve:P-256");
    let key = external_key_of(&kms, "ECC_NIST_P256", "KEY_AGREEMENT").await;
    import(&kms, &key, &private, json!({})).await;
    let peer = blob(kms.public_key(&key).await);
    let input = json!({ "KeyId": key, "KeyAgreementAlgorithm": "ECDH", "PublicKey": peer });
    assert_eq!(bytes(&kms.call("DeriveSharedSecret", input).await["SharedSecret"]).len(), 32);

    let private = new_pair(&openssl, "-algorithm RSA -pkeyopt rsa_keygen_bits:2048");
    let key = external_key_of(&kms, "RSA_2048", "ENCRYPT_DECRYPT").await;
    import(&kms, &key, &private, json!({})).await;
    let algorithm = "RSAES_OAEP_SHA_256";
    let input = json!({ "KeyId": key, "Plaintext": HELLO, "EncryptionAlgorithm": algorithm });
    let sealed = kms.call("Encrypt", input).await["CiphertextBlob"].clone();
    let input = json!({ "KeyId": key, "CiphertextBlob": sealed, "EncryptionAlgorithm": algorithm });
    assert_eq!(kms.call("Decrypt", input).await["Plaintext"], HELLO);
}

#[tokio::test(flavor = "multi_thread")]
async fn combinations_that_do_not_go_together_are_refused() {
    let kms = start().await;
    let symmetric = external_key(&kms).await;
    let rsa = external_key_of(&kms, "RSA_2048", "SIGN_VERIFY").await;
    let p521 = external_key_of(&kms, "ECC_NIST_P521", "SIGN_VERIFY").await;
    let made_here = kms.new_key().await;
    let get = |key: &str, algorithm: &str, spec: &str| json!({ "KeyId": key, "WrappingAlgorithm": algorithm, "WrappingKeySpec": spec });
    for input in [
        get(&symmetric, "RSAES_PKCS1_V1_5", "RSA_2048"),
        get(&symmetric, "SM2PKE", "RSA_2048"),
        get(&symmetric, "RSAES_OAEP_SHA_256", "SM2"),
        get(&rsa, "RSAES_OAEP_SHA_256", "RSA_4096"),
        get(&p521, "RSAES_OAEP_SHA_1", "RSA_2048"),
        get(&made_here, "RSAES_OAEP_SHA_256", "RSA_2048"),
    ] {
        kms.refuses("GetParametersForImport", input, "UnsupportedOperationException").await;
    }
    for input in [
        get(&symmetric, "ROT13", "RSA_2048"),
        get(&symmetric, "RSAES_OAEP_SHA_256", "RSA_1024"),
        json!({ "KeyId": symmetric, "WrappingAlgorithm": "SM2PKE" }),
    ] {
        kms.refuses("GetParametersForImport", input, "ValidationException").await;
    }
    let other = quick_parameters(&kms, &symmetric).await;
    let input = other.input(&made_here, &MATERIAL, &json!({}));
    let message = kms.refuses("ImportKeyMaterial", input, "UnsupportedOperationException").await;
    assert_eq!(
        message,
        format!("{} origin is AWS_KMS which is not valid for this operation.", arn(&made_here))
    );
    let input = json!({ "KeyId": made_here });
    kms.refuses("DeleteImportedKeyMaterial", input, "UnsupportedOperationException").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_of_one_key_and_one_wrapping_key() {
    let kms = start().await;
    let (key, other) = (external_key(&kms).await, external_key(&kms).await);
    let mine = parameters(&kms, &key, "RSAES_OAEP_SHA_256", "RSA_2048").await;
    let theirs = parameters(&kms, &other, "RSAES_OAEP_SHA_256", "RSA_2048").await;
    let refused = async |parameters: &Parameters, change: (&str, Value), code: &str| {
        let mut input = parameters.input(&key, &MATERIAL, &json!({}));
        input[change.0] = change.1;
        kms.refuses("ImportKeyMaterial", input, code).await;
    };
    let nothing = || ("KeyId", json!(key));
    refused(&theirs, nothing(), "InvalidImportTokenException").await;
    for token in [b"x".to_vec(), bytes(&json!(mine.token))[1..].to_vec(), vec![1; 600]] {
        refused(&mine, ("ImportToken", json!(blob(token))), "InvalidImportTokenException").await;
    }
    refused(&mine, ("ImportToken", json!(blob([1; 6145]))), "ValidationException").await;
    let by_other_key = blob(theirs.wrap(&MATERIAL));
    refused(&mine, ("EncryptedKeyMaterial", json!(by_other_key)), "InvalidCiphertextException").await;
    refused(&mine, ("EncryptedKeyMaterial", json!(blob([7; 256]))), "InvalidCiphertextException").await;
    refused(&mine, ("EncryptedKeyMaterial", json!(blob([7; 3]))), "InvalidCiphertextException").await;
    assert_eq!(state(&kms, &key).await, "PendingImport");

    // What was asked for before stays valid beside what is asked for later.
    quick_parameters(&kms, &key).await;
    kms.call("ImportKeyMaterial", mine.input(&key, &MATERIAL, &json!({}))).await;
    assert_eq!(state(&kms, &key).await, "Enabled");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_yesterday_has_expired() {
    let kms = start().await;
    let key = external_key(&kms).await;
    let parameters = quick_parameters(&kms, &key).await;
    // No clock can be turned back for the service alone, so the token's is.
    let row = "SELECT domain_key_id, wrapped FROM domain_keys WHERE active";
    let row = kms.database.connect().await.query_one(row, &[]).await.unwrap();
    let path = kms.dir.path().join("root.key");
    let random = keywright_crypto::SystemRandom;
    let root = keywright_root_key::open(&RootKeySource::KeyFile { path, create: false }, &random).unwrap();
    let wrapped = WrappedKey::from_bytes(row.get::<_, Vec<u8>>(1)).unwrap();
    let domain_keys = DomainKeys::open(root, &StoredDomainKey { id: row.get(0), wrapped }).unwrap();
    let (id, domain_key) = domain_keys.active().unwrap();
    let token = bytes(&json!(parameters.token));
    let token = SealedToken::parse(&token).unwrap().open(&domain_key).unwrap();
    for (seconds, code) in [(-1, "ExpiredImportTokenException"), (60, "")] {
        let valid_to = OffsetDateTime::now_utc() + Duration::seconds(seconds);
        let token = ImportToken {
            region: token.region.clone(),
            private_key: token.private_key.clone(),
            valid_to,
            ..token
        };
        let mut input = parameters.input(&key, &MATERIAL, &json!({}));
        input["ImportToken"] = json!(blob(token.seal(id, &domain_key, &random).unwrap()));
        assert_eq!(kms.client.call("ImportKeyMaterial", input).await.error(), code);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_replica_takes_what_one_gave_parameters_for() {
    let kms = start().await;
    let journal = tempfile::tempdir().unwrap();
    let second = config(base_config_in(&kms.database, journal.path()), kms.dir.path());
    let second = run(second, Arc::new(TestCredentials::standard()), &kms.clock).await;
    let key = external_key(&kms).await;
    let parameters = quick_parameters(&kms, &key).await;
    let input = parameters.input(&key, &MATERIAL, &json!({}));
    client(&second).call("ImportKeyMaterial", input).await.ok();
    let began = std::time::Instant::now();
    while state(&kms, &key).await != "Enabled" {
        assert!(began.elapsed() < std::time::Duration::from_secs(1), "the import isn't heard of");
    }
    kms.encrypt(&key, HELLO).await;
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_material_that_is_expected_is_taken() {
    let kms = start().await;
    let key = external_key(&kms).await;
    let incorrect = "IncorrectKeyMaterialException";
    for length in [16, 31, 33] {
        import_refused(&kms, &key, &MATERIAL[..1].repeat(length), json!({}), incorrect).await;
    }
    let existing = json!({ "ImportType": "EXISTING_KEY_MATERIAL" });
    import_refused(&kms, &key, &MATERIAL, existing.clone(), incorrect).await;
    let id = text(&import(&kms, &key, &MATERIAL, json!({})).await["KeyMaterialId"]);
    let new = json!({ "ImportType": "NEW_KEY_MATERIAL" });
    import_refused(&kms, &key, &MATERIAL, new, incorrect).await;
    import_refused(&kms, &key, &[1; 32], json!({}), incorrect).await;
    import_refused(&kms, &key, &[1; 32], existing, incorrect).await;
    let named = |id: &str| json!({ "KeyMaterialId": id });
    import_refused(&kms, &key, &MATERIAL, named(&"0".repeat(64)), incorrect).await;
    import_refused(&kms, &key, &[1; 32], named(&id), incorrect).await;
    assert_eq!(import(&kms, &key, &MATERIAL, named(&id)).await["KeyMaterialId"], id.as_str());
    for more in [
        json!({ "ImportType": "NEW_KEY_MATERIAL", "KeyMaterialId": id }),
        named("abc"),
        named(&"A".repeat(64)),
        json!({ "KeyMaterialDescription": "what?" }),
        json!({ "ImportType": "ANY" }),
    ] {
        import_refused(&kms, &key, &MATERIAL, more, "ValidationException").await;
    }
    // Another kind of pair, and none at all.
    let p384 = external_key_of(&kms, "ECC_NIST_P384", "SIGN_VERIFY").await;
    let p256 = new_pair(&OpenSsl::new(), "-algorithm EC -pkeyopt ec_paramgen_curve:P-256");
    import_refused(&kms, &p384, &p256, json!({}), incorrect).await;
    import_refused(&kms, &p384, &MATERIAL, json!({}), incorrect).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expiry_is_named_where_there_is_one() {
    let kms = start().await;
    let key = external_key(&kms).await;
    let in_days = |days: i64| (OffsetDateTime::now_utc() + Duration::days(days)).unix_timestamp();
    let expires = |days: i64| json!({ "ExpirationModel": "KEY_MATERIAL_EXPIRES", "ValidTo": in_days(days) });
    for more in [
        json!({ "ExpirationModel": "KEY_MATERIAL_EXPIRES" }),
        json!({ "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE", "ValidTo": in_days(1) }),
        expires(-1),
        expires(366),
    ] {
        import_refused(&kms, &key, &MATERIAL, more, "ValidationException").await;
    }
    let parameters = quick_parameters(&kms, &key).await;
    let mut input = parameters.input(&key, &MATERIAL, &json!({}));
    input.as_object_mut().unwrap().remove("ExpirationModel");
    kms.refuses("ImportKeyMaterial", input, "ValidationException").await;

    let metadata = async || kms.call("DescribeKey", json!({ "KeyId": key })).await["KeyMetadata"].clone();
    let valid_to = in_days(364);
    // The default is that it expires.
    import(&kms, &key, &MATERIAL, json!({ "ValidTo": valid_to })).await;
    let described = metadata().await;
    assert_eq!(described["ExpirationModel"], "KEY_MATERIAL_EXPIRES");
    assert_eq!(described["ValidTo"].as_f64().unwrap(), valid_to as f64);
    // Another import of the same material changes it.
    import(&kms, &key, &MATERIAL, json!({})).await;
    let described = metadata().await;
    assert_eq!(described["ExpirationModel"], "KEY_MATERIAL_DOES_NOT_EXPIRE");
    assert_eq!(described.get("ValidTo"), None);
}
