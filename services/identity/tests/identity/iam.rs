//! The first operations of IAM over the Query protocol.

use keywright_crypto::SecretString;
use keywright_identity::domain::access_key::NewAccessKey;
use keywright_service::testing::records;

use crate::fixture::Fixture;
use crate::query::{ask, element, form};

pub(crate) const ALLOW: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:*","Resource":"*"}}"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_user_is_made_with_a_policy_and_an_access_key_that_works() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    let made =
        ask(&f, "iam", Some(&admin), &form("CreateUser", &[("UserName", "bob"), ("Path", "/team/")])).await;
    assert_eq!(made.status, 200, "{}", made.text);
    assert_eq!(element(&made.text, "Arn"), "arn:aws:iam::111122223333:user/team/bob");
    let policy = [("UserName", "bob"), ("PolicyName", "iam"), ("PolicyDocument", ALLOW)];
    let put = ask(&f, "iam", Some(&admin), &form("PutUserPolicy", &policy)).await;
    assert_eq!(put.status, 200, "{}", put.text);
    let key = ask(&f, "iam", Some(&admin), &form("CreateAccessKey", &[("UserName", "bob")])).await;
    assert_eq!(key.status, 200, "{}", key.text);
    let mut bob = NewAccessKey::generate(&keywright_crypto::SystemRandom).unwrap();
    bob.access_key_id =
        keywright_identity::domain::access_key::AccessKeyId::parse(element(&key.text, "AccessKeyId"))
            .unwrap();
    let secret = element(&key.text, "SecretAccessKey").to_owned();
    bob.secret_access_key = SecretString::new(secret.clone());
    // Bob makes a key of his own, without naming himself.
    let own = ask(&f, "iam", Some(&bob), &form("CreateAccessKey", &[])).await;
    assert_eq!(own.status, 200, "{}", own.text);
    assert_eq!(element(&own.text, "UserName"), "bob");
    let third = ask(&f, "iam", Some(&bob), &form("CreateAccessKey", &[])).await;
    assert_eq!((third.status, element(&third.text, "Code")), (409, "LimitExceeded"));
    let all = records(f.app.running.journal(), 6).await;
    let shown = serde_json::to_string(&all).unwrap();
    assert!(!shown.contains(&secret), "a secret was recorded");
    for name in ["CreateUser", "PutUserPolicy", "CreateAccessKey"] {
        assert!(
            all.iter().any(|r| r["eventName"] == name && r["eventType"] == "AwsApiCall"),
            "{name}: {shown}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_manage_users_is_refused_and_learns_nothing_of_them() {
    let f = Fixture::start().await;
    let alice = f.user("alice", None).await;
    for (action, members) in [
        ("CreateUser", vec![("UserName", "bob")]),
        ("PutUserPolicy", vec![("UserName", "nobody"), ("PolicyName", "p"), ("PolicyDocument", ALLOW)]),
        ("CreateAccessKey", vec![("UserName", "alice")]),
        ("CreateAccessKey", vec![("UserName", "nobody")]),
    ] {
        let refused = ask(&f, "iam", Some(&alice), &form(action, &members)).await;
        assert_eq!(
            (refused.status, element(&refused.text, "Code")),
            (403, "AccessDenied"),
            "{}",
            refused.text
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_requests_get_iams_errors() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    for (action, members, status, code) in [
        ("CreateUser", vec![("UserName", "a b")], 400, "ValidationError"),
        ("CreateUser", vec![], 400, "ValidationError"),
        ("CreateUser", vec![("UserName", "admin")], 409, "EntityAlreadyExists"),
        ("CreateAccessKey", vec![("UserName", "nobody")], 404, "NoSuchEntity"),
        (
            "PutUserPolicy",
            vec![("UserName", "admin"), ("PolicyName", "p"), ("PolicyDocument", "{")],
            400,
            "MalformedPolicyDocument",
        ),
    ] {
        let refused = ask(&f, "iam", Some(&admin), &form(action, &members)).await;
        assert_eq!(
            (refused.status, element(&refused.text, "Code")),
            (status, code),
            "{action}: {}",
            refused.text
        );
    }
}
