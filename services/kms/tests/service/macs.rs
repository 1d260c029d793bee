use serde_json::json;

use crate::harness::{HELLO, arn, blob, bytes, start};

/// SHA-2 of 224 to 512 bits.
const SPECS: [(&str, usize); 4] =
    [("HMAC_SHA_224", 28), ("HMAC_SHA_256", 32), ("HMAC_SHA_384", 48), ("HMAC_SHA_512", 64)];

#[tokio::test(flavor = "multi_thread")]
async fn each_hmac_key_makes_and_verifies_its_macs() {
    let kms = start().await;
    for (algorithm, length) in SPECS {
        let spec = algorithm.replace("SHA_", "");
        let key = kms.new_key_of(&spec, "GENERATE_VERIFY_MAC").await;
        let metadata = kms.call("DescribeKey", json!({ "KeyId": key })).await["KeyMetadata"].clone();
        assert_eq!(metadata["MacAlgorithms"], json!([algorithm]));
        let input = json!({ "KeyId": key, "Message": HELLO, "MacAlgorithm": algorithm });
        let made = kms.call("GenerateMac", input.clone()).await;
        assert_eq!((&made["KeyId"], &made["MacAlgorithm"]), (&json!(arn(&key)), &json!(algorithm)));
        let mac = bytes(&made["Mac"]);
        assert_eq!(mac.len(), length);
        // The same message has the same MAC, and another key another one.
        assert_eq!(kms.call("GenerateMac", input.clone()).await["Mac"], made["Mac"]);
        let mut elsewhere = input.clone();
        elsewhere["KeyId"] = json!(kms.new_key_of(&spec, "GENERATE_VERIFY_MAC").await);
        assert_ne!(kms.call("GenerateMac", elsewhere.clone()).await["Mac"], made["Mac"]);

        let mut verify = input.clone();
        verify["Mac"] = made["Mac"].clone();
        let verified = kms.call("VerifyMac", verify.clone()).await;
        assert_eq!(verified, json!({ "KeyId": arn(&key), "MacValid": true, "MacAlgorithm": algorithm }));
        let mut damaged = mac.clone();
        damaged[0] ^= 1;
        for wrong in [&damaged[..], &mac[..length - 1], &[&mac[..], &[0]].concat()] {
            let mut verify = verify.clone();
            verify["Mac"] = json!(blob(wrong));
            kms.refuses("VerifyMac", verify, "KMSInvalidMacException").await;
        }
        elsewhere["Mac"] = made["Mac"].clone();
        kms.refuses("VerifyMac", elsewhere, "KMSInvalidMacException").await;
        verify["Message"] = json!(blob("other"));
        kms.refuses("VerifyMac", verify, "KMSInvalidMacException").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mac_needs_a_key_for_macs_with_that_algorithm() {
    let kms = start().await;
    let key = kms.new_key_of("HMAC_256", "GENERATE_VERIFY_MAC").await;
    let input = |key: &str, algorithm: &str| json!({ "KeyId": key, "Message": HELLO, "MacAlgorithm": algorithm, "Mac": HELLO });
    let signer = kms.new_key_of("ECC_NIST_P256", "SIGN_VERIFY").await;
    for operation in ["GenerateMac", "VerifyMac"] {
        let wrong = input(&key, "HMAC_SHA_512");
        let message = kms.refuses(operation, wrong, "InvalidKeyUsageException").await;
        assert_eq!(message, "Algorithm HMAC_SHA_512 is incompatible with key spec HMAC_256.");
        let wrong = input(&signer, "HMAC_SHA_256");
        let message = kms.refuses(operation, wrong, "InvalidKeyUsageException").await;
        let usage = format!("{} key usage is SIGN_VERIFY which is not valid for {operation}.", arn(&signer));
        assert_eq!(message, usage);
        kms.refuses(operation, input(&key, "HMAC_MD5"), "ValidationException").await;
        let mut long = input(&key, "HMAC_SHA_256");
        long["Message"] = json!(blob(vec![0; 4097]));
        kms.refuses(operation, long, "ValidationException").await;
    }
    let mut dry = input(&key, "HMAC_SHA_256");
    dry["DryRun"] = json!(true);
    kms.refuses("VerifyMac", dry.clone(), "KMSInvalidMacException").await;
    kms.refuses("GenerateMac", dry.clone(), "DryRunOperationException").await;
    let mac = kms.call("GenerateMac", input(&key, "HMAC_SHA_256")).await["Mac"].clone();
    dry["Mac"] = mac;
    kms.refuses("VerifyMac", dry, "DryRunOperationException").await;
}
