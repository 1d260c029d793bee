use std::time::Duration;

use keywright_service::testing::records;
use serde_json::{Value, json};

use crate::harness::{TestSecrets, arn_prefix, start, text, token};

async fn rows(secrets: &TestSecrets) -> i64 {
    let count = "SELECT (SELECT count(*) FROM secrets) + (SELECT count(*) FROM secret_versions) \
                 + (SELECT count(*) FROM secret_version_stages) + (SELECT count(*) FROM secret_tags)";
    secrets.database.connect().await.query_one(count, &[]).await.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_marked_for_deletion_does_nothing_until_it_is_restored() {
    let secrets = start().await;
    let arn = secrets.create("db", "one").await;
    let deleted = secrets.call("DeleteSecret", json!({ "SecretId": "db", "RecoveryWindowInDays": 7 })).await;
    assert_eq!((&deleted["ARN"], &deleted["Name"]), (&json!(arn), &json!("db")));
    let described = secrets.call("DescribeSecret", json!({ "SecretId": "db" })).await;
    assert_eq!(described["DeletedDate"], deleted["DeletionDate"]);

    let marked = "You can't perform this operation on the secret because it was marked for deletion.";
    for (operation, more) in [
        ("GetSecretValue", json!({})),
        ("PutSecretValue", json!({ "SecretString": "x", "ClientRequestToken": token() })),
        ("UpdateSecret", json!({ "Description": "x" })),
        ("DeleteSecret", json!({})),
        ("TagResource", json!({ "Tags": [{ "Key": "a", "Value": "b" }] })),
        ("UntagResource", json!({ "TagKeys": ["a"] })),
        ("UpdateSecretVersionStage", json!({ "VersionStage": "x", "MoveToVersionId": token() })),
    ] {
        let mut input = json!({ "SecretId": "db" });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let message = secrets.refuses(operation, input, "InvalidRequestException").await;
        assert_eq!(message, marked, "{operation}");
    }
    let again = json!({ "Name": "db", "SecretString": "x", "ClientRequestToken": token() });
    let message = secrets.refuses("CreateSecret", again, "InvalidRequestException").await;
    assert!(message.contains("already scheduled for deletion"), "{message}");

    for _ in 0..2 {
        let restored = secrets.call("RestoreSecret", json!({ "SecretId": "db" })).await;
        assert_eq!(restored, json!({ "ARN": arn, "Name": "db" }));
    }
    assert_eq!(secrets.get("db").await, "one");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forced_deletion_is_at_once_and_of_what_is_not_there_a_success() {
    let secrets = start().await;
    let arn = secrets.create("db", "one").await;
    let force = json!({ "SecretId": "db", "ForceDeleteWithoutRecovery": true });
    assert_eq!(secrets.call("DeleteSecret", force.clone()).await["ARN"], arn.as_str());
    assert_eq!(rows(&secrets).await, 0);
    let answer = secrets.call("DeleteSecret", force).await;
    assert!(text(&answer["ARN"]).starts_with(&format!("{}db-", arn_prefix())), "{answer}");
    secrets.refuses("DeleteSecret", json!({ "SecretId": "db" }), "ResourceNotFoundException").await;

    let new_arn = secrets.create("db", "two").await;
    assert_ne!(new_arn, arn);
    secrets.refuses("GetSecretValue", json!({ "SecretId": arn }), "ResourceNotFoundException").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_recovery_window_has_limits() {
    let secrets = start().await;
    secrets.create("db", "one").await;
    for days in [6, 31] {
        let input = json!({ "SecretId": "db", "RecoveryWindowInDays": days });
        let message = secrets.refuses("DeleteSecret", input, "InvalidParameterException").await;
        assert_eq!(message, "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).");
    }
    let both = json!({ "SecretId": "db", "RecoveryWindowInDays": 7, "ForceDeleteWithoutRecovery": true });
    secrets.refuses("DeleteSecret", both, "InvalidParameterException").await;
    assert_eq!(secrets.get("db").await, "one");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_worker_deletes_what_is_due_and_records_it() {
    let secrets = start().await;
    let arn = secrets.create("due", "one").await;
    secrets.create("later", "two").await;
    secrets.create("kept", "three").await;
    secrets.call("DeleteSecret", json!({ "SecretId": "due", "RecoveryWindowInDays": 7 })).await;
    secrets.call("DeleteSecret", json!({ "SecretId": "later", "RecoveryWindowInDays": 30 })).await;

    secrets.clock.advance(time::Duration::days(8));
    let client = secrets.database.connect().await;
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    loop {
        let left = client.query("SELECT name FROM secrets ORDER BY name", &[]).await.unwrap();
        let left: Vec<String> = left.iter().map(|row| row.get(0)).collect();
        if left == ["kept", "later"] {
            break;
        }
        assert!(left.len() == 3 && tokio::time::Instant::now() < deadline, "{left:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let records = records(secrets.running.journal(), 8).await;
    let is_event = |record: &&Value| record["eventType"] == "AwsServiceEvent";
    let events: Vec<_> = records.iter().filter(is_event).collect();
    let of = |name: &str| events.iter().filter(|event| event["eventName"] == name).count();
    assert_eq!((events.len(), of("StartSecretVersionDelete")), (3, 2), "{events:#?}");
    let events: Vec<_> =
        events.into_iter().filter(|event| event["eventName"] == "EndSecretVersionDelete").collect();
    assert_eq!(events.len(), 1, "{records:#?}");
    assert_eq!(events[0]["additionalEventData"]["SecretId"], arn.as_str());
    assert_eq!(events[0]["resources"][0]["ARN"], arn.as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_begins_and_ends_a_recovery_window_is_an_event_of_its_own() {
    let secrets = start().await;
    let arn = secrets.create("db", "one").await;
    secrets.call("DeleteSecret", json!({ "SecretId": "db" })).await;
    secrets.call("RestoreSecret", json!({ "SecretId": "db" })).await;
    // Restoring what isn't deleted begins and ends nothing.
    secrets.call("RestoreSecret", json!({ "SecretId": "db" })).await;
    secrets.call("DeleteSecret", json!({ "SecretId": "db", "ForceDeleteWithoutRecovery": true })).await;
    let records = records(secrets.running.journal(), 8).await;
    let events: Vec<_> = records.iter().filter(|record| record["eventType"] == "AwsServiceEvent").collect();
    let mut names: Vec<_> = events.iter().map(|event| event["eventName"].as_str().unwrap()).collect();
    names.sort_unstable();
    let expected = ["CancelSecretVersionDelete", "EndSecretVersionDelete", "StartSecretVersionDelete"];
    assert_eq!(names, expected);
    assert!(events.iter().all(|event| event["additionalEventData"]["SecretId"] == arn.as_str()));
}
