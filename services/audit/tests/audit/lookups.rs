//! LookupEvents: what is found, what is not, and what is refused.

use std::time::Duration;

use keywright_audit::app::start_with;
use keywright_audit::config::{ConsumerSection, DEFAULTS};
use keywright_audit::consumer::SourceConfig;
use keywright_local_stack::testing::kafka_or_skip;
use keywright_service::Settings;
use keywright_service::testing::{ACCOUNT, TestCredentials, base_config, identity_client, surroundings};
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::events::{Made, eventually, until_count};
use crate::trail::{OTHER_ACCOUNT, Trail, config, numbers};

#[tokio::test]
async fn an_event_is_found_by_each_of_its_attributes() {
    let trail = Trail::start().await;
    let special = Made::number(1)
        .with("/eventName", "PutSecretValue".into())
        .with("/readOnly", false.into())
        .with("/userIdentity", json!({"type": "Root", "accessKeyId": "AKIAROOT"}))
        .with("/eventSource", "secretsmanager.amazonaws.com".into())
        .with(
            "/resources",
            json!([{"ARN": "arn:a", "type": "AWS::SecretsManager::Secret"}, {"ARN": "arn:b"}, {"ARN": "arn:b"}]),
        );
    trail.happen(vec![special, Made::number(2), Made::number(3)]).await;
    trail.until_stored(3).await;
    for (key, value) in [
        ("EventId", Uuid::from_u128(1).to_string().as_str()),
        ("EventName", "PutSecretValue"),
        ("ReadOnly", "false"),
        ("Username", "root"),
        ("ResourceType", "AWS::SecretsManager::Secret"),
        ("ResourceName", "arn:a"),
        ("ResourceName", "arn:b"),
        ("EventSource", "secretsmanager.amazonaws.com"),
        ("AccessKeyId", "AKIAROOT"),
    ] {
        assert_eq!(trail.find(key, value).await, [1], "{key}");
    }
    for (key, value) in [("EventName", "putsecretvalue"), ("EventId", "no id"), ("ResourceName", "arn:%")] {
        assert_eq!(trail.find(key, value).await, Vec::<u128>::new(), "{key} {value}");
    }
    assert_eq!(trail.find("ResourceType", "AWS::KMS::Key").await, [3, 2]);
    trail.stop().await;
}

#[tokio::test]
async fn an_event_is_shown_as_cloudtrail_shows_it() {
    let trail = Trail::start().await;
    let time = OffsetDateTime::now_utc().replace_nanosecond(0).unwrap() - Duration::from_secs(60);
    let event = Made::number(7).at(time);
    let mut service = Made::number(8).at(time).with("/userIdentity", json!({"type": "Unknown"})).0;
    service.as_object_mut().unwrap().remove("resources");
    let record = event.0.to_string();
    trail.happen(vec![event, Made(service)]).await;
    trail.until_stored(2).await;
    let answer = trail.lookup(json!({"EndTime": time.unix_timestamp()})).await.ok();
    assert_eq!(
        answer["Events"][1],
        json!({
            "EventId": Uuid::from_u128(7).to_string(),
            "EventName": "Decrypt",
            "ReadOnly": "true",
            "AccessKeyId": "AKIAALICE",
            "EventTime": time.unix_timestamp(),
            "EventSource": "kms.amazonaws.com",
            "Username": "alice",
            "Resources": [{"ResourceType": "AWS::KMS::Key", "ResourceName": "arn:aws:kms:::key/1"}],
            "CloudTrailEvent": record,
        })
    );
    let unknown = answer["Events"][0].as_object().unwrap();
    assert!(!unknown.contains_key("Username") && !unknown.contains_key("AccessKeyId"));
    assert_eq!(unknown["Resources"], json!([]));
    trail.stop().await;
}

#[tokio::test]
async fn only_the_callers_account_and_the_signed_region_are_shown() {
    let trail = Trail::start().await;
    let other = |number| Made::number(number).with("/recipientAccountId", OTHER_ACCOUNT.into());
    let internal = Made::number(5).with("/recipientAccountId", "internal".into());
    let events = vec![
        Made::number(1),
        Made::number(2).with("/awsRegion", "eu-west-1".into()),
        other(3),
        other(4).with("/awsRegion", "eu-west-1".into()),
        internal,
    ];
    trail.happen(events).await;
    trail.until_stored(5).await;
    let (own, other) = (trail.admin(), trail.admin().with_key("AKIAOTHER"));
    for (client, expected) in [
        (own.clone(), 1),
        (own.with_region("eu-west-1"), 2),
        (other.clone(), 3),
        (other.with_region("eu-west-1"), 4),
    ] {
        for attribute in [
            json!({"AttributeKey": "Username", "AttributeValue": "alice"}),
            json!({"AttributeKey": "ResourceType", "AttributeValue": "AWS::KMS::Key"}),
            json!({"AttributeKey": "EventName", "AttributeValue": "Decrypt"}),
        ] {
            let answer = client.call("LookupEvents", json!({"LookupAttributes": [attribute]})).await.ok();
            assert_eq!(numbers(&answer), [expected], "{attribute}");
        }
        let foreign = Uuid::from_u128(expected % 4 + 1).to_string();
        let by_id = json!([{"AttributeKey": "EventId", "AttributeValue": foreign}]);
        let answer = client.call("LookupEvents", json!({"LookupAttributes": by_id})).await.ok();
        assert_eq!(answer, json!({"Events": []}), "not even by its id");
    }
    trail.stop().await;
}

#[tokio::test]
async fn a_time_range_includes_both_of_its_ends() {
    let trail = Trail::start().await;
    let noon = OffsetDateTime::now_utc().replace_nanosecond(0).unwrap() - Duration::from_secs(3_600);
    let seconds = |number: u64| noon + Duration::from_secs(number);
    trail.happen((0..5).map(|n| Made::number(n).at(seconds(n))).collect()).await;
    let ancient = Made::number(9).at(noon - Duration::from_secs(91 * 24 * 3_600));
    trail.happen(vec![ancient]).await;
    trail.until_stored(6).await;
    let at = |number| seconds(number).unix_timestamp();
    for (input, expected) in [
        (json!({"StartTime": at(1), "EndTime": at(3)}), vec![3, 2, 1]),
        (json!({"StartTime": at(2), "EndTime": at(2)}), vec![2]),
        (json!({"EndTime": at(1)}), vec![1, 0]),
        (json!({"StartTime": at(5), "EndTime": at(9)}), vec![]),
        (json!({"StartTime": 0, "EndTime": at(0)}), vec![0]),
        (json!({"EndTime": 0}), vec![]),
        (json!({"EndTime": at(9), "EventCategory": "insight"}), vec![]),
    ] {
        assert_eq!(numbers(&trail.lookup(input.clone()).await.ok()), expected, "{input}");
    }
    trail.stop().await;
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_by_name() {
    let trail = Trail::start().await;
    let attribute = |key: &str, value: &str| json!({"AttributeKey": key, "AttributeValue": value});
    let by = |attributes: &[Value]| json!({"LookupAttributes": attributes});
    for (input, expected) in [
        (json!({"MaxResults": 0}), "InvalidMaxResultsException"),
        (json!({"MaxResults": 51}), "InvalidMaxResultsException"),
        (json!({"StartTime": 2, "EndTime": 1}), "InvalidTimeRangeException"),
        (json!({"NextToken": "made up"}), "InvalidNextTokenException"),
        (by(&[attribute("EventName", "A"), attribute("EventName", "B")]), "InvalidLookupAttributesException"),
        (by(&[attribute("EventName", "")]), "InvalidLookupAttributesException"),
        (by(&[attribute("ReadOnly", "yes")]), "InvalidLookupAttributesException"),
        (by(&[attribute("Colour", "red")]), "InvalidLookupAttributesException"),
        (by(&[json!({"AttributeKey": "EventName"})]), "ValidationException"),
        (json!({"EventCategory": "management"}), "InvalidEventCategoryException"),
        (json!({"MaxResults": "many"}), "SerializationException"),
    ] {
        let answer = trail.lookup(input.clone()).await;
        assert_eq!((answer.status, answer.error()), (400, expected), "{input}: {}", answer.text);
    }
    let nobody = trail.admin().with_key("AKIANOBODY").call("LookupEvents", json!({})).await;
    assert_eq!(nobody.error(), "AccessDeniedException");
    let nobody = trail.admin().with_key("AKIANOBODY").call("LookupEvents", json!({"MaxResults": 0})).await;
    assert_eq!(nobody.error(), "AccessDeniedException", "who may not ask is told nothing of the question");
    trail.stop().await;
}

#[tokio::test]
async fn a_lookup_is_itself_an_event_within_two_seconds() {
    a_lookup_becomes_an_event(Trail::start().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lookup_is_itself_an_event_within_two_seconds_by_way_of_kafka() {
    if let Some(kafka) = kafka_or_skip("a_lookup_is_itself_an_event").await {
        let trail = Trail::start_on(&kafka).await;
        // Once the group is formed.
        trail.lookup(json!({})).await.ok();
        until_count(&trail.client, "(SELECT FROM events LIMIT 1) AS first", 1).await;
        a_lookup_becomes_an_event(trail).await;
    }
}

#[tokio::test]
async fn kafka_without_brokers_is_refused_with_what_to_set() {
    let database = keywright_local_stack::testing::database().await;
    let (base, dir) = base_config(&database);
    let consumer = ConsumerSection::from_settings(&Settings::load(DEFAULTS).unwrap()).unwrap();
    let config = config(base, identity_client(dir.path(), "KWAUDIT"), consumer, None);
    let surroundings = surroundings(TestCredentials::standard());
    let refused = match start_with(config, SourceConfig::Kafka, surroundings).await {
        Ok(_) => String::new(),
        Err(refused) => refused.to_string(),
    };
    assert!(refused.contains("kafka.brokers") && refused.contains("set the brokers"), "{refused}");
}

async fn a_lookup_becomes_an_event(trail: Trail) {
    let asked = json!({
        "LookupAttributes": [{"AttributeKey": "Username", "AttributeValue": "bob"}],
        "StartTime": 1_790_000_000, "MaxResults": 5,
    });
    let answer = trail.lookup(asked).await;
    let answered = std::time::Instant::now();
    let request_id = answer.request_id.clone();
    answer.ok();
    let found = eventually(async || {
        let by_name = json!([{"AttributeKey": "EventName", "AttributeValue": "LookupEvents"}]);
        let answer = trail.lookup(json!({"LookupAttributes": by_name})).await.ok();
        let events = answer["Events"].as_array().unwrap().iter();
        let records = events.map(|event| event["CloudTrailEvent"].as_str().unwrap());
        let mut records = records.map(|record| serde_json::from_str::<Value>(record).unwrap());
        records.find(|record| record["requestID"] == request_id.as_str()).ok_or_else(|| answer.to_string())
    })
    .await;
    let took = answered.elapsed();
    assert!(took < Duration::from_secs(2), "it took {took:?}");
    assert_eq!(
        found["requestParameters"],
        json!({
            "lookupAttributes": [{"attributeKey": "Username", "attributeValue": "bob"}],
            "startTime": "Sep 21, 2026, 2:13:20 PM", "maxResults": 5,
        })
    );
    assert!(found["responseElements"].is_null());
    assert_eq!(
        (&found["eventSource"], &found["readOnly"]),
        (&"cloudtrail.amazonaws.com".into(), &true.into())
    );
    trail.stop().await;
}

#[tokio::test]
async fn refused_lookups_are_events_too_and_metrics_tell_of_the_consumer() {
    let trail = Trail::start().await;
    trail.lookup(json!({"MaxResults": 99})).await;
    trail.admin().call_unsigned("LookupEvents", json!({})).await;
    trail.admin().with_key("AKIANOBODY").call("LookupEvents", json!({})).await;
    until_count(&trail.client, "(SELECT FROM events WHERE error_code IS NOT NULL) AS refused", 3).await;

    let get = format!("http://{}/metrics", trail.running.ops_address());
    let metrics = String::from_utf8(http_get(&get).await).unwrap();
    for name in [
        "keywright_audit_entries_total{outcome=\"stored\"}",
        "keywright_audit_entries_total{outcome=\"duplicate\"}",
        "keywright_audit_entries_total{outcome=\"dead-letter\"}",
        "keywright_audit_consumed_entries_total",
        "keywright_audit_batch_seconds_bucket",
        "keywright_audit_lag_seconds",
    ] {
        assert!(metrics.contains(name), "{name} is missing in {metrics}");
    }
    trail.stop().await;
}

#[tokio::test]
async fn every_operation_is_refused_and_recorded_for_strangers() {
    let trail = Trail::start().await;
    let operations = trail.running.apis()[0].operations();
    for operation in operations.iter().map(|operation| operation.name) {
        let input = sample(operation);
        let admin = trail.admin();
        let unsigned = admin.call_unsigned(operation, input.clone()).await;
        assert_eq!(unsigned.error(), "MissingAuthenticationTokenException", "{operation}");
        let forged = admin.with_secret("a guess").call(operation, input.clone()).await;
        assert_eq!(forged.error(), "InvalidSignatureException", "{operation}");
        let unprivileged = admin.with_key("AKIANOBODY").call(operation, input).await;
        assert_eq!(unprivileged.error(), "AccessDeniedException", "{operation}");
    }
    for code in ["MissingAuthenticationTokenException", "InvalidSignatureException", "AccessDeniedException"]
    {
        let recorded = format!("(SELECT FROM events WHERE error_code = '{code}') AS refused");
        until_count(&trail.client, &recorded, i64::try_from(operations.len()).unwrap()).await;
    }
    trail.stop().await;
}

/// An input that says nothing wrong.
fn sample(operation: &str) -> Value {
    let id = "6f1c3f5e-3d0c-4c5e-9a53-1c2b3d4e5f60";
    match operation {
        "DescribeTrails" | "ListEventDataStores" | "ListPublicKeys" | "ListTrails" | "LookupEvents" => {
            json!({})
        }
        "CancelQuery" | "DescribeQuery" | "GetQueryResults" => json!({"QueryId": id}),
        "CreateEventDataStore" => json!({"Name": "mine"}),
        "DeleteEventDataStore"
        | "GetEventDataStore"
        | "ListQueries"
        | "RestoreEventDataStore"
        | "UpdateEventDataStore" => json!({"EventDataStore": id}),
        "StartQuery" => json!({"QueryStatement": "SELECT eventID FROM events"}),
        "ListTags" => {
            json!({"ResourceIdList": [format!("arn:aws:cloudtrail:us-east-1:{ACCOUNT}:eventdatastore/{id}")]})
        }
        "CreateTrail" => json!({"Name": "keywright", "S3BucketName": "bucket"}),
        "DeleteTrail" | "GetTrail" | "GetTrailStatus" | "StartLogging" | "StopLogging" | "UpdateTrail" => {
            json!({"Name": "keywright"})
        }
        "GetEventSelectors" | "GetInsightSelectors" | "PutEventSelectors" => {
            json!({"TrailName": "keywright"})
        }
        unknown => panic!("{unknown} has no sample input: add one"),
    }
}

/// One plain request over a connection that the server then closes.
async fn http_get(url: &str) -> Vec<u8> {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = tokio::net::TcpStream::connect(host).await.unwrap();
    let request = format!("GET /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    answer
}
