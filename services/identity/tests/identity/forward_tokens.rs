//! Forward tokens: who may show which, and until when.

use std::sync::Arc;

use keywright_aws_api::{Caller, CredentialError, CredentialRequest, CredentialSource as _};
use keywright_identity::domain::access_key::{AccessKeyStatus, NewAccessKey};
use keywright_service::identity::IdentityCredentials;
use keywright_service::testing::records;
use time::Duration;

use crate::fixture::{Fixture, home};

/// What `credentials` know of the owner of `key`.
async fn caller(
    f: &Fixture,
    credentials: &IdentityCredentials,
    key: &NewAccessKey,
    service: &str,
) -> Arc<Caller> {
    let scope = f.scope(service);
    let id = key.access_key_id.as_str();
    let request = CredentialRequest { access_key_id: id, scope: &scope, session_token: None };
    Arc::clone(&credentials.resolve(request).await.unwrap().caller)
}

struct Chain {
    f: Fixture,
    alice: NewAccessKey,
    kms: IdentityCredentials,
    /// The token that ssm got for alice.
    token: String,
    /// ssm, as kms knows it.
    ssm: Arc<Caller>,
}

/// alice calls ssm, and ssm calls kms for alice.
async fn chain() -> Chain {
    let f = Fixture::start().await;
    let alice = f.user("alice", None).await;
    let (ssm, kms) = (f.credentials("ssm", &f.ssm), f.credentials("kms", &f.kms));
    let at_ssm = caller(&f, &ssm, &alice, "ssm").await;
    let token = at_ssm.forward_token.as_ref().unwrap().expose_secret().to_owned();
    let ssm = caller(&f, &kms, &f.ssm, "kms").await;
    Chain { f, alice, kms, token, ssm }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_called_service_learns_for_whom_the_calling_service_acts() {
    let c = chain().await;
    assert_eq!(c.ssm.service_name(), Some("ssm.amazonaws.com"));
    let forwarded = c.kms.forwarded(&c.token, &c.ssm).await.unwrap();
    assert_eq!(forwarded.principal.arn, "arn:aws:iam::111122223333:user/alice");
    assert_eq!(forwarded.access_key_id, c.alice.access_key_id.as_str());
    assert!(forwarded.forward_token.is_none(), "kms can't act for alice elsewhere");
    let all = records(c.f.app.running.journal(), 1).await;
    let record = all.iter().find(|record| record["eventName"] == "ResolveForwardToken").unwrap();
    assert_eq!(record["requestParameters"]["senderAccessKeyId"], c.f.ssm.access_key_id.as_str());
    assert!(!record.to_string().contains(&c.token));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_service_can_not_use_a_stolen_token() {
    let c = chain().await;
    let kms_itself = caller(&c.f, &c.kms, &c.f.kms, "kms").await;
    let stolen = c.kms.forwarded(&c.token, &kms_itself).await;
    assert!(matches!(stolen, Err(CredentialError::InvalidToken)), "{:?}", stolen.err());
    // A user who got hold of one has nothing either.
    let alice = caller(&c.f, &c.kms, &c.alice, "kms").await;
    assert!(c.kms.forwarded(&c.token, &alice).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_altered_token_is_refused() {
    let c = chain().await;
    let mut altered = c.token.clone().into_bytes();
    let middle = altered.len() / 2;
    altered[middle] = if altered[middle] == b'A' { b'B' } else { b'A' };
    let altered = String::from_utf8(altered).unwrap();
    for bad in [altered.as_str(), "made-up", &c.token[1..], &format!("{}A", c.token)] {
        let answer = c.kms.forwarded(bad, &c.ssm).await;
        assert!(matches!(answer, Err(CredentialError::InvalidToken)), "{bad}: {:?}", answer.err());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_ends_after_ten_minutes_also_where_it_is_kept() {
    let c = chain().await;
    assert!(c.kms.forwarded(&c.token, &c.ssm).await.is_ok());
    c.f.clock.advance(Duration::seconds(590));
    assert!(c.kms.forwarded(&c.token, &c.ssm).await.is_ok());
    c.f.clock.advance(Duration::seconds(11));
    let ended = c.kms.forwarded(&c.token, &c.ssm).await;
    assert!(matches!(ended, Err(CredentialError::Expired)), "{:?}", ended.err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_ends_with_its_access_key() {
    let c = chain().await;
    let id = &c.alice.access_key_id;
    c.f.directory().update_access_key(home(), id, AccessKeyStatus::Inactive).await.unwrap();
    let ended = c.kms.forwarded(&c.token, &c.ssm).await;
    assert!(matches!(ended, Err(CredentialError::Unknown)), "{:?}", ended.err());
}

#[tokio::test(flavor = "multi_thread")]
async fn token_keys_are_rotated_daily_and_old_tokens_live_on_to_their_end() {
    let c = chain().await;
    c.f.clock.advance(Duration::hours(24) - Duration::minutes(5));
    let ssm = c.f.credentials("ssm", &c.f.ssm);
    let before = caller(&c.f, &ssm, &c.alice, "ssm").await;
    c.f.clock.advance(Duration::minutes(6));
    let after = caller(&c.f, &c.f.credentials("ssm", &c.f.ssm), &c.alice, "ssm").await;
    for caller in [before, after] {
        let token = caller.forward_token.as_ref().unwrap().expose_secret();
        assert!(c.kms.forwarded(token, &c.ssm).await.is_ok());
    }
    let database = c.f.database.connect().await;
    let count = |rows: Vec<tokio_postgres::Row>| rows[0].get::<_, i64>(0);
    assert_eq!(count(database.query("SELECT count(*) FROM token_keys", &[]).await.unwrap()), 2);

    c.f.clock.advance(Duration::days(3));
    caller(&c.f, &c.f.credentials("ssm", &c.f.ssm), &c.alice, "ssm").await;
    assert_eq!(count(database.query("SELECT count(*) FROM token_keys", &[]).await.unwrap()), 1);
    let all = records(c.f.app.running.journal(), 3).await;
    assert_eq!(all.iter().filter(|record| record["eventName"] == "RotateTokenKey").count(), 3);
}

/// alice calls ssm, which calls secretsmanager for alice, which calls kms for alice.
#[tokio::test(flavor = "multi_thread")]
async fn a_chain_goes_on_for_the_same_caller_and_no_longer_than_its_first_token() {
    let c = chain().await;
    let secrets = c.f.credentials("secretsmanager", &c.f.secrets);
    let ssm = caller(&c.f, &secrets, &c.f.ssm, "secretsmanager").await;
    c.f.clock.advance(Duration::seconds(300));
    let at_secrets = secrets.forwarded(&c.token, &ssm).await.unwrap();
    assert_eq!(at_secrets.principal.arn, "arn:aws:iam::111122223333:user/alice");
    let onward = at_secrets.forward_token.as_ref().unwrap().expose_secret();
    assert_ne!(onward, c.token);

    let secrets_at_kms = caller(&c.f, &c.kms, &c.f.secrets, "kms").await;
    let at_kms = c.kms.forwarded(onward, &secrets_at_kms).await.unwrap();
    assert_eq!(at_kms.principal.arn, "arn:aws:iam::111122223333:user/alice");
    assert!(at_kms.forward_token.is_none(), "the chain ends at kms");

    // Each token is good for the service it was issued to only.
    for (token, sender) in [(onward, &c.ssm), (c.token.as_str(), &secrets_at_kms)] {
        let stolen = c.kms.forwarded(token, sender).await;
        assert!(matches!(stolen, Err(CredentialError::InvalidToken)), "{:?}", stolen.err());
    }
    c.f.clock.advance(Duration::seconds(301));
    let ended = c.kms.forwarded(onward, &secrets_at_kms).await;
    assert!(matches!(ended, Err(CredentialError::Expired)), "{:?}", ended.err());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_chain_goes_back_to_the_service_it_came_from() {
    let c = chain().await;
    let secrets = c.f.credentials("secretsmanager", &c.f.secrets);
    let alice = caller(&c.f, &secrets, &c.alice, "secretsmanager").await;
    let token = alice.forward_token.as_ref().unwrap().expose_secret();
    let ssm = c.f.credentials("ssm", &c.f.ssm);
    let secrets_at_ssm = caller(&c.f, &ssm, &c.f.secrets, "ssm").await;
    let at_ssm = ssm.forwarded(token, &secrets_at_ssm).await.unwrap();
    assert!(
        at_ssm.forward_token.is_none(),
        "ssm acts for whoever calls it, not for whom secretsmanager does"
    );
}
