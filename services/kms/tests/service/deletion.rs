use std::time::{Duration, Instant};

use serde_json::json;

use crate::harness::{HELLO, TestKms, arn, start};

async fn count(kms: &TestKms, table: &str) -> i64 {
    kms.database
        .connect()
        .await
        .query_one(&format!("SELECT count(*) FROM {table}"), &[])
        .await
        .unwrap()
        .get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_waits_and_can_be_cancelled() {
    let kms = start().await;
    let key = kms.new_key().await;
    for days in [0, 6, 31, 366] {
        let input = json!({ "KeyId": key, "PendingWindowInDays": days });
        kms.refuses("ScheduleKeyDeletion", input, "ValidationException").await;
    }
    let input = json!({ "KeyId": key, "PendingWindowInDays": 7 });
    let scheduled = kms.call("ScheduleKeyDeletion", input).await;
    assert_eq!(scheduled["KeyId"], arn(&key));
    assert_eq!(scheduled["KeyState"], "PendingDeletion");
    assert_eq!(scheduled["PendingWindowInDays"], 7);
    let due = scheduled["DeletionDate"].as_f64().unwrap();
    let described = kms.call("DescribeKey", json!({ "KeyId": key })).await["KeyMetadata"].clone();
    assert_eq!(described["DeletionDate"].as_f64().unwrap(), due);
    let created = described["CreationDate"].as_f64().unwrap();
    assert!((due - created - 7.0 * 86_400.0).abs() < 60.0, "{created} {due}");

    let cancelled = kms.call("CancelKeyDeletion", json!({ "KeyId": key })).await;
    assert_eq!(cancelled["KeyId"], arn(&key));
    let described = kms.call("DescribeKey", json!({ "KeyId": key })).await["KeyMetadata"].clone();
    assert_eq!(described["KeyState"], "Disabled");
    assert!(described.get("DeletionDate").is_none());
    kms.call("EnableKey", json!({ "KeyId": key })).await;
    kms.encrypt(&key, HELLO).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_due_is_destroyed_with_all_that_belongs_to_it() {
    let kms = start().await;
    let (key, kept) = (kms.new_key().await, kms.new_key().await);
    let tags = json!({ "KeyId": key, "Tags": [{ "TagKey": "a", "TagValue": "b" }] });
    kms.call("TagResource", tags).await;
    kms.call("CreateAlias", json!({ "AliasName": "alias/app", "TargetKeyId": key })).await;
    let blob = kms.encrypt("alias/app", HELLO).await;
    kms.call("ScheduleKeyDeletion", json!({ "KeyId": key, "PendingWindowInDays": 7 })).await;
    kms.call("ScheduleKeyDeletion", json!({ "KeyId": kept, "PendingWindowInDays": 30 })).await;

    kms.clock.advance(time::Duration::days(8));
    let deadline = Instant::now() + Duration::from_secs(20);
    while count(&kms, "keys").await > 1 {
        assert!(Instant::now() < deadline, "the key that is due is still there");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for (table, rows) in [("keys", 1), ("key_materials", 1), ("aliases", 0), ("key_tags", 0)] {
        assert_eq!(count(&kms, table).await, rows, "{table}");
    }
    // Back to the time in which the client signs.
    kms.clock.advance(time::Duration::days(-8));
    let refused = async |operation: &str, input| kms.refused(operation, input).await.0;
    assert_eq!(refused("DescribeKey", json!({ "KeyId": key })).await, "NotFoundException");
    assert_eq!(refused("DescribeKey", json!({ "KeyId": "alias/app" })).await, "NotFoundException");
    assert_eq!(refused("Decrypt", json!({ "CiphertextBlob": blob })).await, "AccessDeniedException");

    let record = kms.record_of("DeleteKey", 7).await;
    assert_eq!(record["eventType"], "AwsServiceEvent");
    assert_eq!(record["resources"][0]["ARN"], arn(&key));
    assert_eq!(record["userIdentity"]["type"], "AWSService");
}
