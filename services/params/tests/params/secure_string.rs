use serde_json::{Value, json};

use crate::fake_kms::encode;
use crate::support::{App, arn};

const SECRET: &str = "correct horse battery staple";

async fn decrypted(app: &App, name: &str) -> Value {
    app.call("GetParameter", json!({ "Name": name, "WithDecryption": true })).await.ok()["Parameter"]["Value"]
        .clone()
}

#[tokio::test]
async fn a_secure_string_is_encrypted_by_kms_for_the_caller_and_bound_to_its_arn() {
    let app = App::start().await;
    app.put_secure("/db/standard", SECRET, "Standard").await.ok();
    app.put_secure("/db/advanced", SECRET, "Advanced").await.ok();
    let calls = app.kms.seen();
    assert_eq!(
        calls.iter().map(|call| call.operation.as_str()).collect::<Vec<_>>(),
        ["Encrypt", "GenerateDataKey"]
    );
    for (call, path) in calls.iter().zip(["db/standard", "db/advanced"]) {
        assert_eq!(call.input["KeyId"], "alias/aws/ssm");
        assert_eq!(call.input["EncryptionContext"], json!({ "PARAMETER_ARN": arn(path) }));
        assert_eq!(call.forward_token, "forward-AKIAADMIN");
    }
    assert_eq!(calls[0].input["Plaintext"], encode(SECRET.as_bytes()));
    assert_eq!(calls[1].input["KeySpec"], "AES_256");
    for name in ["/db/standard", "/db/advanced"] {
        assert_eq!(decrypted(&app, name).await, SECRET, "{name}");
        let ciphertext = app.get(name).await["Value"].as_str().unwrap().to_owned();
        assert!(!ciphertext.contains(SECRET) && ciphertext.len() > SECRET.len(), "{ciphertext}");
    }
    let decrypts = app.kms.seen().split_off(2);
    assert_eq!(decrypts.len(), 2, "reads without decryption ask KMS nothing: {decrypts:?}");
    assert_eq!(decrypts[0].input["EncryptionContext"], json!({ "PARAMETER_ARN": arn("db/standard") }));
}

#[tokio::test]
async fn no_plaintext_reaches_the_database_or_a_record() {
    let app = App::start().await;
    app.put_secure("/db/standard", SECRET, "Standard").await.ok();
    app.put_secure("/db/advanced", SECRET, "Advanced").await.ok();
    app.call("GetParametersByPath", json!({ "Path": "/db", "WithDecryption": true })).await.ok();
    let database = app.database.connect().await;
    let mut looked_at = 0;
    for table in ["parameters", "parameter_versions", "audit_outbox"] {
        let sql =
            format!("SELECT r::text AS whole, encode(to_json(r)::text::bytea, 'escape') FROM {table} r");
        for row in database.query(&sql, &[]).await.unwrap() {
            let whole: String = row.get("whole");
            let hex = SECRET.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
            assert!(!whole.contains(SECRET) && !whole.contains(&hex), "{table}: {whole}");
            assert!(!whole.contains(&encode(SECRET.as_bytes())), "{table}: {whole}");
            looked_at += 1;
        }
    }
    assert!(looked_at >= 4, "{looked_at} rows");
    for record in keywright_service::testing::records(app.running.journal(), 3).await {
        assert!(!record.to_string().contains(SECRET), "{record}");
    }
}

#[tokio::test]
async fn the_key_is_the_callers_choice_and_changes_with_each_version() {
    let app = App::start().await;
    let put = async |key: Value| {
        let input =
            json!({ "Name": "x", "Value": SECRET, "Type": "SecureString", "Overwrite": true, "KeyId": key });
        app.call("PutParameter", input).await.ok();
        app.call("DescribeParameters", json!({})).await.ok()["Parameters"][0]["KeyId"].clone()
    };
    assert_eq!(put(json!("alias/app")).await, "alias/app");
    assert_eq!(put(json!(null)).await, "alias/aws/ssm");
    let keys = app.kms.seen().iter().map(|call| call.input["KeyId"].clone()).collect::<Vec<_>>();
    assert_eq!(keys, ["alias/app", "alias/aws/ssm"]);
    let history = app.call("GetParameterHistory", json!({ "Name": "x", "WithDecryption": true })).await.ok();
    for version in history["Parameters"].as_array().unwrap() {
        assert_eq!(version["Value"], SECRET);
    }
}

#[tokio::test]
async fn a_value_moved_to_another_parameter_does_not_decrypt() {
    let app = App::start().await;
    for tier in ["Standard", "Advanced"] {
        app.put_secure(&format!("/from/{tier}"), SECRET, tier).await.ok();
        app.put_secure(&format!("/to/{tier}"), "other", tier).await.ok();
    }
    let move_all = "UPDATE parameter_versions v SET ciphertext = o.ciphertext
        FROM parameters p, parameters q, parameter_versions o
        WHERE v.parameter_id = p.parameter_id AND o.parameter_id = q.parameter_id AND p.parent = 'to'
            AND q.parent = 'from' AND v.tier = o.tier";
    assert_eq!(app.database.connect().await.execute(move_all, &[]).await.unwrap(), 2);
    for tier in ["Standard", "Advanced"] {
        let input = json!({ "Name": format!("/to/{tier}"), "WithDecryption": true });
        let answer = app.call("GetParameter", input).await;
        assert_eq!((answer.status, answer.error()), (500, "InternalFailure"), "{tier}");
        assert_eq!(decrypted(&app, &format!("/from/{tier}")).await, SECRET);
    }
}

#[tokio::test]
async fn a_page_is_decrypted_in_parallel_and_in_order() {
    let app = App::start().await;
    for number in 0..10 {
        let tier = if number % 2 == 0 { "Standard" } else { "Advanced" };
        app.put_secure(&format!("/p/{number}"), &format!("secret {number}"), tier).await.ok();
    }
    // One after the other they would never be answered.
    app.kms.decrypt_together(10);
    let page = app.call("GetParametersByPath", json!({ "Path": "/p", "WithDecryption": true })).await.ok();
    for (number, parameter) in page["Parameters"].as_array().unwrap().iter().enumerate() {
        assert_eq!(parameter["Value"], format!("secret {number}"));
    }
    let names = (0..10).rev().map(|number| format!("/p/{number}")).collect::<Vec<_>>();
    let got = app.call("GetParameters", json!({ "Names": names, "WithDecryption": true })).await.ok();
    for (number, parameter) in got["Parameters"].as_array().unwrap().iter().enumerate() {
        assert_eq!(parameter["Value"], format!("secret {number}"));
    }
    assert_eq!(app.kms.most_at_once(), 10);
}

#[tokio::test]
async fn however_many_there_are_kms_is_asked_for_ten_at_once() {
    let app = App::start().await;
    for number in 0..30 {
        let input =
            json!({ "Name": "x", "Value": number.to_string(), "Type": "SecureString", "Overwrite": true });
        app.call("PutParameter", input).await.ok();
    }
    app.kms.decrypt_together(10);
    let history = app.call("GetParameterHistory", json!({ "Name": "x", "WithDecryption": true })).await.ok();
    let values = history["Parameters"].as_array().unwrap().iter().map(|version| version["Value"].clone());
    assert_eq!(
        values.collect::<Vec<_>>(),
        (0..30).map(|number| json!(number.to_string())).collect::<Vec<_>>()
    );
    assert_eq!(app.kms.most_at_once(), 10);
}

#[tokio::test]
async fn one_that_does_not_decrypt_fails_the_whole_page() {
    let app = App::start().await;
    let names = (0..10).map(|number| format!("/p/{number}")).collect::<Vec<_>>();
    for (number, name) in names.iter().enumerate() {
        let tier = if number % 2 == 0 { "Standard" } else { "Advanced" };
        app.put_secure(name, "secret", tier).await.ok();
    }
    for number in [0, 7] {
        app.kms.refuse_decrypting(&arn(&format!("p/{number}")));
        for (operation, mut input) in
            [("GetParametersByPath", json!({ "Path": "/p" })), ("GetParameters", json!({ "Names": names }))]
        {
            app.call(operation, input.clone()).await.ok();
            input["WithDecryption"] = json!(true);
            let answer = app.call(operation, input).await;
            let text = "not this one (Service: AWSKMS; Status Code: 400; Error Code: AccessDeniedException)";
            assert_eq!((answer.error(), answer.message()), ("AccessDeniedException", text), "{operation}");
            assert!(!answer.text.contains("secret"), "{}", answer.text);
        }
    }
}

#[tokio::test]
async fn kmss_refusals_are_told_as_aws_does_and_nothing_is_stored() {
    let refusals = [
        ("AccessDeniedException", "User: x is not authorized", "AccessDeniedException"),
        ("NotFoundException", "Alias arn:x is not found.", "InvalidKeyId"),
        ("DisabledException", "arn:x is disabled.", "InvalidKeyId"),
        ("KMSInvalidStateException", "arn:x is pending deletion.", "InvalidKeyId"),
        ("ThrottlingException", "Rate exceeded", "ThrottlingException"),
    ];
    let app = App::start().await;
    app.put_secure("there", SECRET, "Standard").await.ok();
    for (code, message, expected) in refusals {
        app.kms.refuse(400, code, message);
        let text = format!("{message} (Service: AWSKMS; Status Code: 400; Error Code: {code})");
        for tier in ["Standard", "Advanced"] {
            let put = app.put_secure("new", SECRET, tier).await;
            assert_eq!((put.status, put.error(), put.message()), (400, expected, text.as_str()));
        }
        let get = app.call("GetParameter", json!({ "Name": "there", "WithDecryption": true })).await;
        assert_eq!((get.status, get.error(), get.message()), (400, expected, text.as_str()));
    }
    assert_eq!(app.names("DescribeParameters", json!({})).await.concat(), ["there"]);
}

#[tokio::test]
async fn without_kms_secure_strings_are_unavailable_and_all_else_goes_on() {
    let app = App::start().await;
    app.put_secure("secure", SECRET, "Standard").await.ok();
    app.put("plain", "1").await;
    app.kms.refuse(500, "KMSInternalException", "detail of an inner failure");
    for stopped in [false, true] {
        if stopped {
            app.kms.stop().await;
        }
        let put = app.put_secure("new", SECRET, "Standard").await;
        let get = app.call("GetParameter", json!({ "Name": "secure", "WithDecryption": true })).await;
        for answer in [put, get] {
            assert_eq!(
                (answer.status, answer.error()),
                (503, "ServiceUnavailableException"),
                "stopped={stopped}"
            );
            assert!(!answer.text.contains("inner failure"), "{}", answer.text);
        }
        assert_eq!(app.get("plain").await["Value"], "1");
        assert!(app.get("secure").await["Value"].is_string());
        app.put("plain", "1").await;
    }
}
