use keywright_service::testing::{ACCOUNT, TestCredentials};
use serde_json::{Value, json};

use crate::harness::{HELLO, arn, start, start_with, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_service_makes_its_key_by_the_first_use() {
    let kms = start().await;
    let through_ssm = kms.client.with_key("KWSSM").on_behalf_of("AKIAADMIN");
    let encrypt = json!({ "KeyId": "alias/aws/ssm", "Plaintext": HELLO });

    // Neither a user nor another service makes it.
    kms.refuses("Encrypt", encrypt.clone(), "NotFoundException").await;
    let through_secrets = kms.client.with_key("KWSECRETS").on_behalf_of("AKIAADMIN");
    assert_eq!(through_secrets.call("Encrypt", encrypt.clone()).await.error(), "NotFoundException");
    let dry = json!({ "KeyId": "alias/aws/ssm", "Plaintext": HELLO, "DryRun": true });
    assert_eq!(through_ssm.call("Encrypt", dry).await.error(), "DryRunOperationException");
    assert_eq!(kms.call("ListKeys", json!({})).await["Keys"], json!([]));

    // Many first uses at once make one key.
    let uses = (0..8).map(|_| {
        let (client, input) = (through_ssm.clone(), encrypt.clone());
        tokio::spawn(async move { client.call("Encrypt", input).await.ok() })
    });
    let mut arns = Vec::new();
    for one in uses.collect::<Vec<_>>() {
        arns.push(text(&one.await.unwrap()["KeyId"]));
    }
    arns.dedup();
    assert_eq!(arns.len(), 1, "{arns:?}");
    let keys = kms.call("ListKeys", json!({})).await["Keys"].clone();
    assert_eq!(keys.as_array().unwrap().len(), 1);
    assert_eq!(keys[0]["KeyArn"], arns[0].as_str());

    let described = kms.call("DescribeKey", json!({ "KeyId": "alias/aws/ssm" })).await["KeyMetadata"].clone();
    assert_eq!((&described["KeyManager"], &described["Arn"]), (&json!("AWS"), &json!(arns[0])));
    let policy = text(&kms.call("GetKeyPolicy", json!({ "KeyId": arns[0] })).await["Policy"]);
    let policy: Value = serde_json::from_str(&policy).unwrap();
    assert_eq!(policy["Id"], "auto-ssm-1");
    let condition = &policy["Statement"][0]["Condition"]["StringEquals"];
    assert_eq!(condition["kms:ViaService"], "ssm.us-east-1.amazonaws.com");

    // Three calls before the key, eight that made it, its own record, and four since.
    let record = kms.record_of("CreateKey", 16).await;
    assert_eq!(record["eventType"], "AwsServiceEvent");
    assert_eq!(record["userIdentity"], json!({ "type": "AWSService", "invokedBy": "ssm.amazonaws.com" }));
    assert_eq!(record["resources"][0]["ARN"], arns[0].as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_may_not_encrypt_makes_no_key() {
    let denied =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"kms:Encrypt","Resource":"*"}]}"#;
    let kms = start_with(TestCredentials::standard().user("AKIADENIED", ACCOUNT, "denied", &[denied])).await;
    let client = kms.client.with_key("KWSSM").on_behalf_of("AKIADENIED");
    let answer = client.call("Encrypt", json!({ "KeyId": "alias/aws/ssm", "Plaintext": HELLO })).await;
    assert_eq!(answer.error(), "AccessDeniedException");
    assert_eq!(kms.call("ListKeys", json!({})).await["Keys"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_of_a_service_is_used_through_it_only() {
    let kms = start().await;
    let through = |service: &str, caller: &str| kms.client.with_key(service).on_behalf_of(caller);
    // Its policy asks for no other permission: the service has decided whether the caller may use it.
    let encrypt = json!({ "KeyId": "alias/aws/ssm", "Plaintext": HELLO });
    let encrypted = through("KWSSM", "AKIANOBODY").call("Encrypt", encrypt).await.ok();
    let key = text(&encrypted["KeyId"]);
    let decrypt = json!({ "CiphertextBlob": encrypted["CiphertextBlob"] });
    let decrypted = through("KWSSM", "AKIANOBODY").call("Decrypt", decrypt.clone()).await.ok();
    assert_eq!(decrypted["Plaintext"], HELLO);
    for client in [kms.client.clone(), through("KWSECRETS", "AKIAADMIN"), kms.by("AKIANOBODY")] {
        let answer = client.call("Decrypt", decrypt.clone()).await;
        assert_eq!(answer.error(), "AccessDeniedException");
        let lacking =
            "kms:Decrypt on resource: KEY because no resource-based policy allows the kms:Decrypt action";
        let message = answer.message();
        assert!(message.ends_with(&lacking.replace("KEY", &key)), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_may_not_manage_the_key_of_a_service() {
    let kms = start().await;
    let client = kms.client.with_key("KWSECRETS").on_behalf_of("AKIAADMIN");
    let alias = "alias/aws/secretsmanager";
    let generated =
        client.call("GenerateDataKey", json!({ "KeyId": alias, "KeySpec": "AES_256" })).await.ok();
    let key = text(&generated["KeyId"]).rsplit('/').next().unwrap().to_owned();
    assert_eq!(arn(&key), generated["KeyId"]);
    let policy = kms.call("GetKeyPolicy", json!({ "KeyId": key })).await["Policy"].clone();
    for (operation, input) in [
        ("DisableKey", json!({ "KeyId": key })),
        ("EnableKey", json!({ "KeyId": key })),
        ("ScheduleKeyDeletion", json!({ "KeyId": key })),
        ("CancelKeyDeletion", json!({ "KeyId": key })),
        ("UpdateKeyDescription", json!({ "KeyId": key, "Description": "mine" })),
        ("PutKeyPolicy", json!({ "KeyId": key, "Policy": policy })),
        ("TagResource", json!({ "KeyId": key, "Tags": [{ "TagKey": "a", "TagValue": "b" }] })),
        ("UntagResource", json!({ "KeyId": key, "TagKeys": ["a"] })),
        ("CreateAlias", json!({ "AliasName": "alias/mine", "TargetKeyId": key })),
    ] {
        let message = kms.refuses(operation, input, "AccessDeniedException").await;
        assert!(
            message.contains(&format!("user/admin is not authorized to perform: kms:{operation} on")),
            "{message}"
        );
    }
    let decrypted =
        client.call("Decrypt", json!({ "CiphertextBlob": generated["CiphertextBlob"] })).await.ok();
    assert_eq!(decrypted["Plaintext"], generated["Plaintext"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_service_makes_its_signing_key_and_nobody_else_signs_by_it() {
    let kms = start_with(TestCredentials::standard().service("KWAUDIT", "cloudtrail.amazonaws.com")).await;
    let audit = kms.client.with_key("KWAUDIT");
    let get = json!({ "KeyId": "alias/aws/cloudtrail" });
    for client in [kms.client.clone(), kms.client.with_key("KWSSM"), audit.on_behalf_of("AKIAADMIN")] {
        let answer = client.call("GetPublicKey", get.clone()).await;
        assert!(["NotFoundException", "AccessDeniedException"].contains(&answer.error()), "{}", answer.text);
    }
    assert_eq!(kms.call("ListKeys", json!({})).await["Keys"], json!([]));

    let made = audit.call("GetPublicKey", get.clone()).await.ok();
    assert_eq!(
        (&made["KeySpec"], &made["KeyUsage"]),
        (&json!("ECC_NIST_EDWARDS25519"), &json!("SIGN_VERIFY"))
    );
    assert_eq!(audit.call("GetPublicKey", get.clone()).await.ok(), made);
    let sign = json!({
        "KeyId": "alias/aws/cloudtrail", "Message": HELLO, "MessageType": "RAW", "SigningAlgorithm": "ED25519_SHA_512",
    });
    audit.call("Sign", sign.clone()).await.ok();
    // Who asks, and even the administrator, may look at it, and that is all.
    assert_eq!(kms.call("GetPublicKey", get).await["PublicKey"], made["PublicKey"]);
    for client in [kms.client.clone(), kms.client.with_key("KWSSM"), audit.on_behalf_of("AKIAADMIN")] {
        assert_eq!(client.call("Sign", sign.clone()).await.error(), "AccessDeniedException");
    }
    for (operation, input) in [
        ("DisableKey", json!({ "KeyId": made["KeyId"] })),
        ("ScheduleKeyDeletion", json!({ "KeyId": made["KeyId"] })),
    ] {
        kms.refuses(operation, input, "AccessDeniedException").await;
    }
    let described = kms.call("DescribeKey", json!({ "KeyId": made["KeyId"] })).await["KeyMetadata"].clone();
    assert_eq!((&described["KeyManager"], &described["KeyState"]), (&json!("AWS"), &json!("Enabled")));
}
