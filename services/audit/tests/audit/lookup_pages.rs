//! Pages of LookupEvents.

use std::time::Duration;

use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::events::Made;
use crate::trail::{Trail, numbers};

fn base_time() -> OffsetDateTime {
    OffsetDateTime::now_utc() - Duration::from_secs(3_600)
}

#[tokio::test]
async fn pages_stay_in_place_while_new_events_arrive() {
    let trail = Trail::start().await;
    let base = base_time();
    // Four in each second, so that pages end within one.
    let made = |n: u64| Made::number(n).at(base + Duration::from_secs(n / 4));
    trail.happen((0..100).map(made).collect()).await;
    trail.until_stored(100).await;
    for (attribute, page) in [
        (json!(null), 7),
        (json!([{"AttributeKey": "Username", "AttributeValue": "alice"}]), 13),
        (json!([{"AttributeKey": "ResourceType", "AttributeValue": "AWS::KMS::Key"}]), 50),
    ] {
        let mut listed = Vec::new();
        let mut next_token = Value::Null;
        let newest = base + Duration::from_secs(24);
        loop {
            let input = json!({
                "LookupAttributes": attribute, "MaxResults": page, "NextToken": next_token,
                "EndTime": newest.unix_timestamp() + 1_800,
            });
            let answer = trail.lookup(input).await.ok();
            let numbers = numbers(&answer);
            assert!(numbers.len() <= page);
            listed.extend(numbers);
            let stored = trail.client.query_one(
                "SELECT count(*) FROM events WHERE event_id < '0000ffff-0000-0000-0000-000000000000'",
                &[],
            );
            let stored: i64 = stored.await.unwrap().get(0);
            // One of the newest second, with a higher id, and one of a later second.
            let next = 1_000 + stored as u64;
            trail
                .happen(vec![
                    made(99).with("/eventID", id(next)),
                    Made::number(next + 1).at(newest + Duration::from_secs(60)),
                ])
                .await;
            trail.until_stored(stored + 2).await;
            next_token = answer["NextToken"].clone();
            if next_token.is_null() {
                break;
            }
        }
        let old: Vec<u128> = listed.iter().copied().filter(|number| *number < 100).collect();
        assert_eq!(old, (0..100).rev().collect::<Vec<_>>(), "each once, newest first, in pages of {page}");
    }
    trail.stop().await;
}

fn id(number: u64) -> Value {
    uuid::Uuid::from_u128(u128::from(number)).to_string().into()
}

#[tokio::test]
async fn a_token_continues_its_own_query_only() {
    let trail = Trail::start().await;
    trail.happen((0..5).map(Made::number).collect()).await;
    trail.until_stored(5).await;
    let by = |value: &str| json!([{"AttributeKey": "Username", "AttributeValue": value}]);
    let first = trail.lookup(json!({"LookupAttributes": by("alice"), "MaxResults": 2})).await.ok();
    let token = &first["NextToken"];
    let rest = trail
        .lookup(json!({"LookupAttributes": by("alice"), "MaxResults": 3, "NextToken": token}))
        .await
        .ok();
    assert_eq!((numbers(&first), numbers(&rest)), (vec![4, 3], vec![2, 1, 0]));
    assert!(rest.get("NextToken").is_none(), "a full last page has no token");
    let client = trail.admin();
    for (client, input) in [
        (client.clone(), json!({"LookupAttributes": by("bob"), "NextToken": token})),
        (client.clone(), json!({"NextToken": token})),
        (
            client.clone(),
            json!({"LookupAttributes": by("alice"), "EndTime": 1_900_000_000, "NextToken": token}),
        ),
        (client.with_region("eu-west-1"), json!({"LookupAttributes": by("alice"), "NextToken": token})),
        (client.with_key("AKIAOTHER"), json!({"LookupAttributes": by("alice"), "NextToken": token})),
    ] {
        let answer = client.call("LookupEvents", input.clone()).await;
        assert_eq!((answer.status, answer.error()), (400, "InvalidNextTokenException"), "{input}");
    }
    trail.stop().await;
}

#[tokio::test]
async fn fifty_events_are_a_page_where_none_is_asked_for() {
    let trail = Trail::start().await;
    trail.happen((0..51).map(Made::number).collect()).await;
    trail.until_stored(51).await;
    let by_name = json!([{"AttributeKey": "EventName", "AttributeValue": "Decrypt"}]);
    let first = trail.lookup(json!({"LookupAttributes": by_name})).await.ok();
    assert_eq!(numbers(&first).len(), 50);
    let last = trail.lookup(json!({"LookupAttributes": by_name, "NextToken": first["NextToken"]})).await.ok();
    assert_eq!(numbers(&last), [0]);
    assert!(trail.database.login().database().starts_with("test_"));
    trail.stop().await;
}
