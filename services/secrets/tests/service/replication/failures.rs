//! KMS of a Region that refuses, or can't be reached.

use serde_json::json;

use super::{THERE, replicated, start};
use crate::harness::text;

const MANAGED: &str = "alias/aws/secretsmanager";

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_refuses_there_keeps_nobody_from_writing_here() {
    let regions = start().await;
    regions.create("db", "one").await;
    regions.there.kms.refuse("GenerateDataKey", MANAGED, "DisabledException");
    regions.here.put("db", "two").await;
    assert_eq!(regions.here.get("db").await, "two");
    let failed = regions.until("db", "Failed").await;
    let message = text(&failed["StatusMessage"]);
    assert!(message.starts_with("Replication failed: Secrets Manager can't encrypt"), "{message}");
    assert_eq!(regions.there.get("db").await, "one", "it keeps the value that it has");
    // What isn't a value comes there nevertheless.
    regions.here.call("UpdateSecret", json!({ "SecretId": "db", "Description": "changed" })).await;
    for _ in 0..400 {
        if regions.there.describe("db").await["Description"] == "changed" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(regions.there.describe("db").await["Description"], "changed");

    regions.there.kms.allow("GenerateDataKey", MANAGED);
    let input = json!({ "SecretId": "db", "AddReplicaRegions": [{ "Region": THERE }] });
    regions.here.call("ReplicateSecretToRegions", input).await;
    regions.until("db", "InSync").await;
    assert_eq!(regions.there.get("db").await, "two");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_current_value_no_replica_is_made() {
    let regions = start().await;
    regions.there.kms.refuse("GenerateDataKey", MANAGED, "AccessDeniedException");
    let made = regions.here.call("CreateSecret", replicated("db", "one")).await;
    let status = &made["ReplicationStatus"][0];
    assert_eq!(status["Status"], "Failed");
    assert_eq!(status["StatusMessage"], "Replication failed: Access to KMS is not allowed");
    regions.here.until_recorded("ReplicationFailed", 1).await;
    assert!(regions.wire.messages().is_empty());
    regions.until_gone("db").await;
    // Once it is allowed, the next value makes it; the one before is told of as what it is.
    regions.there.kms.allow("GenerateDataKey", MANAGED);
    regions.here.put("db", "two").await;
    regions.until_there("db", "two").await;
    let listed = regions.here.call("ListSecrets", json!({})).await;
    assert_eq!(listed["SecretList"][0]["PrimaryRegion"], super::HERE);
    let failed = regions.until("db", "Failed").await;
    assert!(text(&failed["StatusMessage"]).ends_with("Access to KMS is not allowed"), "{failed}");
    regions.here.put("db", "three").await;
    regions.until("db", "InSync").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_read_a_secret_replicates_nothing_of_it() {
    let regions = start().await;
    regions.here.create("db", "one").await;
    regions.here.kms.refuse("Decrypt", MANAGED, "AccessDeniedException");
    let input = json!({ "SecretId": "db", "AddReplicaRegions": [{ "Region": THERE }] });
    let answer = regions.here.call("ReplicateSecretToRegions", input).await;
    assert_eq!(answer["ReplicationStatus"][0]["Status"], "Failed");
    regions.here.until_recorded("ReplicationFailed", 1).await;
    assert!(regions.there.kms.take_calls().is_empty() && regions.wire.messages().is_empty());
}
