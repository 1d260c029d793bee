use keywright_service::testing::{TestClient, records};
use serde_json::{Value, json};

use crate::sharing::sharing_policy;
use crate::support::{App, OTHER_ACCOUNT, arn};

const THROUGHPUT: &str = "/ssm/parameter-store/high-throughput-enabled";

/// Every operation with an input that its administrator could use.
pub(crate) fn every_operation() -> Vec<(&'static str, Value)> {
    let tagged = json!({ "ResourceType": "Parameter", "ResourceId": "/prod/x" });
    let with = |member: &str, value: Value| {
        let mut input = tagged.clone();
        input[member] = value;
        input
    };
    vec![
        ("GetParameter", json!({ "Name": "/prod/x" })),
        ("GetParameters", json!({ "Names": ["/prod/x"] })),
        ("GetParametersByPath", json!({ "Path": "/prod" })),
        ("GetParameterHistory", json!({ "Name": "/prod/x" })),
        ("DescribeParameters", json!({})),
        (
            "PutParameter",
            json!({
                "Name": "/prod/x", "Value": "v", "Type": "String", "Overwrite": true, "Tier": "Advanced",
            }),
        ),
        ("LabelParameterVersion", json!({ "Name": "/prod/x", "Labels": ["prod"] })),
        ("UnlabelParameterVersion", json!({ "Name": "/prod/x", "ParameterVersion": 1, "Labels": ["prod"] })),
        ("PutResourcePolicy", json!({ "ResourceArn": arn("prod/x"), "Policy": sharing_policy("prod/x") })),
        ("GetResourcePolicies", json!({ "ResourceArn": arn("prod/x") })),
        (
            "DeleteResourcePolicy",
            json!({ "ResourceArn": arn("prod/x"), "PolicyId": "none", "PolicyHash": "none" }),
        ),
        ("GetServiceSetting", json!({ "SettingId": THROUGHPUT })),
        ("UpdateServiceSetting", json!({ "SettingId": THROUGHPUT, "SettingValue": "true" })),
        ("ResetServiceSetting", json!({ "SettingId": THROUGHPUT })),
        ("AddTagsToResource", with("Tags", json!([{ "Key": "a", "Value": "b" }]))),
        ("ListTagsForResource", tagged.clone()),
        ("RemoveTagsFromResource", with("TagKeys", json!(["a"]))),
        ("DeleteParameters", json!({ "Names": ["/prod/x"] })),
        ("DeleteParameter", json!({ "Name": "/prod/x" })),
    ]
}

#[tokio::test]
async fn every_operation_refuses_who_is_not_allowed_and_records_it() {
    let app = App::start().await;
    app.put("/prod/x", "v").await;
    let nobody = app.client.with_key("AKIANOBODY");
    let forger = app.client.with_secret("another");
    let mut refused = Vec::new();
    for (operation, input) in every_operation() {
        let answers = [
            (app.client.call_unsigned(operation, input.clone()).await, "MissingAuthenticationTokenException"),
            (forger.call(operation, input.clone()).await, "InvalidSignatureException"),
            (nobody.call(operation, input.clone()).await, "AccessDeniedException"),
        ];
        for (answer, code) in answers {
            assert_eq!(answer.error(), code, "{operation}: {}", answer.text);
            refused.push((operation.to_owned(), code.to_owned(), answer.request_id));
        }
    }
    let text = |record: &Value, member: &str| record[member].as_str().unwrap().to_owned();
    let recorded = records(app.running.journal(), 1 + refused.len()).await.split_off(1);
    let recorded = recorded.iter().map(|record| {
        assert_eq!(record["responseElements"], Value::Null, "{record}");
        (text(record, "eventName"), text(record, "errorCode"), text(record, "requestID"))
    });
    assert_eq!(recorded.collect::<Vec<_>>(), refused);
    assert_eq!(app.get("/prod/x").await["Version"], 1);
    // The inputs were good: it was the callers who were refused.
    for (operation, input) in every_operation() {
        match operation {
            "DeleteParameter" => {}
            // Its id and hash aren't known before.
            "DeleteResourcePolicy" => {
                let refused = app.call(operation, input).await;
                assert_eq!(refused.error(), "ResourcePolicyNotFoundException");
            }
            _ => drop(app.call(operation, input).await.ok()),
        }
    }
}

#[tokio::test]
async fn the_list_above_has_every_registered_operation() {
    let mut listed = every_operation().iter().map(|(operation, _)| *operation).collect::<Vec<_>>();
    listed.sort_unstable();
    let app = App::start().await;
    let registered = app.running.apis()[0].operations();
    assert_eq!(listed, registered.iter().map(|operation| operation.name).collect::<Vec<_>>());
}

#[tokio::test]
async fn policies_are_by_the_arn_of_the_parameter() {
    let app = App::start().await;
    for name in ["/prod/x", "/dev/x", "prodigal"] {
        app.put(name, "v").await;
    }
    let prod = app.client.with_key("AKIAPROD");
    let error = async |operation: &str, input: Value| prod.call(operation, input).await.error().to_owned();
    assert_eq!(error("GetParameter", json!({ "Name": "/prod/x" })).await, "");
    assert_eq!(error("GetParameter", json!({ "Name": "/prod/x:1" })).await, "");
    assert_eq!(error("GetParameter", json!({ "Name": arn("prod/x") })).await, "");
    assert_eq!(error("GetParameter", json!({ "Name": "/prod/none" })).await, "ParameterNotFound");
    assert_eq!(error("GetParameters", json!({ "Names": ["/prod/x", "/prod/y"] })).await, "");
    assert_eq!(error("GetParametersByPath", json!({ "Path": "/prod" })).await, "");
    assert_eq!(error("GetParametersByPath", json!({ "Path": "/prod/" })).await, "");
    let denied = [
        ("GetParameter", json!({ "Name": "/dev/x" })),
        ("GetParameter", json!({ "Name": "/dev/none" })),
        ("GetParameter", json!({ "Name": "prodigal" })),
        ("GetParameter", json!({ "Name": arn("dev/x") })),
        ("GetParameters", json!({ "Names": ["/prod/x", "/dev/x"] })),
        ("GetParametersByPath", json!({ "Path": "/" })),
        ("GetParametersByPath", json!({ "Path": "/dev" })),
        ("PutParameter", json!({ "Name": "/dev/y", "Value": "v", "Type": "String" })),
        ("DeleteParameters", json!({ "Names": ["/prod/x", "/dev/x"] })),
        ("DescribeParameters", json!({})),
    ];
    for (operation, input) in denied {
        assert_eq!(error(operation, input.clone()).await, "AccessDeniedException", "{operation} {input}");
    }
    let refused = prod.call("GetParameter", json!({ "Name": "/dev/x:1" })).await;
    assert_eq!(
        refused.message(),
        format!(
            "User: arn:aws:iam::111122223333:user/prod is not authorized to perform: ssm:GetParameter on resource: {} \
             because no identity-based policy allows the ssm:GetParameter action",
            arn("dev/x")
        )
    );
    let new = json!({ "Name": "/prod/new", "Value": "v", "Type": "String" });
    let mut tagged = new.clone();
    tagged["Tags"] = json!([{ "Key": "a", "Value": "b" }]);
    assert_eq!(error("PutParameter", tagged).await, "AccessDeniedException");
    assert_eq!(error("PutParameter", new).await, "");
}

#[tokio::test]
async fn accounts_do_not_see_each_other() {
    let app = App::start().await;
    let other = app.client.with_key("AKIAOTHER");
    app.put("/prod/x", "ours").await;
    assert_eq!(other.call("GetParameter", json!({ "Name": "/prod/x" })).await.error(), "ParameterNotFound");
    let put = json!({ "Name": "/prod/x", "Value": "theirs", "Type": "String" });
    other.call("PutParameter", put).await.ok();
    assert_eq!(app.get("/prod/x").await["Value"], "ours");
    let theirs = other.call("GetParametersByPath", json!({ "Path": "/", "Recursive": true })).await.ok();
    assert_eq!(theirs["Parameters"][0]["Value"], "theirs");
    assert_eq!(theirs["Parameters"].as_array().unwrap().len(), 1);
    assert_eq!(
        other.call("GetParameter", json!({ "Name": arn("prod/x") })).await.error(),
        "AccessDeniedException"
    );
    let across = arn("prod/x").replace("111122223333", OTHER_ACCOUNT);
    assert_eq!(app.call("GetParameter", json!({ "Name": across })).await.error(), "AccessDeniedException");
    other.call("DeleteParameters", json!({ "Names": ["/prod/x"] })).await.ok();
    assert_eq!(app.get("/prod/x").await["Value"], "ours");
}

#[tokio::test]
async fn another_region_and_another_service_are_refused() {
    let app = App::start().await;
    let elsewhere = app.client.with_region("eu-west-1");
    assert_eq!(elsewhere.call("DescribeParameters", json!({})).await.error(), "InvalidSignatureException");
    let for_kms = TestClient::new(app.running.address(), "AKIAADMIN", "kms", "AmazonSSM");
    assert_eq!(for_kms.call("DescribeParameters", json!({})).await.error(), "InvalidSignatureException");
    let unknown = app.call("SendCommand", json!({})).await;
    assert_eq!((unknown.status, unknown.error()), (400, "UnknownOperationException"));
}
