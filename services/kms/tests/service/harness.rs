//! A running KMS with a database, a root key and a journal of its own.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use keywright_aws_api::CredentialSource;
use keywright_kms::config::{
    CacheSection, Config, DeletionSection, DomainKeysSection, KeyMaterialSection, LastUsageSection,
    LimitsSection, RegionsSection,
};
use keywright_kms::enclaves::EnclavesSection;
use keywright_kms::rsa_pool::RsaPoolSection;
use keywright_kms::xks::ExternalKeyStoresSection;
use keywright_local_stack::testing::{TestDatabase, database};
use keywright_service::quotas::QuotasSection;
use keywright_service::testing::{
    ACCOUNT, TestClient, TestClock, TestCredentials, base_config_in, identity_client, records,
    surroundings_at,
};
use keywright_service::{BaseConfig, RootKeySection, Running};
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) struct TestKms {
    pub(crate) running: Running,
    pub(crate) client: TestClient,
    pub(crate) clock: TestClock,
    pub(crate) database: TestDatabase,
    pub(crate) dir: TempDir,
}

/// A KMS on a new database.
pub(crate) async fn start() -> TestKms {
    start_on(database().await, tempfile::tempdir().unwrap()).await
}

/// A KMS on a new database, with these principals.
pub(crate) async fn start_with(credentials: TestCredentials) -> TestKms {
    start_on_with(database().await, tempfile::tempdir().unwrap(), credentials).await
}

/// A KMS that makes RSA keys, for which it has time.
pub(crate) async fn start_with_time() -> TestKms {
    let (database, dir, clock) = (database().await, tempfile::tempdir().unwrap(), TestClock::default());
    let mut base = base_config_in(&database, dir.path());
    base.service.request_timeout_ms = 300_000;
    let config = config(base, dir.path());
    let running = run(config, Arc::new(TestCredentials::standard()), &clock).await;
    TestKms { client: client(&running), running, clock, database, dir }
}

/// A KMS on what another one left.
pub(crate) async fn start_on(database: TestDatabase, dir: TempDir) -> TestKms {
    start_on_with(database, dir, TestCredentials::standard()).await
}

async fn start_on_with(database: TestDatabase, dir: TempDir, credentials: TestCredentials) -> TestKms {
    let clock = TestClock::default();
    let config = config(base_config_in(&database, dir.path()), dir.path());
    let running = run(config, Arc::new(credentials), &clock).await;
    TestKms { client: client(&running), running, clock, database, dir }
}

/// Starts one process.
pub(crate) async fn run(
    config: Config,
    credentials: Arc<dyn CredentialSource>,
    clock: &TestClock,
) -> Running {
    let surroundings = surroundings_at(credentials, Arc::new(clock.clone()));
    keywright_kms::app::start_with(config, surroundings).await.unwrap()
}

/// The administrator's client.
pub(crate) fn client(running: &Running) -> TestClient {
    TestClient::new(running.address(), "AKIAADMIN", "kms", "TrentService")
}

/// The root key is in `keys`, which replicas share.
pub(crate) fn config(base: BaseConfig, keys: &Path) -> Config {
    Config {
        base,
        identity: identity_client(keys, "KWKMS"),
        root_key: RootKeySection::key_file(keys.join("root.key")),
        previous_root_key: None,
        domain_keys: DomainKeysSection { rewrap_seconds: 1, rewrap_rows: 7 },
        cache: CacheSection { keys: 100, aliases: 100, max_staleness_seconds: 300 },
        deletion: DeletionSection { interval_seconds: 1 },
        key_material: KeyMaterialSection { interval_seconds: 1 },
        // Few tests want RSA keys, so none are made ahead.
        rsa_pool: RsaPoolSection { rsa_2048: 0, rsa_3072: 0, rsa_4096: 0, max_wait_seconds: 300 },
        last_usage: LastUsageSection { flush_seconds: 1 },
        quotas: QuotasSection::default(),
        limits: LimitsSection { keys_per_account: 100_000 },
        regions: RegionsSection { interval_ms: 50, public_key_file: None },
        peers: BTreeMap::new(),
        hsm_clusters: Vec::new(),
        enclaves: EnclavesSection::default(),
        external_key_stores: ExternalKeyStoresSection {
            time_limit_ms: 10_000,
            attempts: 2,
            max_concurrent_requests: 4,
            ca_file: None,
            resolve: BTreeMap::new(),
        },
    }
}

impl TestKms {
    pub(crate) async fn call(&self, operation: &str, input: Value) -> Value {
        self.client.call(operation, input).await.ok()
    }

    /// Calls what must fail; gives the error's code and message.
    pub(crate) async fn refused(&self, operation: &str, input: Value) -> (String, String) {
        let answer = self.client.call(operation, input).await;
        assert_eq!(answer.status, 400, "{operation}: {}", answer.text);
        (answer.error().to_owned(), answer.message().to_owned())
    }

    /// Calls what must fail with this code.
    #[track_caller]
    pub(crate) fn refuses(
        &self,
        operation: &str,
        input: Value,
        code: &str,
    ) -> impl Future<Output = String> + use<'_> {
        let (operation, code) = (operation.to_owned(), code.to_owned());
        let shown = input.to_string();
        async move {
            let (error, message) = self.refused(&operation, input).await;
            assert_eq!(error, code, "{operation} {shown}: {message}");
            message
        }
    }

    /// Another principal's client.
    pub(crate) fn by(&self, access_key_id: &str) -> TestClient {
        self.client.with_key(access_key_id)
    }

    /// Makes a grant as the administrator; gives its id and its token.
    pub(crate) async fn grant(&self, input: Value) -> (String, String) {
        let made = self.call("CreateGrant", input).await;
        (text(&made["GrantId"]), text(&made["GrantToken"]))
    }

    pub(crate) async fn new_key(&self) -> String {
        let created = self.call("CreateKey", json!({})).await;
        text(&created["KeyMetadata"]["KeyId"])
    }

    /// A key of this spec and usage.
    pub(crate) async fn new_key_of(&self, spec: &str, usage: &str) -> String {
        let created = self.call("CreateKey", json!({ "KeySpec": spec, "KeyUsage": usage })).await;
        text(&created["KeyMetadata"]["KeyId"])
    }

    /// The public key of a key.
    pub(crate) async fn public_key(&self, key: &str) -> Vec<u8> {
        bytes(&self.call("GetPublicKey", json!({ "KeyId": key })).await["PublicKey"])
    }

    pub(crate) async fn encrypt(&self, key: &str, plaintext: &str) -> String {
        text(&self.call("Encrypt", json!({ "KeyId": key, "Plaintext": plaintext })).await["CiphertextBlob"])
    }

    /// The newest record of an event, once at least `count` records are there.
    pub(crate) async fn record_of(&self, event_name: &str, count: usize) -> Value {
        let all = records(self.running.journal(), count).await;
        let found = all.iter().rev().find(|record| record["eventName"] == event_name);
        found.unwrap_or_else(|| panic!("no {event_name} in {all:#?}")).clone()
    }
}

pub(crate) fn arn(key_id: &str) -> String {
    format!("arn:aws:kms:us-east-1:{ACCOUNT}:key/{key_id}")
}

pub(crate) fn alias_arn(name: &str) -> String {
    format!("arn:aws:kms:us-east-1:{ACCOUNT}:{name}")
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}")).to_owned()
}

pub(crate) fn bytes(value: &Value) -> Vec<u8> {
    BASE64.decode(text(value)).unwrap()
}

pub(crate) fn blob(bytes: impl AsRef<[u8]>) -> String {
    BASE64.encode(bytes)
}

/// `hello`.
pub(crate) const HELLO: &str = "aGVsbG8=";
