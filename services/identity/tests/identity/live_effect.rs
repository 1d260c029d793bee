//! What is done to a role, a key or a policy is felt by its sessions, in every service, within a second.

use std::time::Duration;

use keywright_aws_api::CredentialSource as _;
use keywright_identity::domain::access_key::AccessKeyStatus;
use keywright_service::identity::IdentityCredentials;
use tokio::runtime::Handle;

use crate::fixture::{Fixture, home};
use crate::query::ask;
use crate::temporary::{Temporary, form, policy, trust_account};

/// Two services that follow what changes, and keep the session.
async fn services_with(f: &Fixture, session: &Temporary) -> [(&'static str, IdentityCredentials); 2] {
    let services = [("kms", f.credentials("kms", &f.kms)), ("ssm", f.credentials("ssm", &f.ssm))];
    for (name, credentials) in &services {
        credentials.follow_changes(&Handle::current());
        let scope = f.scope(name);
        // Until the first answer everything is dropped, at any moment.
        while credentials.cached(session.request(&scope)).is_none() {
            credentials.resolve(session.request(&scope)).await.unwrap();
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
    services
}

/// Waits, for as long as a change may take, until no service keeps the session.
async fn dropped(f: &Fixture, services: &[(&str, IdentityCredentials)], session: &Temporary) {
    let all = async {
        for (name, credentials) in services {
            let scope = f.scope(name);
            while credentials.cached(session.request(&scope)).is_some() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(1), all).await.is_ok(), "kept for more than a second");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_role_takes_its_sessions_with_it_and_a_new_one_of_its_name_does_not_revive_them() {
    let f = Fixture::start().await;
    let alice = f.user("alice", Some(&policy("Allow", "sts:AssumeRole", "*"))).await;
    let role = f.role("app", &trust_account("111122223333"), None).await;
    let session = f.session(&alice, &role, &[]).await;
    let services = services_with(&f, &session).await;
    f.delete_role(&role).await;
    f.role("app", &trust_account("111122223333"), None).await;
    dropped(&f, &services, &session).await;
    for (name, credentials) in &services {
        assert!(f.caller_of(credentials, &session, name).await.is_err());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inactive_access_key_takes_its_sessions_with_it() {
    let f = Fixture::start().await;
    let alice = f.user("alice", Some(&policy("Allow", "*", "*"))).await;
    for form in [form("GetSessionToken", &[]), form("GetFederationToken", &[("Name", "carol")])] {
        let session = Temporary::of(&ask(&f, "sts", Some(&alice), &form).await);
        let services = services_with(&f, &session).await;
        let set = async |status| {
            f.directory().update_access_key(home(), &alice.access_key_id, status).await.unwrap();
        };
        set(AccessKeyStatus::Inactive).await;
        dropped(&f, &services, &session).await;
        for (name, credentials) in &services {
            assert!(f.caller_of(credentials, &session, name).await.is_err());
        }
        set(AccessKeyStatus::Active).await;
        // Identity itself keeps what it knows for a second.
        tokio::time::timeout(Duration::from_secs(10), async {
            while ask(&f, "sts", Some(&alice), "Action=GetCallerIdentity&Version=2011-06-15").await.status
                != 200
            {}
        })
        .await
        .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denial_of_older_sessions_reaches_them_and_spares_newer_ones() {
    let f = Fixture::start().await;
    let alice = f.user("alice", Some(&policy("Allow", "sts:AssumeRole", "*"))).await;
    let all = policy("Allow", "sts:GetAccessKeyInfo", "*");
    let role = f.role("app", &trust_account("111122223333"), Some(&all)).await;
    let session = f.session(&alice, &role, &[]).await;
    let info = form("GetAccessKeyInfo", &[("AccessKeyId", alice.access_key_id.as_str())]);
    assert_eq!(crate::temporary::ask_as(&f, "sts", &session, &info).await.status, 200);
    let services = services_with(&f, &session).await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let now = time::OffsetDateTime::now_utc().format(&time::format_description::well_known::Rfc3339).unwrap();
    let revoke = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Deny","Action":"*","Resource":"*",
        "Condition":{{"DateLessThan":{{"aws:TokenIssueTime":"{now}"}}}}}}}}"#
    );
    f.put_role_policy(&role, "AWSRevokeOlderSessions", &revoke).await;
    dropped(&f, &services, &session).await;
    for (name, credentials) in &services {
        let caller = f.caller_of(credentials, &session, name).await.unwrap();
        assert_eq!(caller.policies.len(), 2, "{name} decides by the new policy");
    }
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let newer = f.session(&alice, &role, &[]).await;
    let refused = crate::temporary::ask_as(&f, "sts", &session, &info).await;
    assert!(refused.text.contains("explicit deny"), "{}", refused.text);
    assert_eq!(crate::temporary::ask_as(&f, "sts", &newer, &info).await.status, 200);
}
