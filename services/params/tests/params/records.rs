use keywright_service::testing::{ACCOUNT, records};
use serde_json::{Value, json};

use crate::support::{App, arn};

async fn last(app: &App, count: usize) -> Value {
    records(app.running.journal(), count).await.pop().unwrap()
}

#[tokio::test]
async fn a_put_is_recorded_without_the_value() {
    let app = App::start().await;
    let input = json!({
        "Name": "/db/pass", "Value": "hunter2", "Type": "SecureString", "KeyId": "alias/app",
        "Tags": [{ "Key": "team", "Value": "db" }],
    });
    app.call("PutParameter", input).await.ok();
    let record = last(&app, 1).await;
    assert_eq!(
        record["requestParameters"],
        json!({
            "name": "/db/pass",
            "value": "HIDDEN_DUE_TO_SECURITY_REASONS",
            "type": "SecureString",
            "keyId": "alias/app",
            "tags": [{ "key": "team", "value": "db" }],
        })
    );
    assert_eq!(record["responseElements"], json!({ "version": 1, "tier": "Standard" }));
    let resource = json!([{ "accountId": ACCOUNT, "type": "AWS::SSM::Parameter", "ARN": arn("db/pass") }]);
    assert_eq!(record["resources"], resource);
    assert_eq!((&record["eventSource"], &record["readOnly"]), (&json!("ssm.amazonaws.com"), &json!(false)));
    assert!(!record.to_string().contains("hunter2"));
}

#[tokio::test]
async fn reads_are_recorded_with_what_they_read_and_not_with_its_value() {
    let app = App::start().await;
    app.put("/db/a", "value-of-a").await;
    app.put("/db/b", "value-of-b").await;
    app.call("GetParameter", json!({ "Name": "/db/a:1", "WithDecryption": true })).await.ok();
    let record = last(&app, 3).await;
    assert_eq!(record["requestParameters"], json!({ "name": "/db/a:1", "withDecryption": true }));
    assert_eq!((&record["responseElements"], &record["readOnly"]), (&Value::Null, &json!(true)));
    assert_eq!(record["resources"][0]["ARN"], arn("db/a"));

    let by_path = json!({ "Path": "/db", "Recursive": true, "MaxResults": 10 });
    app.call("GetParametersByPath", by_path).await.ok();
    let record = last(&app, 4).await;
    assert_eq!(record["requestParameters"], json!({ "path": "/db", "recursive": true, "maxResults": 10 }));
    assert_eq!(record["resources"].as_array().unwrap().len(), 2);
    assert_eq!(record["resources"][1]["ARN"], arn("db/b"));

    app.call("GetParameters", json!({ "Names": ["/db/a", "none"] })).await.ok();
    let record = last(&app, 5).await;
    assert_eq!(record["requestParameters"], json!({ "names": ["/db/a", "none"] }));
    for record in records(app.running.journal(), 5).await {
        assert!(!record.to_string().contains("value-of"), "{record}");
    }
}

#[tokio::test]
async fn a_failed_change_is_recorded_with_its_error() {
    let app = App::start().await;
    app.call("DeleteParameter", json!({ "Name": "none" })).await;
    let record = last(&app, 1).await;
    assert_eq!(record["errorCode"], "ParameterNotFound");
    assert_eq!(record["errorMessage"], "Parameter none not found.");
    assert_eq!(record["responseElements"], Value::Null);
    assert_eq!(record["resources"][0]["ARN"], arn("none"));
}
