use serde_json::{Value, json};

use crate::harness::{start, text, token};

#[tokio::test(flavor = "multi_thread")]
async fn a_new_value_is_current_and_the_former_one_previous() {
    let secrets = start().await;
    secrets.create("db", "one").await;
    let two = secrets.put("db", "two").await;
    let three = secrets.put("db", "three").await;
    assert_eq!(secrets.get("db").await, "three");
    let previous =
        secrets.call("GetSecretValue", json!({ "SecretId": "db", "VersionStage": "AWSPREVIOUS" })).await;
    assert_eq!((&previous["SecretString"], &previous["VersionId"]), (&json!("two"), &json!(two)));
    let expected = json!({ three.as_str(): ["AWSCURRENT"], two.as_str(): ["AWSPREVIOUS"] });
    assert_eq!(secrets.stages("db").await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_is_read_by_its_id_with_or_without_labels() {
    let secrets = start().await;
    let created = secrets
        .call("CreateSecret", json!({ "Name": "db", "SecretString": "one", "ClientRequestToken": token() }))
        .await;
    let one = text(&created["VersionId"]);
    secrets.put("db", "two").await;
    secrets.put("db", "three").await;
    let read = secrets.call("GetSecretValue", json!({ "SecretId": "db", "VersionId": one })).await;
    assert_eq!((&read["SecretString"], read.get("VersionStages")), (&json!("one"), None));

    let both = |stage: &str| json!({ "SecretId": "db", "VersionId": one, "VersionStage": stage });
    let message = secrets.refuses("GetSecretValue", both("AWSCURRENT"), "InvalidRequestException").await;
    assert_eq!(message, "You provided a VersionStage that is not associated to the provided VersionId.");
    let missing = token();
    let input = json!({ "SecretId": "db", "VersionId": missing });
    let message = secrets.refuses("GetSecretValue", input, "ResourceNotFoundException").await;
    assert_eq!(
        message,
        format!("Secrets Manager can't find the specified secret value for VersionId: {missing}")
    );
    let input = json!({ "SecretId": "db", "VersionStage": "AWSPENDING" });
    secrets.refuses("GetSecretValue", input, "ResourceNotFoundException").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_put_is_the_same_and_another_value_is_refused() {
    let secrets = start().await;
    secrets.create("db", "one").await;
    let id = token();
    let input = |value: &str| json!({ "SecretId": "db", "SecretString": value, "ClientRequestToken": id });
    let put = secrets.call("PutSecretValue", input("two")).await;
    assert_eq!(put["VersionStages"], json!(["AWSCURRENT"]));
    assert_eq!(secrets.call("PutSecretValue", input("two")).await, put);
    secrets.refuses("PutSecretValue", input("other"), "ResourceExistsException").await;
    let as_bytes = json!({ "SecretId": "db", "SecretBinary": "dHdv", "ClientRequestToken": id });
    secrets.refuses("PutSecretValue", as_bytes, "ResourceExistsException").await;
    secrets.refuses("UpdateSecret", input("two"), "ResourceExistsException").await;
    assert_eq!(secrets.get("db").await, "two");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_changes_what_it_names() {
    let secrets = start().await;
    let arn = secrets.create("db", "one").await;
    let updated = secrets.call("UpdateSecret", json!({ "SecretId": "db", "Description": "new" })).await;
    assert_eq!(updated, json!({ "ARN": arn, "Name": "db" }));
    let id = token();
    let input = json!({ "SecretId": "db", "SecretString": "two", "ClientRequestToken": id });
    assert_eq!(secrets.call("UpdateSecret", input).await["VersionId"], id.as_str());
    let described = secrets.call("DescribeSecret", json!({ "SecretId": "db" })).await;
    assert_eq!(described["Description"], "new");
    assert_eq!(described["VersionIdsToStages"][&id], json!(["AWSCURRENT"]));
    assert_eq!(secrets.get("db").await, "two");
    assert_eq!(secrets.call("UpdateSecret", json!({ "SecretId": "db" })).await, updated, "nothing is named");
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_are_listed_newest_first_page_by_page() {
    let secrets = start().await;
    secrets.create("db", "one").await;
    let mut ids = Vec::new();
    for n in 0..4 {
        ids.push(secrets.put("db", &n.to_string()).await);
    }
    let labelled = secrets.call("ListSecretVersionIds", json!({ "SecretId": "db" })).await;
    assert_eq!(labelled["Versions"].as_array().unwrap().len(), 2);
    assert_eq!(labelled["Versions"][0]["VersionId"], ids[3].as_str());
    assert_eq!(labelled["Versions"][0]["VersionStages"], json!(["AWSCURRENT"]));

    let mut listed = Vec::new();
    let mut input = json!({ "SecretId": "db", "IncludeDeprecated": true, "MaxResults": 2 });
    loop {
        let page = secrets.call("ListSecretVersionIds", input.clone()).await;
        let versions = page["Versions"].as_array().unwrap();
        assert!(versions.len() <= 2);
        listed.extend(versions.iter().map(|version| text(&version["VersionId"])));
        let Some(next) = page.get("NextToken") else { break };
        input["NextToken"] = next.clone();
    }
    assert_eq!(listed.len(), 5);
    ids.reverse();
    assert_eq!(listed[..4], ids);
    input["NextToken"] = json!("made-up");
    secrets.refuses("ListSecretVersionIds", input, "InvalidNextTokenException").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_without_labels_go_when_they_are_old_and_many() {
    let secrets = start().await;
    secrets.create("db", "current").await;
    let client = secrets.database.connect().await;
    let age = |condition: &'static str| {
        let client = &client;
        async move {
            let statement = format!(
                "INSERT INTO secret_versions \
                 SELECT secret_id, repeat('v', 32) || n, '', '', '', now() - {condition} - n * interval '1 second', NULL, false \
                 FROM secrets, generate_series(1, 60) n ON CONFLICT DO NOTHING"
            );
            client.batch_execute(&statement).await.unwrap();
        }
    };
    age("interval '2 days'").await;
    let count = async || -> i64 {
        client.query_one("SELECT count(*) FROM secret_versions", &[]).await.unwrap().get(0)
    };
    secrets.put("db", "a").await;
    assert_eq!(count().await, 62, "no more than a hundred");
    let more = "INSERT INTO secret_versions SELECT secret_id, repeat('w', 32) || n, '', '', '', \
                now() - interval '3 days', NULL, false FROM secrets, generate_series(1, 60) n";
    client.batch_execute(more).await.unwrap();
    let young = "INSERT INTO secret_versions SELECT secret_id, repeat('x', 32) || n, '', '', '', \
                 now() - interval '1 hour', NULL, false FROM secrets, generate_series(1, 99) n";
    client.batch_execute(young).await.unwrap();
    let newest = secrets.put("db", "b").await;
    assert_eq!(count().await, 3 + 99, "only the young and the labelled are left beyond a hundred");
    let stages: Value = secrets.stages("db").await;
    assert_eq!(stages[&newest], json!(["AWSCURRENT"]));
    assert_eq!(secrets.get("db").await, "b");
}
