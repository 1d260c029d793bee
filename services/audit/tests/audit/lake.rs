//! Event data stores, and what queries find.

use std::time::Duration;

use keywright_service::testing::{ACCOUNT, TestClient};
use serde_json::{Value, json};
use time::macros::datetime;

use crate::events::Made;
use crate::trail::{OTHER_ACCOUNT, Trail};

/// Runs a statement in which `{eds}` is the account's own store, until it has ended.
pub(crate) async fn run(client: &TestClient, statement: &str) -> Value {
    let statement = statement.replace("{eds}", &default_store(client).await);
    let started = client.call("StartQuery", json!({"QueryStatement": statement})).await.ok();
    until_ended(client, started["QueryId"].as_str().unwrap()).await
}

pub(crate) async fn until_ended(client: &TestClient, id: &str) -> Value {
    for _ in 0..600 {
        let results = client.call("GetQueryResults", json!({"QueryId": id})).await.ok();
        if !["QUEUED", "RUNNING"].contains(&results["QueryStatus"].as_str().unwrap()) {
            return results;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the query {id} doesn't end");
}

pub(crate) async fn default_store(client: &TestClient) -> String {
    let listed = client.call("ListEventDataStores", json!({})).await.ok();
    let stores = listed["EventDataStores"].as_array().unwrap();
    let default = stores.iter().find(|store| store["Name"] == "default").unwrap();
    default["EventDataStoreArn"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
}

/// The values of a finished query's rows.
pub(crate) fn rows(results: &Value) -> Vec<Vec<String>> {
    assert_eq!(results["QueryStatus"], "FINISHED", "{results}");
    let values = |row: &Value| {
        let cells = row.as_array().unwrap().iter();
        cells
            .map(|cell| cell.as_object().unwrap().values().next().unwrap().as_str().unwrap().to_owned())
            .collect()
    };
    results["QueryResultRows"].as_array().unwrap().iter().map(values).collect()
}

/// Two reads by alice and one refused write by a role, of January 2026; and one of another account.
pub(crate) async fn three_events(trail: &Trail) {
    let at = |number: u64| datetime!(2026-01-05 10:00 UTC) + Duration::from_secs(number * 86_400);
    let read = |number: u64| {
        Made::number(number)
            .at(at(number))
            .with(
                "/requestParameters",
                json!({"keyId": "alias/a", "numberOfBytes": 32 * number, "nested": {"a": [1]}}),
            )
            .with("/userIdentity/arn", format!("arn:aws:iam::{ACCOUNT}:user/alice").into())
            .with("/userIdentity/principalId", "AIDAALICE".into())
            .with("/sourceIPAddress", "10.0.0.1".into())
            .with("/userAgent", "aws-cli/2.1 \u{0} é".into())
    };
    let refused = Made::number(3)
        .at(at(3))
        .with("/eventName", "CreateGrant".into())
        .with("/readOnly", false.into())
        .with("/errorCode", "AccessDeniedException".into())
        .with(
            "/resources/1",
            json!({"accountId": OTHER_ACCOUNT, "type": "AWS::KMS::Key", "ARN": "arn:aws:kms:::key/2"}),
        )
        .with(
            "/userIdentity",
            json!({"type": "AssumedRole", "arn": "arn:aws:sts::1:assumed-role/r/s", "principalId": "AROA:s",
                   "sessionContext": {"sessionIssuer": {"userName": "r", "arn": "arn:aws:iam::1:role/r"}}}),
        );
    let foreign = Made::number(4).at(at(1)).with("/recipientAccountId", OTHER_ACCOUNT.into());
    trail.happen(vec![read(1), read(2), refused, foreign]).await;
    trail.until_stored(4).await;
}

#[tokio::test]
async fn statements_find_what_happened() {
    let trail = Trail::start().await;
    three_events(&trail).await;
    let client = trail.admin();
    for (statement, expected) in [
        (
            "SELECT eventName, count(*) AS calls FROM {eds} WHERE eventTime > '2026-01-01 00:00:00' AND eventSource = \
             'kms.amazonaws.com' GROUP BY 1 ORDER BY 2 DESC",
            vec![vec!["Decrypt", "2"], vec!["CreateGrant", "1"]],
        ),
        (
            "SELECT eventTime, userIdentity.arn, element_at(requestParameters, 'numberOfBytes') FROM {eds} WHERE \
             eventName = 'Decrypt' ORDER BY eventTime",
            vec![
                vec!["2026-01-06 10:00:00.000", "arn:aws:iam::111122223333:user/alice", "32"],
                vec!["2026-01-07 10:00:00.000", "arn:aws:iam::111122223333:user/alice", "64"],
            ],
        ),
        (
            "SELECT userIdentity.sessioncontext.sessionissuer.username, errorCode, readOnly, resources[2].arn FROM \
             {eds} WHERE userIdentity.type = 'AssumedRole'",
            vec![vec!["r", "AccessDeniedException", "false", "arn:aws:kms:::key/2"]],
        ),
        (
            "SELECT userAgent, errorCode FROM {eds} WHERE eventID = '00000000-0000-0000-0000-000000000001'",
            vec![vec!["aws-cli/2.1 \u{fffd} é", ""]],
        ),
        (
            "SELECT eventID FROM {eds} WHERE any_match(resources, r -> r.accountId = '444455556666')",
            vec![vec!["00000000-0000-0000-0000-000000000003"]],
        ),
        (
            "SELECT r.arn, count(*) FROM {eds} CROSS JOIN UNNEST(resources) AS t(r) WHERE eventSource = \
             'kms.amazonaws.com' GROUP BY 1 ORDER BY 2",
            vec![vec!["arn:aws:kms:::key/2", "1"], vec!["arn:aws:kms:::key/1", "3"]],
        ),
        (
            "SELECT date_trunc('day', min(eventTime)), approx_distinct(userIdentity.arn), json_extract_scalar(min(eventJson), \
             '$.userIdentity.userName') FROM {eds} WHERE eventName IN ('Decrypt')",
            vec![vec!["2026-01-06 00:00:00.000", "1", "alice"]],
        ),
        (
            "WITH days AS (SELECT date(eventTime) AS day, readOnly FROM {eds} WHERE eventSource LIKE 'kms.%') SELECT day, \
             CASE WHEN readOnly THEN 'read' ELSE 'write' END FROM days ORDER BY day DESC LIMIT 1",
            vec![vec!["2026-01-08", "write"]],
        ),
        (
            "SELECT a.eventID FROM {eds} a JOIN {eds} b ON a.eventID = b.eventID WHERE b.errorCode IS NOT NULL AND \
             a.eventSource = 'kms.amazonaws.com' AND a.requestParameters IS NULL",
            vec![vec!["00000000-0000-0000-0000-000000000003"]],
        ),
    ] {
        let found = rows(&run(&client, statement).await);
        assert_eq!(found, expected, "{statement}");
    }
    trail.stop().await;
}

#[tokio::test]
async fn a_result_has_its_columns_by_name_and_stays_the_same() {
    let trail = Trail::start().await;
    three_events(&trail).await;
    let client = trail.admin();
    let results = run(
        &client,
        "SELECT eventName, count(*), userIdentity.PrincipalID FROM {eds} WHERE eventName = \
                       'Decrypt' GROUP BY 1, 3",
    )
    .await;
    assert_eq!(
        results["QueryResultRows"],
        json!([[{"eventName": "Decrypt"}, {"_col1": "2"}, {"PrincipalID": "AIDAALICE"}]])
    );
    assert_eq!(results["QueryStatistics"], json!({"ResultsCount": 1, "TotalResultsCount": 1}));
    trail.stop().await;
}

#[tokio::test]
async fn a_store_shows_what_its_selectors_select() {
    let trail = Trail::start().await;
    three_events(&trail).await;
    let client = trail.admin();
    let field = |field: &str, operator: &str, value: &str| json!({"Field": field, operator: [value]});
    for (number, (fields, expected)) in [
        (vec![field("readOnly", "Equals", "false")], vec![3]),
        (vec![field("eventName", "NotStartsWith", "Create")], vec![1, 2]),
        (vec![field("eventName", "EndsWith", "Grant")], vec![3]),
        (vec![field("resources.ARN", "Equals", "arn:aws:kms:::key/2")], vec![3]),
        (vec![field("resources.ARN", "NotEquals", "arn:aws:kms:::key/2")], vec![1, 2]),
        (
            vec![
                field("resources.ARN", "StartsWith", "arn:aws:kms"),
                field("userIdentity.arn", "EndsWith", "alice"),
            ],
            vec![1, 2],
        ),
        (vec![field("eventSource", "Equals", "ssm.amazonaws.com")], vec![]),
    ]
    .into_iter()
    .enumerate()
    {
        let mut selected = vec![field("eventCategory", "Equals", "Management")];
        selected.extend(fields);
        if expected != [3] || number > 2 {
            selected.push(field("eventSource", "NotEquals", "cloudtrail.amazonaws.com"));
        }
        let input = json!({"Name": format!("store-{number}"), "AdvancedEventSelectors": [{"FieldSelectors": selected}],
                           "RetentionPeriod": 3653});
        let made = client.call("CreateEventDataStore", input).await.ok();
        let id = made["EventDataStoreArn"].as_str().unwrap().rsplit('/').next().unwrap();
        let statement =
            format!("SELECT eventID FROM {id} WHERE eventSource <> 'cloudtrail.amazonaws.com' ORDER BY 1");
        let found = rows(&run(&client, &statement).await);
        let expected: Vec<_> = expected.iter().map(|n| vec![uuid::Uuid::from_u128(*n).to_string()]).collect();
        assert_eq!(found, expected, "{selected:?}");
    }
    let recent =
        client.call("CreateEventDataStore", json!({"Name": "recent", "RetentionPeriod": 7})).await.ok();
    let id = recent["EventDataStoreArn"].as_str().unwrap().rsplit('/').next().unwrap();
    let old = format!("SELECT count(*) FROM {id} WHERE eventTime < '2026-02-01 00:00:00'");
    assert_eq!(rows(&run(&client, &old).await), [["0"]], "older than its retention period");
    trail.stop().await;
}

#[tokio::test]
async fn stores_are_made_changed_deleted_and_restored() {
    let trail = Trail::start().await;
    let client = trail.admin();
    let tags = json!([{"Key": "team", "Value": "blue"}]);
    let made = client.call("CreateEventDataStore", json!({"Name": "mine", "TagsList": tags})).await.ok();
    let arn = made["EventDataStoreArn"].as_str().unwrap().to_owned();
    assert_eq!((&made["Status"], &made["TagsList"]), (&json!("ENABLED"), &tags));
    assert_eq!(
        (&made["RetentionPeriod"], &made["TerminationProtectionEnabled"]),
        (&json!(366), &json!(true))
    );
    let named = json!({"EventDataStore": arn});
    let tagged = client.call("ListTags", json!({"ResourceIdList": [arn]})).await.ok();
    assert_eq!(tagged["ResourceTagList"][0]["TagsList"], tags);
    for (operation, input, expected) in [
        ("CreateEventDataStore", json!({"Name": "mine"}), "EventDataStoreAlreadyExistsException"),
        ("CreateEventDataStore", json!({"Name": "default"}), "EventDataStoreAlreadyExistsException"),
        ("CreateEventDataStore", json!({"Name": "x y"}), "ValidationException"),
        (
            "CreateEventDataStore",
            json!({"Name": "other", "KmsKeyId": "alias/a"}),
            "UnsupportedOperationException",
        ),
        (
            "CreateEventDataStore",
            json!({"Name": "other", "OrganizationEnabled": true}),
            "UnsupportedOperationException",
        ),
        (
            "CreateEventDataStore",
            json!({"Name": "other", "AdvancedEventSelectors": []}),
            "InvalidEventSelectorsException",
        ),
        ("DeleteEventDataStore", named.clone(), "EventDataStoreTerminationProtectedException"),
        ("RestoreEventDataStore", named.clone(), "InvalidEventDataStoreStatusException"),
        ("GetEventDataStore", json!({"EventDataStore": "nothing"}), "EventDataStoreARNInvalidException"),
        (
            "GetEventDataStore",
            json!({"EventDataStore": arn.replace("mazon", "x")}),
            "EventDataStoreNotFoundException",
        ),
        (
            "DeleteEventDataStore",
            json!({"EventDataStore": default_store(&client).await}),
            "EventDataStoreTerminationProtectedException",
        ),
        (
            "UpdateEventDataStore",
            json!({"EventDataStore": default_store(&client).await}),
            "UnsupportedOperationException",
        ),
    ] {
        if expected == "EventDataStoreNotFoundException" {
            let nobodys = arn.replace(ACCOUNT, OTHER_ACCOUNT);
            let answer = client.call(operation, json!({"EventDataStore": nobodys})).await;
            assert_eq!(answer.error(), expected);
            continue;
        }
        let answer = client.call(operation, input.clone()).await;
        assert_eq!(answer.error(), expected, "{operation} {input}: {}", answer.text);
    }
    let change = json!({"EventDataStore": arn, "Name": "ours", "TerminationProtectionEnabled": false});
    assert_eq!(client.call("UpdateEventDataStore", change).await.ok()["Name"], "ours");
    client.call("DeleteEventDataStore", named.clone()).await.ok();
    assert_eq!(client.call("GetEventDataStore", named.clone()).await.ok()["Status"], "PENDING_DELETION");
    let id = arn.rsplit('/').next().unwrap();
    let inactive = client.call("StartQuery", json!({"QueryStatement": format!("SELECT 1 FROM {id}")})).await;
    assert_eq!(inactive.error(), "InactiveEventDataStoreException");
    assert_eq!(client.call("RestoreEventDataStore", named.clone()).await.ok()["Status"], "ENABLED");
    let first = client.call("ListEventDataStores", json!({"MaxResults": 1})).await.ok();
    let next = json!({"MaxResults": 1, "NextToken": first["NextToken"]});
    let second = client.call("ListEventDataStores", next).await.ok();
    let names = [&first, &second].map(|page| page["EventDataStores"][0]["Name"].as_str().unwrap().to_owned());
    assert!(names.contains(&"default".to_owned()) && names.contains(&"ours".to_owned()), "{names:?}");
    assert!(second.get("NextToken").is_none());
    let elsewhere = client.with_region("eu-west-1").call("ListEventDataStores", json!({})).await.ok();
    assert_eq!(
        elsewhere["EventDataStores"].as_array().unwrap().len(),
        1,
        "the others belong to their Region"
    );
    let other = trail.admin().with_key("AKIAOTHER");
    assert_ne!(default_store(&other).await, default_store(&client).await);
    trail.stop().await;
}
