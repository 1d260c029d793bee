//! Derived signing keys for the other services.

use keywright_aws_api::CallerKind;
use keywright_identity::domain::access_key::AccessKeyStatus;
use keywright_policy::{Decision, NoContext, Policies, Request, decide};
use keywright_service::identity::message::{Keep, PrincipalFacts};
use keywright_service::identity::{AskIdentity as _, CredentialQuestion, NotAnswered};
use keywright_service::testing::records;
use serde_json::{Value, json};
use time::Duration;

use crate::fixture::{Fixture, home, verifies, with_secret};

fn question(f: &Fixture, access_key_id: &str, service: &str) -> CredentialQuestion {
    CredentialQuestion {
        access_key_id: access_key_id.to_owned(),
        scope: f.scope(service),
        session_token: None,
    }
}

fn input(f: &Fixture, access_key_id: &str, service: &str) -> Value {
    let scope = f.scope(service).to_string();
    json!({
        "AccessKeyId": access_key_id, "Date": &scope[..8], "Region": "us-east-1", "Service": service,
        "Nonce": "AAAAAAAAAAAAAAAAAAAAAA==",
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_derived_key_verifies_what_the_secret_signed_for_that_scope_only() {
    let f = Fixture::start().await;
    let alice = f.user("alice", None).await;
    let kms = f.credentials("kms", &f.kms);
    verifies(&kms, &alice, "kms").await.unwrap();
    assert!(verifies(&kms, &with_secret(&alice, "wrong"), "kms").await.is_err());
    // A service's requests to another are verified in the same way.
    verifies(&kms, &f.ssm, "kms").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_says_who_it_is_and_what_policies_it_has() {
    let f = Fixture::start().await;
    let policy =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"kms:Encrypt","Resource":"*"}}"#;
    let alice = f.user("alice", Some(policy)).await;
    let remote = f.remote("kms", &f.kms);
    let facts = remote.credential(&question(&f, alice.access_key_id.as_str(), "kms")).await.unwrap().facts;
    let PrincipalFacts::User { account, arn, user_name } = &facts.principal else {
        panic!("{facts:?}");
    };
    assert_eq!((account.as_str(), user_name.as_str()), ("111122223333", "alice"));
    assert_eq!(arn, "arn:aws:iam::111122223333:user/alice");
    assert_eq!((facts.policies[0].name.as_str(), facts.policies[0].document.as_str()), ("inline", policy));
    assert_eq!(facts.policies.len(), 1);
    let keep = Keep { refresh_after_seconds: 45, fresh_seconds: 60, outage_seconds: 900, ends_at: None };
    assert_eq!(facts.keep, keep);

    let admin = f.admin().await;
    let facts = remote.credential(&question(&f, admin.access_key_id.as_str(), "kms")).await.unwrap().facts;
    assert_eq!(facts.policies[0].arn.as_deref(), Some("arn:aws:iam::aws:policy/AdministratorAccess"));

    let service = remote.credential(&question(&f, f.ssm.access_key_id.as_str(), "kms")).await.unwrap().facts;
    assert_eq!(service.principal, PrincipalFacts::Service { name: "ssm.amazonaws.com".to_owned() });
    assert_eq!(service.forward_token, None, "nobody acts for a service");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policies_decide_in_the_asking_service() {
    let f = Fixture::start().await;
    let (admin, nobody) = (f.admin().await, f.user("nobody", None).await);
    let kms = f.credentials("kms", &f.kms);
    for (key, allowed) in [(admin, true), (nobody, false)] {
        use keywright_aws_api::{CredentialRequest, CredentialSource as _};
        let scope = f.scope("kms");
        let id = key.access_key_id.as_str();
        let request = CredentialRequest { access_key_id: id, scope: &scope, session_token: None };
        let credential = kms.resolve(request).await.unwrap();
        let caller = &credential.caller;
        assert!(matches!(caller.kind, CallerKind::User { .. }));
        let resource = "arn:aws:kms:us-east-1:111122223333:key/1";
        let request =
            Request { principal: &caller.principal, action: "kms:Encrypt", resource, context: &NoContext };
        let policies = Policies { identity: &caller.policies, ..Policies::default() };
        let decision = decide(&request, &policies, "111122223333");
        assert_eq!(matches!(decision, Decision::Allow { .. }), allowed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_gets_no_key_for_another_services_scope() {
    let f = Fixture::start().await;
    let alice = f.user("alice", None).await;
    let id = alice.access_key_id.as_str();
    let answer = f.internal(&f.ssm).call("ResolveCredential", input(&f, id, "kms")).await;
    assert_eq!((answer.status, answer.error()), (400, "AccessDeniedException"), "{}", answer.text);
    assert!(
        f.internal(&f.ssm).call("ResolveCredential", input(&f, id, "ssm")).await.ok()["SealedAnswer"]
            .is_string()
    );
    // Nor does it learn which access keys exist.
    let made_up = f.internal(&f.ssm).call("ResolveCredential", input(&f, "AKIAMADEUPMADEUP", "kms")).await;
    assert_eq!(made_up.error(), "AccessDeniedException");
    for scope in ["sts", "keywright-identity", "kms/../ssm"] {
        assert_eq!(
            f.internal(&f.kms).call("ResolveCredential", input(&f, id, scope)).await.status,
            400,
            "{scope}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_but_a_service_gets_a_key() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    let root = f.directory().create_root_access_key(home()).await.unwrap();
    for key in [&admin, &root] {
        let internal = f.app.running.apis().iter().find(|api| api.settings().internal).unwrap();
        for operation in internal.operations().iter().map(|operation| operation.name) {
            let mut input = input(&f, admin.access_key_id.as_str(), "kms");
            match operation {
                "ResolveCredential" => {}
                "ResolveForwardToken" => {
                    input["Token"] = json!("token");
                    input["SenderAccessKeyId"] = json!(f.ssm.access_key_id.as_str());
                }
                "AwaitChanges" => input = json!({"Nonce": input["Nonce"]}),
                unknown => panic!("{unknown} has no sample input: add one"),
            }
            let answer = f.internal(key).call(operation, input).await;
            assert_eq!((answer.status, answer.error()), (400, "AccessDeniedException"), "{}", answer.text);
        }
    }
    // An unsigned request is refused, in its own form, by the API that its target names.
    let unsigned = f.internal(&f.kms).call_unsigned("ResolveCredential", json!({})).await;
    assert_eq!((unsigned.status, unsigned.error()), (400, "MissingAuthenticationTokenException"));
    let wrong = f.internal(&with_secret(&f.kms, "wrong")).call("ResolveCredential", json!({})).await;
    assert_eq!(wrong.error(), "InvalidSignatureException");
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_and_inactive_keys_are_told_from_an_unknown_service() {
    let f = Fixture::start().await;
    let remote = f.remote("kms", &f.kms);
    let inactive = f.user("inactive", None).await;
    let id = &inactive.access_key_id;
    f.directory().update_access_key(home(), id, AccessKeyStatus::Inactive).await.unwrap();
    for id in ["AKIAMADEUPMADEUP", "short", id.as_str()] {
        let error = remote.credential(&question(&f, id, "kms")).await.err().unwrap();
        assert!(matches!(error, NotAnswered::Unknown), "{id}: {error:?}");
        let answer = f.internal(&f.kms).call("ResolveCredential", input(&f, id, "kms")).await;
        assert_eq!(answer.error(), "UnrecognizedClientException");
    }
    let stranger =
        keywright_identity::domain::access_key::NewAccessKey::generate(&keywright_crypto::SystemRandom);
    let error = f
        .remote("kms", &stranger.unwrap())
        .credential(&question(&f, id.as_str(), "kms"))
        .await
        .err()
        .unwrap();
    assert!(matches!(error, NotAnswered::Unavailable(_)), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_for_other_days_session_tokens_and_bad_input_are_refused() {
    let f = Fixture::start().await;
    let alice = f.user("alice", None).await;
    let id = alice.access_key_id.as_str();
    let client = f.internal(&f.kms);
    let change = |name: &str, value: Value| {
        let mut input = input(&f, id, "kms");
        input[name] = value;
        input
    };
    let far = f.scope("kms").date + Duration::days(3);
    let far = far.to_string().replace('-', "");
    let cases = [
        (change("Date", json!(far)), "ValidationException"),
        (change("Date", json!("tomorrow")), "ValidationException"),
        (change("Nonce", json!("AAAA")), "ValidationException"),
        (change("AccessKeyId", Value::Null), "ValidationException"),
        (change("Service", json!("")), "ValidationException"),
        (change("Region", json!(7)), "SerializationException"),
        (change("SessionToken", json!("made up")), "InvalidTokenException"),
    ];
    for (input, code) in cases {
        let answer = client.call("ResolveCredential", input.clone()).await;
        assert_eq!((answer.status, answer.error()), (400, code), "{input} {}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_question_is_recorded_as_internal_without_the_answer() {
    let f = Fixture::start().await;
    let alice = f.user("alice", None).await;
    let id = alice.access_key_id.as_str();
    f.internal(&f.kms).call("ResolveCredential", input(&f, id, "kms")).await.ok();
    f.internal(&f.ssm).call("ResolveCredential", input(&f, id, "kms")).await;
    let all = records(f.app.running.journal(), 2).await;
    let asked: Vec<_> = all.iter().filter(|record| record["eventName"] == "ResolveCredential").collect();
    assert_eq!(asked.len(), 2, "{all:#?}");
    for record in &asked {
        assert_eq!(record["recipientAccountId"], "internal");
        assert_eq!(record["userIdentity"]["type"], "AWSService");
        let parameters = &record["requestParameters"];
        assert_eq!((&parameters["accessKeyId"], &parameters["service"]), (&json!(id), &json!("kms")));
        assert!(parameters["nonce"].is_null() && record["responseElements"].is_null());
    }
    assert_eq!(asked[1]["userIdentity"]["invokedBy"], "ssm.amazonaws.com");
    assert_eq!(asked[1]["errorCode"], "AccessDeniedException");
}
