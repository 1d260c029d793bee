use serde_json::{Value, json};

use crate::support::App;

async fn label(app: &App, name: &str, version: Option<i64>, labels: &[&str]) -> Value {
    let input = json!({ "Name": name, "ParameterVersion": version, "Labels": labels });
    app.call("LabelParameterVersion", input).await.ok()
}

async fn labels_of(app: &App, name: &str) -> Vec<Value> {
    let history = app.call("GetParameterHistory", json!({ "Name": name })).await.ok();
    history["Parameters"].as_array().unwrap().iter().map(|version| version["Labels"].clone()).collect()
}

#[tokio::test]
async fn a_label_selects_its_version_and_moves() {
    let app = App::start().await;
    for value in ["one", "two", "three"] {
        app.put("/a/x", value).await;
    }
    let answer = label(&app, "/a/x", None, &["test"]).await;
    assert_eq!(answer, json!({ "InvalidLabels": [], "ParameterVersion": 3 }));
    label(&app, "/a/x", Some(1), &["prod", "stable"]).await;
    let got = app.get("/a/x:prod").await;
    assert_eq!(
        (&got["Value"], &got["Selector"], &got["Name"]),
        (&json!("one"), &json!(":prod"), &json!("/a/x"))
    );
    assert_eq!(labels_of(&app, "/a/x").await, [json!(["prod", "stable"]), json!([]), json!(["test"])]);

    label(&app, "/a/x", Some(2), &["prod"]).await;
    assert_eq!(app.get("/a/x:prod").await["Version"], 2);
    assert_eq!(labels_of(&app, "/a/x").await, [json!(["stable"]), json!(["prod"]), json!(["test"])]);
    let missing = app.call("GetParameter", json!({ "Name": "/a/x:Prod" })).await;
    assert_eq!(missing.error(), "ParameterVersionNotFound");
    assert_eq!(
        missing.message(),
        "Systems Manager could not find label Prod of /a/x. Verify the label and try again."
    );
    let got = app
        .call("GetParameters", json!({ "Names": ["/a/x:test", "/a/x:1", "/a/x:none", "/a/x"] }))
        .await
        .ok();
    let selectors = got["Parameters"].as_array().unwrap().iter().map(|each| each["Selector"].clone());
    assert_eq!(selectors.collect::<Vec<_>>(), [Value::Null, json!(":1"), json!(":test")]);
    assert_eq!(got["InvalidParameters"], json!(["/a/x:none"]));
}

#[tokio::test]
async fn labels_that_are_none_are_told_and_the_others_attached() {
    let app = App::start().await;
    app.put("x", "v").await;
    let answer = label(&app, "x", None, &["1st", "good", "awsome", "SSM", "a b", "good"]).await;
    assert_eq!(answer["InvalidLabels"], json!(["1st", "awsome", "SSM", "a b"]));
    assert_eq!(labels_of(&app, "x").await, [json!(["good"])]);
    let refused = async |input: Value| app.call("LabelParameterVersion", input).await.error().to_owned();
    assert_eq!(refused(json!({ "Name": "x", "Labels": ["x".repeat(101)] })).await, "ValidationException");
    assert_eq!(refused(json!({ "Name": "x", "Labels": [] })).await, "ValidationException");
    assert_eq!(refused(json!({ "Name": "y", "Labels": ["a"] })).await, "ParameterNotFound");
    assert_eq!(refused(json!({ "Name": "/x", "Labels": ["a"] })).await, "ParameterNotFound");
    let version = json!({ "Name": "x", "ParameterVersion": 2, "Labels": ["a"] });
    assert_eq!(refused(version).await, "ParameterVersionNotFound");
}

#[tokio::test]
async fn a_version_has_ten_labels_at_most() {
    let app = App::start().await;
    app.put("x", "1").await;
    app.put("x", "2").await;
    let ten = (0..10).map(|number| format!("l{number}")).collect::<Vec<_>>();
    let ten = ten.iter().map(String::as_str).collect::<Vec<_>>();
    label(&app, "x", Some(1), &ten).await;
    // Those it has already don't count twice.
    label(&app, "x", Some(1), &ten).await;
    label(&app, "x", Some(2), &["other"]).await;
    let one_more = json!({ "Name": "x", "ParameterVersion": 1, "Labels": ["other"] });
    let refused = app.call("LabelParameterVersion", one_more).await;
    assert_eq!(refused.error(), "ParameterVersionLabelLimitExceeded");
    assert_eq!(labels_of(&app, "x").await[1], json!(["other"]), "nothing moved");
}

#[tokio::test]
async fn labels_can_be_taken_away() {
    let app = App::start().await;
    app.put("x", "1").await;
    app.put("x", "2").await;
    label(&app, "x", Some(1), &["a", "b"]).await;
    label(&app, "x", Some(2), &["c"]).await;
    let unlabel = async |version: i64, labels: &[&str]| {
        let input = json!({ "Name": "x", "ParameterVersion": version, "Labels": labels });
        app.call("UnlabelParameterVersion", input).await
    };
    let answer = unlabel(1, &["b", "c", "a b"]).await.ok();
    assert_eq!(answer, json!({ "RemovedLabels": ["b"], "InvalidLabels": ["a b", "c"] }));
    assert_eq!(labels_of(&app, "x").await, [json!(["a"]), json!(["c"])]);
    assert_eq!(unlabel(3, &["a"]).await.error(), "ParameterVersionNotFound");
    app.call("DeleteParameter", json!({ "Name": "x" })).await.ok();
    assert_eq!(unlabel(1, &["a"]).await.error(), "ParameterNotFound");
    app.put("x", "new").await;
    assert_eq!(labels_of(&app, "x").await, [json!([])]);
}

#[tokio::test]
async fn a_labelled_oldest_version_holds_up_new_ones() {
    let app = App::start().await;
    for number in 1..=100 {
        app.put("/x", &number.to_string()).await;
    }
    label(&app, "/x", Some(1), &["first"]).await;
    let put = json!({ "Name": "/x", "Value": "v", "Type": "String", "Overwrite": true });
    let refused = app.call("PutParameter", put.clone()).await;
    assert_eq!(refused.error(), "ParameterMaxVersionLimitExceeded");
    assert_eq!(
        refused.message(),
        "You attempted to create a new version of /x by calling the PutParameter API with the overwrite flag. Version 1, \
         the oldest version, can't be deleted because it has a label associated with it. Move the label to another \
         version of the parameter, and try again."
    );
    assert_eq!(app.get("/x").await["Version"], 100);
    label(&app, "/x", Some(2), &["first"]).await;
    assert_eq!(app.call("PutParameter", put.clone()).await.ok()["Version"], 101);
    assert_eq!(app.call("PutParameter", put).await.error(), "ParameterMaxVersionLimitExceeded");
    let gone = json!({ "Name": "/x", "ParameterVersion": 1, "Labels": ["a"] });
    assert_eq!(app.call("LabelParameterVersion", gone).await.error(), "ParameterVersionNotFound");
}

#[tokio::test]
async fn by_path_reads_filter_by_label_and_give_the_labelled_version() {
    let app = App::start().await;
    for name in ["/app/a", "/app/b", "/app/deep/c", "/app/d"] {
        app.put(name, "old").await;
        app.put(name, "new").await;
    }
    label(&app, "/app/a", Some(1), &["prod"]).await;
    label(&app, "/app/b", Some(2), &["prod", "beta"]).await;
    label(&app, "/app/deep/c", Some(1), &["production"]).await;
    let read = async |option: &str, labels: &[&str], recursive: bool| {
        let filter = json!([{ "Key": "Label", "Option": option, "Values": labels }]);
        let input = json!({ "Path": "/app", "Recursive": recursive, "ParameterFilters": filter });
        let found = app.call("GetParametersByPath", input).await.ok()["Parameters"].clone();
        let found = found.as_array().unwrap().iter();
        found
            .map(|each| format!("{}={}", each["Name"].as_str().unwrap(), each["Value"].as_str().unwrap()))
            .collect::<Vec<_>>()
    };
    assert_eq!(read("Equals", &["prod"], true).await, ["/app/a=old", "/app/b=new"]);
    assert_eq!(read("BeginsWith", &["prod"], true).await, ["/app/a=old", "/app/b=new", "/app/deep/c=old"]);
    assert_eq!(read("Equals", &["production", "beta"], false).await, ["/app/b=new"]);
    assert_eq!(read("Equals", &["none"], true).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_and_labellers_on_two_replicas_lose_neither_versions_nor_labels() {
    const WRITES: i64 = 30;
    let app = App::start().await;
    let other = app.replica().await;
    app.put("/x", "0").await;
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..WRITES {
        let client = if number % 2 == 0 { app.client.clone() } else { other.client.clone() };
        tasks.spawn(async move {
            let put =
                json!({ "Name": "/x", "Value": number.to_string(), "Type": "String", "Overwrite": true });
            let version = client.call("PutParameter", put).await.ok()["Version"].as_i64().unwrap();
            let own = format!("v{version}");
            let labels = json!({ "Name": "/x", "ParameterVersion": version, "Labels": [own, "latest"] });
            client.call("LabelParameterVersion", labels).await.ok();
            version
        });
    }
    let mut versions = tasks.join_all().await;
    versions.sort_unstable();
    assert_eq!(versions, (2..=WRITES + 1).collect::<Vec<_>>());
    let labels = labels_of(&app, "/x").await;
    for (index, labels) in labels.iter().enumerate().skip(1) {
        assert!(labels.as_array().unwrap().contains(&json!(format!("v{}", index + 1))), "{labels}");
    }
    let latest = labels.iter().filter(|labels| labels.as_array().unwrap().contains(&json!("latest")));
    assert_eq!(latest.count(), 1);
}

#[tokio::test]
async fn labelling_is_recorded() {
    let app = App::start().await;
    app.put("/x", "v").await;
    label(&app, "/x", Some(1), &["prod", "9"]).await;
    let record = keywright_service::testing::records(app.running.journal(), 2).await.pop().unwrap();
    assert_eq!(
        record["requestParameters"],
        json!({ "name": "/x", "parameterVersion": 1, "labels": ["prod", "9"] })
    );
    assert_eq!(record["responseElements"], json!({ "invalidLabels": ["9"], "parameterVersion": 1 }));
    assert_eq!(record["resources"][0]["ARN"], crate::support::arn("x"));
}
