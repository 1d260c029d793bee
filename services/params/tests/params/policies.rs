use keywright_service::testing::{ACCOUNT, records};
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use crate::support::{App, arn};

fn policy(policy_type: &str, attributes: Value) -> Value {
    json!({ "Type": policy_type, "Version": "1.0", "Attributes": attributes })
}

/// Deletes after so many days.
fn expiration(days: i64) -> Value {
    let end = OffsetDateTime::now_utc() + Duration::days(days);
    policy("Expiration", json!({ "Timestamp": end.format(&Rfc3339).unwrap() }))
}

fn before_expiration(days: &str) -> Value {
    policy("ExpirationNotification", json!({ "Before": days, "Unit": "Days" }))
}

fn no_change(hours: &str) -> Value {
    policy("NoChangeNotification", json!({ "After": hours, "Unit": "Hours" }))
}

fn advanced(name: &str, policies: &Value) -> Value {
    json!({
        "Name": name, "Value": "v", "Type": "String", "Tier": "Advanced", "Overwrite": true,
        "Policies": policies.to_string(),
    })
}

/// Type and status of the policies of each parameter.
async fn described(app: &App) -> Vec<(String, Vec<(String, String)>)> {
    let described = app.call("DescribeParameters", json!({})).await.ok();
    let parameters = described["Parameters"].as_array().unwrap().iter();
    parameters.map(|parameter| (text(&parameter["Name"]), types_and_states(&parameter["Policies"]))).collect()
}

async fn history(app: &App, name: &str) -> Vec<Vec<(String, String)>> {
    let history = app.call("GetParameterHistory", json!({ "Name": name })).await.ok();
    let versions = history["Parameters"].as_array().unwrap().iter();
    versions.map(|version| types_and_states(&version["Policies"])).collect()
}

fn types_and_states(policies: &Value) -> Vec<(String, String)> {
    let policies = policies.as_array().unwrap().iter();
    policies.map(|policy| (text(&policy["PolicyType"]), text(&policy["PolicyStatus"]))).collect()
}

fn are(policies: &[(&str, &str)]) -> Vec<(String, String)> {
    policies.iter().map(|(kind, status)| ((*kind).to_owned(), (*status).to_owned())).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// All records that no request caused, once there are so many.
async fn events(app: &App, requests: usize, count: usize) -> Vec<Value> {
    let mut events = records(app.running.journal(), requests + count).await;
    events.retain(|record| record["eventType"] == "AwsServiceEvent");
    assert_eq!(events.len(), count, "{events:#?}");
    events
}

/// Until nothing is due any more.
async fn settled(app: &App) {
    let database = app.database.connect().await;
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(10);
    loop {
        let now = OffsetDateTime::now_utc() + Duration::days(3650);
        let due = "SELECT count(*) FROM parameter_policies WHERE due_at <= $1";
        let due: i64 = database.query_one(due, &[&now]).await.unwrap().get(0);
        if due == 0 {
            return;
        }
        assert!(tokio::time::Instant::now() < deadline, "{due} policies are still due");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn policies_are_kept_until_others_are_given_or_they_are_taken_back() {
    let app = App::start().await;
    let first = json!([expiration(30), before_expiration("5")]);
    app.call("PutParameter", advanced("x", &first)).await.ok();
    let described_first = app.call("DescribeParameters", json!({})).await.ok();
    let shown = &described_first["Parameters"][0]["Policies"];
    let expected = json!([
        { "PolicyText": first[0].to_string(), "PolicyType": "Expiration", "PolicyStatus": "Pending" },
        { "PolicyText": first[1].to_string(), "PolicyType": "ExpirationNotification", "PolicyStatus": "Pending" },
    ]);
    assert_eq!(*shown, expected);

    let plain = json!({ "Name": "x", "Value": "v2", "Type": "String", "Overwrite": true });
    app.call("PutParameter", plain.clone()).await.ok();
    app.call("PutParameter", advanced("x", &json!([no_change("20")]))).await.ok();
    for nothing in ["[{}]", "[]"] {
        let mut input = plain.clone();
        input["Policies"] = json!(nothing);
        app.call("PutParameter", input).await.ok();
    }
    let both = are(&[("Expiration", "Pending"), ("ExpirationNotification", "Pending")]);
    let expected = [both.clone(), both, are(&[("NoChangeNotification", "Pending")]), are(&[]), are(&[])];
    assert_eq!(history(&app, "x").await, expected);
    assert_eq!(described(&app).await, [("x".to_owned(), are(&[]))]);
    settled(&app).await;
}

#[tokio::test]
async fn policies_are_refused_as_aws_does_and_nothing_is_stored() {
    let app = App::start().await;
    let unknown = policy("Rotation", json!({}));
    let past = policy("Expiration", json!({ "Timestamp": "2018-12-02T21:34:33.000Z" }));
    let mut later = expiration(1);
    later["Version"] = json!("2.0");
    let cases = [
        (expiration(1), "ValidationException", "Invalid policies input: {"),
        (json!(["x"]), "ValidationException", "Invalid policies input: [\"x\"]."),
        (
            json!([unknown]),
            "InvalidPolicyTypeException",
            "Expiration, ExpirationNotification, and NoChangeNotification",
        ),
        (json!([past]), "InvalidPolicyAttributeException", "Timestamp"),
        (json!([no_change("0")]), "InvalidPolicyAttributeException", "After"),
        (json!([later]), "InvalidPolicyAttributeException", "2.0"),
        (json!([expiration(1), expiration(2)]), "IncompatiblePolicyException", "only one"),
        (json!([before_expiration("1")]), "IncompatiblePolicyException", "Expiration"),
        (json!(vec![no_change("1"); 11]), "PoliciesLimitExceededException", "10"),
    ];
    for (policies, code, message) in cases {
        let answer = app.call("PutParameter", advanced("x", &policies)).await;
        assert_eq!((answer.status, answer.error()), (400, code), "{policies}: {}", answer.text);
        assert!(answer.message().contains(message), "{}", answer.message());
    }
    assert_eq!(described(&app).await, []);
    let most = advanced("x", &json!(vec![no_change("1"); 10]));
    app.call("PutParameter", most).await.ok();
}

#[tokio::test]
async fn only_advanced_parameters_have_policies() {
    let app = App::start().await;
    let policies = json!([no_change("1")]);
    let with_tier = |name: &str, tier: Value| {
        let mut input = advanced(name, &policies);
        input["Tier"] = tier;
        input
    };
    for tier in [json!("Standard"), json!(null)] {
        let answer = app.call("PutParameter", with_tier("x", tier)).await;
        assert_eq!(answer.error(), "ValidationException");
        assert!(answer.message().contains("advanced-tier parameters only"), "{}", answer.message());
    }
    let intelligent = app.call("PutParameter", with_tier("y", json!("Intelligent-Tiering"))).await.ok();
    assert_eq!(intelligent["Tier"], "Advanced");
    let mut without = with_tier("z", json!("Intelligent-Tiering"));
    without["Policies"] = json!("[{}]");
    assert_eq!(app.call("PutParameter", without).await.ok()["Tier"], "Standard");
}

#[tokio::test]
async fn an_expired_parameter_is_deleted_with_a_record() {
    let app = App::start().await;
    let policies = json!([expiration(30)]);
    let mut input = advanced("/app/x", &policies);
    input["Description"] = json!("what it is");
    app.call("PutParameter", input).await.ok();
    app.call("PutParameter", advanced("/app/later", &json!([expiration(40)]))).await.ok();
    app.clock.advance(Duration::days(29));
    app.clock.advance(Duration::days(1) + Duration::minutes(1));
    let event = events(&app, 2, 1).await.remove(0);
    app.clock.advance(-(Duration::days(30) + Duration::minutes(1)));
    assert_eq!((&event["eventName"], &event["readOnly"]), (&json!("DeleteExpiredParameter"), &json!(false)));
    assert_eq!(event["userIdentity"], json!({ "type": "AWSService", "invokedBy": "ssm.amazonaws.com" }));
    let resource = json!([{ "accountId": ACCOUNT, "type": "AWS::SSM::Parameter", "ARN": arn("app/x") }]);
    assert_eq!((&event["resources"], &event["recipientAccountId"]), (&resource, &json!(ACCOUNT)));
    let details = &event["serviceEventDetails"];
    let reason = text(&details["actionReason"]);
    assert!(reason.starts_with("The parameter has expired."), "{reason}");
    let expected = json!({
        "parameterName": "/app/x", "parameterType": "String", "description": "what it is",
        "policyType": "Expiration", "policyContent": policies[0].to_string(), "actionStatus": "Success",
        "actionReason": reason,
    });
    assert_eq!(*details, expected);
    assert_eq!(app.names("DescribeParameters", json!({})).await.concat(), ["/app/later"]);
    assert_eq!(app.call("GetParameter", json!({ "Name": "/app/x" })).await.error(), "ParameterNotFound");
}

#[tokio::test]
async fn each_notification_comes_once_and_again_after_a_change() {
    let app = App::start().await;
    let policies =
        json!([no_change("48"), expiration(365), before_expiration("300"), before_expiration("1")]);
    app.call("PutParameter", advanced("x", &policies)).await.ok();
    let ahead = Duration::days(66);
    app.clock.advance(ahead);
    let told = events(&app, 1, 2).await;
    let names = told.iter().map(|event| text(&event["eventName"])).collect::<Vec<_>>();
    assert_eq!(names, ["NotifyParameterNoChange", "NotifyParameterExpiration"]);
    let reason = |event: &Value| text(&event["serviceEventDetails"]["actionReason"]);
    assert!(reason(&told[0]).starts_with("The parameter has not been changed for 48 hours."), "{}", told[0]);
    assert!(reason(&told[1]).starts_with("The parameter will expire in 300 days"), "{}", told[1]);
    app.clock.advance(-ahead);
    let after = |no_change| {
        are(&[
            ("NoChangeNotification", no_change),
            ("Expiration", "Pending"),
            ("ExpirationNotification", "Finished"),
            ("ExpirationNotification", "Pending"),
        ])
    };
    assert_eq!(described(&app).await, [("x".to_owned(), after("Finished"))]);

    // A change begins the time anew; what was told of the expiration isn't told again.
    let plain = json!({ "Name": "x", "Value": "v2", "Type": "String", "Overwrite": true });
    app.call("PutParameter", plain).await.ok();
    assert_eq!(described(&app).await, [("x".to_owned(), after("Pending"))]);
    app.clock.advance(ahead);
    let told = events(&app, 4, 3).await;
    assert_eq!(told[2]["eventName"], "NotifyParameterNoChange");
    app.clock.advance(-ahead);
    assert_eq!(described(&app).await, [("x".to_owned(), after("Finished"))]);
}

#[tokio::test]
async fn a_notification_whose_time_has_passed_already_comes_at_once() {
    let app = App::start().await;
    app.call("PutParameter", advanced("x", &json!([expiration(5), before_expiration("30")]))).await.ok();
    let told = events(&app, 1, 1).await;
    assert_eq!(told[0]["eventName"], "NotifyParameterExpiration");
}

/// Of the records that a replica has by now, those of policies: on which parameter, and what.
async fn applied(app: &App) -> Vec<(String, String)> {
    let mut reader = app.running.journal().reader(app.running.journal().oldest());
    let wait = std::time::Duration::from_millis(200);
    let mut applied = Vec::new();
    while let Ok(batch) = tokio::time::timeout(wait, reader.next_batch(1_000, 1 << 24)).await {
        for stored in batch.unwrap() {
            let record: Value = serde_json::from_slice(&stored.entry.payload).unwrap();
            if record["eventType"] == "AwsServiceEvent" {
                applied.push((text(&record["resources"][0]["ARN"]), text(&record["eventName"])));
            }
        }
    }
    applied
}

#[tokio::test]
async fn of_several_replicas_one_applies_each_policy() {
    let app = App::start().await;
    let replicas = [app.replica().await, app.replica().await];
    let count = 40;
    for number in 0..count {
        let policies = json!([expiration(3), before_expiration("1"), no_change("1")]);
        app.call("PutParameter", advanced(&format!("/p/{number}"), &policies)).await.ok();
    }
    app.clock.advance(Duration::days(4));
    settled(&app).await;
    app.clock.advance(-Duration::days(4));
    assert_eq!(app.names("DescribeParameters", json!({})).await.concat(), Vec::<String>::new());
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(10);
    let mut all = Vec::new();
    while all.len() < 3 * count {
        assert!(tokio::time::Instant::now() < deadline, "{} records", all.len());
        all.clear();
        for replica in [&app, &replicas[0], &replicas[1]] {
            all.extend(applied(replica).await);
        }
    }
    assert_eq!(all.len(), 3 * count);
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 3 * count, "a policy was applied twice");
}

#[tokio::test]
async fn what_is_due_is_found_by_its_index() {
    let app = App::start().await;
    let database = app.database.connect().await;
    let fill = "
        INSERT INTO parameters (region, account_id, path, parent, name, version)
        SELECT 'us-east-1', '111122223333', 'big/' || n, 'big', '/big/' || n, 1 FROM generate_series(1, 20000) n;
        INSERT INTO parameter_versions
            (parameter_id, version, type, tier, data_type, value, modified_at, modified_by)
        SELECT parameter_id, 1, 'String', 'Advanced', 'text', 'v', now(), 'test' FROM parameters;
        INSERT INTO parameter_policies
            (parameter_id, since_version, number, region, type, policy, status, set_at, due_at)
        SELECT parameter_id, 1, 1, 'us-east-1', 'Expiration', '{}', 'Pending', now(), now() + interval '1 year'
        FROM parameters;
        UPDATE parameter_policies SET due_at = now() + interval '1 hour' WHERE parameter_id =
            (SELECT max(parameter_id) FROM parameters);
        SET plan_cache_mode = force_generic_plan;";
    database.batch_execute(fill).await.unwrap();
    for statistics in [false, true] {
        if statistics {
            database.batch_execute("ANALYZE").await.unwrap();
        }
        let name = format!("due_{statistics}");
        let sql = include_str!("../../src/store/sql/claim_due_policy.sql");
        database.batch_execute(&format!("PREPARE {name} AS {sql}")).await.unwrap();
        let explain = format!(
            "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE {name} ('us-east-1', now() + interval '2 hours')"
        );
        let plan: Value = database.query_one(&explain, &[]).await.unwrap().get(0);
        let blocks = |kind: &str| plan[0]["Plan"][kind].as_i64().unwrap();
        let touched = blocks("Shared Hit Blocks") + blocks("Shared Read Blocks");
        assert!(plan[0]["Plan"]["Actual Rows"].as_f64().unwrap() >= 1.0, "nothing was found: {plan:#}");
        assert!(touched < 60, "statistics={statistics}: {touched} pages: {plan:#}");
    }
}
