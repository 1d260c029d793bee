use keywright_service::testing::{ACCOUNT, records};
use serde_json::{Value, json};

use crate::harness::{HELLO, alias_arn, arn, start, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_use_of_a_key_is_recorded_as_cloudtrail_does() {
    let kms = start().await;
    let key = kms.new_key().await;
    let context = json!({ "app": "x" });
    let input = json!({ "KeyId": key, "KeySpec": "AES_256", "EncryptionContext": context });
    let generated = kms.call("GenerateDataKey", input).await;
    let record = kms.record_of("GenerateDataKey", 2).await;
    for (member, value) in [
        ("eventSource", json!("kms.amazonaws.com")),
        ("awsRegion", json!("us-east-1")),
        ("readOnly", json!(true)),
        ("requestParameters", json!({ "keyId": key, "keySpec": "AES_256", "encryptionContext": context })),
        ("responseElements", Value::Null),
        ("additionalEventData", json!({ "keyMaterialId": generated["KeyMaterialId"] })),
        ("resources", json!([{ "accountId": ACCOUNT, "type": "AWS::KMS::Key", "ARN": arn(&key) }])),
        ("eventType", json!("AwsApiCall")),
    ] {
        assert_eq!(record[member], value, "{member}");
    }

    let input = json!({ "CiphertextBlob": generated["CiphertextBlob"], "EncryptionContext": context });
    kms.call("Decrypt", input).await;
    let record = kms.record_of("Decrypt", 3).await;
    assert_eq!(
        record["requestParameters"],
        json!({ "encryptionAlgorithm": "SYMMETRIC_DEFAULT", "encryptionContext": context })
    );
    assert_eq!(record["responseElements"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_recorded_with_what_it_gave() {
    let kms = start().await;
    let created = kms.call("CreateKey", json!({ "Description": "app" })).await["KeyMetadata"].clone();
    let key = text(&created["KeyId"]);
    let record = kms.record_of("CreateKey", 1).await;
    assert_eq!(record["requestParameters"]["description"], "app");
    assert_eq!(record["responseElements"]["keyMetadata"]["keyId"], key.as_str());
    assert_eq!(record["readOnly"], false);

    kms.call("CreateAlias", json!({ "AliasName": "alias/app", "TargetKeyId": key })).await;
    let record = kms.record_of("CreateAlias", 2).await;
    assert_eq!(record["requestParameters"], json!({ "aliasName": "alias/app", "targetKeyId": key }));
    let arns: Vec<_> =
        record["resources"].as_array().unwrap().iter().map(|resource| &resource["ARN"]).collect();
    assert_eq!(arns, [&json!(arn(&key)), &json!(alias_arn("alias/app"))]);

    kms.call("ScheduleKeyDeletion", json!({ "KeyId": key, "PendingWindowInDays": 7 })).await;
    let record = kms.record_of("ScheduleKeyDeletion", 3).await;
    assert_eq!(record["responseElements"]["keyId"], arn(&key));
    assert_eq!(record["responseElements"]["keyState"], "PendingDeletion");

    let (code, message) = kms.refused("DisableKey", json!({ "KeyId": key })).await;
    let record = kms.record_of("DisableKey", 4).await;
    assert_eq!((&record["errorCode"], &record["errorMessage"]), (&json!(code), &json!(message)));
    assert_eq!(record["responseElements"], Value::Null);
    assert_eq!(record["resources"][0]["ARN"], arn(&key));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_by_a_service_names_the_caller_and_the_service() {
    let kms = start().await;
    let key = kms.new_key().await;
    let through_ssm = kms.client.with_key("KWSSM").on_behalf_of("AKIAADMIN");
    through_ssm.call("Encrypt", json!({ "KeyId": key, "Plaintext": HELLO })).await.ok();
    let record = kms.record_of("Encrypt", 2).await;
    assert_eq!(record["userIdentity"]["userName"], "admin");
    assert_eq!(record["userIdentity"]["invokedBy"], "ssm.amazonaws.com");
    assert_eq!(record["sourceIPAddress"], "ssm.amazonaws.com");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_plaintext_is_in_any_record_or_in_the_database() {
    let kms = start().await;
    let key = kms.new_key().await;
    let marker = "cGxhaW50ZXh0LW1hcmtlcg==";
    let blob = kms.encrypt(&key, marker).await;
    kms.call("Decrypt", json!({ "CiphertextBlob": blob })).await;
    let input = json!({ "CiphertextBlob": blob, "DestinationKeyId": key });
    kms.call("ReEncrypt", input).await;
    kms.refuses("Encrypt", json!({ "KeyId": "none", "Plaintext": marker }), "NotFoundException").await;
    let generated = kms.call("GenerateDataKey", json!({ "KeyId": key, "KeySpec": "AES_256" })).await;
    let random = kms.call("GenerateRandom", json!({ "NumberOfBytes": 32 })).await;
    let secrets = [marker.to_owned(), text(&generated["Plaintext"]), text(&random["Plaintext"])];

    let all = records(kms.running.journal(), 7).await;
    let shown = serde_json::to_string(&all).unwrap();
    for secret in &secrets {
        assert!(!shown.contains(secret) && !shown.contains("plaintext-marker"), "{shown}");
    }
    let row = kms.database.connect().await.query_one("SELECT wrapped FROM key_materials", &[]).await.unwrap();
    // Version, nonce, 256 bits and a tag: there is no room for anything else.
    assert_eq!(row.get::<_, Vec<u8>>(0).len(), 1 + 12 + 32 + 16);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_use_of_each_kind_of_key_is_recorded_without_what_it_is_used_for() {
    let kms = start().await;
    let marker = "cGxhaW50ZXh0LW1hcmtlcg==";
    let signer = kms.new_key_of("ECC_NIST_P256", "SIGN_VERIFY").await;
    let mac = kms.new_key_of("HMAC_256", "GENERATE_VERIFY_MAC").await;
    let agreement = kms.new_key_of("ECC_NIST_P256", "KEY_AGREEMENT").await;
    let (sm2, symmetric) = (kms.new_key_of("SM2", "ENCRYPT_DECRYPT").await, kms.new_key().await);
    let peer = kms.call("GetPublicKey", json!({ "KeyId": agreement })).await["PublicKey"].clone();

    let sign = json!({ "KeyId": signer, "Message": marker, "SigningAlgorithm": "ECDSA_SHA_256" });
    let signature = kms.call("Sign", sign.clone()).await["Signature"].clone();
    let mut verify = sign;
    verify["Signature"] = signature.clone();
    kms.call("Verify", verify).await;
    let make = json!({ "KeyId": mac, "Message": marker, "MacAlgorithm": "HMAC_SHA_256" });
    let made = kms.call("GenerateMac", make.clone()).await["Mac"].clone();
    let mut verify = make;
    verify["Mac"] = made.clone();
    kms.call("VerifyMac", verify).await;
    let derive = json!({ "KeyId": agreement, "KeyAgreementAlgorithm": "ECDH", "PublicKey": peer });
    let secret = kms.call("DeriveSharedSecret", derive).await["SharedSecret"].clone();
    let context = json!({ "app": "x" });
    let pair = json!({ "KeyId": symmetric, "KeyPairSpec": "ECC_NIST_P256", "EncryptionContext": context });
    let pair = kms.call("GenerateDataKeyPair", pair).await;
    let encrypt = json!({ "KeyId": sm2, "Plaintext": marker, "EncryptionAlgorithm": "SM2PKE" });
    let sealed = kms.call("Encrypt", encrypt).await["CiphertextBlob"].clone();
    let decrypt = json!({ "KeyId": sm2, "CiphertextBlob": sealed, "EncryptionAlgorithm": "SM2PKE" });
    kms.call("Decrypt", decrypt).await;

    let all = records(kms.running.journal(), 14).await;
    let shown = serde_json::to_string(&all).unwrap();
    let secrets = [&secret, &pair["PrivateKeyPlaintext"], &made, &signature, &sealed];
    for secret in secrets.map(text).iter().map(String::as_str).chain([marker, "plaintext-marker"]) {
        assert!(!shown.contains(secret), "{shown}");
    }
    let signing = json!({ "keyId": signer, "messageType": "RAW", "signingAlgorithm": "ECDSA_SHA_256" });
    let hmac = json!({ "keyId": mac, "macAlgorithm": "HMAC_SHA_256" });
    let sm2pke = json!({ "keyId": sm2, "encryptionAlgorithm": "SM2PKE" });
    for (event, key, parameters) in [
        ("Sign", &signer, &signing),
        ("Verify", &signer, &signing),
        ("GenerateMac", &mac, &hmac),
        ("VerifyMac", &mac, &hmac),
        ("GetPublicKey", &agreement, &json!({ "keyId": agreement })),
        ("DeriveSharedSecret", &agreement, &json!({ "keyId": agreement, "keyAgreementAlgorithm": "ECDH" })),
        (
            "GenerateDataKeyPair",
            &symmetric,
            &json!({ "keyId": symmetric, "keyPairSpec": "ECC_NIST_P256", "encryptionContext": context }),
        ),
        ("Encrypt", &sm2, &sm2pke),
        ("Decrypt", &sm2, &sm2pke),
    ] {
        let record = all.iter().find(|record| record["eventName"] == event).unwrap();
        assert_eq!(&record["requestParameters"], parameters, "{event}");
        assert_eq!(record["responseElements"], Value::Null, "{event}");
        assert_eq!(record["readOnly"], true, "{event}");
        assert_eq!(record["resources"][0]["ARN"], arn(key), "{event}");
        let material = &record["additionalEventData"]["keyMaterialId"];
        assert_eq!(
            *material,
            if event == "GenerateDataKeyPair" { pair["KeyMaterialId"].clone() } else { Value::Null }
        );
    }
}
