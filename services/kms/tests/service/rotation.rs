use std::sync::Arc;
use std::time::Instant;

use keywright_local_stack::testing::database;
use keywright_service::testing::{TestCredentials, base_config_in, records};
use serde_json::{Value, json};
use time::Duration;

use crate::harness::{HELLO, TestKms, arn, client, config, run, start, text};

async fn materials(kms: &TestKms) -> i64 {
    let count = "SELECT count(*) FROM key_materials";
    kms.database.connect().await.query_one(count, &[]).await.unwrap().get(0)
}

/// Turns the clock ahead until there are so many materials, and back to the time in which clients sign.
async fn let_pass(kms: &TestKms, time: Duration, expected: i64) {
    kms.clock.advance(time);
    until_materials(kms, expected).await;
    kms.clock.advance(-time);
}

async fn until_materials(kms: &TestKms, expected: i64) {
    let deadline = Instant::now() + std::time::Duration::from_secs(20);
    while materials(kms).await < expected {
        assert!(Instant::now() < deadline, "{} materials instead of {expected}", materials(kms).await);
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(materials(kms).await, expected);
}

/// Once the worker has looked at a key that is due now, it has looked at all that were due before.
async fn let_worker_look(kms: &TestKms, time: Duration) {
    let other = kms.new_key().await;
    kms.call("EnableKeyRotation", json!({ "KeyId": other, "RotationPeriodInDays": 90 })).await;
    let before = materials(kms).await;
    let due =
        "UPDATE keys SET next_rotation_date = next_rotation_date - interval '80 days' WHERE key_id = $1";
    kms.database.connect().await.execute(due, &[&other]).await.unwrap();
    let_pass(kms, time, before + 1).await;
}

async fn status(kms: &TestKms, key: &str) -> Value {
    kms.call("GetKeyRotationStatus", json!({ "KeyId": key })).await
}

async fn current(kms: &TestKms, key: &str) -> String {
    text(&kms.call("DescribeKey", json!({ "KeyId": key })).await["KeyMetadata"]["CurrentKeyMaterialId"])
}

async fn until_not_current(kms: &TestKms, key: &str, former: &str) -> String {
    let deadline = Instant::now() + std::time::Duration::from_secs(10);
    loop {
        let now = current(kms, key).await;
        if now != former {
            return now;
        }
        assert!(Instant::now() < deadline, "{former} is still current");
    }
}

/// Asserts a time, given in seconds since 1970, to be `from_now` away.
fn assert_near(time: &Value, from_now: Duration) {
    let expected = (time::OffsetDateTime::now_utc() + from_now).unix_timestamp();
    let actual = time.as_f64().unwrap_or_else(|| panic!("no time: {time}"));
    assert!((actual - expected as f64).abs() < 60.0, "{actual} instead of {expected}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_years_of_rotation_leave_everything_readable() {
    let kms = start().await;
    let key = kms.new_key().await;
    kms.call("EnableKeyRotation", json!({ "KeyId": key })).await;
    let mut material = current(&kms, &key).await;
    let mut blobs = vec![kms.encrypt(&key, HELLO).await];
    for year in 1..=10 {
        let_pass(&kms, Duration::days(365 * year) + Duration::hours(1), year + 1).await;
        material = until_not_current(&kms, &key, &material).await;
        let sealed = kms.call("GenerateDataKey", json!({ "KeyId": key, "KeySpec": "AES_256" })).await;
        assert_eq!(sealed["KeyMaterialId"], material.as_str());
        assert_near(&status(&kms, &key).await["NextRotationDate"], Duration::days(365 * (year + 1)));
        blobs.push(kms.encrypt(&key, HELLO).await);
        for blob in &blobs {
            assert_eq!(kms.call("Decrypt", json!({ "CiphertextBlob": blob })).await["Plaintext"], HELLO);
        }
    }
    let listed = kms.call("ListKeyRotations", json!({ "KeyId": key })).await;
    let listed = listed["Rotations"].as_array().unwrap();
    assert_eq!(listed.len(), 10);
    for (year, rotation) in (1..).zip(listed) {
        assert_eq!(rotation["RotationType"], "AUTOMATIC");
        let date = time::OffsetDateTime::now_utc() + Duration::days(365 * year) + Duration::hours(1);
        assert!((rotation["RotationDate"].as_f64().unwrap() - date.unix_timestamp() as f64).abs() < 90.0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rotation_is_switched_on_and_off_with_its_period() {
    let kms = start().await;
    let key = kms.new_key().await;
    let off = json!({ "KeyId": key, "KeyRotationEnabled": false });
    assert_eq!(status(&kms, &key).await, off);
    for days in [89, 2561] {
        let input = json!({ "KeyId": key, "RotationPeriodInDays": days });
        kms.refuses("EnableKeyRotation", input, "ValidationException").await;
    }
    for (input, days) in [
        (json!({ "KeyId": key }), 365),
        (json!({ "KeyId": arn(&key), "RotationPeriodInDays": 90 }), 90),
        (json!({ "KeyId": key, "RotationPeriodInDays": 2560 }), 2560),
    ] {
        assert_eq!(kms.call("EnableKeyRotation", input).await, json!({}));
        let on = status(&kms, &key).await;
        assert_eq!((&on["KeyRotationEnabled"], &on["RotationPeriodInDays"]), (&json!(true), &json!(days)));
        assert_near(&on["NextRotationDate"], Duration::days(days));
        assert_eq!(on.get("OnDemandRotationStartDate"), None);
    }
    let record = kms.record_of("EnableKeyRotation", 10).await;
    assert_eq!(record["requestParameters"], json!({ "keyId": key, "rotationPeriodInDays": 2560 }));
    assert_eq!(record["responseElements"], json!({ "keyId": arn(&key) }));

    kms.call("DisableKeyRotation", json!({ "KeyId": key })).await;
    assert_eq!(status(&kms, &key).await, off);
    kms.call("DisableKeyRotation", json!({ "KeyId": key })).await;
    let_worker_look(&kms, Duration::days(60)).await;
    assert_eq!(kms.call("ListKeyRotations", json!({ "KeyId": key })).await["Rotations"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_rotated_on_demand_25_times() {
    let kms = start().await;
    let key = kms.new_key().await;
    kms.call("EnableKeyRotation", json!({ "KeyId": key, "RotationPeriodInDays": 100 })).await;
    let schedule = status(&kms, &key).await;
    let mut ids = vec![current(&kms, &key).await];
    let mut blobs = vec![kms.encrypt(&key, HELLO).await];
    for _ in 0..25 {
        let answer = kms.call("RotateKeyOnDemand", json!({ "KeyId": key })).await;
        assert_eq!(answer, json!({ "KeyId": key }));
        ids.push(current(&kms, &key).await);
        blobs.push(kms.encrypt(&key, HELLO).await);
    }
    kms.refuses("RotateKeyOnDemand", json!({ "KeyId": key }), "LimitExceededException").await;
    assert_eq!(current(&kms, &key).await, ids[25]);
    assert_eq!(status(&kms, &key).await, schedule);
    for blob in &blobs {
        assert_eq!(kms.call("Decrypt", json!({ "CiphertextBlob": blob })).await["Plaintext"], HELLO);
    }

    let list = async |include: &str, limit: Option<u32>| {
        let (mut pages, mut listed, mut marker) = (0, Vec::new(), Value::Null);
        loop {
            let mut input = json!({ "KeyId": key, "IncludeKeyMaterial": include });
            if let Some(limit) = limit {
                input["Limit"] = json!(limit);
            }
            if !marker.is_null() {
                input["Marker"] = marker;
            }
            let answer = kms.call("ListKeyRotations", input).await;
            pages += 1;
            listed.extend(answer["Rotations"].as_array().unwrap().clone());
            marker = answer["NextMarker"].clone();
            assert_eq!(answer["Truncated"], !marker.is_null());
            if marker.is_null() {
                return (pages, listed);
            }
        }
    };
    let id_of = |entry: &Value| text(&entry["KeyMaterialId"]);
    let (_, rotations) = list("ROTATIONS_ONLY", None).await;
    assert_eq!(rotations.iter().map(id_of).collect::<Vec<_>>(), ids[1..]);
    let (pages, all) = list("ALL_KEY_MATERIAL", Some(10)).await;
    assert_eq!((pages, all.iter().map(id_of).collect::<Vec<_>>()), (3, ids.clone()));
    assert_eq!(all[0], json!({ "KeyId": key, "KeyMaterialId": ids[0], "KeyMaterialState": "NON_CURRENT" }));
    for (entry, state) in [(&all[1], "NON_CURRENT"), (&all[25], "CURRENT")] {
        assert_eq!(
            (&entry["KeyMaterialState"], &entry["RotationType"]),
            (&json!(state), &json!("ON_DEMAND"))
        );
        assert_near(&entry["RotationDate"], Duration::ZERO);
        assert_eq!(entry.get("ImportState"), None);
    }
    let input = json!({ "KeyId": key, "Marker": "x" });
    kms.refuses("ListKeyRotations", input, "InvalidMarkerException").await;

    let all = records(kms.running.journal(), 139).await;
    let of = |name: &str| all.iter().filter(|record| record["eventName"] == name).collect::<Vec<_>>();
    assert_eq!(of("RotateKeyOnDemand").len(), 26);
    assert_eq!(of("RotateKeyOnDemand")[0]["responseElements"], json!({ "keyId": key }));
    let rotated = of("RotateKey");
    assert_eq!(rotated.len(), 25);
    let details = rotated.iter().map(|record| record["serviceEventDetails"].clone());
    let expected = json!({
        "rotationType": "ON_DEMAND",
        "keyOrigin": "AWS_KMS",
        "previousKeyMaterialId": ids[0],
        "currentKeyMaterialId": ids[1],
        "keyId": key,
    });
    assert!(details.collect::<Vec<_>>().contains(&expected), "{rotated:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_whose_automatic_rotation_is_near_is_not_rotated_on_demand() {
    let kms = start().await;
    let key = kms.new_key().await;
    kms.call("EnableKeyRotation", json!({ "KeyId": key })).await;
    let set = async |minutes: f64| {
        let connection = kms.database.connect().await;
        let set = "UPDATE keys SET next_rotation_date = now() + $1 * interval '1 minute'";
        connection.execute(set, &[&minutes]).await.unwrap();
        // The request reads the row, not the cache.
    };
    set(19.0).await;
    kms.refuses("RotateKeyOnDemand", json!({ "KeyId": key }), "ConflictException").await;
    set(21.0).await;
    kms.call("RotateKeyOnDemand", json!({ "KeyId": key })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_that_was_missed_for_years_is_done_once() {
    let kms = start().await;
    let key = kms.new_key().await;
    kms.call("EnableKeyRotation", json!({ "KeyId": key, "RotationPeriodInDays": 90 })).await;
    let_pass(&kms, Duration::days(3000), 2).await;
    let record = kms.record_of("RotateKey", 3).await;
    assert_eq!(record["eventType"], "AwsServiceEvent");
    assert_eq!(record["userIdentity"], json!({ "type": "AWSService", "invokedBy": "AWS Internal" }));
    assert_eq!(record["resources"][0]["ARN"], arn(&key));
    let rotations = kms.call("ListKeyRotations", json!({ "KeyId": key })).await["Rotations"].clone();
    let details = &record["serviceEventDetails"];
    assert_eq!((&details["rotationType"], &details["keyId"]), (&json!("AUTOMATIC"), &json!(key)));
    assert_eq!(details["currentKeyMaterialId"], rotations[0]["KeyMaterialId"]);
    assert_near(&status(&kms, &key).await["NextRotationDate"], Duration::days(3090));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_may_not_be_used_is_not_rotated_until_it_may() {
    let kms = start().await;
    let (key, doomed) = (kms.new_key().await, kms.new_key().await);
    for key in [&key, &doomed] {
        kms.call("EnableKeyRotation", json!({ "KeyId": key, "RotationPeriodInDays": 90 })).await;
    }
    let before = (status(&kms, &key).await, status(&kms, &doomed).await);
    kms.call("DisableKey", json!({ "KeyId": key })).await;
    kms.call("ScheduleKeyDeletion", json!({ "KeyId": doomed, "PendingWindowInDays": 30 })).await;
    assert_eq!(status(&kms, &key).await, before.0);
    assert_eq!(status(&kms, &doomed).await, json!({ "KeyId": doomed, "KeyRotationEnabled": false }));
    kms.call("CancelKeyDeletion", json!({ "KeyId": doomed })).await;
    assert_eq!(status(&kms, &doomed).await, before.1);

    let overdue = "UPDATE keys SET next_rotation_date = now() - interval '1 hour'";
    kms.database.connect().await.execute(overdue, &[]).await.unwrap();
    let_worker_look(&kms, Duration::days(20)).await;
    for key in [&key, &doomed] {
        assert_eq!(kms.call("ListKeyRotations", json!({ "KeyId": key })).await["Rotations"], json!([]));
    }
    let before = materials(&kms).await;
    kms.call("EnableKey", json!({ "KeyId": key })).await;
    until_materials(&kms, before + 1).await;
    // The next one follows a period later, not a period after the date that was missed.
    assert_near(&status(&kms, &key).await["NextRotationDate"], Duration::days(90));
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_that_race_rotate_each_key_once() {
    let (database, keys) = (database().await, tempfile::tempdir().unwrap());
    let journals: Vec<_> = (0..3).map(|_| tempfile::tempdir().unwrap()).collect();
    let clock = keywright_service::testing::TestClock::default();
    let replicas = futures::future::join_all(journals.iter().map(|journal| {
        let config = config(base_config_in(&database, journal.path()), keys.path());
        run(config, Arc::new(TestCredentials::standard()), &clock)
    }))
    .await;
    let first = client(&replicas[0]);
    for _ in 0..20 {
        let key = first.call("CreateKey", json!({})).await.ok()["KeyMetadata"]["KeyId"].clone();
        first.call("EnableKeyRotation", json!({ "KeyId": key })).await.ok();
    }
    let connection = database.connect().await;
    let count = async |sql: &str| connection.query_one(sql, &[]).await.unwrap().get::<_, i64>(0);
    clock.advance(Duration::days(366));
    let deadline = Instant::now() + std::time::Duration::from_secs(20);
    while count("SELECT count(*) FROM keys WHERE next_rotation_date < now() + interval '366 days'").await > 0
    {
        assert!(Instant::now() < deadline, "keys that are due are not rotated");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    // Every replica looks at least once more.
    tokio::time::sleep(std::time::Duration::from_millis(1200)).await;
    assert_eq!(count("SELECT count(*) FROM key_materials").await, 40);
    assert_eq!(count("SELECT count(*) FROM key_materials WHERE is_current").await, 20);
    let mut rotated = Vec::new();
    for (replica, at_least) in replicas.iter().zip([40, 0, 0]) {
        let all = records(replica.journal(), at_least).await;
        let events = all.iter().filter(|record| record["eventName"] == "RotateKey");
        rotated.extend(events.map(|record| text(&record["serviceEventDetails"]["keyId"])));
    }
    let total = rotated.len();
    rotated.sort();
    rotated.dedup();
    assert_eq!(rotated.len(), total, "a key was rotated twice");
    for replica in replicas {
        replica.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_replica_encrypts_under_the_new_material_within_a_second() {
    let kms = start().await;
    let journal = tempfile::tempdir().unwrap();
    let second = config(base_config_in(&kms.database, journal.path()), kms.dir.path());
    let second = run(second, Arc::new(TestCredentials::standard()), &kms.clock).await;
    let other = client(&second);
    let key = kms.new_key().await;
    let input = json!({ "KeyId": key, "KeySpec": "AES_256" });
    let before = other.call("GenerateDataKey", input.clone()).await.ok();
    kms.call("RotateKeyOnDemand", json!({ "KeyId": key })).await;
    let began = Instant::now();
    let after = loop {
        let generated = other.call("GenerateDataKey", input.clone()).await.ok();
        if generated["KeyMaterialId"] != before["KeyMaterialId"] {
            break generated;
        }
        assert!(began.elapsed() < std::time::Duration::from_secs(1), "the former material still encrypts");
    };
    for generated in [before, after] {
        let decrypted = kms.call("Decrypt", json!({ "CiphertextBlob": generated["CiphertextBlob"] })).await;
        assert_eq!(decrypted["Plaintext"], generated["Plaintext"]);
        assert_eq!(decrypted["KeyMaterialId"], generated["KeyMaterialId"]);
    }
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_services_rotate_every_year_and_are_not_the_accounts_to_rotate() {
    let kms = start().await;
    let through_ssm = kms.client.with_key("KWSSM").on_behalf_of("AKIAADMIN");
    let encrypt = json!({ "KeyId": "alias/aws/ssm", "Plaintext": HELLO });
    let sealed = through_ssm.call("Encrypt", encrypt).await.ok();
    let key = text(&sealed["KeyId"]).rsplit('/').next().unwrap().to_owned();
    let on = status(&kms, &key).await;
    assert_eq!((&on["KeyRotationEnabled"], &on["RotationPeriodInDays"]), (&json!(true), &json!(365)));
    assert_near(&on["NextRotationDate"], Duration::days(365));
    for operation in ["EnableKeyRotation", "DisableKeyRotation", "RotateKeyOnDemand"] {
        kms.refuses(operation, json!({ "KeyId": key }), "AccessDeniedException").await;
    }
    let_pass(&kms, Duration::days(366), 2).await;
    let input = json!({ "CiphertextBlob": sealed["CiphertextBlob"] });
    assert_eq!(through_ssm.call("Decrypt", input).await.ok()["Plaintext"], HELLO);
}

#[tokio::test(flavor = "multi_thread")]
async fn imported_keys_are_not_rotated_automatically() {
    let kms = start().await;
    let created = kms.call("CreateKey", json!({ "Origin": "EXTERNAL" })).await;
    let key = text(&created["KeyMetadata"]["KeyId"]);
    for operation in ["EnableKeyRotation", "DisableKeyRotation"] {
        let message = kms.refuses(operation, json!({ "KeyId": key }), "UnsupportedOperationException").await;
        assert_eq!(
            message,
            format!("{} origin is EXTERNAL which is not valid for this operation.", arn(&key))
        );
    }
    assert_eq!(status(&kms, &key).await, json!({ "KeyId": key, "KeyRotationEnabled": false }));
    kms.refuses("RotateKeyOnDemand", json!({ "KeyId": key }), "KMSInvalidStateException").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_whose_material_never_changes_have_no_rotation() {
    let kms = start().await;
    let hmac = json!({ "Origin": "EXTERNAL", "KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC" });
    let rsa = json!({ "Origin": "EXTERNAL", "KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY" });
    for input in [hmac, rsa] {
        let key = text(&kms.call("CreateKey", input).await["KeyMetadata"]["KeyId"]);
        for operation in [
            "EnableKeyRotation",
            "DisableKeyRotation",
            "GetKeyRotationStatus",
            "RotateKeyOnDemand",
            "ListKeyRotations",
        ] {
            kms.refuses(operation, json!({ "KeyId": key }), "UnsupportedOperationException").await;
        }
    }
}
