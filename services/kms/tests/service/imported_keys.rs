use std::time::{Duration, Instant};

use keywright_kms::config::KeyMaterialSection;
use keywright_service::testing::{TestCredentials, base_config_in};
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::harness::{HELLO, TestKms, arn, client, config, run, start, text};
use crate::importing::{external_key, import, import_refused, materials, quick_parameters, state};

const FIRST: [u8; 32] = [1; 32];
const SECOND: [u8; 32] = [2; 32];
const THIRD: [u8; 32] = [3; 32];

async fn import_new(kms: &TestKms, key: &str, material: &[u8]) -> String {
    let imported = import(kms, key, material, json!({ "ImportType": "NEW_KEY_MATERIAL" })).await;
    text(&imported["KeyMaterialId"])
}

async fn decrypts(kms: &TestKms, blob: &str) {
    assert_eq!(kms.call("Decrypt", json!({ "CiphertextBlob": blob })).await["Plaintext"], HELLO);
}

/// How many materials are in the database.
async fn wrapped(kms: &TestKms) -> i64 {
    let count = "SELECT count(*) FROM key_materials WHERE wrapped IS NOT NULL OR domain_key_id IS NOT NULL";
    kms.database.connect().await.query_one(count, &[]).await.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn deleted_material_is_gone_until_it_comes_again() {
    let kms = start().await;
    let key = external_key(&kms).await;
    // Nothing was imported yet, so there is nothing to do.
    let deleted = kms.call("DeleteImportedKeyMaterial", json!({ "KeyId": key })).await;
    assert_eq!(deleted, json!({ "KeyId": arn(&key) }));

    let more = json!({ "KeyMaterialDescription": "first" });
    let id = text(&import(&kms, &key, &FIRST, more).await["KeyMaterialId"]);
    let sealed = kms.encrypt(&key, HELLO).await;
    let deleted = kms.call("DeleteImportedKeyMaterial", json!({ "KeyId": key })).await;
    assert_eq!(deleted, json!({ "KeyId": arn(&key), "KeyMaterialId": id }));
    assert_eq!(wrapped(&kms).await, 0);
    let record = kms.record_of("DeleteImportedKeyMaterial", 6).await;
    assert_eq!(record["responseElements"], json!({ "keyId": arn(&key), "keyMaterialId": id }));

    let described = kms.call("DescribeKey", json!({ "KeyId": key })).await["KeyMetadata"].clone();
    assert_eq!((&described["KeyState"], &described["Enabled"]), (&json!("PendingImport"), &json!(false)));
    assert_eq!(described.get("ExpirationModel"), None);
    let message =
        kms.refuses("Decrypt", json!({ "CiphertextBlob": sealed }), "KMSInvalidStateException").await;
    assert_eq!(message, format!("{} is pending import.", arn(&key)));
    assert_eq!(materials(&kms, &key).await, [(id.clone(), "CURRENT".into(), "PENDING_IMPORT".into())]);
    kms.call("DeleteImportedKeyMaterial", json!({ "KeyId": key })).await;

    import_refused(&kms, &key, &SECOND, json!({}), "IncorrectKeyMaterialException").await;
    assert_eq!(import(&kms, &key, &FIRST, json!({})).await["KeyMaterialId"], id.as_str());
    assert_eq!(state(&kms, &key).await, "Enabled");
    decrypts(&kms, &sealed).await;
    let input = json!({ "KeyId": key, "IncludeKeyMaterial": "ALL_KEY_MATERIAL" });
    let listed = kms.call("ListKeyRotations", input).await["Rotations"].clone();
    let expected = json!([{
        "KeyId": key, "KeyMaterialId": id, "KeyMaterialDescription": "first", "ImportState": "IMPORTED",
        "KeyMaterialState": "CURRENT", "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE",
    }]);
    assert_eq!(listed, expected);

    let input = json!({ "KeyId": key, "KeyMaterialId": "0".repeat(64) });
    kms.refuses("DeleteImportedKeyMaterial", input, "NotFoundException").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_state_follows_the_material_and_the_account() {
    let kms = start().await;
    let key = external_key(&kms).await;
    import(&kms, &key, &FIRST, json!({})).await;
    // A disabled key stays so when its material comes once more.
    kms.call("DisableKey", json!({ "KeyId": key })).await;
    import(&kms, &key, &FIRST, json!({})).await;
    assert_eq!(state(&kms, &key).await, "Disabled");
    kms.call("DeleteImportedKeyMaterial", json!({ "KeyId": key })).await;
    assert_eq!(state(&kms, &key).await, "PendingImport");
    kms.refuses("EnableKey", json!({ "KeyId": key }), "KMSInvalidStateException").await;
    import(&kms, &key, &FIRST, json!({})).await;
    assert_eq!(state(&kms, &key).await, "Enabled");

    // A deletion is stopped by nothing but its cancellation.
    kms.call("ScheduleKeyDeletion", json!({ "KeyId": key })).await;
    let parameters = quick_parameters(&kms, &external_key(&kms).await).await;
    let input = parameters.input(&key, &FIRST, &json!({}));
    kms.refuses("ImportKeyMaterial", input, "KMSInvalidStateException").await;
    kms.call("CancelKeyDeletion", json!({ "KeyId": key })).await;
    assert_eq!(state(&kms, &key).await, "Disabled");
    kms.call("ScheduleKeyDeletion", json!({ "KeyId": key })).await;
    kms.call("DeleteImportedKeyMaterial", json!({ "KeyId": key })).await;
    assert_eq!(state(&kms, &key).await, "PendingDeletion");
    assert_eq!(wrapped(&kms).await, 0);
    kms.call("CancelKeyDeletion", json!({ "KeyId": key })).await;
    assert_eq!(state(&kms, &key).await, "PendingImport");
    import(&kms, &key, &FIRST, json!({})).await;
    kms.encrypt(&key, HELLO).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn new_material_waits_for_its_rotation() {
    let kms = start().await;
    let key = external_key(&kms).await;
    let first = import_new(&kms, &key, &FIRST).await;
    let old = kms.encrypt(&key, HELLO).await;
    kms.refuses("RotateKeyOnDemand", json!({ "KeyId": key }), "KMSInvalidStateException").await;
    let second = import_new(&kms, &key, &SECOND).await;
    let here = |id: &str, state: &str| (id.to_owned(), state.to_owned(), "IMPORTED".to_owned());
    let expected = [here(&first, "CURRENT"), here(&second, "PENDING_ROTATION")];
    assert_eq!(materials(&kms, &key).await, expected);
    let listed = kms.call("ListKeyRotations", json!({ "KeyId": key })).await;
    assert_eq!(listed["Rotations"], json!([]));
    let sealed = kms.call("GenerateDataKey", json!({ "KeyId": key, "KeySpec": "AES_256" })).await;
    assert_eq!(sealed["KeyMaterialId"], first.as_str());

    // One can wait at a time; it can be given up for another.
    let new = json!({ "ImportType": "NEW_KEY_MATERIAL" });
    import_refused(&kms, &key, &THIRD, new, "KMSInvalidStateException").await;
    let input = json!({ "KeyId": key, "KeyMaterialId": second });
    assert_eq!(kms.call("DeleteImportedKeyMaterial", input).await["KeyMaterialId"], second.as_str());
    assert_eq!(state(&kms, &key).await, "Enabled");
    assert_eq!(materials(&kms, &key).await, [here(&first, "CURRENT")]);
    let third = import_new(&kms, &key, &THIRD).await;
    kms.call("RotateKeyOnDemand", json!({ "KeyId": key })).await;
    let expected = [here(&first, "NON_CURRENT"), here(&third, "CURRENT")];
    assert_eq!(materials(&kms, &key).await, expected);
    let rotations = kms.call("ListKeyRotations", json!({ "KeyId": key })).await["Rotations"].clone();
    assert_eq!(rotations[0]["RotationType"], "ON_DEMAND");
    let record = kms.record_of("RotateKey", 1).await;
    assert_eq!(record["serviceEventDetails"]["keyOrigin"], "EXTERNAL");
    assert_eq!(record["serviceEventDetails"]["currentKeyMaterialId"], third.as_str());
    let sealed = kms.call("GenerateDataKey", json!({ "KeyId": key, "KeySpec": "AES_256" })).await;
    assert_eq!(sealed["KeyMaterialId"], third.as_str());
    decrypts(&kms, &old).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_wants_all_the_materials_that_it_ever_encrypted_under() {
    let kms = start().await;
    let key = external_key(&kms).await;
    let first = import_new(&kms, &key, &FIRST).await;
    let old = kms.encrypt(&key, HELLO).await;
    import_new(&kms, &key, &SECOND).await;
    kms.call("RotateKeyOnDemand", json!({ "KeyId": key })).await;
    let new = kms.encrypt(&key, HELLO).await;
    kms.call("DeleteImportedKeyMaterial", json!({ "KeyId": key, "KeyMaterialId": first })).await;
    assert_eq!(state(&kms, &key).await, "PendingImport");
    for blob in [&old, &new] {
        let input = json!({ "CiphertextBlob": blob });
        kms.refuses("Decrypt", input, "KMSInvalidStateException").await;
    }
    kms.call("DeleteImportedKeyMaterial", json!({ "KeyId": key })).await;
    assert_eq!(wrapped(&kms).await, 0);
    import(&kms, &key, &SECOND, json!({})).await;
    assert_eq!(state(&kms, &key).await, "PendingImport");
    import(&kms, &key, &FIRST, json!({})).await;
    assert_eq!(state(&kms, &key).await, "Enabled");
    for blob in [&old, &new] {
        decrypts(&kms, blob).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn material_that_has_expired_is_destroyed() {
    let kms = start().await;
    let key = external_key(&kms).await;
    let valid_to = (OffsetDateTime::now_utc() + time::Duration::days(300)).unix_timestamp();
    let id = text(&import(&kms, &key, &FIRST, json!({ "ValidTo": valid_to })).await["KeyMaterialId"]);
    let sealed = kms.encrypt(&key, HELLO).await;
    let more = json!({ "ImportType": "NEW_KEY_MATERIAL", "ValidTo": valid_to });
    import(&kms, &key, &SECOND, more).await;

    kms.clock.advance(time::Duration::days(301));
    let deadline = Instant::now() + Duration::from_secs(20);
    while wrapped(&kms).await > 0 {
        assert!(Instant::now() < deadline, "what has expired is still there");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    kms.clock.advance(-time::Duration::days(301));
    let deadline = Instant::now() + Duration::from_secs(5);
    while state(&kms, &key).await != "PendingImport" {
        assert!(Instant::now() < deadline, "the key is still enabled");
    }
    // Of what only waited for its rotation nothing is left.
    assert_eq!(materials(&kms, &key).await, [(id.clone(), "CURRENT".into(), "PENDING_IMPORT".into())]);
    let all = keywright_service::testing::records(kms.running.journal(), 8).await;
    let events: Vec<_> =
        all.iter().filter(|record| record["eventName"] == "DeleteExpiredKeyMaterial").collect();
    assert_eq!(events.len(), 2);
    for event in &events {
        assert_eq!(event["eventType"], "AwsServiceEvent");
        assert_eq!(event["resources"][0]["ARN"], arn(&key));
    }
    let details: Vec<&Value> = events.iter().map(|event| &event["serviceEventDetails"]).collect();
    assert!(details.contains(&&json!({ "keyMaterialId": id, "keyId": key })), "{details:?}");

    import(&kms, &key, &FIRST, json!({})).await;
    decrypts(&kms, &sealed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_expired_is_not_used_even_before_it_is_destroyed() {
    let kms = start().await;
    // A replica whose worker doesn't come; the other one is stopped.
    let (database, dir) = (kms.database, kms.dir);
    kms.running.stop().await;
    let mut config = config(base_config_in(&database, dir.path()), dir.path());
    config.key_material = KeyMaterialSection { interval_seconds: 3600 };
    let clock = kms.clock;
    let running = run(config, std::sync::Arc::new(TestCredentials::standard()), &clock).await;
    let kms = TestKms { client: client(&running), running, clock, database, dir };

    let key = external_key(&kms).await;
    let valid_to = OffsetDateTime::now_utc().unix_timestamp() + 3;
    import(&kms, &key, &FIRST, json!({ "ValidTo": valid_to })).await;
    let sealed = kms.encrypt(&key, HELLO).await;
    while OffsetDateTime::now_utc().unix_timestamp() < valid_to {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let encrypt = json!({ "KeyId": key, "Plaintext": HELLO });
    kms.refuses("Encrypt", encrypt, "KMSInvalidStateException").await;
    kms.refuses("Decrypt", json!({ "CiphertextBlob": sealed }), "KMSInvalidStateException").await;
    assert_eq!(state(&kms, &key).await, "PendingImport");
    assert_eq!(wrapped(&kms).await, 1);
    // The same material returns the key to use.
    import(&kms, &key, &FIRST, json!({})).await;
    decrypts(&kms, &sealed).await;
}

/// What each operation answers for a key with imported material in each state.
const TABLE: &[(&str, [&str; 4])] = &[
    //                              Enabled      Disabled     PendingDeletion  PendingImport
    ("CancelKeyDeletion", [STATE, STATE, "", STATE]),
    ("CreateAlias", ["", "", STATE, ""]),
    ("DeleteImportedKeyMaterial", ["", "", "", ""]),
    ("DescribeKey", ["", "", "", ""]),
    ("DisableKey", ["", "", STATE, STATE]),
    ("DisableKeyRotation", [UNSUPPORTED; 4]),
    ("EnableKey", ["", "", STATE, STATE]),
    ("EnableKeyRotation", [UNSUPPORTED; 4]),
    ("Encrypt", ["", DISABLED, STATE, STATE]),
    ("GenerateDataKey", ["", DISABLED, STATE, STATE]),
    ("GetKeyPolicy", ["", "", "", ""]),
    ("GetKeyRotationStatus", ["", "", "", ""]),
    ("GetParametersForImport", ["", "", STATE, ""]),
    ("ImportKeyMaterial", ["", "", STATE, ""]),
    ("ListKeyRotations", ["", "", "", ""]),
    ("ListResourceTags", ["", "", "", ""]),
    ("RotateKeyOnDemand", ["", DISABLED, STATE, STATE]),
    ("ScheduleKeyDeletion", ["", "", STATE, ""]),
    ("TagResource", ["", "", STATE, ""]),
    ("UntagResource", ["", "", STATE, ""]),
    ("UpdateKeyDescription", ["", "", STATE, ""]),
];
const DISABLED: &str = "DisabledException";
const STATE: &str = "KMSInvalidStateException";
const UNSUPPORTED: &str = "UnsupportedOperationException";

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_answers_every_state_of_an_imported_key_as_documented() {
    let kms = start().await;
    for (number, (operation, expected)) in TABLE.iter().enumerate() {
        let states = ["Enabled", "Disabled", "PendingDeletion", "PendingImport"];
        for (in_state, expected) in states.into_iter().zip(expected) {
            let key = external_key(&kms).await;
            let parameters = quick_parameters(&kms, &key).await;
            kms.call("ImportKeyMaterial", parameters.input(&key, &FIRST, &json!({}))).await;
            import_new(&kms, &key, &SECOND).await;
            let step = match in_state {
                "Disabled" => "DisableKey",
                "PendingDeletion" => "ScheduleKeyDeletion",
                "PendingImport" => "DeleteImportedKeyMaterial",
                _ => "DescribeKey",
            };
            kms.call(step, json!({ "KeyId": key })).await;
            assert_eq!(state(&kms, &key).await, in_state);
            let input = match *operation {
                "CreateAlias" => {
                    json!({ "AliasName": format!("alias/{number}-{in_state}"), "TargetKeyId": key })
                }
                "Encrypt" => json!({ "KeyId": key, "Plaintext": HELLO }),
                "GenerateDataKey" => json!({ "KeyId": key, "KeySpec": "AES_256" }),
                "GetParametersForImport" => {
                    json!({ "KeyId": key, "WrappingAlgorithm": "SM2PKE", "WrappingKeySpec": "SM2" })
                }
                "ImportKeyMaterial" => parameters.input(&key, &FIRST, &json!({})),
                "TagResource" => json!({ "KeyId": key, "Tags": [{ "TagKey": "a", "TagValue": "b" }] }),
                "UntagResource" => json!({ "KeyId": key, "TagKeys": ["a"] }),
                "UpdateKeyDescription" => json!({ "KeyId": key, "Description": "new" }),
                _ => json!({ "KeyId": key }),
            };
            let answer = kms.client.call(operation, input).await;
            assert_eq!(answer.error(), *expected, "{operation} of a key that is {in_state}: {}", answer.text);
        }
    }
}
