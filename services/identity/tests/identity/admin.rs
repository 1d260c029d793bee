//! What the `keywright` command does to users and access keys.

use keywright_identity::domain::identity::IdentityKind;
use keywright_identity::domain::names::{IdentityName, Path, PolicyName};
use keywright_identity::error::{Entity, IdentityError};
use keywright_service::testing::records;

use crate::fixture::{Fixture, home};

#[tokio::test(flavor = "multi_thread")]
async fn the_admins_access_key_is_shown_once_and_made_twice_at_most() {
    let f = Fixture::start().await;
    let first = f.admin().await;
    assert_eq!((first.access_key_id.as_str().len(), first.secret_access_key.len()), (20, 40));
    let known = f.directory().ensure_admin_access_key(Some(&first.access_key_id)).await.unwrap();
    assert!(known.is_none());
    let second = f.admin().await;
    assert_ne!(first.access_key_id, second.access_key_id);
    assert!(matches!(
        f.directory().ensure_admin_access_key(None).await,
        Err(IdentityError::LimitExceeded(_))
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_at_once_don_t_exceed_the_limit() {
    let f = Fixture::start().await;
    f.user("alice", None).await;
    let alice = IdentityName::parse("alice").unwrap();
    let made =
        futures::future::join_all((0..8).map(|_| f.directory().create_access_key(home(), &alice))).await;
    assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_taken_without_regard_to_case() {
    let f = Fixture::start().await;
    f.user("Alice", None).await;
    let name = IdentityName::parse("alice").unwrap();
    let again = f.directory().create_user(home(), &name, &Path::root()).await;
    let expected = Entity::Identity(IdentityKind::User, "alice".to_owned());
    assert!(matches!(again, Err(IdentityError::EntityAlreadyExists(entity)) if entity == expected));
    assert!(f.directory().create_access_key(home(), &name).await.is_ok(), "and found so");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_exist_or_is_malformed_is_refused() {
    let f = Fixture::start().await;
    let (nobody, policy) = (IdentityName::parse("nobody").unwrap(), PolicyName::parse("p").unwrap());
    let made = f.directory().create_access_key(home(), &nobody).await;
    assert!(matches!(made, Err(IdentityError::NoSuchEntity(Entity::Identity(IdentityKind::User, _)))));
    let made = f.directory().put_user_policy(home(), &nobody, &policy, "{}").await;
    assert!(matches!(made, Err(IdentityError::Policy(_))));
    let other = keywright_aws_api::AccountId::parse("999999999999").unwrap();
    let admin = IdentityName::parse("admin").unwrap();
    let made = f.directory().create_access_key(other, &admin).await;
    assert!(matches!(made, Err(IdentityError::NoSuchEntity(_))), "another account's users are not found");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_has_its_record() {
    let f = Fixture::start().await;
    let policy = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#;
    let alice = f.user("alice", Some(policy)).await;
    let all = records(f.app.running.journal(), 4).await;
    for name in ["CreateUser", "PutUserPolicy", "CreateAccessKey"] {
        let record = all.iter().find(|record| record["eventName"] == name);
        let record = record.unwrap_or_else(|| panic!("no {name} in {all:#?}"));
        assert_eq!(record["eventSource"], "iam.amazonaws.com");
        assert_eq!(record["requestParameters"]["userName"], "alice");
        assert_eq!(record["eventType"], "AwsServiceEvent");
    }
    let made = all.iter().find(|record| record["eventName"] == "CreateAccessKey").unwrap();
    assert_eq!(made["responseElements"]["accessKeyId"], alice.access_key_id.as_str());
}
