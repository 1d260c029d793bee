use serde_json::{Value, json};

use crate::support::{App, arn, names};

#[tokio::test]
async fn a_new_parameter_has_version_1_and_the_standard_tier() {
    let app = App::start().await;
    let put = app
        .call("PutParameter", json!({ "Name": "/prod/db/url", "Value": "postgres://db", "Type": "String" }))
        .await
        .ok();
    assert_eq!(put, json!({ "Version": 1, "Tier": "Standard" }));
    let mut got = app.get("/prod/db/url").await;
    let modified = got.as_object_mut().unwrap().remove("LastModifiedDate").unwrap();
    assert!(modified.as_f64().unwrap() > 1.7e9, "{modified}");
    assert_eq!(
        got,
        json!({
            "Name": "/prod/db/url",
            "Type": "String",
            "Value": "postgres://db",
            "Version": 1,
            "ARN": arn("prod/db/url"),
            "DataType": "text",
        })
    );
}

#[tokio::test]
async fn only_overwrite_makes_a_second_version_and_what_is_left_out_stays() {
    let app = App::start().await;
    let first = json!({
        "Name": "list", "Value": "a,b", "Type": "StringList", "Description": "letters", "AllowedPattern": "^[a-z,]+$",
    });
    app.call("PutParameter", first.clone()).await.ok();
    let refused = app.call("PutParameter", first).await;
    assert_eq!((refused.status, refused.error()), (400, "ParameterAlreadyExists"));
    let second =
        app.call("PutParameter", json!({ "Name": "list", "Value": "c", "Overwrite": true })).await.ok();
    assert_eq!(second["Version"], 2);
    let got = app.get("list").await;
    assert_eq!((&got["Type"], &got["Value"]), (&json!("StringList"), &json!("c")));
    let unmatched =
        app.call("PutParameter", json!({ "Name": "list", "Value": "1", "Overwrite": true })).await;
    assert_eq!(unmatched.error(), "ParameterPatternMismatchException");
    assert_eq!(unmatched.message(), "Parameter value, cannot be validated against allowedPattern: ^[a-z,]+$");
    let described = app.call("DescribeParameters", json!({})).await.ok();
    assert_eq!(described["Parameters"][0]["Description"], "letters");
    assert_eq!(described["Parameters"][0]["Version"], 2);
}

#[tokio::test]
async fn overwrite_makes_a_parameter_that_is_not_there() {
    let app = App::start().await;
    assert_eq!(app.put("x", "1").await["Version"], 1);
}

#[tokio::test]
async fn what_aws_refuses_is_refused_with_its_errors() {
    let app = App::start().await;
    let large = "v".repeat(4097);
    app.call("PutParameter", json!({ "Name": "big", "Value": large, "Type": "String", "Tier": "Advanced" }))
        .await
        .ok();
    let cases = [
        (json!({ "Type": null }), "ValidationException", "A parameter type is required"),
        (json!({ "Type": "Text" }), "ValidationException", "Member must satisfy enum value set"),
        (json!({ "Value": "" }), "ValidationException", "length greater than or equal to 1"),
        (json!({ "Value": large }), "ValidationException", "Standard tier parameters support"),
        (json!({ "Value": "v".repeat(8193), "Tier": "Advanced" }), "ValidationException", "Advanced tier"),
        (json!({ "Value": "v".repeat(40_000) }), "ValidationException", "less than or equal to 32768"),
        (json!({ "KeyId": "alias/app" }), "ValidationException", "SecureString type parameter only"),
        (json!({ "KeyId": "a b" }), "ValidationException", "regular expression pattern"),
        (json!({ "DataType": "TEXT" }), "ValidationException", "data type is not supported: TEXT"),
        (json!({ "AllowedPattern": "(" }), "InvalidAllowedPatternException", ""),
        (json!({ "Policies": "{}" }), "ValidationException", "Invalid policies input: {}."),
        (
            json!({ "Overwrite": true, "Tags": [{ "Key": "a", "Value": "b" }] }),
            "ValidationException",
            "tags and overwrite",
        ),
        (json!({ "Tags": [{ "Key": "aws:a", "Value": "b" }] }), "ValidationException", "aws:"),
        (json!({ "Tags": [{ "Key": "a*", "Value": "b" }] }), "ValidationException", "tags.1.member.key"),
        (
            json!({ "Name": "big", "Overwrite": true, "Tier": "Standard" }),
            "ValidationException",
            "can't downgrade",
        ),
        (json!({ "Overwrite": "yes" }), "SerializationException", ""),
    ];
    for (change, code, message) in cases {
        let mut input = json!({ "Name": "new", "Value": "v", "Type": "String" });
        for (member, value) in change.as_object().unwrap() {
            input[member] = value.clone();
        }
        let answer = app.call("PutParameter", input).await;
        assert_eq!((answer.status, answer.error()), (400, code), "{change}: {}", answer.text);
        assert!(answer.message().contains(message), "{change}: {}", answer.message());
        assert!(!answer.text.contains("vvvv"), "{change}: the value is in the answer");
    }
    assert_eq!(app.call("GetParameter", json!({ "Name": "new" })).await.error(), "ParameterNotFound");
}

#[tokio::test]
async fn intelligent_tiering_takes_the_tier_that_the_value_needs() {
    let app = App::start().await;
    let put = async |value: String| {
        let input = json!({
            "Name": "x", "Value": value, "Type": "String", "Tier": "Intelligent-Tiering", "Overwrite": true,
        });
        app.call("PutParameter", input).await.ok()["Tier"].clone()
    };
    assert_eq!(put("v".repeat(4096)).await, "Standard");
    assert_eq!(put("v".repeat(4097)).await, "Advanced");
    assert_eq!(put("v".to_owned()).await, "Advanced");
}

#[tokio::test]
async fn the_history_keeps_the_newest_100_versions() {
    let app = App::start().await;
    for number in 1..=103 {
        assert_eq!(app.put("counter", &number.to_string()).await["Version"], number);
    }
    let mut versions: Vec<i64> = Vec::new();
    let mut input = json!({ "Name": "counter", "MaxResults": 40 });
    loop {
        let page = app.call("GetParameterHistory", input.clone()).await.ok();
        for version in page["Parameters"].as_array().unwrap() {
            assert_eq!(version["Value"], version["Version"].to_string());
            assert_eq!(version["LastModifiedUser"], "arn:aws:iam::111122223333:user/admin");
            versions.push(version["Version"].as_i64().unwrap());
        }
        if page["NextToken"].is_null() {
            break;
        }
        input["NextToken"] = page["NextToken"].clone();
    }
    assert_eq!(versions, (4..=103).collect::<Vec<_>>());
    let gone = app.call("GetParameter", json!({ "Name": "counter:3" })).await;
    assert_eq!(gone.error(), "ParameterVersionNotFound");
    assert_eq!(app.get("counter:4").await["Value"], "4");
    let absent = app.call("GetParameterHistory", json!({ "Name": "other" })).await;
    assert_eq!(absent.error(), "ParameterNotFound");
    for bad in [json!("!"), json!("AXA"), json!("")] {
        let refused = app.call("GetParameterHistory", json!({ "Name": "counter", "NextToken": bad })).await;
        assert_eq!(refused.error(), "InvalidNextToken", "{bad}");
    }
}

#[tokio::test]
async fn a_restart_finds_everything_again() {
    let app = App::start().await;
    app.put("/a/b", "1").await;
    app.put("/a/b", "2").await;
    let next = app.replica().await;
    app.running.stop().await;
    assert_eq!(next.get("/a/b").await["Value"], "2");
    let history = next.call("GetParameterHistory", json!({ "Name": "/a/b" })).await.ok();
    assert_eq!(names(&history["Parameters"]), ["/a/b", "/a/b"]);
    assert_eq!(history["Parameters"][0]["Labels"], Value::Array(vec![]));
}
