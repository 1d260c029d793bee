use serde_json::{Value, json};

use crate::harness::{start, token};

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
