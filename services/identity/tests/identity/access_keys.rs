//! Access keys over the Query protocol, and when they were last used.

use keywright_aws_api::{CredentialRequest, CredentialSource as _};

use crate::fixture::{Fixture, home};
use crate::query::{done, element, elements, pages, refused};

const NO_SUCH: (u16, &str) = (404, "NoSuchEntity");

#[tokio::test(flavor = "multi_thread")]
async fn access_keys_are_listed_switched_off_and_deleted() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    let first = f.user("alice", None).await;
    let (alice, id) = (("UserName", "alice"), first.access_key_id.as_str());
    let made = done(&f, &admin, "CreateAccessKey", &[alice]).await;
    let second = element(&made, "AccessKeyId").to_owned();
    refused(&f, &admin, "CreateAccessKey", &[alice], (409, "LimitExceeded")).await;
    let mut both = vec![id.to_owned(), second.clone()];
    both.sort();
    for size in [1, 2] {
        assert_eq!(pages(&f, &admin, "ListAccessKeys", &[alice], "AccessKeyId", size).await, both);
    }
    let key = ("AccessKeyId", id);
    done(&f, &admin, "UpdateAccessKey", &[alice, key, ("Status", "Inactive")]).await;
    let mut states = elements(&done(&f, &admin, "ListAccessKeys", &[alice]).await, "Status");
    states.sort();
    assert_eq!(states, ["Active", "Inactive"]);
    done(&f, &admin, "UpdateAccessKey", &[alice, key, ("Status", "Active")]).await;
    refused(&f, &admin, "UpdateAccessKey", &[alice, key, ("Status", "Expired")], (400, "InvalidInput")).await;
    refused(&f, &admin, "UpdateAccessKey", &[alice, key, ("Status", "Gone")], (400, "ValidationError")).await;
    // Another user's key is none of the user's.
    for operation in ["UpdateAccessKey", "DeleteAccessKey"] {
        refused(&f, &admin, operation, &[key, ("Status", "Inactive")], NO_SUCH).await;
    }
    done(&f, &admin, "DeleteAccessKey", &[alice, key]).await;
    refused(&f, &admin, "DeleteAccessKey", &[alice, key], NO_SUCH).await;
    refused(&f, &first, "ListAccessKeys", &[], (403, "InvalidClientTokenId")).await;
    assert_eq!(pages(&f, &admin, "ListAccessKeys", &[alice], "AccessKeyId", 9).await, [second]);
}

#[tokio::test(flavor = "multi_thread")]
async fn users_and_the_root_user_manage_their_own() {
    let f = Fixture::start().await;
    let bob = f.user("bob", Some(crate::iam::ALLOW)).await;
    let root = f.directory().create_root_access_key(home()).await.unwrap();
    for (owner, name) in [(&bob, Some("bob")), (&root, None)] {
        let made = done(&f, owner, "CreateAccessKey", &[]).await;
        let id = element(&made, "AccessKeyId").to_owned();
        assert_eq!(elements(&made, "UserName"), name.into_iter().collect::<Vec<_>>());
        let listed = done(&f, owner, "ListAccessKeys", &[]).await;
        assert_eq!(elements(&listed, "AccessKeyId").len(), 2);
        done(&f, owner, "UpdateAccessKey", &[("AccessKeyId", &id), ("Status", "Inactive")]).await;
        let used = done(&f, owner, "GetAccessKeyLastUsed", &[("AccessKeyId", &id)]).await;
        assert_eq!(elements(&used, "UserName"), name.into_iter().collect::<Vec<_>>());
        done(&f, owner, "DeleteAccessKey", &[("AccessKeyId", &id)]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_use_of_an_access_key_is_told_and_survives_a_restart() {
    let f = Fixture::start().await;
    let (admin, alice) = (f.admin().await, f.user("alice", None).await);
    let id = alice.access_key_id.as_str();
    let asked = [("AccessKeyId", id)];
    let never = done(&f, &admin, "GetAccessKeyLastUsed", &asked).await;
    assert_eq!((element(&never, "ServiceName"), element(&never, "Region")), ("N/A", "N/A"));
    assert!(!never.contains("LastUsedDate"), "{never}");
    let (kms, scope) = (f.credentials("kms", &f.kms), f.scope("kms"));
    kms.resolve(CredentialRequest { access_key_id: id, scope: &scope, session_token: None }).await.unwrap();
    let noted = done(&f, &admin, "GetAccessKeyLastUsed", &asked).await;
    assert_eq!(element(&noted, "UserName"), "alice");
    assert_eq!((element(&noted, "ServiceName"), element(&noted, "Region")), ("kms", "us-east-1"));
    assert!(element(&noted, "LastUsedDate").ends_with('Z'));

    let f = f.restart().await;
    let stored = done(&f, &admin, "GetAccessKeyLastUsed", &asked).await;
    assert_eq!((element(&stored, "ServiceName"), element(&stored, "Region")), ("kms", "us-east-1"));
    // This request itself is a use of the administrator's key.
    let own = [("AccessKeyId", admin.access_key_id.as_str())];
    assert_eq!(element(&done(&f, &admin, "GetAccessKeyLastUsed", &own).await, "ServiceName"), "iam");
    let unknown = [("AccessKeyId", "AKIA2222222222222222")];
    refused(&f, &admin, "GetAccessKeyLastUsed", &unknown, NO_SUCH).await;
    let of_a_service = [("AccessKeyId", f.kms.access_key_id.as_str())];
    refused(&f, &admin, "GetAccessKeyLastUsed", &of_a_service, NO_SUCH).await;
}
