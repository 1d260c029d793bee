use keywright_service::testing::{ACCOUNT, records};
use serde_json::{Value, json};
use time::Duration;

use crate::harness::{HELLO, text};
use crate::regions::{Mode, Site, sites};

const EAST: &str = "us-east-1";
const WEST: &str = "eu-west-1";
const SOUTH: &str = "ap-southeast-2";

async fn decrypts(site: &Site, blob: &str) {
    let decrypted = site.kms.call("Decrypt", json!({ "CiphertextBlob": blob })).await;
    assert_eq!(decrypted["Plaintext"], HELLO, "{}", site.region);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_key_and_its_primary_key_decrypt_what_either_encrypts() {
    let [east, west] = sites([EAST, WEST]).await;
    let key = east.primary(json!({ "Description": "primary" })).await;
    let policy = east.kms.call("GetKeyPolicy", json!({ "KeyId": key })).await["Policy"].clone();
    let policy = text(&policy).replace("key-default-1", "of-the-replica");
    let tags = json!([{ "TagKey": "a", "TagValue": "b" }]);
    let input = json!({
        "KeyId": east.arn(&key), "ReplicaRegion": WEST, "Policy": policy, "Description": "replica", "Tags": tags,
    });
    let replicated = east.kms.call("ReplicateKey", input).await;
    let metadata = &replicated["ReplicaKeyMetadata"];
    for (member, value) in [
        ("Arn", json!(west.arn(&key))),
        ("KeyId", json!(key)),
        ("KeyState", json!("Creating")),
        ("Enabled", json!(false)),
        ("Description", json!("replica")),
        ("MultiRegion", json!(true)),
    ] {
        assert_eq!(metadata[member], value, "{member}");
    }
    let configuration = json!({
        "MultiRegionKeyType": "REPLICA",
        "PrimaryKey": { "Arn": east.arn(&key), "Region": EAST },
        "ReplicaKeys": [{ "Arn": west.arn(&key), "Region": WEST }],
    });
    assert_eq!(metadata["MultiRegionConfiguration"], configuration);
    assert_eq!((&replicated["ReplicaPolicy"], &replicated["ReplicaTags"]), (&json!(policy), &tags));

    // It is there at once, and can be used soon.
    assert!(["Creating", "Enabled"].contains(&west.state(&key).await.as_str()));
    west.until_state(&key, "Enabled").await;
    let (there, here) = (west.describe(&key).await, east.describe(&key).await);
    assert_eq!(there["MultiRegionConfiguration"], configuration);
    assert_eq!(there["Description"], "replica");
    assert_eq!(here["MultiRegionConfiguration"]["MultiRegionKeyType"], "PRIMARY");
    assert_eq!(here["MultiRegionConfiguration"]["ReplicaKeys"], configuration["ReplicaKeys"]);
    assert_eq!(here["Description"], "primary");
    assert_eq!(there["CurrentKeyMaterialId"], here["CurrentKeyMaterialId"]);
    let listed = west.kms.call("ListResourceTags", json!({ "KeyId": key })).await;
    assert_eq!(listed["Tags"], tags);
    assert_eq!(west.kms.call("GetKeyPolicy", json!({ "KeyId": key })).await["Policy"], policy.as_str());

    decrypts(&west, &east.kms.encrypt(&key, HELLO).await).await;
    decrypts(&east, &west.kms.encrypt(&key, HELLO).await).await;
    // What is theirs alone stays so.
    west.kms.call("DisableKey", json!({ "KeyId": key })).await;
    decrypts(&east, &east.kms.encrypt(&key, HELLO).await).await;

    let record = east.kms.record_of("ReplicateKey", 6).await;
    assert_eq!(record["requestParameters"]["replicaRegion"], WEST);
    assert_eq!(record["responseElements"]["replicaKeyMetadata"]["keyState"], "Creating");
    assert_eq!(record["userIdentity"]["userName"], "admin");
    let record = west.kms.record_of("CreateKey", 4).await;
    assert_eq!(record["eventType"], "AwsServiceEvent");
    assert_eq!(record["resources"][0]["ARN"], west.arn(&key));
    let record = west.kms.record_of("SynchronizeMultiRegionKey", 4).await;
    assert_eq!((&record["recipientAccountId"], &record["awsRegion"]), (&json!(ACCOUNT), &json!(WEST)));
    let record = west.kms.record_of("Deliver", 4).await;
    assert_eq!(record["recipientAccountId"], "internal");
    assert_eq!(record["requestParameters"]["fromRegion"], EAST);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_key_of_a_key_pair_or_an_hmac_key_has_the_same_material() {
    let [east, west] = sites([EAST, WEST]).await;
    let pair = east.primary(json!({ "KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY" })).await;
    let hmac = east.primary(json!({ "KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC" })).await;
    east.replicate(&pair, &west).await;
    east.replicate(&hmac, &west).await;
    let public = |key: &str| json!({ "KeyId": key });
    let (here, there) = (
        east.kms.call("GetPublicKey", public(&pair)).await,
        west.kms.call("GetPublicKey", public(&pair)).await,
    );
    assert_eq!(here["PublicKey"], there["PublicKey"]);
    let mut input = json!({ "KeyId": pair, "Message": HELLO, "SigningAlgorithm": "ECDSA_SHA_256" });
    input["Signature"] = east.kms.call("Sign", input.clone()).await["Signature"].clone();
    assert_eq!(west.kms.call("Verify", input).await["SignatureValid"], true);
    let mut input = json!({ "KeyId": hmac, "Message": HELLO, "MacAlgorithm": "HMAC_SHA_256" });
    input["Mac"] = west.kms.call("GenerateMac", input.clone()).await["Mac"].clone();
    assert_eq!(east.kms.call("VerifyMac", input).await["MacValid"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_replicated_is_refused() {
    let [east, west] = sites([EAST, WEST]).await;
    let replicate = |key: &str, region: &str| json!({ "KeyId": key, "ReplicaRegion": region });
    let (key, single) = (east.primary(json!({})).await, east.kms.new_key().await);
    let refuses = |site: &Site, key: &str, region: &str, code: &str| {
        let (input, code) = (replicate(key, region), code.to_owned());
        let client = site.kms.client.clone();
        async move {
            let answer = client.call("ReplicateKey", input).await;
            assert_eq!(answer.error(), code, "{}", answer.text);
        }
    };
    refuses(&east, &single, WEST, "UnsupportedOperationException").await;
    refuses(&east, &key, SOUTH, "UnsupportedOperationException").await;
    refuses(&east, &key, EAST, "AlreadyExistsException").await;
    refuses(&east, &key, "Europe", "ValidationException").await;
    refuses(&east, "mrk-00000000000000000000000000000000", WEST, "NotFoundException").await;
    refuses(&east, &west.arn(&key), WEST, "NotFoundException").await;
    east.kms.call("DisableKey", json!({ "KeyId": key })).await;
    refuses(&east, &key, WEST, "DisabledException").await;
    east.kms.call("EnableKey", json!({ "KeyId": key })).await;
    east.kms.call("ScheduleKeyDeletion", json!({ "KeyId": key })).await;
    refuses(&east, &key, WEST, "KMSInvalidStateException").await;
    east.kms.call("CancelKeyDeletion", json!({ "KeyId": key })).await;
    east.kms.call("EnableKey", json!({ "KeyId": key })).await;
    let input = json!({ "KeyId": key, "ReplicaRegion": WEST, "Policy": "{}" });
    east.kms.refuses("ReplicateKey", input, "MalformedPolicyDocumentException").await;
    // None of it left anything there.
    assert_eq!(west.state(&key).await, "NotFoundException");

    east.replicate(&key, &west).await;
    refuses(&east, &key, WEST, "AlreadyExistsException").await;
    refuses(&west, &key, EAST, "UnsupportedOperationException").await;
    for operation in ["EnableKeyRotation", "RotateKeyOnDemand"] {
        west.kms.refuses(operation, json!({ "KeyId": key }), "UnsupportedOperationException").await;
    }
    let update = json!({ "KeyId": single, "PrimaryRegion": WEST });
    east.kms.refuses("UpdatePrimaryRegion", update, "UnsupportedOperationException").await;
    let update = json!({ "KeyId": key, "PrimaryRegion": SOUTH });
    east.kms.refuses("UpdatePrimaryRegion", update, "NotFoundException").await;
    let update = json!({ "KeyId": key, "PrimaryRegion": EAST });
    west.kms.refuses("UpdatePrimaryRegion", update, "UnsupportedOperationException").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_primary_region_moves_and_all_regions_hear_of_it() {
    let [east, west, south] = sites([EAST, WEST, SOUTH]).await;
    let key = east.primary(json!({})).await;
    east.replicate(&key, &west).await;
    east.replicate(&key, &south).await;
    west.until_regions(&key, &[EAST, SOUTH, WEST]).await;
    // The answer to the request to take over is lost the first time.
    west.network.then(&[Mode::Works, Mode::LosesAnswers], Mode::Works);
    east.kms.call("UpdatePrimaryRegion", json!({ "KeyId": key, "PrimaryRegion": WEST })).await;
    for site in [&east, &west, &south] {
        site.until_regions(&key, &[WEST, SOUTH, EAST]).await;
        site.until_state(&key, "Enabled").await;
    }
    assert_eq!(east.describe(&key).await["MultiRegionConfiguration"]["MultiRegionKeyType"], "REPLICA");
    let replicate = json!({ "KeyId": key, "ReplicaRegion": SOUTH });
    east.kms.refuses("ReplicateKey", replicate, "UnsupportedOperationException").await;
    decrypts(&south, &east.kms.encrypt(&key, HELLO).await).await;
    let record = west.kms.record_of("UpdatePrimaryRegion", 4).await;
    assert_eq!(record["eventType"], "AwsServiceEvent");

    // The new one decides now, and can pass it on.
    west.kms.call("EnableKeyRotation", json!({ "KeyId": key, "RotationPeriodInDays": 100 })).await;
    for site in [&east, &south] {
        site.until("the rotation is shared", async || {
            let status = site.kms.call("GetKeyRotationStatus", json!({ "KeyId": key })).await;
            status["RotationPeriodInDays"] == 100 && status["KeyRotationEnabled"] == true
        })
        .await;
    }
    west.kms.call("UpdatePrimaryRegion", json!({ "KeyId": key, "PrimaryRegion": SOUTH })).await;
    for site in [&east, &west, &south] {
        site.until_regions(&key, &[SOUTH, WEST, EAST]).await;
        site.until_state(&key, "Enabled").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_usable_while_its_primary_region_is_changed() {
    let [east, west] = sites([EAST, WEST]).await;
    let key = east.primary(json!({})).await;
    east.replicate(&key, &west).await;
    // It is asked about the replica key, and can't be told to take over.
    west.network.then(&[Mode::Works], Mode::Down);
    east.kms.call("UpdatePrimaryRegion", json!({ "KeyId": key, "PrimaryRegion": WEST })).await;
    assert_eq!(east.state(&key).await, "Updating");
    assert_eq!(east.regions(&key).await, [EAST, WEST]);
    decrypts(&west, &east.kms.encrypt(&key, HELLO).await).await;
    for (operation, input) in [
        ("DisableKey", json!({ "KeyId": key })),
        ("ScheduleKeyDeletion", json!({ "KeyId": key })),
        ("RotateKeyOnDemand", json!({ "KeyId": key })),
        ("ReplicateKey", json!({ "KeyId": key, "ReplicaRegion": SOUTH })),
    ] {
        east.kms.refuses(operation, input, "KMSInvalidStateException").await;
    }
    let east = east.restarted(&[&west]).await;
    assert_eq!(east.state(&key).await, "Updating");
    west.knows(&east);
    west.network.becomes(Mode::Works);
    east.until_regions(&key, &[WEST, EAST]).await;
    west.until_regions(&key, &[WEST, EAST]).await;
    east.until_state(&key, "Enabled").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_primary_key_outlives_its_replica_keys() {
    let [east, west] = sites([EAST, WEST]).await;
    let key = east.primary(json!({})).await;
    east.replicate(&key, &west).await;
    east.until_count("replications", 0).await;
    let schedule = json!({ "KeyId": key, "PendingWindowInDays": 7 });
    let scheduled = east.kms.call("ScheduleKeyDeletion", schedule.clone()).await;
    assert_eq!(scheduled["KeyState"], "PendingReplicaDeletion");
    assert_eq!(scheduled["PendingWindowInDays"], 7);
    assert!(scheduled.get("DeletionDate").is_none(), "{scheduled}");
    let described = east.describe(&key).await;
    assert_eq!(described["PendingDeletionWindowInDays"], 7);
    assert!(described.get("DeletionDate").is_none(), "{described}");
    for operation in ["Encrypt", "EnableKey", "ScheduleKeyDeletion"] {
        let input = json!({ "KeyId": key, "Plaintext": HELLO });
        let input = if operation == "Encrypt" { input } else { json!({ "KeyId": key }) };
        east.kms.refuses(operation, input, "KMSInvalidStateException").await;
    }
    east.kms.call("CancelKeyDeletion", json!({ "KeyId": key })).await;
    assert_eq!(east.state(&key).await, "Disabled");
    east.kms.call("ScheduleKeyDeletion", schedule.clone()).await;

    // The replica key is deleted by itself, while nobody can be told.
    west.kms.call("ScheduleKeyDeletion", schedule).await;
    assert_eq!(west.state(&key).await, "PendingDeletion");
    east.network.becomes(Mode::Down);
    west.kms.clock.advance(Duration::days(8));
    west.until_count("keys", 0).await;
    west.until_count("key_materials", 0).await;
    assert_eq!(east.state(&key).await, "PendingReplicaDeletion");
    east.network.becomes(Mode::Works);
    east.until_state(&key, "PendingDeletion").await;
    let described = east.describe(&key).await;
    assert_eq!(described["MultiRegionConfiguration"]["ReplicaKeys"], json!([]));
    assert!(described["DeletionDate"].is_number(), "{described}");
    east.kms.clock.advance(Duration::days(8));
    east.until_count("keys", 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn new_material_is_everywhere_before_it_encrypts_anywhere() {
    let [east, west] = sites([EAST, WEST]).await;
    let key = east.primary(json!({})).await;
    east.replicate(&key, &west).await;
    east.until_count("replications", 0).await;
    let first = text(&east.describe(&key).await["CurrentKeyMaterialId"]);
    let old = west.kms.encrypt(&key, HELLO).await;

    west.network.becomes(Mode::Down);
    east.kms.call("RotateKeyOnDemand", json!({ "KeyId": key })).await;
    let status = east.kms.call("GetKeyRotationStatus", json!({ "KeyId": key })).await;
    assert!(status["OnDemandRotationStartDate"].is_number(), "{status}");
    let (code, _) = east.kms.refused("RotateKeyOnDemand", json!({ "KeyId": key })).await;
    assert_eq!(code, "ConflictException");
    east.until_count("key_materials", 2).await;
    assert_eq!(east.describe(&key).await["CurrentKeyMaterialId"], first.as_str());
    decrypts(&west, &east.kms.encrypt(&key, HELLO).await).await;
    assert_eq!(rotations(&east, &key).await, 0);

    // It dies in between, and what it had told before is forgotten on the way.
    west.network.then(&[Mode::LosesAnswers], Mode::Works);
    let east = east.restarted(&[&west]).await;
    west.knows(&east);
    for site in [&east, &west] {
        site.until("the material is replaced", async || {
            site.describe(&key).await["CurrentKeyMaterialId"] != first.as_str()
        })
        .await;
    }
    let second = text(&east.describe(&key).await["CurrentKeyMaterialId"]);
    assert_eq!(west.describe(&key).await["CurrentKeyMaterialId"], second.as_str());
    for (from, to) in [(&east, &west), (&west, &east)] {
        decrypts(to, &from.kms.encrypt(&key, HELLO).await).await;
        decrypts(to, &old).await;
    }
    assert_eq!((rotations(&east, &key).await, rotations(&west, &key).await), (1, 1));
    let status = east.kms.call("GetKeyRotationStatus", json!({ "KeyId": key })).await;
    assert!(status.get("OnDemandRotationStartDate").is_none(), "{status}");
    let record = records(east.kms.running.journal(), 3).await;
    let rotated: Vec<&Value> = record.iter().filter(|record| record["eventName"] == "RotateKey").collect();
    assert_eq!(rotated.len(), 1, "{record:#?}");
    assert_eq!(rotated[0]["serviceEventDetails"]["currentKeyMaterialId"], second.as_str());
}

async fn rotations(site: &Site, key: &str) -> usize {
    let listed = site.kms.call("ListKeyRotations", json!({ "KeyId": key })).await;
    listed["Rotations"].as_array().unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_automatic_rotation_reaches_all_regions() {
    let [east, west] = sites([EAST, WEST]).await;
    let key = east.primary(json!({})).await;
    east.kms.call("EnableKeyRotation", json!({ "KeyId": key, "RotationPeriodInDays": 90 })).await;
    east.replicate(&key, &west).await;
    let status = west.kms.call("GetKeyRotationStatus", json!({ "KeyId": key })).await;
    assert_eq!((&status["KeyRotationEnabled"], &status["RotationPeriodInDays"]), (&json!(true), &json!(90)));
    let first = text(&west.describe(&key).await["CurrentKeyMaterialId"]);
    east.kms.clock.advance(Duration::days(91));
    west.until("the material is replaced", async || {
        west.describe(&key).await["CurrentKeyMaterialId"] != first.as_str()
    })
    .await;
    east.kms.clock.advance(Duration::days(-91));
    decrypts(&east, &west.kms.encrypt(&key, HELLO).await).await;
    east.kms.call("DisableKeyRotation", json!({ "KeyId": key })).await;
    west.until("the rotation is off", async || {
        let status = west.kms.call("GetKeyRotationStatus", json!({ "KeyId": key })).await;
        status["KeyRotationEnabled"] == false
    })
    .await;
}
