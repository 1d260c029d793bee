use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use futures::future::BoxFuture;
use keywright_aws_api::{Caller, Credential, CredentialError, CredentialRequest, CredentialSource};
use keywright_crypto::SecretString;
use keywright_kms::changes::CHANNEL;
use keywright_kms::config::Config;
use keywright_local_stack::{PgLogin, PostgresCluster, PostgresConfig};
use keywright_service::Running;
use keywright_service::testing::{ACCOUNT, TestClient, TestClock, TestCredentials, base_config_in};
use keywright_store::{StoreConfig, TlsMode};
use serde_json::json;
use tempfile::TempDir;

use crate::harness::{client, config, run};

/// Answers from memory what was asked before, as the cache in front of identity does; the rest can be cut off.
struct Remembering {
    source: TestCredentials,
    known: Mutex<HashMap<String, Arc<Credential>>>,
    down: AtomicBool,
}

impl CredentialSource for Remembering {
    fn cached(&self, request: CredentialRequest<'_>) -> Option<Arc<Credential>> {
        self.known.lock().unwrap().get(request.access_key_id).cloned()
    }

    fn resolve<'a>(
        &'a self,
        request: CredentialRequest<'a>,
    ) -> BoxFuture<'a, Result<Arc<Credential>, CredentialError>> {
        Box::pin(async move {
            assert!(!self.down.load(Ordering::SeqCst), "identity was asked");
            let credential = self.source.resolve(request).await?;
            self.known.lock().unwrap().insert(request.access_key_id.to_owned(), Arc::clone(&credential));
            Ok(credential)
        })
    }

    fn forwarded<'a>(
        &'a self,
        token: &'a str,
        service: &'a Caller,
    ) -> BoxFuture<'a, Result<Arc<Caller>, CredentialError>> {
        self.source.forwarded(token, service)
    }
}

/// A KMS on a Postgres that can be stopped.
struct Isolated {
    running: Running,
    postgres: PostgresCluster,
    login: PgLogin,
    credentials: Arc<Remembering>,
    _dirs: (TempDir, TempDir),
}

async fn isolated(max_staleness_seconds: u64) -> Isolated {
    let (dir, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    open_to_all(&data);
    let settings = vec![("fsync".to_owned(), "off".to_owned())];
    let postgres =
        PostgresCluster::start(PostgresConfig { dir: data.path().join("postgres"), port: 0, settings })
            .await
            .unwrap();
    let login = postgres.create_database("kms", "kms", "pa55word").await.unwrap();
    let credentials = Arc::new(Remembering {
        source: TestCredentials::standard(),
        known: Mutex::default(),
        down: AtomicBool::new(false),
    });
    let config = config_of(&login, &dir, max_staleness_seconds).await;
    let running = run(config, Arc::clone(&credentials) as _, &TestClock::default()).await;
    Isolated { running, postgres, login, credentials, _dirs: (dir, data) }
}

/// Postgres may run as another user.
fn open_to_all(dir: &TempDir) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
}

async fn config_of(login: &PgLogin, dir: &TempDir, max_staleness_seconds: u64) -> Config {
    // The shared database only lends the other settings.
    let shared = keywright_local_stack::testing::database().await;
    let mut base = base_config_in(&shared, dir.path());
    let password = SecretString::new("pa55word".to_owned());
    base.store = StoreConfig::new(login.host(), login.database(), login.user(), password);
    base.store.port = login.port();
    base.store.tls = TlsMode::Disable;
    base.store.connect_timeout = std::time::Duration::from_secs(1);
    let mut config = config(base, dir.path());
    config.cache.max_staleness_seconds = max_staleness_seconds;
    config
}

/// Waits until a change is heard that is told behind all others: an alias goes from one key to another in the database.
async fn all_changes_are_heard(kms: &Isolated, client: &TestClient, one: &str, other: &str) {
    client.call("CreateAlias", json!({ "AliasName": "alias/marker", "TargetKeyId": one })).await.ok();
    let marked = || async {
        let described = client.call("DescribeKey", json!({ "KeyId": "alias/marker" })).await.ok();
        described["KeyMetadata"]["KeyId"].as_str().unwrap().to_owned()
    };
    assert_eq!(marked().await, one);
    let database = kms.login.connect().await.unwrap();
    let change = "UPDATE aliases SET key_id = $1 WHERE alias_name = 'alias/marker'";
    database.execute(change, &[&other]).await.unwrap();
    let tell = format!("alias us-east-1 {ACCOUNT} alias/marker");
    database.execute("SELECT pg_notify($1, $2)", &[&CHANNEL, &tell]).await.unwrap();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while marked().await != other {
        assert!(std::time::Instant::now() < deadline, "the change was not heard");
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_warm_key_needs_neither_the_database_nor_identity() {
    let mut kms = isolated(300).await;
    let client = client(&kms.running);
    let key = |metadata: serde_json::Value| metadata["KeyMetadata"]["KeyId"].as_str().unwrap().to_owned();
    let warm = key(client.call("CreateKey", json!({})).await.ok());
    let cold = key(client.call("CreateKey", json!({})).await.ok());
    let marked = key(client.call("CreateKey", json!({})).await.ok());
    client.call("CreateAlias", json!({ "AliasName": "alias/app", "TargetKeyId": warm })).await.ok();
    let generate = |key: &str| json!({ "KeyId": key, "KeySpec": "AES_256" });
    // What was made may still be told of, which would drop from memory what comes into it now.
    all_changes_are_heard(&kms, &client, &warm, &marked).await;
    let before = client.call("GenerateDataKey", generate("alias/app")).await.ok();

    kms.postgres.shut_down().await.unwrap();
    kms.credentials.down.store(true, Ordering::SeqCst);
    for name in ["alias/app", warm.as_str()] {
        for _ in 0..20 {
            client.call("GenerateDataKey", generate(name)).await.ok();
        }
    }
    let decrypted = client.call("Decrypt", json!({ "CiphertextBlob": before["CiphertextBlob"] })).await.ok();
    assert_eq!(decrypted["Plaintext"], before["Plaintext"]);

    for (operation, input) in [("GenerateDataKey", generate(&cold)), ("DisableKey", json!({ "KeyId": warm }))]
    {
        let answer = client.call(operation, input).await;
        assert_eq!((answer.status, answer.error()), (503, "ServiceUnavailableException"), "{operation}");
        assert!(answer.message().contains("database"), "{}", answer.message());
    }

    kms.postgres.restart().await.unwrap();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    loop {
        let answer = client.call("GenerateDataKey", generate(&cold)).await;
        if answer.status == 200 {
            break;
        }
        assert!(std::time::Instant::now() < deadline, "still {}", answer.text);
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    kms.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_cannot_hear_of_changes_for_too_long_refuses() {
    let mut kms = isolated(2).await;
    let client = client(&kms.running);
    let created = client.call("CreateKey", json!({})).await.ok();
    let generate = json!({ "KeyId": created["KeyMetadata"]["KeyId"], "KeySpec": "AES_256" });
    client.call("GenerateDataKey", generate.clone()).await.ok();
    kms.postgres.shut_down().await.unwrap();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    loop {
        let answer = client.call("GenerateDataKey", generate.clone()).await;
        if answer.status != 200 {
            assert_eq!((answer.status, answer.error()), (503, "ServiceUnavailableException"));
            break;
        }
        assert!(
            std::time::Instant::now() < deadline,
            "a key is still used that may have been disabled long ago"
        );
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    kms.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passphrase_can_be_the_root_of_trust() {
    use keywright_service::RootKeyKind;

    let other = keywright_local_stack::testing::database().await;
    let dir = tempfile::tempdir().unwrap();
    let passphrase = dir.path().join("passphrase");
    std::fs::write(&passphrase, "correct horse battery staple\n").unwrap();
    let passphrase_config = || {
        let mut config = config(base_config_in(&other, dir.path()), dir.path());
        config.root_key.kind = RootKeyKind::Passphrase;
        config.root_key.path = None;
        config.root_key.passphrase_file = Some(passphrase.clone());
        config.root_key.salt_file = Some(dir.path().join("root.salt"));
        config
    };
    let credentials: Arc<dyn CredentialSource> = Arc::new(TestCredentials::standard());
    let running = run(passphrase_config(), Arc::clone(&credentials), &TestClock::default()).await;
    let created = client(&running).call("CreateKey", json!({})).await.ok();
    let generate = json!({ "KeyId": created["KeyMetadata"]["KeyId"], "KeySpec": "AES_256" });
    let blob = client(&running).call("GenerateDataKey", generate).await.ok()["CiphertextBlob"].clone();
    running.stop().await;

    let running = run(passphrase_config(), credentials, &TestClock::default()).await;
    client(&running).call("Decrypt", json!({ "CiphertextBlob": blob })).await.ok();
    running.stop().await;
}
