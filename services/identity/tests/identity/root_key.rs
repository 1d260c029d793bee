//! Another root key takes over the sealing keys while the service runs.

use keywright_identity::app;
use keywright_identity::config::Config;
use keywright_identity::domain::access_key::NewAccessKey;
use keywright_root_key::RootKeySource;
use keywright_service::RootKeySection;
use keywright_service::identity::{ADMIN_SIGNING_NAME, ADMIN_TARGET_PREFIX};
use keywright_service::testing::{TestClient, records};
use serde_json::json;

use crate::fixture::{Fixture, start, verifies};

async fn restart(f: Fixture, config: Config) -> Fixture {
    f.app.running.stop().await;
    Fixture { app: start(config, &f.clock).await, ..f }
}

fn operator(f: &Fixture, key: &NewAccessKey) -> TestClient {
    let (address, id) = (f.app.running.address(), key.access_key_id.as_str());
    TestClient::new(address, id, ADMIN_SIGNING_NAME, ADMIN_TARGET_PREFIX)
        .with_secret(key.secret_access_key.expose_secret())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_former_one_is_needed_until_the_new_one_wraps_everything() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    let alice = f.user("alice", None).await;
    let former = f.config();
    let path = f.dir.path().join("next.key");
    let source = RootKeySource::KeyFile { path: path.clone(), create: true };
    keywright_root_key::open(&source, &keywright_crypto::SystemRandom).unwrap();
    let alone = Config { root_key: RootKeySection::key_file(path), ..former.clone() };
    let both = Config { previous_root_key: Some(former.root_key.clone()), ..alone.clone() };

    let f = restart(f, both).await;
    verifies(&f.credentials("kms", &f.kms), &alice, "kms").await.unwrap();
    let refused = operator(&f, &alice).call("RotateRootKey", json!({})).await;
    assert_eq!((refused.status, refused.error()), (400, "AccessDeniedException"));
    let first = operator(&f, &admin).call("RotateRootKey", json!({})).await.ok();
    assert_eq!(first["Rewrapped"], 1);
    let again = operator(&f, &admin).call("RotateRootKey", json!({})).await.ok();
    assert_eq!((&again["Rewrapped"], &again["RootKeyId"]), (&json!(0), &first["RootKeyId"]));
    let row = "SELECT root_key_id FROM sealing_keys";
    let row = f.database.connect().await.query_one(row, &[]).await.unwrap();
    assert_eq!(first["RootKeyId"], row.get::<_, String>(0));
    let all = records(f.app.running.journal(), 3).await;
    let of = |name: &str| all.iter().find(|r| r["eventName"] == name && r["errorCode"].is_null()).unwrap();
    assert_eq!(of("RewrapSealingKey")["requestParameters"]["rootKeyId"], first["RootKeyId"]);
    assert_eq!(of("RotateRootKey")["userIdentity"]["userName"], "admin");

    let f = restart(f, alone).await;
    verifies(&f.credentials("kms", &f.kms), &alice, "kms").await.unwrap();
    f.app.running.stop().await;
    assert!(app::start(former).await.is_err(), "the former one opens nothing any more");
}
