use serde_json::json;

use crate::support::App;

#[tokio::test]
async fn a_deleted_parameter_is_gone_with_its_history_and_tags() {
    let app = App::start().await;
    let create = json!({
        "Name": "x", "Value": "1", "Type": "String", "Description": "old", "Tags": [{ "Key": "a", "Value": "b" }],
    });
    app.call("PutParameter", create).await.ok();
    app.put("x", "2").await;
    assert_eq!(app.call("DeleteParameter", json!({ "Name": "x" })).await.ok(), json!({}));
    assert_eq!(app.call("GetParameter", json!({ "Name": "x" })).await.error(), "ParameterNotFound");
    assert_eq!(app.call("DeleteParameter", json!({ "Name": "x" })).await.error(), "ParameterNotFound");

    assert_eq!(app.put("x", "3").await["Version"], 1);
    let described = app.call("DescribeParameters", json!({})).await.ok();
    assert_eq!(described["Parameters"][0]["Description"], json!(null));
    let tags =
        app.call("ListTagsForResource", json!({ "ResourceType": "Parameter", "ResourceId": "x" })).await.ok();
    assert_eq!(tags["TagList"], json!([]));
    let history = app.call("GetParameterHistory", json!({ "Name": "x" })).await.ok();
    assert_eq!(history["Parameters"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn several_are_deleted_and_those_that_are_not_there_are_named() {
    let app = App::start().await;
    app.put("a", "1").await;
    app.put("/b/c", "2").await;
    app.put("kept", "3").await;
    let deleted =
        app.call("DeleteParameters", json!({ "Names": ["/b/c", "a", "a", "none", "/kept"] })).await.ok();
    assert_eq!(deleted["DeletedParameters"], json!(["/b/c", "a"]));
    assert_eq!(deleted["InvalidParameters"], json!(["/kept", "none"]));
    assert_eq!(app.names("DescribeParameters", json!({})).await.concat(), ["kept"]);
    let refused = app.call("DeleteParameters", json!({ "Names": ["kept", "a b"] })).await;
    assert_eq!(refused.error(), "ValidationException");
    assert_eq!(app.get("kept").await["Value"], "3");
}
