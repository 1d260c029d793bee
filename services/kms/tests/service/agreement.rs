use serde_json::json;

use crate::harness::{HELLO, arn, blob, bytes, start};
use crate::openssl::OpenSsl;

/// The specs for key agreement, with OpenSSL's names of the curves.
const CURVES: [(&str, &str); 4] = [
    ("ECC_NIST_P256", "prime256v1"),
    ("ECC_NIST_P384", "secp384r1"),
    ("ECC_NIST_P521", "secp521r1"),
    ("SM2", "SM2"),
];

#[tokio::test(flavor = "multi_thread")]
async fn both_sides_derive_the_same_secret() {
    let kms = start().await;
    for (spec, curve) in CURVES {
        let (ours, theirs) =
            (kms.new_key_of(spec, "KEY_AGREEMENT").await, kms.new_key_of(spec, "KEY_AGREEMENT").await);
        let derive = async |key: &str, peer: &[u8]| {
            let input = json!({ "KeyId": key, "KeyAgreementAlgorithm": "ECDH", "PublicKey": blob(peer) });
            kms.call("DeriveSharedSecret", input).await
        };
        let (our_public, their_public) = (kms.public_key(&ours).await, kms.public_key(&theirs).await);
        let derived = derive(&ours, &their_public).await;
        assert_eq!(derived["SharedSecret"], derive(&theirs, &our_public).await["SharedSecret"]);
        assert_eq!(derived["KeyId"], arn(&ours));
        assert_eq!(derived["KeyAgreementAlgorithm"], "ECDH");
        assert_eq!(derived["KeyOrigin"], "AWS_KMS");
        let public = kms.call("GetPublicKey", json!({ "KeyId": ours })).await;
        assert_eq!(public["KeyAgreementAlgorithms"], json!(["ECDH"]));
        if spec == "SM2" {
            // OpenSSL has another key agreement for this curve.
            continue;
        }
        let openssl = OpenSsl::new();
        openssl.put("ours.der", &our_public);
        openssl.run(&format!("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:{curve} -out theirs.pem"));
        let their_public = openssl.run("pkey -in theirs.pem -pubout -outform DER");
        openssl.run("pkey -pubin -inform DER -in ours.der -pubout -out ours.pem");
        let secret = openssl.run("pkeyutl -derive -inkey theirs.pem -peerkey ours.pem");
        assert_eq!(bytes(&derive(&ours, &their_public).await["SharedSecret"]), secret, "{spec}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_peers_key_is_one_of_the_same_curve() {
    let kms = start().await;
    let key = kms.new_key_of("ECC_NIST_P256", "KEY_AGREEMENT").await;
    let other_curve = kms.new_key_of("ECC_NIST_P384", "KEY_AGREEMENT").await;
    let same_size = kms.new_key_of("ECC_SECG_P256K1", "SIGN_VERIFY").await;
    let mut off_curve = kms.public_key(&kms.new_key_of("ECC_NIST_P256", "KEY_AGREEMENT").await).await;
    *off_curve.last_mut().unwrap() ^= 1;
    let input =
        |peer: &[u8]| json!({ "KeyId": key, "KeyAgreementAlgorithm": "ECDH", "PublicKey": blob(peer) });
    let wrong = [
        kms.public_key(&other_curve).await,
        kms.public_key(&same_size).await,
        off_curve,
        b"nonsense".to_vec(),
        vec![0; 8193],
        Vec::new(),
    ];
    for peer in wrong {
        kms.refuses("DeriveSharedSecret", input(&peer), "ValidationException").await;
    }
    let own = kms.public_key(&key).await;
    let mut dry = input(&own);
    dry["DryRun"] = json!(true);
    kms.refuses("DeriveSharedSecret", dry, "DryRunOperationException").await;
    let recipient = json!({ "KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256", "AttestationDocument": HELLO });
    let mut to_enclave = input(&own);
    to_enclave["Recipient"] = recipient;
    kms.refuses("DeriveSharedSecret", to_enclave, "UnsupportedOperationException").await;

    let signer = kms.new_key_of("ECC_NIST_P256", "SIGN_VERIFY").await;
    let mut by_signer = input(&own);
    by_signer["KeyId"] = json!(signer);
    let message = kms.refuses("DeriveSharedSecret", by_signer, "InvalidKeyUsageException").await;
    assert_eq!(
        message,
        format!("{} key usage is SIGN_VERIFY which is not valid for DeriveSharedSecret.", arn(&signer))
    );
}
