//! Dead letters are listed, and go their way once more.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keywright_audit::admin::TARGET_PREFIX;
use keywright_service::testing::TestClient;
use serde_json::{Value, json};

use crate::events::{Made, poison, until_count};
use crate::trail::Trail;

fn admin(trail: &Trail, access_key_id: &str) -> TestClient {
    TestClient::new(trail.running.address(), access_key_id, "cloudtrail", TARGET_PREFIX)
}

/// Entries that are no events, in the journal from which the service reads besides its own.
async fn bury(trail: &Trail, count: u64) {
    for number in 0..count {
        trail.journal.append(poison(number.into(), format!("poison {number}"))).await.unwrap();
    }
    until_count(&trail.client, "dead_letters", i64::try_from(count).unwrap()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dead_letters_are_listed_page_by_page_with_what_they_hold() {
    let trail = Trail::start().await;
    bury(&trail, 5).await;
    let admin = admin(&trail, "AKIAADMIN");
    let (mut after, mut found) = (json!({}), Vec::new());
    loop {
        let mut input = json!({"MaxResults": 2, "Payloads": true});
        input["AfterSource"] = after["Source"].clone();
        input["AfterPosition"] = after["Position"].clone();
        let page = admin.call("ListDeadLetters", input).await.ok();
        let letters = page["DeadLetters"].as_array().unwrap().clone();
        after = letters.last().unwrap().clone();
        found.extend(letters);
        if page["Truncated"] == false {
            break;
        }
    }
    let payload = |letter: &Value| STANDARD.decode(letter["Payload"].as_str().unwrap()).unwrap();
    let payloads: Vec<_> = found.iter().map(payload).collect();
    assert_eq!(payloads, (0..5).map(|n| format!("poison {n}").into_bytes()).collect::<Vec<_>>());
    assert!(found[0]["Reason"].as_str().unwrap().starts_with("not a CloudTrail record"), "{}", found[0]);
    let listed = admin.call("ListDeadLetters", json!({})).await.ok();
    assert_eq!(
        (&listed["DeadLetters"][0]["Payload"], &listed["DeadLetters"][0]["Bytes"]),
        (&Value::Null, &json!(8))
    );
    trail.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_become_an_event_is_stored_by_its_replay_and_what_has_not_is_buried_again() {
    let trail = Trail::start().await;
    bury(&trail, 2).await;
    // As when a later version can read what an earlier one could not.
    let event = Made::number(77).0.to_string().into_bytes();
    let mended = "UPDATE dead_letters SET payload = $1 WHERE payload = 'poison 0'";
    trail.client.execute(mended, &[&event]).await.unwrap();

    let admin = admin(&trail, "AKIAADMIN");
    let listed = admin.call("ListDeadLetters", json!({})).await.ok()["DeadLetters"].clone();
    let mut places: Vec<Value> = listed.as_array().unwrap().clone();
    places.push(json!({"Source": "nowhere", "Position": 1}));
    let places: Vec<Value> = places
        .iter()
        .map(|letter| json!({"Source": letter["Source"], "Position": letter["Position"]}))
        .collect();
    let done = admin.call("ReplayDeadLetters", json!({"DeadLetters": places})).await.ok();
    assert_eq!(done, json!({"Replayed": 2, "Missing": 1}));
    until_count(&trail.client, "(SELECT FROM events WHERE event_name = 'Decrypt') AS replayed", 1).await;
    until_count(&trail.client, "dead_letters", 3).await;
    let left = admin.call("ListDeadLetters", json!({})).await.ok()["DeadLetters"].clone();
    assert_eq!(left.as_array().unwrap().len(), 1, "{left}");
    let all = admin.call("ListDeadLetters", json!({"All": true})).await.ok();
    assert_eq!(all["DeadLetters"].as_array().unwrap().len(), 3);
    trail.stop().await;
}

#[tokio::test]
async fn dead_letters_are_for_the_first_accounts_operators_only() {
    let trail = Trail::start().await;
    bury(&trail, 1).await;
    for access_key_id in ["AKIAOTHER", "AKIANOBODY"] {
        let client = admin(&trail, access_key_id);
        let place = json!({"DeadLetters": [{"Source": "a", "Position": 1}]});
        for (operation, input) in [("ListDeadLetters", json!({})), ("ReplayDeadLetters", place)] {
            let refused = client.call(operation, input).await;
            assert!(refused.status >= 400, "{access_key_id} {operation}: {}", refused.text);
        }
    }
    trail.stop().await;
}
