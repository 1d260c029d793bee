use std::collections::BTreeSet;

use futures::future::join_all;
use serde_json::json;

use crate::harness::{start, text, token};

#[tokio::test(flavor = "multi_thread")]
async fn writers_at_the_same_time_lose_no_version_and_one_is_current() {
    let secrets = start().await;
    secrets.create("db", "first").await;
    let puts = (0..20).map(|n| secrets.put("db", if n % 2 == 0 { "even" } else { "odd" }));
    let ids: BTreeSet<_> = join_all(puts).await.into_iter().collect();
    let listed =
        secrets.call("ListSecretVersionIds", json!({ "SecretId": "db", "IncludeDeprecated": true })).await;
    let versions = listed["Versions"].as_array().unwrap();
    assert_eq!(versions.len(), 21);
    let stored: BTreeSet<_> = versions.iter().map(|version| text(&version["VersionId"])).collect();
    assert!(ids.is_subset(&stored));
    for label in ["AWSCURRENT", "AWSPREVIOUS"] {
        let with_label = versions.iter().filter(|version| {
            version["VersionStages"].as_array().is_some_and(|stages| stages.contains(&json!(label)))
        });
        assert_eq!(with_label.count(), 1, "{label}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn creators_of_one_name_at_the_same_time_make_one_secret() {
    let secrets = start().await;
    let create = |n: usize| {
        let input = json!({ "Name": "db", "SecretString": n.to_string(), "ClientRequestToken": token() });
        secrets.client.call("CreateSecret", input)
    };
    let answers = join_all((0..10).map(create)).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1, "{answers:#?}");
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        assert_eq!(answer.error(), "ResourceExistsException");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_sealed_under_a_key_that_the_secret_has_left_is_not_stored() {
    let secrets = start().await;
    secrets.create("db", "one").await;
    let gate = secrets.kms.hold_next("GenerateDataKey");
    let input = json!({ "SecretId": "db", "SecretString": "late", "ClientRequestToken": token() });
    let late = secrets.client.call("PutSecretValue", input.clone());
    let update = async {
        gate.arrival().await;
        secrets.call("UpdateSecret", json!({ "SecretId": "db", "KmsKeyId": "alias/app" })).await;
        gate.open();
    };
    let (answer, ()) = tokio::join!(late, update);
    assert_eq!((answer.status, answer.error()), (500, "InternalServiceError"), "{}", answer.text);
    assert_eq!(secrets.get("db").await, "one");
    secrets.call("PutSecretValue", input).await;
    assert_eq!(secrets.get("db").await, "late", "a second try succeeds");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_the_key_misses_no_version_that_comes_meanwhile() {
    let secrets = start().await;
    secrets.create("db", "one").await;
    let gate = secrets.kms.hold_next("Encrypt");
    let update = || secrets.client.call("UpdateSecret", json!({ "SecretId": "db", "KmsKeyId": "alias/app" }));
    let put = async {
        gate.arrival().await;
        secrets.put("db", "two").await;
        gate.open();
    };
    let (answer, ()) = tokio::join!(update(), put);
    assert_eq!(answer.error(), "InternalServiceError", "{}", answer.text);
    update().await.ok();
    let listed = secrets.call("ListSecretVersionIds", json!({ "SecretId": "db" })).await;
    for version in listed["Versions"].as_array().unwrap() {
        assert!(text(&version["KmsKeyIds"][0]).ends_with(":alias/app"), "{version}");
    }
    assert_eq!(secrets.get("db").await, "two");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_deleted_meanwhile_gets_no_value() {
    let secrets = start().await;
    for (name, force, expected) in
        [("gone", true, "ResourceNotFoundException"), ("marked", false, "InvalidRequestException")]
    {
        secrets.create(name, "one").await;
        let gate = secrets.kms.hold_next("GenerateDataKey");
        let input = json!({ "SecretId": name, "SecretString": "late", "ClientRequestToken": token() });
        let late = secrets.client.call("PutSecretValue", input);
        let delete = async {
            gate.arrival().await;
            let input = json!({ "SecretId": name, "ForceDeleteWithoutRecovery": force });
            secrets.call("DeleteSecret", input).await;
            gate.open();
        };
        let (answer, ()) = tokio::join!(late, delete);
        assert_eq!(answer.error(), expected, "{}", answer.text);
    }
}
