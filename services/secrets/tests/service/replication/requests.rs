//! What is asked for, and what comes of it in the other Region.

use keywright_service::testing::{ACCOUNT, records};
use serde_json::{Value, json};

use super::{HERE, THERE, replicated, start};
use crate::harness::{text, token};

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_comes_to_be_in_the_other_region() {
    let regions = start().await;
    let (here, there) = (&regions.here, &regions.there);
    let made = here.call("CreateSecret", replicated("app/db", "one")).await;
    let begun = &made["ReplicationStatus"][0];
    assert_eq!((&begun["Region"], &begun["Status"]), (&json!(THERE), &json!("InProgress")));
    assert_eq!(begun["KmsKeyId"], "alias/aws/secretsmanager");
    let done = regions.until("app/db", "InSync").await;
    assert_eq!(done["StatusMessage"], "Replication succeeded");
    assert_eq!(there.get("app/db").await, "one");

    let (described, replica) = (here.describe("app/db").await, there.describe("app/db").await);
    assert_eq!(text(&replica["ARN"]), text(&described["ARN"]).replace(HERE, THERE));
    assert_eq!((&described["PrimaryRegion"], &replica["PrimaryRegion"]), (&json!(HERE), &json!(HERE)));
    assert_eq!(described["VersionIdsToStages"], replica["VersionIdsToStages"]);
    assert!(replica.get("ReplicationStatus").is_none(), "{replica}");
    let listed = async |value: &str| {
        let filter = json!({ "Filters": [{ "Key": "primary-region", "Values": [value] }] });
        let listed = there.call("ListSecrets", filter).await;
        listed["SecretList"].as_array().unwrap().len()
    };
    assert_eq!((listed(HERE).await, listed(THERE).await, listed("!us").await), (1, 0, 0));

    // KMS there made the key for the caller, bound to the replica.
    let calls = there.kms.take_calls();
    let context = json!({ "SecretARN": replica["ARN"], "SecretVersionId": made["VersionId"] });
    assert_eq!(calls[0].operation, "GenerateDataKey");
    assert_eq!(calls[0].input["EncryptionContext"], context);
    assert_eq!(calls[0].forward_token, "forward-AKIAADMIN");
    assert!(calls[0].authorization.contains("/eu-west-1/kms/"), "{}", calls[0].authorization);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_changed_is_changed_there() {
    let regions = start().await;
    let (here, there) = (&regions.here, &regions.there);
    let arn = text(&regions.create("db", "one").await["ARN"]);
    here.put("db", "two").await;
    regions.until_there("db", "two").await;
    here.call("UpdateSecret", json!({ "SecretId": arn, "Description": "the database" })).await;
    here.call(
        "TagResource",
        json!({ "SecretId": "db", "Tags": [{ "Key": "a", "Value": "1" }, { "Key": "b", "Value": "2" }] }),
    )
    .await;
    here.call("UntagResource", json!({ "SecretId": "db", "TagKeys": ["a"] })).await;
    let policy = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Deny", "Principal": { "AWS": ACCOUNT }, "Action": "secretsmanager:DeleteSecret", "Resource": "*" }]});
    here.call("PutResourcePolicy", json!({ "SecretId": "db", "ResourcePolicy": policy.to_string() })).await;
    let update = json!({ "SecretId": "db", "SecretString": "three", "ClientRequestToken": token() });
    here.call("UpdateSecret", update).await;
    regions.until("db", "InSync").await;

    let (described, replica) = (here.describe("db").await, there.describe("db").await);
    for member in ["Description", "Tags", "VersionIdsToStages"] {
        assert_eq!(described[member], replica[member], "{member}");
    }
    assert_eq!(replica["Description"], "the database");
    assert_eq!(replica["Tags"], json!([{ "Key": "b", "Value": "2" }]));
    let attached = there.call("GetResourcePolicy", json!({ "SecretId": "db" })).await;
    assert_eq!(text(&attached["ResourcePolicy"]), policy.to_string());
    let previous = json!({ "SecretId": "db", "VersionStage": "AWSPREVIOUS" });
    assert_eq!(there.call("GetSecretValue", previous).await["SecretString"], "two");

    // The first version has no label any more; it comes back by one.
    let listed =
        here.call("ListSecretVersionIds", json!({ "SecretId": "db", "IncludeDeprecated": true })).await;
    let versions = listed["Versions"].as_array().unwrap();
    let first = &versions.last().unwrap()["VersionId"];
    let label = json!({ "SecretId": "db", "VersionStage": "FIRST", "MoveToVersionId": first });
    here.call("UpdateSecretVersionStage", label).await;
    regions.until("db", "InSync").await;
    let asked = json!({ "SecretId": "db", "VersionStage": "FIRST" });
    assert_eq!(there.call("GetSecretValue", asked).await["SecretString"], "one");
    here.call("DeleteResourcePolicy", json!({ "SecretId": "db" })).await;
    regions.until("db", "InSync").await;
    let attached = there.call("GetResourcePolicy", json!({ "SecretId": "db" })).await;
    assert!(attached.get("ResourcePolicy").is_none(), "{attached}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_with_many_versions_is_replicated_later() {
    let regions = start().await;
    let (here, there) = (&regions.here, &regions.there);
    let value = |n: usize| format!("{n}:{}", "x".repeat(60_000));
    here.create("db", &value(0)).await;
    for n in 1..=9 {
        let input = json!({
            "SecretId": "db", "SecretString": value(n), "ClientRequestToken": token(),
            "VersionStages": [format!("V{n}")],
        });
        here.call("PutSecretValue", input).await;
    }
    let input =
        json!({ "SecretId": "db", "AddReplicaRegions": [{ "Region": THERE, "KmsKeyId": "alias/there" }] });
    let answer = here.call("ReplicateSecretToRegions", input.clone()).await;
    assert_eq!(answer["ReplicationStatus"][0]["KmsKeyId"], "alias/there");
    regions.until("db", "InSync").await;
    for n in 1..=9 {
        let asked = json!({ "SecretId": "db", "VersionStage": format!("V{n}") });
        assert_eq!(there.call("GetSecretValue", asked).await["SecretString"], value(n));
    }
    assert_eq!(there.get("db").await, value(0));
    assert_eq!(there.describe("db").await["KmsKeyId"], "alias/there");
    assert!(regions.wire.messages().len() >= 3, "they don't fit into one message");

    // Once more is no harm, and nothing.
    let sent = regions.wire.messages().len();
    let answer = here.call("ReplicateSecretToRegions", input).await;
    assert_eq!(answer["ReplicationStatus"][0]["Status"], "InSync");
    assert_eq!(regions.wire.messages().len(), sent);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_region_that_is_removed_loses_its_replica() {
    let regions = start().await;
    regions.create("db", "one").await;
    let left = json!({ "SecretId": "db", "ForceDeleteWithoutRecovery": true });
    let message = regions.here.refuses("DeleteSecret", left.clone(), "InvalidParameterException").await;
    assert!(message.ends_with("that still has replica regions [eu-west-1]."), "{message}");

    let input = json!({ "SecretId": "db", "RemoveReplicaRegions": [THERE] });
    let answer = regions.here.call("RemoveRegionsFromReplication", input.clone()).await;
    assert_eq!(answer["ReplicationStatus"], json!([]));
    regions.until_gone("db").await;
    assert!(regions.here.describe("db").await.get("PrimaryRegion").is_none());
    let message =
        regions.here.refuses("RemoveRegionsFromReplication", input, "InvalidParameterException").await;
    assert!(message.contains("isn't replicated"), "{message}");
    regions.there.record_of("EndSecretVersionDelete", 1).await;

    // It may come back, and go for good.
    let input = json!({ "SecretId": "db", "AddReplicaRegions": [{ "Region": THERE }] });
    regions.here.call("ReplicateSecretToRegions", input).await;
    regions.until_there("db", "one").await;
    regions.until("db", "InSync").await;
    let input = json!({ "SecretId": "db", "RemoveReplicaRegions": [THERE] });
    regions.here.call("RemoveRegionsFromReplication", input).await;
    regions.here.call("DeleteSecret", left).await;
    regions.until_gone("db").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_becomes_a_secret_of_its_own() {
    let regions = start().await;
    let (here, there) = (&regions.here, &regions.there);
    regions.create("db", "one").await;
    here.refuses("StopReplicationToReplica", json!({ "SecretId": "db" }), "InvalidParameterException").await;
    let answer = there.call("StopReplicationToReplica", json!({ "SecretId": "db" })).await;
    assert!(text(&answer["ARN"]).contains(THERE));
    there.put("db", "there").await;
    for _ in 0..400 {
        if regions.status("db").await.is_null() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(regions.status("db").await.is_null(), "its primary secret hears of it");
    here.put("db", "here").await;
    here.call("DeleteSecret", json!({ "SecretId": "db" })).await;
    assert_eq!(there.get("db").await, "there");
    assert!(there.describe("db").await.get("PrimaryRegion").is_none());
    there.call("DeleteSecret", json!({ "SecretId": "db", "ForceDeleteWithoutRecovery": true })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_has_a_kms_key_of_its_own_and_tells_when_it_is_read() {
    let regions = start().await;
    let (here, there) = (&regions.here, &regions.there);
    regions.create("db", "one").await;
    assert!(regions.status("db").await.get("LastAccessedDate").is_none());
    there.get("db").await;
    there.call("UpdateSecret", json!({ "SecretId": "db", "KmsKeyId": "alias/own" })).await;
    let told = |status: &Value| status["KmsKeyId"] == "alias/own" && !status["LastAccessedDate"].is_null();
    for _ in 0..400 {
        if told(&regions.status("db").await) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(told(&regions.status("db").await), "{}", regions.status("db").await);
    there.kms.take_calls();
    here.put("db", "two").await;
    regions.until_there("db", "two").await;
    let made = there.kms.take_calls().into_iter().find(|call| call.operation == "GenerateDataKey").unwrap();
    assert_eq!(made.input["KeyId"], "alias/own");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_of_the_name_is_replaced_only_if_that_is_wanted() {
    let regions = start().await;
    regions.there.create("db", "other").await;
    regions.here.create("db", "one").await;
    let mut input = json!({ "SecretId": "db", "AddReplicaRegions": [{ "Region": THERE }] });
    regions.here.call("ReplicateSecretToRegions", input.clone()).await;
    let failed = regions.until("db", "Failed").await;
    let message = text(&failed["StatusMessage"]);
    assert_eq!(message, "Replication failed: Secret name db already exists in region eu-west-1.");
    assert_eq!(regions.there.get("db").await, "other");
    let record = regions.here.until_recorded("ReplicationFailed", 1).await;
    assert_eq!(record["errorMessage"], message);

    input["ForceOverwriteReplicaSecret"] = json!(true);
    regions.here.call("ReplicateSecretToRegions", input).await;
    regions.until("db", "InSync").await;
    assert_eq!(regions.there.get("db").await, "one");
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_recorded() {
    let regions = start().await;
    regions.create("db", "one").await;
    let record = regions.here.record_of("CreateSecret", 1).await;
    let shown = &record["requestParameters"]["addReplicaRegions"];
    assert_eq!(shown[0]["region"], THERE);
    assert_eq!(record["responseElements"]["replicationStatus"][0]["status"], "InProgress");
    for event in ["ReplicationStarted", "ReplicationSucceeded"] {
        let record = regions.here.until_recorded(event, 1).await;
        assert_eq!(record["eventType"], "AwsServiceEvent");
    }
    let made = regions.there.until_recorded("CreateReplicaSecret", 1).await;
    assert_eq!(made["recipientAccountId"], ACCOUNT);
    let delivered = regions.there.until_recorded("Deliver", 1).await;
    assert_eq!(delivered["userIdentity"]["invokedBy"], "secretsmanager.amazonaws.com");
    assert_eq!(delivered["recipientAccountId"], "internal");
    assert_eq!(delivered["requestParameters"]["fromRegion"], HERE);
    assert_eq!(delivered["responseElements"]["answer"], "done");
    for running in [&regions.here.running, &regions.there.running] {
        for record in records(running.journal(), 2).await {
            assert!(!record.to_string().contains("sealed"), "{record}");
        }
    }
}
