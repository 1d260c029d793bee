use serde_json::json;

use crate::support::{App, arn};

#[tokio::test]
async fn names_that_aws_refuses_are_refused_with_its_errors() {
    let app = App::start().await;
    let deep = "/a".repeat(16);
    let long = "a".repeat(1_000);
    let cases = [
        ("", "ValidationException"),
        ("a b", "ValidationException"),
        ("a/b", "ValidationException"),
        ("/a//b", "ValidationException"),
        ("/a/", "ValidationException"),
        ("x:1", "ValidationException"),
        ("awsX", "ValidationException"),
        ("/SSM/x", "ValidationException"),
        ("/aws/service/x", "AccessDeniedException"),
        (deep.as_str(), "HierarchyLevelLimitExceededException"),
        (long.as_str(), "ValidationException"),
    ];
    for (name, code) in cases {
        let answer = app.call("PutParameter", json!({ "Name": name, "Value": "v", "Type": "String" })).await;
        assert_eq!((answer.status, answer.error()), (400, code), "{name}");
    }
    let by_arn = app.call("PutParameter", json!({ "Name": arn("x"), "Value": "v", "Type": "String" })).await;
    assert_eq!(by_arn.error(), "ValidationException");
}

#[tokio::test]
async fn a_name_with_and_without_a_leading_slash_has_one_arn_and_only_one_exists() {
    let app = App::start().await;
    app.put("url", "1").await;
    for overwrite in [true, false] {
        let input = json!({ "Name": "/url", "Value": "2", "Type": "String", "Overwrite": overwrite });
        assert_eq!(app.call("PutParameter", input).await.error(), "ParameterAlreadyExists");
    }
    assert_eq!(app.call("GetParameter", json!({ "Name": "/url" })).await.error(), "ParameterNotFound");
    assert_eq!(app.call("DeleteParameter", json!({ "Name": "/url" })).await.error(), "ParameterNotFound");
    assert_eq!(app.get("url").await["Value"], "1");
}

#[tokio::test]
async fn names_are_told_apart_by_case() {
    let app = App::start().await;
    app.put("/Prod/x", "upper").await;
    app.put("/prod/x", "lower").await;
    assert_eq!(app.get("/Prod/x").await["Value"], "upper");
    assert_eq!(app.get("/prod/x").await["Value"], "lower");
}
