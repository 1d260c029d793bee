//! Key policies decide.

use std::sync::Arc;
use std::time::{Duration, Instant};

use keywright_service::testing::{TestClock, base_config_in};
use serde_json::{Value, json};

use crate::harness::{HELLO, TestKms, arn, client, config, run, start_with, text};
use crate::principals::{ADMIN, ALICE, BOB, ROOT, principals};

fn policy(statements: Value) -> String {
    json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
}

fn allow(principal: &str) -> Value {
    json!({ "Effect": "Allow", "Principal": { "AWS": principal }, "Action": "kms:*", "Resource": "*" })
}

async fn key_with(kms: &TestKms, policy: &str) -> String {
    let input = json!({ "Policy": policy, "BypassPolicyLockoutSafetyCheck": true });
    text(&kms.call("CreateKey", input).await["KeyMetadata"]["KeyId"])
}

/// The message of the refusal of an Encrypt, or nothing.
async fn refusal(kms: &TestKms, principal: &str, key: &str) -> String {
    let answer = kms.by(principal).call("Encrypt", json!({ "KeyId": arn(key), "Plaintext": HELLO })).await;
    assert!(matches!(answer.error(), "" | "AccessDeniedException"), "{}", answer.text);
    answer.message().to_owned()
}

fn refused(who: &str, key: &str, why: &str) -> String {
    format!("User: {who} is not authorized to perform: kms:Encrypt on resource: {} {why}", arn(key))
}

const NO_KEY_POLICY: &str = "because no resource-based policy allows the kms:Encrypt action";
const NO_IDENTITY_POLICY: &str = "because no identity-based policy allows the kms:Encrypt action";

#[tokio::test(flavor = "multi_thread")]
async fn the_default_policy_leaves_it_to_identity_policies() {
    let kms = start_with(principals()).await;
    let key = kms.new_key().await;
    assert_eq!(refusal(&kms, "AKIAADMIN", &key).await, "");
    assert_eq!(refusal(&kms, "AKIAROOT", &key).await, "");
    assert_eq!(refusal(&kms, "AKIAALICE", &key).await, refused(ALICE, &key, NO_IDENTITY_POLICY));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_does_not_delegate_takes_whom_it_names_and_nobody_else() {
    let kms = start_with(principals()).await;
    let key = key_with(&kms, &policy(json!([allow(ALICE)]))).await;
    assert_eq!(refusal(&kms, "AKIAALICE", &key).await, "");
    assert_eq!(refusal(&kms, "AKIAADMIN", &key).await, refused(ADMIN, &key, NO_KEY_POLICY));
    assert_eq!(refusal(&kms, "AKIAROOT", &key).await, refused(ROOT, &key, NO_KEY_POLICY));
    assert_eq!(refusal(&kms, "AKIABOB", &key).await, refused(BOB, &key, NO_KEY_POLICY));
    // Not even its policy is the account's.
    for operation in ["GetKeyPolicy", "DescribeKey", "ScheduleKeyDeletion", "ListGrants"] {
        let answer = kms.client.call(operation, json!({ "KeyId": key })).await;
        assert_eq!(answer.error(), "AccessDeniedException", "{operation}");
        kms.by("AKIAALICE").call(operation, json!({ "KeyId": key })).await.ok();
    }
    // What isn't about one key is up to identity policies alone.
    for operation in ["ListKeys", "ListAliases", "CreateKey"] {
        kms.call(operation, json!({})).await;
        let answer = kms.by("AKIAALICE").call(operation, json!({})).await;
        assert_eq!(answer.error(), "AccessDeniedException", "{operation}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_explicit_deny_in_a_key_policy_wins() {
    let kms = start_with(principals()).await;
    let deny =
        json!({ "Effect": "Deny", "Principal": { "AWS": ADMIN }, "Action": "kms:Encrypt", "Resource": "*" });
    let key = key_with(&kms, &policy(json!([allow(ROOT), allow(ADMIN), deny]))).await;
    let why = "with an explicit deny in a resource-based policy";
    assert_eq!(refusal(&kms, "AKIAADMIN", &key).await, refused(ADMIN, &key, why));
    kms.call("DescribeKey", json!({ "KeyId": key })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_about_another_resource_does_not_count() {
    let kms = start_with(principals()).await;
    let key = kms.new_key().await;
    for (resource, fits) in [
        (json!("*"), true),
        (json!(arn(&key)), true),
        (json!("arn:aws:kms:*:111122223333:key/*"), true),
        (json!(arn("1234abcd-12ab-34cd-56ef-1234567890ab")), false),
        (json!("arn:aws:kms:us-east-1:111122223333:alias/*"), false),
    ] {
        let about = json!({ "Effect": "Allow", "Principal": { "AWS": ALICE }, "Action": "kms:Encrypt", "Resource": resource });
        let policy = policy(json!([allow(ROOT), about]));
        kms.call("PutKeyPolicy", json!({ "KeyId": key, "Policy": policy })).await;
        assert_eq!(refusal(&kms, "AKIAALICE", &key).await.is_empty(), fits, "{resource}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn aliases_need_a_permission_on_the_alias_and_one_on_the_key() {
    let kms = start_with(principals()).await;
    let (open, closed) = (kms.new_key().await, key_with(&kms, &policy(json!([allow(ALICE)]))).await);
    let create = |key: &str| json!({ "AliasName": "alias/app", "TargetKeyId": key });
    let on_key = kms.client.call("CreateAlias", create(&closed)).await;
    assert_eq!(on_key.error(), "AccessDeniedException");
    assert!(on_key.message().contains(&arn(&closed)), "{}", on_key.message());
    let on_alias = kms.by("AKIAALICE").call("CreateAlias", create(&closed)).await;
    assert!(on_alias.message().contains(":alias/app because no identity-based"), "{}", on_alias.message());
    kms.call("CreateAlias", create(&open)).await;
    let moved = kms.client.call("UpdateAlias", create(&closed)).await;
    assert_eq!(moved.error(), "AccessDeniedException");
    assert_eq!(
        kms.by("AKIAALICE").call("DeleteAlias", json!({ "AliasName": "alias/app" })).await.error(),
        "AccessDeniedException"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_locks_himself_out_by_mistake() {
    let kms = start_with(principals()).await;
    let key = kms.new_key().await;
    let text = "The new key policy will not allow you to update the key policy in the future.";
    let statement = |effect: &str, action: &str, principal: &str| json!({ "Effect": effect, "Principal": { "AWS": principal }, "Action": action, "Resource": "*" });
    let through_ssm = json!({ "StringEquals": { "kms:ViaService": "ssm.us-east-1.amazonaws.com" } });
    let mut conditional = allow(ADMIN);
    conditional["Condition"] = through_ssm;
    let mut elsewhere = allow(ADMIN);
    elsewhere["Resource"] = json!("arn:aws:kms:us-east-1:111122223333:key/other");
    for (statements, locks_out) in [
        (json!([allow(ALICE)]), true),
        (json!([statement("Allow", "kms:Encrypt", ROOT)]), true),
        (json!([allow(ROOT), statement("Deny", "kms:Put*", "*")]), true),
        (json!([conditional]), true),
        (json!([elsewhere]), true),
        (json!([statement("Allow", "kms:PutKeyPolicy", ADMIN)]), false),
        (json!([allow(ROOT)]), false),
        (json!([allow("*")]), false),
    ] {
        let policy = policy(statements);
        for (operation, input) in [
            ("PutKeyPolicy", json!({ "KeyId": key, "Policy": policy })),
            ("CreateKey", json!({ "Policy": policy })),
        ] {
            if locks_out {
                let message = kms.refuses(operation, input, "MalformedPolicyDocumentException").await;
                assert_eq!(message, text, "{policy}");
            } else {
                kms.call(operation, input).await;
            }
        }
    }
    let last = json!({ "KeyId": key, "Policy": policy(json!([allow(ALICE)])), "BypassPolicyLockoutSafetyCheck": true });
    kms.call("PutKeyPolicy", last.clone()).await;
    assert_eq!(kms.client.call("PutKeyPolicy", last).await.error(), "AccessDeniedException");
    let back = json!({ "KeyId": key, "Policy": policy(json!([allow(ALICE), allow(ROOT)])) });
    kms.by("AKIAALICE").call("PutKeyPolicy", back).await.ok();
    kms.call("GetKeyPolicy", json!({ "KeyId": key })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn principals_of_a_policy_must_be_well_formed() {
    let kms = start_with(principals()).await;
    let key = kms.new_key().await;
    for principal in
        ["alice", "arn:aws:iam::1:user/a", "arn:aws:s3:::bucket", "arn:aws:iam::111122223333:user/*"]
    {
        let input = json!({ "KeyId": key, "Policy": policy(json!([allow(ROOT), allow(principal)])) });
        kms.refuses("PutKeyPolicy", input, "MalformedPolicyDocumentException").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_policy_reaches_another_replica_within_a_second() {
    let kms = start_with(principals()).await;
    let journal = tempfile::tempdir().unwrap();
    let second = config(base_config_in(&kms.database, journal.path()), kms.dir.path());
    let second = run(second, Arc::new(principals()), &TestClock::default()).await;
    let other = client(&second).with_key("AKIAALICE");
    let key = kms.new_key().await;
    kms.call("CreateAlias", json!({ "AliasName": "alias/one", "TargetKeyId": key })).await;
    let encrypt = json!({ "KeyId": arn(&key), "Plaintext": HELLO });
    let until = async |error: &str| {
        let began = Instant::now();
        while other.call("Encrypt", encrypt.clone()).await.error() != error {
            assert!(began.elapsed() < Duration::from_secs(1), "still not {error:?}");
        }
    };
    until("AccessDeniedException").await;
    let put = async |condition: Value| {
        let mut to_alice = allow(ALICE);
        to_alice["Condition"] = condition;
        let policy = policy(json!([allow(ROOT), to_alice]));
        kms.call("PutKeyPolicy", json!({ "KeyId": key, "Policy": policy })).await;
    };
    put(json!({})).await;
    until("").await;
    // So do the aliases and the tags that a policy asks for.
    put(json!({ "ForAnyValue:StringEquals": { "kms:ResourceAliases": "alias/two" } })).await;
    until("AccessDeniedException").await;
    kms.call("CreateAlias", json!({ "AliasName": "alias/two", "TargetKeyId": key })).await;
    until("").await;
    kms.call("DeleteAlias", json!({ "AliasName": "alias/two" })).await;
    until("AccessDeniedException").await;
    kms.call("CreateAlias", json!({ "AliasName": "alias/two", "TargetKeyId": kms.new_key().await })).await;
    kms.call("UpdateAlias", json!({ "AliasName": "alias/two", "TargetKeyId": key })).await;
    until("").await;
    kms.call("UpdateAlias", json!({ "AliasName": "alias/two", "TargetKeyId": kms.new_key().await })).await;
    until("AccessDeniedException").await;
    put(json!({ "StringEquals": { "aws:ResourceTag/team": "blue" } })).await;
    kms.call("TagResource", json!({ "KeyId": key, "Tags": [{ "TagKey": "team", "TagValue": "blue" }] }))
        .await;
    until("").await;
    kms.call("UntagResource", json!({ "KeyId": key, "TagKeys": ["team"] })).await;
    until("AccessDeniedException").await;
    second.stop().await;
}
