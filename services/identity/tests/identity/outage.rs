//! The other services while identity is away.

use keywright_aws_api::{CredentialError, CredentialRequest, CredentialSource as _};
use time::Duration;

use crate::fixture::{Fixture, verifies};

#[tokio::test(flavor = "multi_thread")]
async fn the_known_go_on_and_the_new_are_told_to_wait() {
    let f = Fixture::start().await;
    let (alice, bob) = (f.user("alice", None).await, f.user("bob", None).await);
    let kms = f.credentials("kms", &f.kms);
    verifies(&kms, &alice, "kms").await.unwrap();
    let (scope, clock) = (f.scope("kms"), f.clock.clone());
    f.app.running.stop().await;

    let request = |id| CredentialRequest { access_key_id: id, scope: &scope, session_token: None };
    let new = kms.resolve(request(bob.access_key_id.as_str())).await;
    assert!(matches!(new, Err(CredentialError::Unavailable(_))));
    clock.advance(Duration::seconds(300));
    assert!(kms.resolve(request(alice.access_key_id.as_str())).await.is_ok());
    clock.advance(Duration::seconds(601));
    let over = kms.resolve(request(alice.access_key_id.as_str())).await;
    assert!(matches!(over, Err(CredentialError::Unavailable(_))));
}
