use keywright_service::testing::{ACCOUNT, records};
use serde_json::{Value, json};

use crate::support::{App, OTHER_ACCOUNT, arn, names};

/// Lets the other account read the parameter with this path.
pub(crate) fn sharing_policy(path: &str) -> String {
    policy(
        path,
        &["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParameterHistory", "ssm:DescribeParameters"],
    )
}

fn policy(path: &str, actions: &[&str]) -> String {
    let statement = json!({
        "Effect": "Allow",
        "Principal": { "AWS": format!("arn:aws:iam::{OTHER_ACCOUNT}:root") },
        "Action": actions,
        "Resource": arn(path),
    });
    json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
}

async fn put_advanced(app: &App, name: &str, kind: &str) {
    let input = json!({ "Name": name, "Value": "v", "Type": kind, "Tier": "Advanced", "KeyId": null });
    app.call("PutParameter", input).await.ok();
}

async fn share(app: &App, path: &str, policy: &str) -> Value {
    app.call("PutResourcePolicy", json!({ "ResourceArn": arn(path), "Policy": policy })).await.ok()
}

#[tokio::test]
async fn another_account_reads_what_is_shared_with_it_by_its_arn() {
    let app = App::start().await;
    put_advanced(&app, "/db/url", "String").await;
    put_advanced(&app, "/db/secure", "SecureString").await;
    let other = app.client.with_key("AKIAOTHER");
    let read = json!({ "Name": arn("db/url") });
    assert_eq!(other.call("GetParameter", read.clone()).await.error(), "AccessDeniedException");
    share(&app, "db/url", &sharing_policy("db/url")).await;
    share(&app, "db/secure", &sharing_policy("db/secure")).await;

    let got = other.call("GetParameter", read.clone()).await.ok();
    assert_eq!((&got["Parameter"]["Value"], &got["Parameter"]["ARN"]), (&json!("v"), &json!(arn("db/url"))));
    app.call("LabelParameterVersion", json!({ "Name": "/db/url", "Labels": ["prod"] })).await.ok();
    for selector in ["1", "prod"] {
        let read = json!({ "Name": format!("{}:{selector}", arn("db/url")) });
        assert_eq!(
            other.call("GetParameter", read).await.ok()["Parameter"]["Selector"],
            format!(":{selector}")
        );
    }
    let both = json!({ "Names": [arn("db/url"), arn("db/secure")], "WithDecryption": true });
    let got = other.call("GetParameters", both).await.ok();
    let values = got["Parameters"].as_array().unwrap().iter().map(|each| each["Value"].clone());
    assert_eq!(values.collect::<Vec<_>>(), ["v", "v"]);
    let decrypt = app.kms.seen().pop().unwrap();
    assert_eq!(decrypt.operation, "Decrypt");
    assert_eq!(decrypt.forward_token, "forward-AKIAOTHER", "KMS decides for the reader");
    assert_eq!(decrypt.input["EncryptionContext"]["PARAMETER_ARN"], arn("db/secure"));
    let history = other.call("GetParameterHistory", read.clone()).await.ok();
    assert_eq!(history["Parameters"].as_array().unwrap().len(), 1);

    // Both sides must allow.
    let nobody = app.client.with_key("AKIAOTHERNOBODY");
    assert_eq!(nobody.call("GetParameter", read.clone()).await.error(), "AccessDeniedException");
    // By its name it is another parameter: the reader's own.
    let by_name = json!({ "Name": "/db/url" });
    assert_eq!(other.call("GetParameter", by_name).await.error(), "ParameterNotFound");
    let change = json!({ "ResourceArn": arn("db/url"), "Policy": sharing_policy("db/url") });
    assert_eq!(other.call("PutResourcePolicy", change).await.error(), "AccessDeniedException");
}

#[tokio::test]
async fn a_policy_gives_only_what_it_says() {
    let app = App::start().await;
    put_advanced(&app, "/x", "String").await;
    share(&app, "x", &policy("x", &["ssm:GetParameter"])).await;
    let other = app.client.with_key("AKIAOTHER");
    other.call("GetParameter", json!({ "Name": arn("x") })).await.ok();
    let names = json!({ "Names": [arn("x")] });
    assert_eq!(other.call("GetParameters", names).await.error(), "AccessDeniedException");
    let history = json!({ "Name": arn("x") });
    assert_eq!(other.call("GetParameterHistory", history).await.error(), "AccessDeniedException");
    let shared = other.call("DescribeParameters", json!({ "Shared": true })).await.ok();
    assert_eq!(shared["Parameters"], json!([]));
}

#[tokio::test]
async fn what_is_shared_is_listed_page_by_page() {
    let app = App::start().await;
    for name in ["/a", "/b", "/c"] {
        put_advanced(&app, name, "String").await;
        share(&app, &name[1..], &sharing_policy(&name[1..])).await;
    }
    put_advanced(&app, "/own", "String").await;
    let other = app.client.with_key("AKIAOTHER");
    let mut input = json!({ "Shared": true, "MaxResults": 2 });
    let first = other.call("DescribeParameters", input.clone()).await.ok();
    assert_eq!(names(&first["Parameters"]), ["/a", "/b"]);
    assert_eq!(first["Parameters"][0]["ARN"], arn("a"));
    input["NextToken"] = first["NextToken"].clone();
    let second = other.call("DescribeParameters", input).await.ok();
    assert_eq!((names(&second["Parameters"]), &second["NextToken"]), (vec!["/c".to_owned()], &Value::Null));
    let filter = json!([{ "Key": "Name", "Values": ["/b"] }]);
    let filtered =
        other.call("DescribeParameters", json!({ "Shared": true, "ParameterFilters": filter })).await.ok();
    assert_eq!(names(&filtered["Parameters"]), ["/b"]);
    let ours = app.call("DescribeParameters", json!({ "Shared": true })).await.ok();
    assert_eq!(ours["Parameters"], json!([]));
    app.call("DeleteParameter", json!({ "Name": "/a" })).await.ok();
    let rest = other.call("DescribeParameters", json!({ "Shared": true })).await.ok();
    assert_eq!(names(&rest["Parameters"]), ["/b", "/c"]);
}

#[tokio::test]
async fn a_policy_is_changed_and_deleted_by_whoever_knows_it() {
    let app = App::start().await;
    put_advanced(&app, "/x", "String").await;
    let policies = async || {
        app.call("GetResourcePolicies", json!({ "ResourceArn": arn("x") })).await.ok()["Policies"].clone()
    };
    assert_eq!(policies().await, json!([]));
    let made = share(&app, "x", &sharing_policy("x")).await;
    let (id, hash) = (made["PolicyId"].clone(), made["PolicyHash"].clone());
    assert_eq!(
        policies().await,
        json!([{ "PolicyId": id, "PolicyHash": hash, "Policy": sharing_policy("x") }])
    );

    let narrower = policy("x", &["ssm:GetParameter"]);
    let put = async |id: &Value, hash: &Value| {
        let input =
            json!({ "ResourceArn": arn("x"), "Policy": narrower, "PolicyId": id, "PolicyHash": hash });
        app.call("PutResourcePolicy", input).await
    };
    let error = async |id: &Value, hash: &Value| put(id, hash).await.error().to_owned();
    assert_eq!(error(&Value::Null, &Value::Null).await, "ResourcePolicyLimitExceededException");
    assert_eq!(error(&id, &Value::Null).await, "ResourcePolicyInvalidParameterException");
    assert_eq!(error(&json!("none"), &hash).await, "ResourcePolicyNotFoundException");
    assert_eq!(error(&id, &json!("none")).await, "ResourcePolicyConflictException");
    let changed = put(&id, &hash).await.ok();
    assert_eq!(changed["PolicyId"], id);
    assert_ne!(changed["PolicyHash"], hash);
    assert_eq!(error(&id, &hash).await, "ResourcePolicyConflictException");

    let delete = async |id: &Value, hash: &Value| {
        let input = json!({ "ResourceArn": arn("x"), "PolicyId": id, "PolicyHash": hash });
        app.call("DeleteResourcePolicy", input).await.error().to_owned()
    };
    assert_eq!(delete(&id, &hash).await, "ResourcePolicyConflictException");
    assert_eq!(delete(&json!("none"), &hash).await, "ResourcePolicyNotFoundException");
    assert_eq!(delete(&id, &changed["PolicyHash"]).await, "");
    assert_eq!(policies().await, json!([]));
    let other = app.client.with_key("AKIAOTHER");
    let refused = other.call("GetParameter", json!({ "Name": arn("x") })).await;
    assert_eq!(refused.error(), "AccessDeniedException");
}

#[tokio::test]
async fn only_advanced_parameters_can_be_shared_and_by_a_sound_policy() {
    let app = App::start().await;
    app.put("/standard", "v").await;
    put_advanced(&app, "/x", "String").await;
    let error = async |arn: String, policy: &str| {
        app.call("PutResourcePolicy", json!({ "ResourceArn": arn, "Policy": policy }))
            .await
            .error()
            .to_owned()
    };
    let invalid = "ResourcePolicyInvalidParameterException";
    assert_eq!(error(arn("standard"), &sharing_policy("standard")).await, invalid);
    assert_eq!(error(arn("none"), &sharing_policy("none")).await, "ResourceNotFoundException");
    assert_eq!(error(format!("{}:1", arn("x")), &sharing_policy("x")).await, invalid);
    assert_eq!(
        error("arn:aws:ssm:us-east-1:111122223333:opsitemgroup/default".to_owned(), "{}").await,
        invalid
    );
    assert_eq!(error("/a/name/that/is/long/enough".to_owned(), "{}").await, invalid);
    let malformed = "MalformedResourcePolicyDocumentException";
    assert_eq!(error(arn("x"), "{}").await, malformed);
    assert_eq!(error(arn("x"), &sharing_policy("standard")).await, malformed);
    assert_eq!(error(arn("x"), &policy("x", &["ssm:PutParameter"])).await, malformed);
    assert_eq!(error(arn("x"), " \n ").await, "ValidationException");
    assert_eq!(error(arn("x"), &" {}".repeat(400)).await, "ResourcePolicyLimitExceededException");
}

#[tokio::test]
async fn both_accounts_have_a_record_of_a_shared_read() {
    let app = App::start().await;
    put_advanced(&app, "/x", "String").await;
    share(&app, "x", &sharing_policy("x")).await;
    let other = app.client.with_key("AKIAOTHER");
    other.call("GetParameter", json!({ "Name": arn("x") })).await.ok();
    let mut recorded = records(app.running.journal(), 4).await.split_off(2);
    let (owners, readers) = (recorded.pop().unwrap(), recorded.pop().unwrap());
    assert_eq!(readers["recipientAccountId"], OTHER_ACCOUNT);
    assert_eq!(owners["recipientAccountId"], ACCOUNT);
    assert!(readers["sharedEventID"].is_string());
    assert_eq!(readers["sharedEventID"], owners["sharedEventID"]);
    assert_eq!(owners["resources"][0]["ARN"], arn("x"));
    assert_eq!(owners["userIdentity"]["type"], "AWSAccount");
}
