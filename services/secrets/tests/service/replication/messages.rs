//! Messages that are lost, repeated, or come too late.

use std::time::{Duration, Instant};

use keywright_service::testing::TestCredentials;
use keywright_telemetry::render_metrics;
use serde_json::json;

use super::wire::Does;
use super::{THERE, region, start, start_with};

#[tokio::test(flavor = "multi_thread")]
async fn what_a_region_missed_it_is_told_later() {
    let regions = start().await;
    regions.create("db", "one").await;
    regions.wire.does(Does::Lose);
    regions.here.put("db", "two").await;
    regions.here.put("db", "three").await;
    let input = json!({ "SecretId": "db", "Description": "changed" });
    regions.here.call("UpdateSecret", input).await;
    let status = regions.until("db", "InProgress").await;
    for _ in 0..100 {
        if !regions.status("db").await["StatusMessage"].is_null() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let message = regions.status("db").await["StatusMessage"].clone();
    assert_eq!(message, "eu-west-1 can't be reached now; it is told again", "{status}");
    assert_eq!(regions.there.get("db").await, "one");
    regions.wire.does(Does::Deliver);
    regions.until_there("db", "three").await;
    regions.until("db", "InSync").await;
    assert_eq!(regions.there.describe("db").await["Description"], "changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_region_whose_answers_are_lost_is_told_once_more() {
    let regions = start().await;
    regions.wire.does(Does::LoseAnswers);
    regions.here.call("CreateSecret", super::replicated("db", "one")).await;
    regions.until_there("db", "one").await;
    assert_eq!(regions.status("db").await["Status"], "InProgress");
    regions.wire.does(Does::Deliver);
    regions.until("db", "InSync").await;
    assert!(regions.wire.messages().len() > 1);
    assert_eq!(regions.there.get("db").await, "one");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_message_changes_nothing() {
    let regions = start().await;
    regions.create("db", "one").await;
    regions.here.put("db", "two").await;
    regions.until_there("db", "two").await;
    regions.until("db", "InSync").await;
    for message in regions.wire.messages() {
        let answer = regions.wire.repeat(&message).await;
        assert!(answer.contains("Superseded"), "{answer}");
    }
    assert_eq!(regions.there.get("db").await, "two");

    let input = json!({ "SecretId": "db", "RemoveReplicaRegions": [THERE] });
    regions.here.call("RemoveRegionsFromReplication", input).await;
    regions.until_gone("db").await;
    for message in regions.wire.messages() {
        assert!(regions.wire.repeat(&message).await.contains("Superseded"));
    }
    regions.until_gone("db").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_was_overtaken_does_not_bring_back_what_was_promoted() {
    let regions = start().await;
    regions.create("db", "one").await;
    // One is on its way when the replica becomes a secret of its own.
    regions.wire.does(Does::Lose);
    regions.here.put("db", "late").await;
    let before = regions.wire.messages().len();
    for _ in 0..100 {
        if regions.wire.messages().len() > before {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let late = regions.wire.messages().pop().unwrap();
    regions.there.call("StopReplicationToReplica", json!({ "SecretId": "db" })).await;
    assert_eq!(regions.wire.repeat(&late).await, "\"Gone\"");
    assert_eq!(regions.there.get("db").await, "one");
    regions.there.put("db", "own").await;
    regions.wire.does(Does::Deliver);
    for _ in 0..400 {
        if regions.status("db").await.is_null() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(regions.status("db").await.is_null());
    assert_eq!(regions.there.get("db").await, "own");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_region_that_is_removed_while_it_is_away_hears_of_it() {
    let regions = start().await;
    regions.create("db", "one").await;
    regions.wire.does(Does::Lose);
    let input = json!({ "SecretId": "db", "RemoveReplicaRegions": [THERE] });
    regions.here.call("RemoveRegionsFromReplication", input).await;
    let left = json!({ "SecretId": "db", "ForceDeleteWithoutRecovery": true });
    regions.here.call("DeleteSecret", left).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(regions.there.get("db").await, "one");
    regions.wire.does(Does::Deliver);
    regions.until_gone("db").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_message_and_no_table_has_a_value() {
    let regions = start().await;
    regions.wire.does(Does::Lose);
    regions.here.call("CreateSecret", super::replicated("db", "correct-horse-battery")).await;
    let client = regions.here.database.connect().await;
    let hexed: String = "horse".bytes().map(|byte| format!("{byte:02x}")).collect();
    let rows = async |table: &str, pattern: &str| -> i64 {
        let count = format!("SELECT count(*) FROM {table} t WHERE t::text ~ $1");
        client.query_one(&count, &[&pattern]).await.unwrap().get(0)
    };
    assert_eq!(rows("secret_copies", "alias/aws/secretsmanager").await, 1, "it waits there");
    for table in ["secret_copies", "secret_tellings", "secret_replicas", "audit_outbox", "secret_versions"] {
        assert_eq!(rows(table, &format!("horse|{hexed}")).await, 0, "{table}");
    }
    regions.wire.does(Does::Deliver);
    regions.until("db", "InSync").await;
    let kept = "SELECT count(*) FROM secret_copies WHERE sealed_value IS NOT NULL";
    assert_eq!(client.query_one(kept, &[]).await.unwrap().get::<_, i64>(0), 0, "what was delivered goes");
    for message in regions.wire.messages() {
        assert!(!message.text().contains("horse") && message.text().contains("\"Primary\""));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gauge_tells_how_far_a_region_is_behind() {
    // A Region of its own, as all tests of this process have the same metrics.
    let own = "ap-south-1";
    let regions =
        start_with(TestCredentials::standard, |config| config.base.service.region = region(own)).await;
    let endpoint = format!("http://{}", regions.here.running.address());
    regions.there.peers.introduce(&region(own), &endpoint, &regions.here.kms.endpoint).unwrap();
    let gauge = |name: &str| {
        let wanted = format!("{name}{{peer=\"{THERE}\",region=\"{own}\"}} ");
        let metrics = render_metrics();
        let found = metrics.lines().find_map(|line| line.strip_prefix(&wanted));
        found.map(|value| value.parse::<i64>().unwrap())
    };
    let until = async |name: &str, is_right: fn(i64) -> bool| {
        let began = Instant::now();
        while !gauge(name).is_some_and(is_right) {
            assert!(began.elapsed() < Duration::from_secs(10), "{name} is {:?}", gauge(name));
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let (waiting, lag) =
        ("keywright_secrets_replication_waiting", "keywright_secrets_replication_lag_seconds");
    regions.create("db", "one").await;
    until(waiting, |count| count == 0).await;
    regions.wire.does(Does::Lose);
    regions.here.put("db", "two").await;
    until(waiting, |count| count == 1).await;
    until(lag, |seconds| seconds >= 1).await;
    regions.wire.does(Does::Deliver);
    for name in [waiting, lag] {
        until(name, |left| left == 0).await;
    }
    regions.until_there("db", "two").await;
}
