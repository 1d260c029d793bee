use serde_json::{Value, json};

use crate::support::App;

fn of(id: &str) -> Value {
    json!({ "ResourceType": "Parameter", "ResourceId": id })
}

fn with(id: &str, member: &str, value: Value) -> Value {
    let mut input = of(id);
    input[member] = value;
    input
}

#[tokio::test]
async fn tags_are_given_at_creation_added_and_removed() {
    let app = App::start().await;
    let create = json!({
        "Name": "/a/x", "Value": "1", "Type": "String",
        "Tags": [{ "Key": "team", "Value": "db" }, { "Key": "env", "Value": "prod" }],
    });
    app.call("PutParameter", create).await.ok();
    let tags = async || app.call("ListTagsForResource", of("/a/x")).await.ok()["TagList"].clone();
    assert_eq!(tags().await, json!([{ "Key": "env", "Value": "prod" }, { "Key": "team", "Value": "db" }]));
    let more = json!([{ "Key": "env", "Value": "dev" }, { "Key": "größe", "Value": "" }]);
    assert_eq!(app.call("AddTagsToResource", with("/a/x", "Tags", more)).await.ok(), json!({}));
    app.call("RemoveTagsFromResource", with("/a/x", "TagKeys", json!(["team", "none"]))).await.ok();
    assert_eq!(tags().await, json!([{ "Key": "env", "Value": "dev" }, { "Key": "größe", "Value": "" }]));
    app.put("/a/x", "2").await;
    assert_eq!(tags().await.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_parameter_has_at_most_50_tags() {
    let app = App::start().await;
    app.put("x", "1").await;
    let tags = |range: std::ops::Range<u32>| {
        range.map(|number| json!({ "Key": format!("k{number}"), "Value": "v" })).collect::<Value>()
    };
    app.call("AddTagsToResource", with("x", "Tags", tags(0..50))).await.ok();
    app.call("AddTagsToResource", with("x", "Tags", tags(10..20))).await.ok();
    for too_many in [tags(50..51), tags(0..51)] {
        assert_eq!(
            app.call("AddTagsToResource", with("x", "Tags", too_many)).await.error(),
            "TooManyTagsError"
        );
    }
    let listed = app.call("ListTagsForResource", of("x")).await.ok();
    assert_eq!(listed["TagList"].as_array().unwrap().len(), 50);
}

#[tokio::test]
async fn only_parameters_that_exist_have_tags() {
    let app = App::start().await;
    app.put("x", "1").await;
    for operation in ["AddTagsToResource", "RemoveTagsFromResource", "ListTagsForResource"] {
        let call = async |kind: &str, id: &str| {
            let input = json!({
                "ResourceType": kind, "ResourceId": id, "Tags": [{ "Key": "a", "Value": "b" }], "TagKeys": ["a"],
            });
            app.call(operation, input).await.error().to_owned()
        };
        assert_eq!(call("Document", "x").await, "InvalidResourceType", "{operation}");
        assert_eq!(call("Bucket", "x").await, "ValidationException", "{operation}");
        for id in ["none", "/x", "a b"] {
            assert_eq!(call("Parameter", id).await, "InvalidResourceId", "{operation} {id}");
        }
    }
}
