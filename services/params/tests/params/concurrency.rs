use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::App;

fn put(name: &str, value: String, overwrite: bool) -> Value {
    json!({ "Name": name, "Value": value, "Type": "String", "Overwrite": overwrite })
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_of_one_parameter_on_two_replicas_never_lose_a_version() {
    const WRITES: i64 = 40;
    let app = App::start().await;
    let other = app.replica().await;
    let mut writers = tokio::task::JoinSet::new();
    for number in 0..WRITES {
        let client = if number % 2 == 0 { app.client.clone() } else { other.client.clone() };
        writers.spawn(async move {
            let answer = client.call("PutParameter", put("/a/x", number.to_string(), true)).await.ok();
            (answer["Version"].as_i64().unwrap(), number.to_string())
        });
    }
    let written = writers.join_all().await.into_iter().collect::<BTreeSet<_>>();
    assert_eq!(
        written.iter().map(|(version, _)| *version).collect::<Vec<_>>(),
        (1..=WRITES).collect::<Vec<_>>()
    );
    let history = app.call("GetParameterHistory", json!({ "Name": "/a/x" })).await.ok();
    let kept =
        history["Parameters"].as_array().unwrap().iter().map(|version| {
            (version["Version"].as_i64().unwrap(), version["Value"].as_str().unwrap().to_owned())
        });
    assert_eq!(kept.collect::<BTreeSet<_>>(), written);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_creators_one_wins() {
    let app = App::start().await;
    let mut creators = tokio::task::JoinSet::new();
    for number in 0..12 {
        let client = app.client.clone();
        creators.spawn(async move {
            client.call("PutParameter", put("x", number.to_string(), false)).await.error().to_owned()
        });
    }
    let mut errors = creators.join_all().await;
    errors.sort();
    let mut expected = vec!["ParameterAlreadyExists"; 12];
    expected[0] = "";
    assert_eq!(errors, expected);
    assert_eq!(app.get("x").await["Version"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_and_deleters_leave_a_sound_parameter_behind() {
    let app = App::start().await;
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..40 {
        let client = app.client.clone();
        tasks.spawn(async move {
            let answer = if number % 4 == 0 {
                client.call("DeleteParameters", json!({ "Names": ["b", "a"] })).await
            } else {
                let name = if number % 2 == 0 { "a" } else { "b" };
                client.call("PutParameter", put(name, number.to_string(), true)).await
            };
            answer.error().to_owned()
        });
    }
    for error in tasks.join_all().await {
        assert!(["", "TooManyUpdates"].contains(&error.as_str()), "{error}");
    }
    app.put("a", "last").await;
    let history = app.call("GetParameterHistory", json!({ "Name": "a" })).await.ok();
    let versions = history["Parameters"].as_array().unwrap();
    for (index, version) in versions.iter().enumerate() {
        assert_eq!(version["Version"], index + 1);
    }
    assert_eq!(versions.last().unwrap()["Value"], "last");
}
