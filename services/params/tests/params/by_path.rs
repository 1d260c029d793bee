use serde_json::{Value, json};

use crate::support::{App, arn, names};

const BY_PATH: &str = "GetParametersByPath";

async fn with_tree() -> App {
    let app = App::start().await;
    for name in
        ["/prod/a", "/prod/b/x", "/prod/b/y/z", "/prod-1/a", "/prod.a", "/prod0", "/dev/a", "root", "/slash"]
    {
        app.put(name, name).await;
    }
    app
}

#[tokio::test]
async fn one_level_or_all_below_and_nothing_beside() {
    let app = with_tree().await;
    let by_path = async |path: &str, recursive: bool| {
        app.names(BY_PATH, json!({ "Path": path, "Recursive": recursive })).await.concat()
    };
    assert_eq!(by_path("/prod", false).await, ["/prod/a"]);
    assert_eq!(by_path("/prod/", false).await, ["/prod/a"]);
    assert_eq!(by_path("/prod", true).await, ["/prod/a", "/prod/b/x", "/prod/b/y/z"]);
    assert_eq!(by_path("/prod/b/", true).await, ["/prod/b/x", "/prod/b/y/z"]);
    assert_eq!(by_path("/prod/a", true).await, Vec::<String>::new());
    assert_eq!(by_path("/", false).await, ["/prod.a", "/prod0", "root", "/slash"]);
    assert_eq!(by_path("/", true).await.len(), 9);
    let page = app.call(BY_PATH, json!({ "Path": "/dev" })).await.ok();
    assert_eq!(page["Parameters"][0]["Value"], "/dev/a");
    assert_eq!(page["Parameters"][0]["ARN"], arn("dev/a"));
    assert_eq!(page["NextToken"], Value::Null);
}

#[tokio::test]
async fn pages_are_stable_while_parameters_come_and_go() {
    let app = App::start().await;
    let expected = (0..25).map(|number| format!("/p/{number:02}")).collect::<Vec<_>>();
    for name in &expected {
        app.put(name, "v").await;
    }
    for recursive in [true, false] {
        let pages = app.names(BY_PATH, json!({ "Path": "/p", "Recursive": recursive })).await;
        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [10, 10, 5]);
        assert_eq!(pages.concat(), expected);
    }
    let exact = app.names(BY_PATH, json!({ "Path": "/p", "MaxResults": 5 })).await;
    assert_eq!(exact.len(), 5);

    let first = app.call(BY_PATH, json!({ "Path": "/p", "MaxResults": 3 })).await.ok();
    app.call("DeleteParameter", json!({ "Name": "/p/02" })).await.ok();
    app.put("/p/00-new", "v").await;
    let input = json!({ "Path": "/p", "MaxResults": 3, "NextToken": first["NextToken"] });
    let second = app.call(BY_PATH, input).await.ok();
    assert_eq!(names(&second["Parameters"]), ["/p/03", "/p/04", "/p/05"]);
}

#[tokio::test]
async fn filters_narrow_and_unknown_ones_are_refused() {
    let app = with_tree().await;
    app.call("PutParameter", json!({ "Name": "/prod/l", "Value": "a,b", "Type": "StringList" })).await.ok();
    app.put_secure("/prod/s", "secret", "Standard").await.ok();
    let filtered = async |filter: Value| {
        let input = json!({ "Path": "/prod", "Recursive": true, "ParameterFilters": [filter] });
        app.call(BY_PATH, input).await
    };
    let lists = filtered(json!({ "Key": "Type", "Values": ["StringList"] })).await.ok();
    assert_eq!(names(&lists["Parameters"]), ["/prod/l"]);
    let keys = filtered(json!({ "Key": "KeyId", "Option": "BeginsWith", "Values": ["alias/"] })).await.ok();
    assert_eq!(names(&keys["Parameters"]), ["/prod/s"]);
    let refused = filtered(json!({ "Key": "Name", "Values": ["/prod/a"] })).await;
    assert_eq!(refused.error(), "InvalidFilterKey");
    assert_eq!(
        refused.message(),
        "The following filter key is not valid: Name. Valid filter keys include: [Type, KeyId, Label]."
    );
    assert_eq!(filtered(json!({ "Key": "Type" })).await.error(), "InvalidFilterValue");
    let option = filtered(json!({ "Key": "Type", "Option": "Contains", "Values": ["String"] })).await;
    assert_eq!(option.error(), "InvalidFilterOption");
}

#[tokio::test]
async fn what_is_no_path_no_page_and_no_token_is_refused() {
    let app = with_tree().await;
    for path in ["prod", "/a//b", "/a b", "/*"] {
        let answer = app.call(BY_PATH, json!({ "Path": path })).await;
        assert_eq!(answer.error(), "ValidationException", "{path}");
        assert!(answer.message().contains("must begin with a forward slash"), "{}", answer.message());
    }
    for size in [0, 11] {
        let answer = app.call(BY_PATH, json!({ "Path": "/", "MaxResults": size })).await;
        assert_eq!(answer.error(), "ValidationException");
    }
    let described = app.call("DescribeParameters", json!({ "MaxResults": 1 })).await.ok();
    for token in [json!("x"), json!(""), described["NextToken"].clone()] {
        let answer = app.call(BY_PATH, json!({ "Path": "/", "NextToken": token })).await;
        assert_eq!(answer.error(), "InvalidNextToken", "{token}");
    }
}

#[tokio::test]
async fn pages_go_on_where_they_were_while_others_write() {
    let app = App::start().await;
    for name in ["/p/b", "/p/d", "/p/f", "/p/h"] {
        app.put(name, "v").await;
    }
    let mut input = json!({ "Path": "/p", "MaxResults": 2 });
    let first = app.call("GetParametersByPath", input.clone()).await.ok();
    assert_eq!(names(&first["Parameters"]), ["/p/b", "/p/d"]);
    // What is added before the place isn't seen, what is added behind it is; what is gone doesn't shift the rest.
    app.put("/p/a", "v").await;
    app.put("/p/e", "v").await;
    app.call("DeleteParameters", json!({ "Names": ["/p/b", "/p/d"] })).await.ok();
    input["NextToken"] = first["NextToken"].clone();
    let second = app.call("GetParametersByPath", input.clone()).await.ok();
    assert_eq!(names(&second["Parameters"]), ["/p/e", "/p/f"]);
    input["NextToken"] = second["NextToken"].clone();
    let last = app.call("GetParametersByPath", input).await.ok();
    assert_eq!((names(&last["Parameters"]), &last["NextToken"]), (vec!["/p/h".to_owned()], &json!(null)));
}
