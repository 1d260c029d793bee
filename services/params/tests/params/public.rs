use std::path::Path;

use keywright_params::public_parameters::{PublicParameters, PublicParametersSection};
use keywright_service::testing::{ACCOUNT, records};
use serde_json::{Value, json};

use crate::support::{App, OTHER_ACCOUNT, names};

const FILE: &str = r#"
[[parameter]]
name = "/aws/service/ca/url"
value = "https://ca.example.com/2"
version = 2
last_modified = 2026-11-02T03:04:05Z

[[parameter]]
name = "/aws/service/ca/url"
value = "https://ca.example.com/1"
last_modified = 2026-11-01T03:04:05Z
description = "where the authority is"

[[parameter]]
name = "/aws/service/ca/names"
value = "a,b"
type = "StringList"
last_modified = 2026-11-01T03:04:05Z

[[parameter]]
name = "/aws/service/ca/roots/first"
value = "x"
last_modified = 2026-11-01T03:04:05Z

[[parameter]]
name = "/aws/service/cache"
value = "x"
last_modified = 2026-11-01T03:04:05Z
"#;

struct Published {
    app: App,
    dir: tempfile::TempDir,
}

async fn published() -> Published {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("public.toml");
    std::fs::write(&file, FILE).unwrap();
    Published { app: App::publishing(&file).await, dir }
}

fn public_arn(path: &str) -> String {
    format!("arn:aws:ssm:us-east-1::parameter/aws/service/{path}")
}

#[tokio::test]
async fn every_account_reads_what_the_operator_publishes() {
    let Published { app, dir: _dir } = published().await;
    let expected = json!({
        "Name": "/aws/service/ca/url", "Type": "String", "Value": "https://ca.example.com/2", "Version": 2,
        "LastModifiedDate": 1793588645, "ARN": public_arn("ca/url"), "DataType": "text",
    });
    for key in ["AKIAADMIN", "AKIAOTHER"] {
        let client = app.client.with_key(key);
        for name in ["/aws/service/ca/url".to_owned(), public_arn("ca/url")] {
            let got = client.call("GetParameter", json!({ "Name": name })).await.ok();
            assert_eq!(got["Parameter"]["Value"], expected["Value"]);
            let mut rounded = got["Parameter"].clone();
            rounded["LastModifiedDate"] = json!(rounded["LastModifiedDate"].as_f64().unwrap() as i64);
            assert_eq!(rounded, expected);
        }
        let first = client.call("GetParameter", json!({ "Name": "/aws/service/ca/url:1" })).await.ok();
        assert_eq!(first["Parameter"]["Value"], "https://ca.example.com/1");
        assert_eq!(first["Parameter"]["Selector"], ":1");
        let asked = ["/aws/service/ca/names", "/aws/service/none", "/aws/service/ca/url:7"];
        let got = client.call("GetParameters", json!({ "Names": asked })).await.ok();
        assert_eq!(names(&got["Parameters"]), ["/aws/service/ca/names"]);
        assert_eq!(got["InvalidParameters"], json!(["/aws/service/ca/url:7", "/aws/service/none"]));
    }
    for (name, error) in [
        ("/aws/service/none", "ParameterNotFound"),
        ("/aws/service", "ParameterNotFound"),
        ("/aws/services/ca", "ParameterNotFound"),
        ("/aws/service/ca/url:3", "ParameterVersionNotFound"),
        ("/aws/service/ca/url:label", "ParameterVersionNotFound"),
        ("/aws/service/ca//url", "ValidationException"),
    ] {
        assert_eq!(app.call("GetParameter", json!({ "Name": name })).await.error(), error, "{name}");
    }
}

#[tokio::test]
async fn hierarchies_and_histories_are_listed_by_pages() {
    let Published { app, dir: _dir } = published().await;
    app.put("/own/x", "v").await;
    let by_path = async |path: &str, recursive: bool, size: i32| {
        let input = json!({ "Path": path, "Recursive": recursive, "MaxResults": size });
        app.names("GetParametersByPath", input).await
    };
    let ca = ["/aws/service/ca/names", "/aws/service/ca/roots/first", "/aws/service/ca/url"];
    assert_eq!(by_path("/aws/service/ca", true, 10).await.concat(), ca);
    assert_eq!(by_path("/aws/service/ca/", false, 10).await.concat(), [ca[0], ca[2]]);
    assert_eq!(by_path("/aws/service/ca", true, 1).await, ca.map(|name| vec![name.to_owned()]));
    assert_eq!(by_path("/aws/service", true, 10).await.concat().len(), 4);
    assert_eq!(by_path("/aws/service", false, 10).await.concat(), ["/aws/service/cache"]);
    assert_eq!(by_path("/", true, 10).await.concat(), ["/own/x"]);
    let filter = |key: &str, value: &str| {
        json!({
            "Path": "/aws/service", "Recursive": true, "ParameterFilters": [{ "Key": key, "Values": [value] }],
        })
    };
    let lists = app.names("GetParametersByPath", filter("Type", "StringList")).await.concat();
    assert_eq!(lists, ["/aws/service/ca/names"]);
    assert_eq!(app.names("GetParametersByPath", filter("KeyId", "x")).await.concat(), Vec::<String>::new());
    let page = app.call("GetParametersByPath", json!({ "Path": "/aws/service/ca" })).await.ok();
    assert_eq!(page["Parameters"][1]["ARN"], public_arn("ca/url"));
    assert_eq!(page["Parameters"][1]["Version"], 2);

    let mut input = json!({ "Name": "/aws/service/ca/url", "MaxResults": 1 });
    let first = app.call("GetParameterHistory", input.clone()).await.ok();
    assert_eq!(first["Parameters"][0]["Description"], "where the authority is");
    input["NextToken"] = first["NextToken"].clone();
    let second = app.call("GetParameterHistory", input).await.ok();
    assert_eq!((&second["Parameters"][0]["Version"], &second["NextToken"]), (&json!(2), &Value::Null));
    assert_eq!(app.names("DescribeParameters", json!({})).await.concat(), ["/own/x"]);
}

#[tokio::test]
async fn only_who_may_reads_and_nobody_writes() {
    let Published { app, dir: _dir } = published().await;
    let name = "/aws/service/ca/url";
    for (operation, input) in [
        ("GetParameter", json!({ "Name": name })),
        ("GetParameters", json!({ "Names": [name] })),
        ("GetParameterHistory", json!({ "Name": name })),
        ("GetParametersByPath", json!({ "Path": name })),
    ] {
        let refused = app.client.with_key("AKIAPROD").call(operation, input.clone()).await;
        assert_eq!(refused.error(), "AccessDeniedException", "{operation}");
        let on = format!("ssm:{operation} on resource: {} ", public_arn("ca/url"));
        assert!(refused.message().contains(&on), "{}", refused.message());
        app.client.with_key("AKIAPUBLIC").call(operation, input).await.ok();
    }
    let own = app.client.with_key("AKIAPUBLIC").call("GetParameter", json!({ "Name": "/own" })).await;
    assert_eq!(own.error(), "AccessDeniedException");
    let put = json!({ "Name": name, "Value": "v", "Type": "String", "Overwrite": true });
    let refused = app.call("PutParameter", put).await;
    assert_eq!(refused.error(), "AccessDeniedException");
    assert_eq!(refused.message(), format!("No access to reserved parameter name: {name}."));
    assert_eq!(app.call("DeleteParameter", json!({ "Name": name })).await.error(), "ParameterNotFound");
    let tags = json!([{ "Key": "a", "Value": "b" }]);
    let tag = json!({ "ResourceType": "Parameter", "ResourceId": name, "Tags": tags });
    assert_eq!(app.call("AddTagsToResource", tag).await.error(), "InvalidResourceId");
}

#[tokio::test]
async fn reads_are_recorded_in_the_readers_account() {
    let Published { app, dir: _dir } = published().await;
    let name = "/aws/service/ca/url";
    app.call("GetParameter", json!({ "Name": name })).await.ok();
    app.client
        .with_key("AKIAOTHER")
        .call("GetParametersByPath", json!({ "Path": "/aws/service/ca" }))
        .await
        .ok();
    let recorded = records(app.running.journal(), 2).await;
    assert_eq!(recorded.len(), 2);
    for (record, account) in recorded.iter().zip([ACCOUNT, OTHER_ACCOUNT]) {
        assert_eq!(record["recipientAccountId"], account);
        let arns = record["resources"].as_array().unwrap().iter().map(|resource| resource["ARN"].clone());
        assert!(arns.clone().any(|arn| arn == public_arn("ca/url")), "{record}");
    }
}

/// As a ConfigMap is renewed: by another file in its place.
fn publish(dir: &Path, text: &str) {
    std::fs::write(dir.join("next"), text).unwrap();
    std::fs::rename(dir.join("next"), dir.join("public.toml")).unwrap();
}

#[tokio::test]
async fn what_is_changed_in_the_file_is_published_without_a_restart() {
    let Published { app, dir } = published().await;
    for version in ["com/3", "com/4"] {
        publish(dir.path(), &FILE.replace("com/2", version));
        let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(15);
        loop {
            let got = app.get("/aws/service/ca/url").await["Value"].clone();
            if got.as_str().unwrap().ends_with(version) {
                break;
            }
            assert!(tokio::time::Instant::now() < deadline, "still {got}");
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }
}

#[tokio::test]
async fn a_mistake_in_the_file_changes_nothing_and_keeps_the_service_from_starting() {
    let dir = tempfile::tempdir().unwrap();
    let section = || PublicParametersSection { file: dir.path().join("public.toml") };
    assert!(PublicParameters::open(section()).await.is_err(), "there is no file");
    publish(dir.path(), FILE);
    let public = PublicParameters::open(section()).await.unwrap();
    assert!(!public.refresh().await.unwrap());
    let value = || {
        format!("{:?}", public.tree().find("aws/service/ca/url", None).map(|found| found.metadata.version))
    };
    for mistake in ["[[parameter]]\nname = ", &FILE.replace("/aws/service/ca/names", "/own/names")] {
        publish(dir.path(), mistake);
        assert!(public.refresh().await.is_err());
        assert_eq!(value(), "Some(2)");
        assert!(PublicParameters::open(section()).await.is_err());
    }
    std::fs::remove_file(dir.path().join("public.toml")).unwrap();
    assert!(public.refresh().await.is_err());
    assert_eq!(value(), "Some(2)");
    publish(dir.path(), "");
    assert!(public.refresh().await.unwrap());
    assert_eq!(value(), "None");
}
