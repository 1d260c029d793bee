use keywright_service::testing::until;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::sharing::sharing_policy;
use crate::support::{App, arn};

/// What a reading shows of a parameter: its value and version, or why not.
async fn read(app: &App) -> String {
    let answer = app.call("GetParameter", json!({ "Name": "/a/x" })).await;
    match answer.error() {
        "" => format!("{} {}", answer.body["Parameter"]["Value"], answer.body["Parameter"]["Version"]),
        error => error.to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_read_costs_no_query_when_it_is_read_again() {
    let app = App::start().await;
    app.put("/a/x", "1").await;
    app.put("/a/y", "2").await;
    let both = json!({ "Names": ["/a/x", "/a/y"] });
    app.call("GetParameters", both.clone()).await.ok();
    let database = app.database.connect().await;
    database.batch_execute("ALTER TABLE parameter_versions RENAME TO away").await.unwrap();

    assert_eq!(read(&app).await, "\"1\" 1");
    assert_eq!(app.call("GetParameters", both).await.ok()["Parameters"].as_array().unwrap().len(), 2);
    for selector in ["1", "label"] {
        let input = json!({ "Name": format!("/a/x:{selector}") });
        let answer = app.call("GetParameter", input).await;
        assert_eq!(answer.status, 500, "{selector} is asked of the database: {}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_read_what_the_last_change_has_left() {
    let app = App::start().await;
    let other = app.replica().await;
    let put = |value: &str| json!({ "Name": "/a/x", "Value": value, "Type": "String", "Overwrite": true });
    let (named, names) = (json!({ "Name": "/a/x" }), json!({ "Names": ["/a/x", "/a/none"] }));
    let steps: [(&str, Value, &str); 7] = [
        ("PutParameter", put("one"), "\"one\" 1"),
        ("PutParameter", put("two"), "\"two\" 2"),
        ("DeleteParameter", named, "ParameterNotFound"),
        ("PutParameter", put("three"), "\"three\" 1"),
        ("DeleteParameters", names, "ParameterNotFound"),
        ("PutParameter", put("four"), "\"four\" 1"),
        ("PutParameter", put("five"), "\"five\" 2"),
    ];
    for (turn, (operation, input, expected)) in steps.into_iter().enumerate() {
        let (changed, told) = if turn % 2 == 0 { (&app, &other) } else { (&other, &app) };
        changed.call(operation, input).await.ok();
        assert_eq!(read(changed).await, expected, "{operation} at once");
        until(expected.to_owned(), async || read(told).await).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_may_have_missed_changes_remembers_nothing() {
    let app = App::start().await;
    app.put("/a/x", "one").await;
    let both = async || (read(&app).await, page(&app, "/a", false).await);
    let shown = |text: &str| (format!("\"{text}\" 1"), format!("/a/x={text}"));
    assert_eq!(both().await, shown("one"));
    let database = app.database.connect().await;
    // Nobody is told of this.
    database.batch_execute("UPDATE parameter_versions SET value = 'two'").await.unwrap();
    assert_eq!(both().await, shown("one"));
    let terminate = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                     WHERE datname = current_database() AND application_name LIKE '%listener'";
    assert_eq!(database.query(terminate, &[]).await.unwrap().len(), 1);
    until(shown("two"), both).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parameter_that_expires_is_forgotten_by_all_replicas() {
    let app = App::start().await;
    let other = app.replica().await;
    let end = (OffsetDateTime::now_utc() + DAY).format(&Rfc3339).unwrap();
    let expiration = json!([{ "Type": "Expiration", "Version": "1.0", "Attributes": { "Timestamp": end } }]);
    let input = json!({
        "Name": "/a/x", "Value": "v", "Type": "String", "Tier": "Advanced", "Policies": expiration.to_string(),
    });
    app.call("PutParameter", input).await.ok();
    for replica in [&app, &other] {
        assert_eq!(read(replica).await, "\"v\" 1");
    }
    app.clock.advance(2 * DAY);
    let database = app.database.connect().await;
    let count = async || {
        let row = database.query_one("SELECT count(*) FROM parameters", &[]).await.unwrap();
        row.get::<_, i64>(0)
    };
    until(0, count).await;
    // Requests are signed by the machine's clock.
    app.clock.advance(-2 * DAY);
    for replica in [&app, &other] {
        until("ParameterNotFound".to_owned(), async || read(replica).await).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_read_is_decided_by_the_present_policy_and_tags() {
    let app = App::start().await;
    let other = app.replica().await;
    let input = json!({ "Name": "/a/x", "Value": "v", "Type": "String", "Tier": "Advanced" });
    app.call("PutParameter", input).await.ok();
    for replica in [&app, &other] {
        assert_eq!(error_for("AKIAOTHER", replica).await, "AccessDeniedException");
    }
    let policy = json!({ "ResourceArn": arn("a/x"), "Policy": sharing_policy("a/x") });
    let policy = app.call("PutResourcePolicy", policy).await.ok();
    assert_eq!(error_for("AKIAOTHER", &app).await, "");
    until("".to_owned(), async || error_for("AKIAOTHER", &other).await).await;
    let gone = json!({
        "ResourceArn": arn("a/x"), "PolicyId": policy["PolicyId"], "PolicyHash": policy["PolicyHash"],
    });
    other.call("DeleteResourcePolicy", gone).await.ok();
    assert_eq!(error_for("AKIAOTHER", &other).await, "AccessDeniedException");
    until("AccessDeniedException".to_owned(), async || error_for("AKIAOTHER", &app).await).await;

    let of = json!({ "ResourceType": "Parameter", "ResourceId": "/a/x" });
    let with = |member: &str, value: Value| {
        let mut input = of.clone();
        input[member] = value;
        input
    };
    for replica in [&app, &other] {
        assert_eq!(error_for("AKIACAREFUL", replica).await, "");
    }
    let tags = json!([{ "Key": "stage", "Value": "secret" }]);
    app.call("AddTagsToResource", with("Tags", tags)).await.ok();
    assert_eq!(error_for("AKIACAREFUL", &app).await, "AccessDeniedException");
    until("AccessDeniedException".to_owned(), async || error_for("AKIACAREFUL", &other).await).await;
    other.call("RemoveTagsFromResource", with("TagKeys", json!(["stage"]))).await.ok();
    assert_eq!(error_for("AKIACAREFUL", &other).await, "");
    until("".to_owned(), async || error_for("AKIACAREFUL", &app).await).await;
}

/// What a page of a path shows: each parameter's name and value, and whether there is another page.
async fn page(app: &App, path: &str, recursive: bool) -> String {
    let input = json!({ "Path": path, "Recursive": recursive, "MaxResults": 3, "WithDecryption": true });
    let answer = app.call("GetParametersByPath", input).await;
    if !answer.error().is_empty() {
        return answer.error().to_owned();
    }
    let parameters = answer.body["Parameters"].as_array().unwrap().iter();
    let parameters = parameters.map(|parameter| {
        format!("{}={}", parameter["Name"].as_str().unwrap(), parameter["Value"].as_str().unwrap())
    });
    let more = answer.body.get("NextToken").map(|_| "...".to_owned());
    parameters.chain(more).collect::<Vec<_>>().join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_costs_no_query_when_it_is_read_again() {
    let app = App::start().await;
    for name in ["/a/u", "/a/v", "/a/x/w", "/a/x/z"] {
        app.put(name, "1").await;
    }
    app.call("PutParameter", json!({ "Name": "/s/x", "Value": "secret", "Type": "SecureString" })).await.ok();
    let first = json!({ "Path": "/a", "Recursive": true, "MaxResults": 3 });
    let token = app.call("GetParametersByPath", first.clone()).await.ok()["NextToken"].clone();
    let mut second = first.clone();
    second["NextToken"] = token;
    app.call("GetParametersByPath", second.clone()).await.ok();
    let expected = [
        ("/a", true, "/a/u=1 /a/v=1 /a/x/w=1 ..."),
        ("/a/", false, "/a/u=1 /a/v=1"),
        ("/s", false, "/s/x=secret"),
        ("/none", true, ""),
    ];
    for (path, recursive, shown) in expected {
        assert_eq!(page(&app, path, recursive).await, shown);
    }
    let database = app.database.connect().await;
    database.batch_execute("ALTER TABLE parameter_versions RENAME TO away").await.unwrap();
    for (path, recursive, shown) in expected {
        assert_eq!(page(&app, path, recursive).await, shown);
    }
    let last = app.call("GetParametersByPath", second).await.ok();
    assert_eq!(last["Parameters"][0]["Name"], "/a/x/z");
    assert!(last.get("NextToken").is_none());
    let of_type = json!([{ "Key": "Type", "Values": ["String"] }]);
    let mut filtered = first;
    filtered["ParameterFilters"] = of_type;
    assert_eq!(app.call("GetParametersByPath", filtered).await.status, 500, "one with filters is not kept");
    assert_eq!(page(&app, "/a/x", true).await, "InternalFailure", "nor was this one read");
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_show_pages_as_the_last_change_has_left_them() {
    let app = App::start().await;
    let other = app.replica().await;
    app.put("/a/b/x", "1").await;
    app.put("/c", "1").await;
    let put = |name: &str, value: &str| json!({ "Name": name, "Value": value, "Type": "String", "Overwrite": true });
    let names = json!({ "Names": ["/a/b/y", "/a/z"] });
    // The change, then what is below /a/b, below / and on the level of /.
    let steps: [(&str, Value, [&str; 3]); 6] = [
        ("PutParameter", put("/a/b/x", "2"), ["/a/b/x=2", "/a/b/x=2 /c=1", "/c=1"]),
        ("PutParameter", put("/a/b/y", "3"), ["/a/b/x=2 /a/b/y=3", "/a/b/x=2 /a/b/y=3 /c=1", "/c=1"]),
        ("PutParameter", put("/a/z", "4"), ["/a/b/x=2 /a/b/y=3", "/a/b/x=2 /a/b/y=3 /a/z=4 ...", "/c=1"]),
        ("PutParameter", put("/c", "5"), ["/a/b/x=2 /a/b/y=3", "/a/b/x=2 /a/b/y=3 /a/z=4 ...", "/c=5"]),
        ("DeleteParameters", names, ["/a/b/x=2", "/a/b/x=2 /c=5", "/c=5"]),
        ("DeleteParameter", json!({ "Name": "/a/b/x" }), ["", "/c=5", "/c=5"]),
    ];
    let shown = async |app: &App| {
        [page(app, "/a/b", true).await, page(app, "/", true).await, page(app, "/", false).await]
    };
    for (turn, (operation, input, expected)) in steps.into_iter().enumerate() {
        let (changed, told) = if turn % 2 == 0 { (&app, &other) } else { (&other, &app) };
        changed.call(operation, input).await.ok();
        assert_eq!(shown(changed).await, expected, "{operation} at once");
        until(expected.map(str::to_owned), async || shown(told).await).await;
    }
}

/// How it goes when somebody else reads.
async fn error_for(access_key: &str, app: &App) -> String {
    let answer = app.client.with_key(access_key).call("GetParameter", json!({ "Name": arn("a/x") })).await;
    answer.error().to_owned()
}

const DAY: time::Duration = time::Duration::DAY;
