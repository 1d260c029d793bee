//! What a start makes, and what the next one leaves as it is.

use keywright_crypto::SystemRandom;
use keywright_identity::app;
use keywright_identity::config::Config;
use keywright_identity::domain::access_key::NewAccessKey;
use keywright_service::testing::records;

use crate::fixture::{Fixture, config, start, verifies};

async fn restart(f: Fixture) -> Fixture {
    let config = f.config();
    f.app.running.stop().await;
    Fixture { app: start(config, &f.clock).await, ..f }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_start_finds_everything_and_changes_nothing() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    let alice = f.user("alice", None).await;
    let f = restart(f).await;
    let kms = f.credentials("kms", &f.kms);
    verifies(&kms, &admin, "kms").await.unwrap();
    verifies(&kms, &alice, "kms").await.unwrap();
    let known = f.directory().ensure_admin_access_key(Some(&admin.access_key_id)).await.unwrap();
    assert!(known.is_none(), "the key that the caller has is there");

    let all = records(f.app.running.journal(), 1).await;
    let made: Vec<_> = all.iter().filter(|record| record["eventName"] == "BootstrapIdentity").collect();
    assert_eq!(made.len(), 1, "{all:#?}");
    let made = made[0]["responseElements"]["made"].to_string();
    for part in ["sealing key 1", "account 111122223333", "user/admin", "kms.amazonaws.com"] {
        assert!(made.contains(part), "{part} in {made}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_that_start_together_make_everything_once() {
    let f = Fixture::start().await;
    let database = keywright_local_stack::testing::database().await;
    let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    // They share the root key, as replicas do.
    for dir in &dirs {
        for file in ["root.key", "kms", "ssm"] {
            std::fs::copy(f.dir.path().join(file), dir.path().join(file)).unwrap();
        }
    }
    let starts = dirs.iter().map(|dir| {
        let config = config(&database, dir.path(), &[("kms", &f.kms), ("ssm", &f.ssm)]);
        start(config, &f.clock)
    });
    let apps = futures::future::join_all(starts).await;
    let rows = database.connect().await.query("SELECT count(*) FROM identities", &[]).await.unwrap();
    assert_eq!(rows[0].get::<_, i64>(0), 1);
    let rows = database.connect().await.query("SELECT count(*) FROM sealing_keys", &[]).await.unwrap();
    assert_eq!(rows[0].get::<_, i64>(0), 1);
    for app in apps {
        app.running.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_services_new_access_key_replaces_the_old_one() {
    let f = Fixture::start().await;
    let alice = f.user("alice", None).await;
    let new = NewAccessKey::generate(&SystemRandom).unwrap();
    std::fs::write(f.dir.path().join("kms"), new.secret_access_key.expose_secret()).unwrap();
    let old = NewAccessKey {
        access_key_id: f.kms.access_key_id.clone(),
        secret_access_key: f.kms.secret_access_key.clone(),
    };
    let f = restart(Fixture { kms: new, ..f }).await;
    verifies(&f.credentials("kms", &f.kms), &alice, "kms").await.unwrap();
    let answer = f.internal(&old).call("ResolveCredential", serde_json::json!({})).await;
    assert_eq!((answer.status, answer.error()), (400, "UnrecognizedClientException"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_no_more_configured_can_not_ask() {
    let f = Fixture::start().await;
    f.app.running.stop().await;
    let config = config(&f.database, f.dir.path(), &[("kms", &f.kms)]);
    let f = Fixture { app: start(config, &f.clock).await, ..f };
    let answer = f.internal(&f.ssm).call("ResolveCredential", serde_json::json!({})).await;
    assert_eq!(answer.error(), "UnrecognizedClientException");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_root_key_or_none_refuses_to_start() {
    let (f, elsewhere) = (Fixture::start().await, Fixture::start().await);
    let config = f.config();
    f.app.running.stop().await;
    let path = f.dir.path().join("root.key");
    std::fs::remove_file(&path).unwrap();
    let absent = refused(config.clone()).await;
    assert!(absent.contains("root.key does not exist"), "{absent}");
    assert!(!path.exists(), "a new root key was made beside keys that it can't unwrap");

    std::fs::copy(elsewhere.dir.path().join("root.key"), &path).unwrap();
    let other = refused(config).await;
    assert!(other.contains("root key"), "{other}");
}

async fn refused(config: Config) -> String {
    let error = app::start(config).await.err().unwrap();
    let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
    format!("{error}: {cause}")
}
