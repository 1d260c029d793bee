use serde_json::json;

use crate::support::{App, arn, names};

#[tokio::test]
async fn a_version_is_selected_behind_the_name() {
    let app = App::start().await;
    app.put("/a/x", "one").await;
    app.put("/a/x", "two").await;
    let first = app.get("/a/x:1").await;
    assert_eq!(
        (&first["Value"], &first["Version"], &first["Selector"]),
        (&json!("one"), &json!(1), &json!(":1"))
    );
    assert_eq!(first["Name"], "/a/x");
    let missing = app.call("GetParameter", json!({ "Name": "/a/x:3" })).await;
    assert_eq!(missing.error(), "ParameterVersionNotFound");
    assert_eq!(
        missing.message(),
        "Systems Manager could not find version 3 of /a/x. Verify the version and try again."
    );
    let label = app.call("GetParameter", json!({ "Name": "/a/x:prod" })).await;
    assert_eq!(label.error(), "ParameterVersionNotFound");
    assert_eq!(app.call("GetParameter", json!({ "Name": "/a/y:1" })).await.error(), "ParameterNotFound");
    assert_eq!(app.call("GetParameter", json!({ "Name": "/a/x:" })).await.error(), "ValidationException");
}

#[tokio::test]
async fn an_arn_finds_the_parameter_with_and_without_a_leading_slash() {
    let app = App::start().await;
    app.put("/a/x", "1").await;
    app.put("plain", "2").await;
    app.put("/slashed", "3").await;
    for (path, name, value) in [("a/x", "/a/x", "1"), ("plain", "plain", "2"), ("slashed:1", "/slashed", "3")]
    {
        let got = app.get(&arn(path)).await;
        assert_eq!((&got["Name"], &got["Value"]), (&json!(name), &json!(value)));
    }
    let elsewhere = arn("plain").replace("us-east-1", "eu-west-1");
    assert_eq!(app.call("GetParameter", json!({ "Name": elsewhere })).await.error(), "ParameterNotFound");
    let history = app.call("GetParameterHistory", json!({ "Name": arn("plain") })).await.ok();
    assert_eq!(names(&history["Parameters"]), ["plain"]);
}

#[tokio::test]
async fn several_are_got_in_alphabetical_order_each_once_and_those_that_are_not_there_are_named() {
    let app = App::start().await;
    app.put("b", "1").await;
    app.put("a", "2").await;
    let got =
        app.call("GetParameters", json!({ "Names": ["b", "none", "a:1", "a:7", "/a", "b"] })).await.ok();
    assert_eq!(names(&got["Parameters"]), ["a", "b"]);
    assert_eq!(got["Parameters"][0]["Selector"], ":1");
    assert_eq!(got["InvalidParameters"], json!(["/a", "a:7", "none"]));
    let none = app.call("GetParameters", json!({ "Names": [] })).await;
    assert_eq!(none.error(), "ValidationException");
    let many = (0..11).map(|number| number.to_string()).collect::<Vec<_>>();
    assert_eq!(app.call("GetParameters", json!({ "Names": many })).await.error(), "ValidationException");
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let app = App::start().await;
    let missing = app.call("GetParameter", json!({ "Name": "/no/such" })).await;
    assert_eq!((missing.status, missing.error()), (400, "ParameterNotFound"));
    assert_eq!(missing.message(), "Parameter /no/such not found.");
}
