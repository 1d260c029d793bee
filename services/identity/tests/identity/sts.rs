//! GetCallerIdentity over the Query protocol.

use std::time::Duration;

use keywright_identity::domain::access_key::{AccessKeyStatus, NewAccessKey};
use keywright_service::testing::records;

use crate::fixture::{Fixture, home, with_secret};
use crate::query::{ask, element};
use crate::temporary::assume;

const FORM: &str = "Action=GetCallerIdentity&Version=2011-06-15";

#[tokio::test(flavor = "multi_thread")]
async fn a_user_and_a_root_user_are_told_who_they_are_in_awss_xml() {
    let f = Fixture::start().await;
    let answer = ask(&f, "sts", Some(&f.user("alice", None).await), FORM).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let opening = r#"<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">"#;
    assert!(answer.text.contains(opening), "{}", answer.text);
    let result = element(&answer.text, "GetCallerIdentityResult");
    assert_eq!(element(result, "Arn"), "arn:aws:iam::111122223333:user/alice");
    assert_eq!(element(result, "Account"), "111122223333");
    let user_id = element(result, "UserId");
    assert!(user_id.starts_with("AIDA") && user_id.len() == 21, "{user_id}");
    assert_eq!(element(element(&answer.text, "ResponseMetadata"), "RequestId").len(), 36);

    let root = f.directory().create_root_access_key(home()).await.unwrap();
    let answer = ask(&f, "sts", Some(&root), FORM).await;
    let result = element(&answer.text, "GetCallerIdentityResult");
    assert_eq!(element(result, "Arn"), "arn:aws:iam::111122223333:root");
    assert_eq!((element(result, "Account"), element(result, "UserId")), ("111122223333", "111122223333"));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_needs_no_permission_and_no_policy_forbids_it() {
    let f = Fixture::start().await;
    let deny = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#;
    assert_eq!(ask(&f, "sts", Some(&f.user("denied", Some(deny)).await), FORM).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_not_verified_is_refused_and_recorded() {
    let f = Fixture::start().await;
    let alice = f.user("alice", None).await;
    let made_up = NewAccessKey::generate(&keywright_crypto::SystemRandom).unwrap();
    let inactive = f.user("inactive", None).await;
    let id = &inactive.access_key_id;
    f.directory().update_access_key(home(), id, AccessKeyStatus::Inactive).await.unwrap();

    let cases = [
        (None, 403, "MissingAuthenticationToken"),
        (Some(with_secret(&alice, "wrong")), 403, "SignatureDoesNotMatch"),
        (Some(made_up), 403, "InvalidClientTokenId"),
        (Some(inactive), 403, "InvalidClientTokenId"),
    ];
    for (key, status, code) in &cases {
        let answer = ask(&f, "sts", key.as_ref(), FORM).await;
        assert_eq!((answer.status, element(&answer.text, "Code")), (*status, *code), "{}", answer.text);
        assert_eq!(element(&answer.text, "Type"), "Sender");
    }
    let all = records(f.app.running.journal(), cases.len()).await;
    for (_, _, code) in &cases {
        let found = all.iter().any(|r| r["eventName"] == "GetCallerIdentity" && r["errorCode"] == *code);
        assert!(found, "no record of {code} in {all:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_made_inactive_is_soon_refused_and_active_again_works() {
    let f = Fixture::start().await;
    let alice = f.user("alice", None).await;
    assert_eq!(ask(&f, "sts", Some(&alice), FORM).await.status, 200);
    let id = &alice.access_key_id;
    for (status, expected) in [(AccessKeyStatus::Inactive, 403), (AccessKeyStatus::Active, 200)] {
        f.directory().update_access_key(home(), id, status).await.unwrap();
        let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
        let mut last = ask(&f, "sts", Some(&alice), FORM).await.status;
        while last != expected {
            assert!(tokio::time::Instant::now() < deadline, "still {last} instead of {expected}");
            last = ask(&f, "sts", Some(&alice), FORM).await.status;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_actions_and_versions_are_a_client_error() {
    let f = Fixture::start().await;
    let alice = f.user("alice", None).await;
    for form in
        ["Action=Nothing&Version=2011-06-15", "Version=2011-06-15", "Action=GetCallerIdentity&Version=1999"]
    {
        let answer = ask(&f, "sts", Some(&alice), form).await;
        assert_eq!((answer.status, element(&answer.text, "Code")), (400, "InvalidAction"), "{form}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_call_is_recorded_as_in_cloudtrail() {
    let f = Fixture::start().await;
    let alice = f.user("alice", None).await;
    ask(&f, "sts", Some(&alice), FORM).await;
    let all = records(f.app.running.journal(), 1).await;
    let record = all.iter().find(|record| record["eventName"] == "GetCallerIdentity").unwrap();
    assert_eq!(record["eventSource"], "sts.amazonaws.com");
    assert_eq!(record["userIdentity"]["type"], "IAMUser");
    assert_eq!(record["userIdentity"]["userName"], "alice");
    assert_eq!(record["userIdentity"]["accessKeyId"], alice.access_key_id.as_str());
    assert_eq!(record["recipientAccountId"], "111122223333");
    assert!(record["requestParameters"].is_null() && record["responseElements"].is_null());
    assert_eq!(record["readOnly"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_is_refused_and_recorded_for_strangers() {
    let f = Fixture::start().await;
    let nobody = f.user("nobody", None).await;
    let operations = f.app.running.apis()[0].operations();
    let unsigned: Vec<_> = operations.iter().filter(|operation| !operation.signed).map(|o| o.name).collect();
    assert_eq!(unsigned, ["AssumeRoleWithWebIdentity"]);
    let signed = operations.iter().filter(|operation| operation.signed).map(|operation| operation.name);
    for operation in operations.iter().map(|operation| operation.name) {
        let form = match operation {
            "GetCallerIdentity" => FORM,
            // Not signed: its tests are its own.
            "AssumeRoleWithWebIdentity" => continue,
            "AssumeRole" => &assume("arn:aws:iam::111122223333:role/app", &[]),
            "DecodeAuthorizationMessage" => {
                "Action=DecodeAuthorizationMessage&Version=2011-06-15&EncodedMessage=x"
            }
            "GetAccessKeyInfo" => {
                "Action=GetAccessKeyInfo&Version=2011-06-15&AccessKeyId=AKIAAAAAAAAAAAAAAAAA"
            }
            "GetFederationToken" => "Action=GetFederationToken&Version=2011-06-15&Name=carol",
            "GetSessionToken" => "Action=GetSessionToken&Version=2011-06-15",
            unknown => panic!("{unknown} has no sample input: add one"),
        };
        let unsigned = ask(&f, "sts", None, form).await;
        assert_eq!((unsigned.status, element(&unsigned.text, "Code")), (403, "MissingAuthenticationToken"));
        let forged = ask(&f, "sts", Some(&with_secret(&nobody, "a guess")), form).await;
        assert_eq!((forged.status, element(&forged.text, "Code")), (403, "SignatureDoesNotMatch"));
        let unprivileged = ask(&f, "sts", Some(&nobody), form).await;
        // The only exceptions: AWS asks for no permission either.
        let expected = if matches!(operation, "GetCallerIdentity" | "GetSessionToken") { 200 } else { 403 };
        assert_eq!(unprivileged.status, expected, "{operation}: {}", unprivileged.text);
    }
    let all = records(f.app.running.journal(), 3 * (operations.len() - 1)).await;
    for code in ["MissingAuthenticationToken", "SignatureDoesNotMatch"] {
        let recorded = all.iter().filter(|record| record["errorCode"] == code);
        let names: Vec<_> = recorded.filter_map(|record| record["eventName"].as_str()).collect();
        assert_eq!(names, signed.clone().collect::<Vec<_>>(), "{code}");
    }
}
