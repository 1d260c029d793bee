use keywright_service::testing::{ACCOUNT, records};
use serde_json::{Value, json};

use crate::fake_secrets::{CURRENT, PREVIOUS, raw, secret_arn};
use crate::support::{App, arn};

fn reference(secret: &str) -> String {
    format!("/aws/reference/secretsmanager/{secret}")
}

fn input(secret: &str) -> Value {
    json!({ "Name": reference(secret), "WithDecryption": true })
}

#[tokio::test]
async fn a_reference_gives_the_secret_and_the_whole_answer_for_it() {
    let app = App::start().await;
    let got = app.call("GetParameter", input("prod/db")).await.ok();
    let expected = json!({ "Parameter": {
        "Name": reference("prod/db"), "Type": "SecureString", "Value": "new é", "Version": 0,
        "SourceResult": raw("prod/db", CURRENT, "\"SecretString\":\"new \\u00e9\""),
        "LastModifiedDate": 1526334434.743, "ARN": secret_arn("prod/db"), "DataType": "text",
    } });
    assert_eq!(got, expected);
    for selector in [PREVIOUS, "AWSPREVIOUS"] {
        let got = app.call("GetParameter", input(&format!("prod/db:{selector}"))).await.ok();
        let parameter = &got["Parameter"];
        assert_eq!((&parameter["Value"], &parameter["Name"]), (&json!("old"), &json!(reference("prod/db"))));
        assert_eq!(parameter["Selector"], format!(":{selector}"));
    }
    let by_arn = json!({ "Name": arn("aws/reference/secretsmanager/binary"), "WithDecryption": true });
    assert_eq!(app.call("GetParameter", by_arn).await.ok()["Parameter"]["Value"], "AAEC");
    let token = || "forward-AKIAADMIN".to_owned();
    let expected = [
        (json!({ "SecretId": "prod/db" }), token()),
        (json!({ "SecretId": "prod/db", "VersionId": PREVIOUS }), token()),
        (json!({ "SecretId": "prod/db", "VersionStage": "AWSPREVIOUS" }), token()),
        (json!({ "SecretId": "binary" }), token()),
    ];
    assert_eq!(app.secrets.seen(), expected);
}

#[tokio::test]
async fn references_are_fetched_at_once_beside_what_is_stored() {
    let app = App::start().await;
    app.put("plain", "1").await;
    app.put_secure("secure", "2", "Standard").await.ok();
    app.secrets.answer_together(4);
    let names = [
        reference("prod/db"),
        "plain".to_owned(),
        reference("none"),
        "secure".to_owned(),
        reference("binary"),
        "missing".to_owned(),
        reference("prod/db:AWSPREVIOUS"),
    ];
    let got = app.call("GetParameters", json!({ "Names": names, "WithDecryption": true })).await.ok();
    let values = got["Parameters"].as_array().unwrap().iter().map(|parameter| parameter["Value"].clone());
    assert_eq!(values.collect::<Vec<_>>(), ["AAEC", "new é", "old", "1", "2"]);
    assert_eq!(got["InvalidParameters"], json!([reference("none"), "missing"]));
}

#[tokio::test]
async fn refusals_of_secrets_manager_are_told_with_its_words() {
    let app = App::start().await;
    let about = "when referencing Secrets Manager:";
    for (secret, status, code, message) in [
        (
            "none",
            400,
            "ParameterNotFound",
            format!("An error occurred (ParameterNotFound) {about} Secret {} not found.", reference("none")),
        ),
        (
            "denied",
            400,
            "AccessDeniedException",
            format!("An error occurred (AccessDeniedException) {about} why"),
        ),
        (
            "deleted",
            400,
            "ValidationException",
            format!("An error occurred (InvalidRequestException) {about} why"),
        ),
        (
            "failing",
            503,
            "ServiceUnavailableException",
            "Secrets Manager cannot be reached now; try again".to_owned(),
        ),
        ("empty", 500, "InternalFailure", String::new()),
    ] {
        let answer = app.call("GetParameter", input(secret)).await;
        assert_eq!((answer.status, answer.error()), (status, code), "{secret}: {}", answer.text);
        if !message.is_empty() {
            assert_eq!(answer.message(), message);
        }
        if secret != "none" {
            let names = json!({ "Names": [reference(secret)], "WithDecryption": true });
            assert_eq!(app.call("GetParameters", names).await.error(), code);
        }
    }
    app.put("plain", "1").await;
    app.secrets.stop().await;
    assert_eq!(app.call("GetParameter", input("prod/db")).await.error(), "ServiceUnavailableException");
    assert_eq!(app.get("plain").await["Value"], "1");
}

#[tokio::test]
async fn without_decryption_or_rights_secrets_manager_is_not_asked() {
    let app = App::start().await;
    for with_decryption in [json!(null), json!(false)] {
        let name = reference("prod/db");
        for (operation, mut input) in
            [("GetParameter", json!({ "Name": name })), ("GetParameters", json!({ "Names": [name] }))]
        {
            input["WithDecryption"] = with_decryption.clone();
            let answer = app.call(operation, input).await;
            assert_eq!(answer.error(), "ValidationException");
            let message = "WithDecryption flag must be True for retrieving a Secret Manager secret.";
            assert_eq!(answer.message(), message);
        }
    }
    for key in ["AKIAPROD", "AKIANOBODY"] {
        let refused = app.client.with_key(key).call("GetParameter", input("prod/db")).await;
        assert_eq!(refused.error(), "AccessDeniedException");
        let resource = arn("aws/reference/secretsmanager/prod/db");
        assert!(refused.message().contains(&format!("ssm:GetParameter on resource: {resource} ")));
    }
    for bad in ["", "a b", "db:", "db:a/b"] {
        assert_eq!(app.call("GetParameter", input(bad)).await.error(), "ValidationException", "{bad}");
    }
    assert_eq!(app.secrets.seen(), []);
}

#[tokio::test]
async fn the_record_of_a_reference_has_its_name_and_no_secret() {
    let app = App::start().await;
    app.call("GetParameter", input("prod/db:AWSPREVIOUS")).await.ok();
    let record = records(app.running.journal(), 1).await.remove(0);
    let shown = json!({ "name": reference("prod/db:AWSPREVIOUS"), "withDecryption": true });
    assert_eq!((&record["requestParameters"], &record["responseElements"]), (&shown, &Value::Null));
    let resource = json!([{
        "accountId": ACCOUNT, "type": "AWS::SSM::Parameter", "ARN": arn("aws/reference/secretsmanager/prod/db"),
    }]);
    assert_eq!(record["resources"], resource);
}

#[tokio::test]
async fn references_are_read_and_nothing_else() {
    let app = App::start().await;
    let name = reference("db");
    let put = json!({ "Name": name, "Value": "v", "Type": "String", "Overwrite": true });
    let refused = app.call("PutParameter", put).await;
    assert_eq!(refused.error(), "AccessDeniedException");
    assert_eq!(refused.message(), format!("No access to reserved parameter name: {name}."));
    let tagged = json!({ "ResourceType": "Parameter", "ResourceId": name });
    for (operation, input, error) in [
        ("DeleteParameter", json!({ "Name": name }), "ParameterNotFound"),
        ("GetParameterHistory", json!({ "Name": name, "WithDecryption": true }), "ParameterNotFound"),
        ("ListTagsForResource", tagged, "InvalidResourceId"),
    ] {
        assert_eq!(app.call(operation, input).await.error(), error, "{operation}");
    }
    let by_path = json!({ "Path": "/aws/reference", "Recursive": true, "WithDecryption": true });
    assert_eq!(app.names("GetParametersByPath", by_path).await.concat(), Vec::<String>::new());
    assert_eq!(app.secrets.seen(), []);
}
