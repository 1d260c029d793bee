//! What changes reaches the services that keep something of a principal.

use std::time::Duration;

use keywright_aws_api::{CredentialRequest, CredentialSource as _};
use keywright_identity::domain::access_key::AccessKeyStatus;
use keywright_identity::domain::names::{IdentityName, PolicyName};
use keywright_service::identity::{AskIdentity as _, IdentityCredentials};
use keywright_sigv4::CredentialScope;
use tokio::runtime::Handle;

use crate::fixture::{Fixture, home};

const ALLOW: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

/// Whether the service still keeps the access key.
fn keeps(credentials: &IdentityCredentials, access_key_id: &str, scope: &CredentialScope) -> bool {
    credentials.cached(CredentialRequest { access_key_id, scope, session_token: None }).is_some()
}

/// Waits, for as long as a change may take.
async fn dropped_within_a_second(what: &str, keeps: impl Fn() -> bool) {
    let within = tokio::time::timeout(Duration::from_secs(1), async {
        while keeps() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    assert!(within.await.is_ok(), "{what} is kept for more than a second");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_drops_what_has_changed_within_a_second() {
    let f = Fixture::start().await;
    let alice = f.user("alice", None).await;
    let id = alice.access_key_id.as_str();
    let (kms, scope) = (f.credentials("kms", &f.kms), f.scope("kms"));
    kms.follow_changes(&Handle::current());
    let request = CredentialRequest { access_key_id: id, scope: &scope, session_token: None };
    // Until the first answer everything is dropped, at any moment.
    while !keeps(&kms, id, &scope) {
        kms.resolve(request).await.unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
    }

    let (name, policy) = (IdentityName::parse("alice").unwrap(), PolicyName::parse("all").unwrap());
    f.directory().put_user_policy(home(), &name, &policy, ALLOW).await.unwrap();
    dropped_within_a_second("a changed policy", || keeps(&kms, id, &scope)).await;
    assert_eq!(kms.resolve(request).await.unwrap().caller.policies.len(), 1);

    let inactive = AccessKeyStatus::Inactive;
    f.directory().update_access_key(home(), &alice.access_key_id, inactive).await.unwrap();
    dropped_within_a_second("an inactive access key", || keeps(&kms, id, &scope)).await;
    assert!(kms.resolve(request).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_told_behind_a_number_and_none_is_missed() {
    let f = Fixture::start().await;
    let kms = f.remote("kms", &f.kms);
    let start = kms.changes(None).await.unwrap();
    assert!(start.subjects.is_empty() && !start.everything);

    let alice = f.user("alice", Some(ALLOW)).await;
    f.directory().update_access_key(home(), &alice.access_key_id, AccessKeyStatus::Inactive).await.unwrap();
    let told = kms.changes(Some(start.cursor)).await.unwrap();
    assert!(told.subjects.contains(&"account:111122223333".to_owned()), "{told:?}");
    assert!(told.subjects.iter().any(|subject| subject.starts_with("AIDA")), "{told:?}");
    assert!(told.cursor > start.cursor && !told.everything);

    // One that was never told of: the database is an older one.
    assert!(kms.changes(Some(told.cursor + 1_000)).await.unwrap().everything);

    // Those who wait are answered when the service ends, and don't hold it up.
    let waiting = tokio::spawn(async move { kms.changes(Some(told.cursor)).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let Fixture { app, .. } = f;
    tokio::time::timeout(Duration::from_secs(6), app.running.stop()).await.unwrap();
    let answer = waiting.await.unwrap();
    assert!(answer.is_ok_and(|changes| changes.subjects.is_empty()));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_service_is_told() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    let input = serde_json::json!({ "Nonce": "AAAAAAAAAAAAAAAAAAAAAA==" });
    let refused = f.internal(&admin).call("AwaitChanges", input).await;
    assert_eq!(refused.status, 400);
    assert_eq!(refused.error(), "AccessDeniedException");
}
