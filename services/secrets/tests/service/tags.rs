use keywright_service::testing::TestCredentials;
use serde_json::{Value, json};

use crate::harness::{start, start_with, token};

fn tags(count: usize) -> Vec<Value> {
    (0..count).map(|n| json!({ "Key": format!("key-{n:02}"), "Value": "v" })).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_are_set_replaced_and_removed() {
    let secrets = start().await;
    secrets.create("db", "one").await;
    let tag = |key: &str, value: &str| json!({ "Key": key, "Value": value });
    let set = json!({ "SecretId": "db", "Tags": [tag("b", "1"), tag("a", "2")] });
    assert_eq!(secrets.call("TagResource", set).await, json!({}));
    secrets.call("TagResource", json!({ "SecretId": "db", "Tags": [tag("b", "3")] })).await;
    let described = secrets.call("DescribeSecret", json!({ "SecretId": "db" })).await;
    assert_eq!(described["Tags"], json!([tag("a", "2"), tag("b", "3")]));
    secrets.call("UntagResource", json!({ "SecretId": "db", "TagKeys": ["b", "never"] })).await;
    let described = secrets.call("DescribeSecret", json!({ "SecretId": "db" })).await;
    assert_eq!(described["Tags"], json!([tag("a", "2")]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_has_at_most_fifty_tags() {
    let secrets = start().await;
    let create = |count| json!({ "Name": "db", "SecretString": "x", "ClientRequestToken": token(), "Tags": tags(count) });
    secrets.refuses("CreateSecret", create(51), "InvalidParameterException").await;
    secrets.call("CreateSecret", create(50)).await;
    secrets.call("TagResource", json!({ "SecretId": "db", "Tags": tags(50) })).await;
    let one_more = json!({ "SecretId": "db", "Tags": [{ "Key": "new", "Value": "" }] });
    secrets.refuses("TagResource", one_more, "InvalidParameterException").await;
    let reserved = json!({ "SecretId": "db", "Tags": [{ "Key": "aws:x", "Value": "" }] });
    secrets.refuses("TagResource", reserved, "InvalidParameterException").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_takes_his_own_access_away_by_tags() {
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"secretsmanager:*","Resource":"*",
        "Condition":{"StringEquals":{"aws:ResourceTag/team":"app"}}}]}"#;
    let credentials = TestCredentials::standard().user("AKIAAPP", "111122223333", "app", &[policy]);
    let secrets = start_with(credentials).await;
    let app = secrets.client.with_key("AKIAAPP");
    let create = json!({ "Name": "db", "Tags": [{ "Key": "team", "Value": "app" }] });
    secrets.call("CreateSecret", create).await;
    let tag = |value: &str| json!({ "SecretId": "db", "Tags": [{ "Key": "team", "Value": value }] });
    let untag = |key: &str| json!({ "SecretId": "db", "TagKeys": [key] });
    app.call("TagResource", tag("app")).await.ok();
    app.call("UntagResource", untag("other")).await.ok();
    for (operation, input) in [("TagResource", tag("other")), ("UntagResource", untag("team"))] {
        let refused = app.call(operation, input).await;
        assert_eq!(refused.error(), "AccessDeniedException", "{operation}");
        assert!(refused.message().contains("lose access"), "{}", refused.message());
    }
    app.call("DescribeSecret", json!({ "SecretId": "db" })).await.ok();
    secrets.call("TagResource", tag("other")).await;
    secrets.refuses("UntagResource", untag("aws:x"), "InvalidParameterException").await;
}
