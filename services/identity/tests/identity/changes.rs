//! What changes reaches the services that keep something of a principal.

use std::sync::Arc;
use std::time::Duration;

use keywright_aws_api::{CredentialRequest, CredentialSource as _};
use keywright_identity::domain::access_key::AccessKeyStatus;
use keywright_identity::domain::names::{IdentityName, PolicyName};
use keywright_service::identity::{AskIdentity as _, IdentityCredentials};
use keywright_sigv4::CredentialScope;
use tokio::runtime::Handle;

use crate::fixture::{Fixture, home};
use crate::query::{done, element};

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
async fn every_change_by_the_api_is_felt_within_a_second() {
    let f = Fixture::start().await;
    let (admin, alice) = (f.admin().await, f.user("alice", None).await);
    done(&f, &admin, "CreateGroup", &[("GroupName", "dev")]).await;
    let id = alice.access_key_id.as_str();
    let (kms, scope) = (f.credentials("kms", &f.kms), f.scope("kms"));
    kms.follow_changes(&Handle::current());
    let request = CredentialRequest { access_key_id: id, scope: &scope, session_token: None };
    while !keeps(&kms, id, &scope) {
        kms.resolve(request).await.unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let managed = f.managed_policy("managed", ALLOW).await;
    let (user, group, arn) = (("UserName", "alice"), ("GroupName", "dev"), ("PolicyArn", managed.as_str()));
    let key = ("AccessKeyId", id);
    let inline = [("PolicyName", "p"), ("PolicyDocument", ALLOW)];
    let [tag, value] = [("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "blue")];
    // Each with how many policies, tags and boundaries there are behind it.
    for (operation, members, counts) in [
        ("TagUser", vec![user, tag, value], (0, 1, false)),
        ("PutUserPolicy", vec![user, inline[0], inline[1]], (1, 1, false)),
        ("AttachUserPolicy", vec![user, arn], (2, 1, false)),
        ("AddUserToGroup", vec![user, group], (2, 1, false)),
        ("PutGroupPolicy", vec![group, ("PolicyName", "q"), inline[1]], (3, 1, false)),
        ("PutUserPermissionsBoundary", vec![user, ("PermissionsBoundary", &managed)], (3, 1, true)),
        ("DeleteUserPermissionsBoundary", vec![user], (3, 1, false)),
        ("DeleteUserPolicy", vec![user, inline[0]], (2, 1, false)),
        ("DetachUserPolicy", vec![user, arn], (1, 1, false)),
        ("AttachGroupPolicy", vec![group, arn], (2, 1, false)),
        ("DetachGroupPolicy", vec![group, arn], (1, 1, false)),
        ("DeleteGroupPolicy", vec![group, ("PolicyName", "q")], (0, 1, false)),
        ("RemoveUserFromGroup", vec![user, group], (0, 1, false)),
        ("UntagUser", vec![user, ("TagKeys.member.1", "team")], (0, 0, false)),
        ("UpdateUser", vec![user, ("NewPath", "/x/")], (0, 0, false)),
    ] {
        assert!(keeps(&kms, id, &scope), "{operation}");
        done(&f, &admin, operation, &members).await;
        dropped_within_a_second(operation, || keeps(&kms, id, &scope)).await;
        let caller = Arc::clone(&kms.resolve(request).await.unwrap().caller);
        let found = (caller.policies.len(), caller.tags.len(), caller.boundary.is_some());
        assert_eq!(found, counts, "{operation}");
    }
    done(&f, &admin, "UpdateAccessKey", &[user, key, ("Status", "Inactive")]).await;
    dropped_within_a_second("an inactive access key", || keeps(&kms, id, &scope)).await;
    assert!(kms.resolve(request).await.is_err());
    done(&f, &admin, "UpdateAccessKey", &[user, key, ("Status", "Active")]).await;
    kms.resolve(request).await.unwrap();
    done(&f, &admin, "DeleteAccessKey", &[user, key]).await;
    dropped_within_a_second("a deleted access key", || keeps(&kms, id, &scope)).await;
    assert!(kms.resolve(request).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_deletion_of_users_and_roles_is_told() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    let kms = f.remote("kms", &f.kms);
    let trusted = crate::roles::trust(crate::roles::ACCOUNT);
    let role = [("RoleName", "app"), ("AssumeRolePolicyDocument", trusted.as_str())];
    for (create, delete, member, id) in [
        ("CreateUser", "DeleteUser", [("UserName", "bob"), ("UserName", "bob")], "UserId"),
        ("CreateRole", "DeleteRole", role, "RoleId"),
    ] {
        let made = done(&f, &admin, create, &member).await;
        let start = kms.changes(None).await.unwrap();
        done(&f, &admin, delete, &member[..1]).await;
        let told = kms.changes(Some(start.cursor)).await.unwrap();
        assert_eq!(told.subjects, [element(&made, id)]);
    }
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
