use keywright_kms::changes::CHANNEL;
use serde_json::{Value, json};

use crate::harness::{HELLO, TestKms, start, text};
use crate::states::input;

/// What each operation answers for a multi-Region key in the states that only such keys have: nothing for a success,
/// else the error's code.
const TABLE: &[(&str, [&str; 3])] = &[
    //                   Creating       Updating       PendingReplicaDeletion
    ("CancelKeyDeletion", [INVALID_STATE, INVALID_STATE, ""]),
    ("CreateAlias", [INVALID_STATE, "", INVALID_STATE]),
    ("Decrypt", [INVALID_STATE, "", INVALID_STATE]),
    ("DeleteAlias", ["", "", ""]),
    ("DescribeKey", ["", "", ""]),
    ("DisableKey", [INVALID_STATE, INVALID_STATE, INVALID_STATE]),
    ("DisableKeyRotation", [INVALID_STATE, INVALID_STATE, INVALID_STATE]),
    ("EnableKey", [INVALID_STATE, INVALID_STATE, INVALID_STATE]),
    ("EnableKeyRotation", [INVALID_STATE, INVALID_STATE, INVALID_STATE]),
    ("Encrypt", [INVALID_STATE, "", INVALID_STATE]),
    ("GenerateDataKey", [INVALID_STATE, "", INVALID_STATE]),
    ("GenerateDataKeyWithoutPlaintext", [INVALID_STATE, "", INVALID_STATE]),
    ("GetKeyPolicy", ["", "", ""]),
    ("GetKeyRotationStatus", ["", "", ""]),
    ("ListAliases", ["", "", ""]),
    ("ListKeyPolicies", ["", "", ""]),
    ("ListKeyRotations", ["", "", ""]),
    ("ListResourceTags", ["", "", ""]),
    ("PutKeyPolicy", ["", "", ""]),
    ("ReEncrypt", [INVALID_STATE, "", INVALID_STATE]),
    ("ReplicateKey", [INVALID_STATE, INVALID_STATE, INVALID_STATE]),
    ("RotateKeyOnDemand", [INVALID_STATE, INVALID_STATE, INVALID_STATE]),
    ("ScheduleKeyDeletion", [INVALID_STATE, INVALID_STATE, INVALID_STATE]),
    ("TagResource", [INVALID_STATE, "", INVALID_STATE]),
    ("UntagResource", [INVALID_STATE, "", INVALID_STATE]),
    ("UpdateAlias", [INVALID_STATE, "", INVALID_STATE]),
    ("UpdateKeyDescription", [INVALID_STATE, "", INVALID_STATE]),
    ("UpdatePrimaryRegion", [INVALID_STATE, INVALID_STATE, INVALID_STATE]),
];
const INVALID_STATE: &str = "KMSInvalidStateException";

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_answers_every_state_of_a_multi_region_key() {
    let kms = start().await;
    let policy = kms.call("GetKeyPolicy", json!({ "KeyId": kms.new_key().await })).await["Policy"].clone();
    for (number, (operation, expected)) in TABLE.iter().enumerate() {
        for (state, expected) in ["Creating", "Updating", "PendingReplicaDeletion"].into_iter().zip(expected)
        {
            let created = kms.call("CreateKey", json!({ "MultiRegion": true })).await;
            let key = text(&created["KeyMetadata"]["KeyId"]);
            let alias = format!("alias/{state}-{number}");
            kms.call("CreateAlias", json!({ "AliasName": alias, "TargetKeyId": key })).await;
            let blob = kms.encrypt(&key, HELLO).await;
            bring_to(&kms, &key, state).await;
            let input = match *operation {
                "ReplicateKey" => json!({ "KeyId": key, "ReplicaRegion": "eu-west-1" }),
                "UpdatePrimaryRegion" => json!({ "KeyId": key, "PrimaryRegion": "eu-west-1" }),
                operation => input(operation, &key, &alias, &blob, &policy),
            };
            let answer = kms.client.call(operation, input).await;
            assert_eq!(answer.error(), *expected, "{operation} of a key that is {state}: {}", answer.text);
        }
    }
}

/// As another Region would bring it there.
async fn bring_to(kms: &TestKms, key: &str, state: &str) {
    let window = (state == "PendingReplicaDeletion").then_some(7_i32);
    let connection = kms.database.connect().await;
    let set = "UPDATE keys SET key_state = $2, pending_window_days = $3 WHERE key_id = $1";
    connection.execute(set, &[&key, &state, &window]).await.unwrap();
    connection.execute("SELECT pg_notify($1, 'all')", &[&CHANNEL]).await.unwrap();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    loop {
        let described: Value = kms.call("DescribeKey", json!({ "KeyId": key })).await;
        if described["KeyMetadata"]["KeyState"] == state {
            return;
        }
        assert!(std::time::Instant::now() < deadline, "{described}");
    }
}
