use serde_json::{Value, json};

use crate::support::{App, arn, names};

const DESCRIBE: &str = "DescribeParameters";

#[tokio::test]
async fn all_but_the_value_is_told() {
    let app = App::start().await;
    let input = json!({
        "Name": "/db/pass", "Value": "hunter2", "Type": "SecureString", "KeyId": "alias/app", "Description": "of the db",
        "AllowedPattern": ".+", "Tier": "Advanced",
    });
    app.call("PutParameter", input).await.ok();
    let described = app.call(DESCRIBE, json!({})).await;
    assert!(!described.text.contains("hunter2") && !described.text.contains("Value"), "{}", described.text);
    let mut metadata = described.ok()["Parameters"][0].clone();
    assert!(metadata.as_object_mut().unwrap().remove("LastModifiedDate").is_some());
    assert_eq!(
        metadata,
        json!({
            "Name": "/db/pass",
            "ARN": arn("db/pass"),
            "Type": "SecureString",
            "KeyId": "alias/app",
            "LastModifiedUser": "arn:aws:iam::111122223333:user/admin",
            "Description": "of the db",
            "AllowedPattern": ".+",
            "Version": 1,
            "Tier": "Advanced",
            "Policies": [],
            "DataType": "text",
        })
    );
}

#[tokio::test]
async fn filters_combine() {
    let app = App::start().await;
    for name in ["/a/one", "/a/two", "/a/b/three", "four"] {
        app.put(name, "v").await;
    }
    app.call(
        "PutParameter",
        json!({ "Name": "/a/list", "Value": "v", "Type": "StringList", "Tier": "Advanced" }),
    )
    .await
    .ok();
    app.put_secure("/a/secure", "v", "Standard").await.ok();
    let described = async |filters: Value| {
        app.names(DESCRIBE, json!({ "ParameterFilters": filters, "MaxResults": 2 })).await.concat()
    };
    let one = async |key: &str, option: Value, values: Value| {
        described(json!([{ "Key": key, "Option": option, "Values": values }])).await
    };
    assert_eq!(one("Name", json!(null), json!(["/a/one", "four", "none"])).await, ["/a/one", "four"]);
    assert_eq!(one("Name", json!("BeginsWith"), json!(["/a/t", "f"])).await, ["/a/two", "four"]);
    assert_eq!(one("Name", json!("Contains"), json!(["/b/", "ou"])).await, ["/a/b/three", "four"]);
    assert_eq!(one("Path", json!("OneLevel"), json!(["/a/b"])).await, ["/a/b/three"]);
    assert_eq!(one("Path", json!(null), json!(["/"])).await, ["four"]);
    assert_eq!(one("Path", json!("Recursive"), json!(["/a"])).await.len(), 5);
    assert_eq!(
        one("Type", json!("Equals"), json!(["StringList", "SecureString"])).await,
        ["/a/list", "/a/secure"]
    );
    assert_eq!(one("Tier", json!(null), json!(["Advanced"])).await, ["/a/list"]);
    assert_eq!(one("KeyId", json!(null), json!(["alias/aws/ssm"])).await, ["/a/secure"]);
    let both = json!([
        { "Key": "Type", "Values": ["String"] }, { "Key": "Path", "Option": "Recursive", "Values": ["/a"] },
    ]);
    assert_eq!(described(both).await, ["/a/b/three", "/a/one", "/a/two"]);
    assert_eq!(described(json!([])).await.len(), 6);
    // Pages of two, in the order of paths over all levels and ranges.
    let levels = one("Path", json!("OneLevel"), json!(["/a/b", "/", "/a", "/a/"])).await;
    assert_eq!(levels, ["/a/b/three", "/a/list", "/a/one", "/a/secure", "/a/two", "four"]);
    let ranges = one("Name", json!("BeginsWith"), json!(["f", "/a/t", "/a", "/a/one", "zz", "~"])).await;
    assert_eq!(ranges, levels);
    let begins = |name: &str| json!({ "Key": "Name", "Option": "BeginsWith", "Values": [name] });
    let path = |option: &str| json!({ "Key": "Path", "Option": option, "Values": ["/a"] });
    assert_eq!(described(json!([begins("/a/t"), path("OneLevel")])).await, ["/a/two"]);
    assert_eq!(described(json!([begins("/a/b"), path("Recursive")])).await, ["/a/b/three"]);
    assert_eq!(described(json!([begins("/a/b"), path("OneLevel")])).await, Vec::<String>::new());
    assert_eq!(described(json!([begins("f"), path("Recursive")])).await, Vec::<String>::new());
    let named = json!({ "Key": "Name", "Values": ["/a/one", "/a/b/three", "four"] });
    assert_eq!(described(json!([named, path("Recursive")])).await, ["/a/b/three", "/a/one"]);
    assert_eq!(described(json!([named, path("OneLevel")])).await, ["/a/one"]);
    assert_eq!(one("Name", json!("BeginsWith"), json!(["\u{0}", "ä"])).await, Vec::<String>::new());

    let image = json!({
        "Name": "/a/image", "Value": "ami-0123abcd", "Type": "String", "DataType": "aws:ec2:image",
        "Tags": [{ "Key": "team", "Value": "blue" }, { "Key": "stage", "Value": "production" }],
    });
    app.call("PutParameter", image).await.ok();
    let tagged = json!({
        "Name": "/b", "Value": "v", "Type": "String", "Tags": [{ "Key": "team", "Value": "red" }],
    });
    app.call("PutParameter", tagged).await.ok();
    assert_eq!(one("DataType", json!(null), json!(["aws:ec2:image"])).await, ["/a/image"]);
    assert_eq!(one("tag:team", json!(null), json!(["blue", "red"])).await, ["/a/image", "/b"]);
    assert_eq!(one("tag:team", json!("Equals"), json!(["red"])).await, ["/b"]);
    assert_eq!(one("tag:stage", json!("BeginsWith"), json!(["prod"])).await, ["/a/image"]);
    assert_eq!(described(json!([{ "Key": "tag:team" }])).await, ["/a/image", "/b"]);
    let tags = json!([{ "Key": "tag:team", "Values": ["blue", "red"] }, { "Key": "tag:stage" }]);
    assert_eq!(described(tags).await, ["/a/image"]);

    let older = json!({ "Filters": [{ "Key": "Name", "Values": ["/a/t"] }, { "Key": "Type", "Values": ["String"] }] });
    assert_eq!(app.names(DESCRIBE, older).await.concat(), ["/a/two"]);
    let shared = app.call(DESCRIBE, json!({ "Shared": true })).await.ok();
    assert_eq!(names(&shared["Parameters"]), Vec::<String>::new());
}

#[tokio::test]
async fn what_is_no_filter_is_refused() {
    let app = App::start().await;
    let type_filter = json!({ "Key": "Type", "Values": ["String"] });
    let cases = [
        (json!({ "ParameterFilters": [{ "Key": "Label", "Values": ["x"] }] }), "InvalidFilterKey"),
        (json!({ "ParameterFilters": [{ "Key": "tag:", "Values": ["x"] }] }), "ValidationException"),
        (
            json!({ "ParameterFilters": [{ "Key": "tag:x", "Option": "Contains", "Values": ["x"] }] }),
            "InvalidFilterOption",
        ),
        (
            json!({ "ParameterFilters": [{ "Key": "DataType", "Option": "BeginsWith", "Values": ["x"] }] }),
            "InvalidFilterOption",
        ),
        (json!({ "ParameterFilters": [{ "Key": "Size", "Values": ["x"] }] }), "ValidationException"),
        (json!({ "ParameterFilters": [{ "Key": "Type", "Values": ["x"] }] }), "InvalidFilterValue"),
        (json!({ "ParameterFilters": [{ "Key": "Type" }] }), "InvalidFilterValue"),
        (
            json!({ "ParameterFilters": [{ "Key": "Path", "Option": "Equals", "Values": ["/x"] }] }),
            "InvalidFilterOption",
        ),
        (json!({ "ParameterFilters": [{ "Key": "Path", "Values": ["x"] }] }), "ValidationException"),
        (json!({ "ParameterFilters": [type_filter, type_filter] }), "ValidationException"),
        (json!({ "ParameterFilters": [type_filter], "Filters": [type_filter] }), "ValidationException"),
        (json!({ "Filters": [{ "Key": "Path", "Values": ["/"] }] }), "ValidationException"),
        (json!({ "MaxResults": 51 }), "ValidationException"),
        (json!({ "NextToken": "x" }), "InvalidNextToken"),
    ];
    for (input, code) in cases {
        let answer = app.call(DESCRIBE, input.clone()).await;
        assert_eq!((answer.status, answer.error()), (400, code), "{input}: {}", answer.text);
    }
}
