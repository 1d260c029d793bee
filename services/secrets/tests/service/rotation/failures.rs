use serde_json::json;

use super::start;
use crate::harness::token;
use crate::rotation_function::Scripted;

#[tokio::test(flavor = "multi_thread")]
async fn each_step_may_fail_in_every_way_and_is_done_once_more() {
    let (secrets, function) = start().await;
    secrets.create_for(&function, "db").await;
    let mut rotations = 0;
    for step in ["createSecret", "setSecret", "testSecret", "finishSecret"] {
        for scripted in [Scripted::Raise, Scripted::RaiseByHeader, Scripted::NotFound, Scripted::DoAndFail] {
            function.script(step, scripted);
            secrets.rotate("db", true).await;
            rotations += 1;
            secrets.until_recorded("RotationSucceeded", rotations).await;
            let current = secrets.get("db").await;
            assert_eq!(
                (current.as_str(), function.target()),
                (format!("made-{rotations}").as_str(), current.clone())
            );
        }
    }
    assert_eq!(secrets.recorded("RotationFailed").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_only_says_it_was_done_is_not_believed() {
    let (secrets, function) = start().await;
    secrets.create_for(&function, "db").await;
    function.script("finishSecret", Scripted::Lie);
    secrets.rotate("db", true).await;
    secrets.until_recorded("RotationSucceeded", 1).await;
    assert_eq!(function.steps().iter().filter(|step| *step == "finishSecret").count(), 2);
    assert_eq!(secrets.get("db").await, function.target());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_for_good_is_taken_up_with_its_version_and_never_begun_anew() {
    let (secrets, function) = start().await;
    secrets.create_for(&function, "db").await;
    for _ in 0..3 {
        function.script("testSecret", Scripted::Raise);
    }
    let version = secrets.rotate("db", true).await;
    let failed = secrets.until_recorded("RotationFailed", 1).await;
    assert_eq!(failed["errorMessage"], "testSecret: the function failed (ValueError)");
    assert!(!failed.to_string().contains("hunter2"), "what a function says may hold a secret");
    assert_eq!((secrets.get("db").await.as_str(), function.target().as_str()), ("first", "made-1"));
    assert_eq!(secrets.stages("db").await[&version], json!(["AWSPENDING"]));

    // As AWS has it: the request is refused, and the former rotation taken up.
    let again = json!({ "SecretId": "db", "ClientRequestToken": token() });
    let message = secrets.refuses("RotateSecret", again, "InvalidRequestException").await;
    assert_eq!(message, "A previous rotation isn't complete. That rotation will be reattempted.");
    secrets.until_recorded("RotationSucceeded", 1).await;
    assert_eq!((secrets.get("db").await, function.target()), ("made-1".to_owned(), "made-1".to_owned()));

    for _ in 0..3 {
        function.script("setSecret", Scripted::Raise);
    }
    let second = secrets.rotate("db", true).await;
    secrets.until_recorded("RotationFailed", 2).await;
    secrets.open_window().await;
    secrets.until_recorded("RotationSucceeded", 2).await;
    let stages = secrets.stages("db").await;
    assert_eq!(stages[&second], json!(["AWSCURRENT", "AWSPENDING"]), "{stages}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_that_ran_out_is_taken_on_by_another_replica_and_the_late_one_changes_nothing() {
    let (secrets, function) = start().await;
    secrets.create_for(&function, "db").await;
    let gate = function.hold("setSecret");
    secrets.rotate("db", true).await;
    gate.arrival().await;
    // As if the replica that waits for the function had gone.
    let sql = "UPDATE secret_rotations SET due_at = now() - interval '1 second'";
    secrets.database.connect().await.batch_execute(sql).await.unwrap();
    secrets.until_recorded("RotationSucceeded", 1).await;
    gate.open();
    secrets.rotate("db", true).await;
    secrets.until_recorded("RotationSucceeded", 2).await;
    assert_eq!((secrets.get("db").await, secrets.recorded("RotationFailed").await), (function.target(), 0));
}
