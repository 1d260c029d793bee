//! Custom key stores of the type AWS_CLOUDHSM, on tokens of SoftHSM. Each test runs in a process of its own, which alone
//! can load the module.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keywright_crypto::{SecretString, SystemRandom};
use keywright_hsm::{HsmError, KeyId, KeyName, Token, TokenConfig, TokenSelector};
use keywright_kms::config::Config;
use keywright_kms::custom_stores::HsmClusterSection;
use keywright_local_stack::testing::{SoftHsm, SoftHsmToken, TestDatabase, database, in_softhsm_process};
use keywright_service::testing::{TestClock, TestCredentials, base_config_in};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::custom_key_stores::{connect, described, until_state};
use crate::harness::{HELLO, TestKms, arn, client, config, run, text};
use crate::hierarchy::administer;

/// The cluster of most tests.
pub(crate) const CLUSTER: &str = "cluster-abcdefghijk";

/// A token with its certificate.
pub(crate) struct Hsm {
    pub(crate) softhsm: SoftHsm,
    pub(crate) token: SoftHsmToken,
    pub(crate) certificate: String,
}

impl Hsm {
    /// In the process that was started for the test.
    pub(crate) fn for_test(test: &str) -> Option<Self> {
        let softhsm = in_softhsm_process(test)?;
        let token = softhsm.add_token("store");
        Some(Self { softhsm, token, certificate: certificate() })
    }

    /// As the operator configures it.
    pub(crate) fn section(&self, dir: &Path) -> HsmClusterSection {
        section(CLUSTER, dir, &self.softhsm, &self.token.label, &self.certificate)
    }

    /// What CreateCustomKeyStore is given for it.
    pub(crate) fn store_input(&self) -> Value {
        json!({
            "CustomKeyStoreName": "store",
            "CloudHsmClusterId": CLUSTER,
            "TrustAnchorCertificate": self.certificate,
            "KeyStorePassword": self.token.pin,
        })
    }

    /// Destroys a key behind the back of KMS.
    pub(crate) async fn destroy(&self, key: &str) {
        let token = self.open().await;
        token.destroy_key(&in_token(key)).await.unwrap();
        token.close().await;
    }

    /// The token as the test itself looks into it.
    async fn open(&self) -> Token {
        let config = TokenConfig {
            module: self.softhsm.module().to_owned(),
            token: TokenSelector::Label(self.token.label.clone()),
            pin: SecretString::new(self.token.pin.clone()),
            sessions: 1,
            timeout: Duration::from_secs(20),
        };
        Token::open(config, Arc::new(SystemRandom)).await.unwrap()
    }
}

pub(crate) fn certificate() -> String {
    rcgen::generate_simple_self_signed(vec!["cluster.example.com".to_owned()]).unwrap().cert.pem()
}

pub(crate) fn section(
    id: &str,
    dir: &Path,
    softhsm: &SoftHsm,
    label: &str,
    certificate: &str,
) -> HsmClusterSection {
    let file = dir.join(format!("{id}.pem"));
    std::fs::write(&file, certificate).unwrap();
    HsmClusterSection {
        id: id.to_owned(),
        account: None,
        module: softhsm.module().to_owned(),
        token: Some(label.to_owned()),
        token_serial: None,
        user: None,
        trust_anchor_certificate_file: file,
        sessions: 2,
        time_limit_ms: 10_000,
    }
}

fn config_with(
    database: &TestDatabase,
    journal: &Path,
    keys: &Path,
    clusters: Vec<HsmClusterSection>,
) -> Config {
    let mut config = config(base_config_in(database, journal), keys);
    config.hsm_clusters = clusters;
    config
}

/// A KMS that knows these clusters.
pub(crate) async fn start_with(clusters: impl FnOnce(&Path) -> Vec<HsmClusterSection>) -> TestKms {
    let (database, dir) = (database().await, tempfile::tempdir().unwrap());
    let config = config_with(&database, dir.path(), dir.path(), clusters(dir.path()));
    let clock = TestClock::default();
    let running = run(config, Arc::new(TestCredentials::standard()), &clock).await;
    TestKms { client: client(&running), running, clock, database, dir }
}

async fn start(hsm: &Hsm) -> TestKms {
    start_with(|dir| vec![hsm.section(dir)]).await
}

pub(crate) async fn new_store(kms: &TestKms, hsm: &Hsm) -> String {
    text(&kms.call("CreateCustomKeyStore", hsm.store_input()).await["CustomKeyStoreId"])
}

pub(crate) fn key_input(store: &str) -> Value {
    json!({ "Origin": "AWS_CLOUDHSM", "CustomKeyStoreId": store })
}

/// A connected store with a key.
pub(crate) async fn store_with_key(kms: &TestKms, hsm: &Hsm) -> (String, String) {
    let store = new_store(kms, hsm).await;
    connect(kms, &store).await;
    let created = kms.call("CreateKey", key_input(&store)).await;
    (store, text(&created["KeyMetadata"]["KeyId"]))
}

/// By what a key is found in its token.
fn in_token(key: &str) -> KeyName {
    KeyName::Id(KeyId::new(Uuid::parse_str(key).unwrap().as_bytes().as_slice()).unwrap())
}

async fn notes(kms: &TestKms) -> i64 {
    let count = "SELECT count(*) FROM hsm_keys_to_destroy";
    kms.database.connect().await.query_one(count, &[]).await.unwrap().get(0)
}

async fn until_destroyed(token: &Token, key: &KeyName) {
    let began = Instant::now();
    loop {
        match token.find_key(key).await {
            Err(HsmError::NoSuchKey { .. }) => return,
            other => assert!(began.elapsed() < Duration::from_secs(60), "still {other:?}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_in_a_token_encrypts_and_decrypts_there() {
    let Some(hsm) = Hsm::for_test("cloud_hsm::a_key_in_a_token_encrypts_and_decrypts_there") else { return };
    let kms = start(&hsm).await;
    let store = new_store(&kms, &hsm).await;
    let before = described(&kms.client, &store).await;
    for (member, value) in [
        ("ConnectionState", "DISCONNECTED"),
        ("CustomKeyStoreType", "AWS_CLOUDHSM"),
        ("CloudHsmClusterId", CLUSTER),
        ("TrustAnchorCertificate", &hsm.certificate),
        ("CustomKeyStoreName", "store"),
    ] {
        assert_eq!(before[member], value, "{member}");
    }
    assert!(before.get("XksProxyConfiguration").is_none());
    kms.refuses("CreateKey", key_input(&store), "CustomKeyStoreInvalidStateException").await;
    let random = json!({ "NumberOfBytes": 64, "CustomKeyStoreId": store });
    kms.refuses("GenerateRandom", random.clone(), "CustomKeyStoreInvalidStateException").await;

    connect(&kms, &store).await;
    let created = kms.call("CreateKey", key_input(&store)).await["KeyMetadata"].clone();
    let key = text(&created["KeyId"]);
    for (member, value) in [
        ("Origin", json!("AWS_CLOUDHSM")),
        ("KeyState", json!("Enabled")),
        ("Enabled", json!(true)),
        ("CustomKeyStoreId", json!(store)),
        ("CloudHsmClusterId", json!(CLUSTER)),
        ("KeySpec", json!("SYMMETRIC_DEFAULT")),
        ("MultiRegion", json!(false)),
    ] {
        assert_eq!(created[member], value, "{member}");
        let described = kms.call("DescribeKey", json!({ "KeyId": key })).await;
        assert_eq!(described["KeyMetadata"][member], value, "{member}");
    }
    assert!(created.get("CurrentKeyMaterialId").is_none() && created.get("XksKeyConfiguration").is_none());
    // By its id and by its label there is one that can't leave.
    let token = hsm.open().await;
    token.find_key(&in_token(&key)).await.unwrap();
    token.find_key(&KeyName::Label(key.clone())).await.unwrap();
    assert_eq!(notes(&kms).await, 0);
    let materials = "SELECT count(*) FROM key_materials";
    let materials = kms.database.connect().await.query_one(materials, &[]).await.unwrap();
    assert_eq!(materials.get::<_, i64>(0), 0);

    let context = json!({ "app": "a" });
    let encrypt = json!({ "KeyId": key, "Plaintext": HELLO, "EncryptionContext": context });
    let encrypted = kms.call("Encrypt", encrypt).await;
    assert!(encrypted.get("KeyMaterialId").is_none());
    let blob = text(&encrypted["CiphertextBlob"]);
    let decrypted =
        kms.call("Decrypt", json!({ "CiphertextBlob": blob, "EncryptionContext": context })).await;
    assert_eq!((&decrypted["Plaintext"], &decrypted["KeyId"]), (&json!(HELLO), &json!(arn(&key))));
    for wrong in [json!({}), json!({ "app": "b" })] {
        let input = json!({ "CiphertextBlob": blob, "EncryptionContext": wrong });
        kms.refuses("Decrypt", input, "InvalidCiphertextException").await;
    }
    for (operation, wrapped, members) in [
        ("GenerateDataKey", "CiphertextBlob", json!({ "KeySpec": "AES_256" })),
        ("GenerateDataKeyWithoutPlaintext", "CiphertextBlob", json!({ "NumberOfBytes": 48 })),
    ] {
        let mut input = members;
        input["KeyId"] = json!(key);
        let generated = kms.call(operation, input).await;
        let opened = kms.call("Decrypt", json!({ "CiphertextBlob": generated[wrapped] })).await;
        let plaintext = generated.get("Plaintext");
        assert_eq!(plaintext.unwrap_or(&opened["Plaintext"]), &opened["Plaintext"], "{operation}");
    }
    let pair = json!({ "KeyId": key, "KeyPairSpec": "ECC_NIST_P256" });
    for operation in ["GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext"] {
        kms.refuses(operation, pair.clone(), "UnsupportedOperationException").await;
    }
    let own = kms.new_key().await;
    let there =
        json!({ "CiphertextBlob": blob, "SourceEncryptionContext": context, "DestinationKeyId": own });
    let there = text(&kms.call("ReEncrypt", there).await["CiphertextBlob"]);
    let back = json!({ "CiphertextBlob": there, "DestinationKeyId": key });
    let back = text(&kms.call("ReEncrypt", back).await["CiphertextBlob"]);
    assert_eq!(kms.call("Decrypt", json!({ "CiphertextBlob": back })).await["Plaintext"], HELLO);
    let longest = STANDARD.encode([7; 4096]);
    let blob = kms.encrypt(&key, &longest).await;
    assert_eq!(kms.call("Decrypt", json!({ "CiphertextBlob": blob })).await["Plaintext"], longest);

    let first = kms.call("GenerateRandom", random.clone()).await["Plaintext"].clone();
    assert_eq!(STANDARD.decode(text(&first)).unwrap().len(), 64);
    assert_ne!(kms.call("GenerateRandom", random).await["Plaintext"], first);
    token.close().await;
    kms.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_damage_to_a_ciphertext_is_noticed() {
    let Some(hsm) = Hsm::for_test("cloud_hsm::every_damage_to_a_ciphertext_is_noticed") else { return };
    let kms = start(&hsm).await;
    let (_, key) = store_with_key(&kms, &hsm).await;
    let blob = STANDARD.decode(kms.encrypt(&key, HELLO).await).unwrap();
    for byte in 0..blob.len() {
        let mut damaged = blob.clone();
        damaged[byte] ^= 1;
        let input = json!({ "CiphertextBlob": STANDARD.encode(damaged), "KeyId": key });
        kms.refuses("Decrypt", input, "InvalidCiphertextException").await;
    }
    // A blob of another form doesn't become this key's by its header.
    let own = kms.new_key().await;
    let of_own = kms.encrypt(&own, HELLO).await;
    let input = json!({ "CiphertextBlob": of_own, "KeyId": key });
    kms.refuses("Decrypt", input, "IncorrectKeyException").await;
    kms.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_a_disconnected_store_are_unavailable_on_every_replica() {
    let test = "cloud_hsm::keys_of_a_disconnected_store_are_unavailable_on_every_replica";
    let Some(hsm) = Hsm::for_test(test) else { return };
    let kms = start(&hsm).await;
    let (store, key) = store_with_key(&kms, &hsm).await;
    let journal = tempfile::tempdir().unwrap();
    let clusters = vec![hsm.section(kms.dir.path())];
    let second = config_with(&kms.database, journal.path(), kms.dir.path(), clusters);
    let second = run(second, Arc::new(TestCredentials::standard()), &TestClock::default()).await;
    let other = client(&second);
    let blob = kms.encrypt(&key, HELLO).await;
    let decrypt = json!({ "CiphertextBlob": blob });
    assert_eq!(other.call("Decrypt", decrypt.clone()).await.ok()["Plaintext"], HELLO);

    kms.call("DisconnectCustomKeyStore", json!({ "CustomKeyStoreId": store })).await;
    for (operation, input) in [
        ("Encrypt", json!({ "KeyId": key, "Plaintext": HELLO })),
        ("Decrypt", decrypt.clone()),
        ("ReEncrypt", json!({ "CiphertextBlob": blob, "DestinationKeyId": key })),
        ("GenerateDataKey", json!({ "KeyId": key, "KeySpec": "AES_256" })),
        ("GenerateDataKeyWithoutPlaintext", json!({ "KeyId": key, "KeySpec": "AES_256" })),
        ("GenerateDataKeyPair", json!({ "KeyId": key, "KeyPairSpec": "ECC_NIST_P256" })),
    ] {
        let message = kms.refuses(operation, input, "KMSInvalidStateException").await;
        assert_eq!(message, format!("{} is unavailable.", arn(&key)), "{operation}");
    }
    kms.refuses("CreateKey", key_input(&store), "CustomKeyStoreInvalidStateException").await;
    let began = Instant::now();
    while other.call("Decrypt", decrypt.clone()).await.error() != "KMSInvalidStateException" {
        assert!(began.elapsed() < Duration::from_secs(30), "the other replica still decrypts");
    }
    let state =
        async || text(&kms.call("DescribeKey", json!({ "KeyId": key })).await["KeyMetadata"]["KeyState"]);
    assert_eq!(state().await, "Unavailable");
    kms.call("DisableKey", json!({ "KeyId": key })).await;
    kms.call("EnableKey", json!({ "KeyId": key })).await;
    assert_eq!(state().await, "Unavailable");

    // Whichever replica connects it, both follow.
    let by_id = json!({ "CustomKeyStoreId": store });
    other.call("ConnectCustomKeyStore", by_id).await.ok();
    until_state(&other, &store, "CONNECTED").await;
    assert_eq!(other.call("Decrypt", decrypt.clone()).await.ok()["Plaintext"], HELLO);
    let began = Instant::now();
    while kms.client.call("Decrypt", decrypt.clone()).await.error() != "" {
        assert!(began.elapsed() < Duration::from_secs(30), "the first replica does not decrypt again");
    }
    assert_eq!(state().await, "Enabled");
    second.stop().await;
    kms.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_key_goes_from_the_token_as_soon_as_that_is_there() {
    let test = "cloud_hsm::a_deleted_key_goes_from_the_token_as_soon_as_that_is_there";
    let Some(hsm) = Hsm::for_test(test) else { return };
    let kms = start(&hsm).await;
    let (store, key) = store_with_key(&kms, &hsm).await;
    let kept = text(&kms.call("CreateKey", key_input(&store)).await["KeyMetadata"]["KeyId"]);
    let by_id = json!({ "CustomKeyStoreId": store });
    kms.call("ScheduleKeyDeletion", json!({ "KeyId": key, "PendingWindowInDays": 7 })).await;
    kms.call("DisconnectCustomKeyStore", by_id.clone()).await;
    kms.clock.advance(time::Duration::days(8));
    let began = Instant::now();
    while notes(&kms).await == 0 {
        assert!(began.elapsed() < Duration::from_secs(60), "the key is still there");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // Back to when requests are signed.
    kms.clock.advance(time::Duration::days(-8));
    kms.refuses("DescribeKey", json!({ "KeyId": key }), "NotFoundException").await;
    // Longer than it is looked for what is due.
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    let token = hsm.open().await;
    token.find_key(&in_token(&key)).await.unwrap();

    connect(&kms, &store).await;
    until_destroyed(&token, &in_token(&key)).await;
    token.find_key(&in_token(&kept)).await.unwrap();
    let began = Instant::now();
    while notes(&kms).await > 0 {
        assert!(began.elapsed() < Duration::from_secs(60), "the note is still there");
    }
    kms.encrypt(&kept, HELLO).await;
    token.close().await;
    kms.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_crash_leaves_in_the_token_is_destroyed_when_nobody_can_be_making_it() {
    let test = "cloud_hsm::what_a_crash_leaves_in_the_token_is_destroyed_when_nobody_can_be_making_it";
    let Some(hsm) = Hsm::for_test(test) else { return };
    let kms = start(&hsm).await;
    let (store, key) = store_with_key(&kms, &hsm).await;
    let token = hsm.open().await;
    let database = kms.database.connect().await;
    let note = "INSERT INTO hsm_keys_to_destroy SELECT region, account_id, custom_key_store_id, $1, clock_timestamp() + make_interval(secs => $2) FROM custom_key_stores WHERE custom_key_store_id = $3";
    // As CreateKey leaves it when the process ends between the token and the database.
    let (left, young) = (Uuid::new_v4().to_string(), Uuid::new_v4().to_string());
    for (id, seconds) in [(&left, 0.0), (&young, 600.0), (&key, 0.0)] {
        if *id != key {
            let KeyName::Id(name) = in_token(id) else { unreachable!() };
            token.generate_aes256_key(id, &name).await.unwrap();
        }
        assert_eq!(database.execute(note, &[id, &seconds, &store]).await.unwrap(), 1);
    }
    until_destroyed(&token, &in_token(&left)).await;
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    token.find_key(&in_token(&young)).await.unwrap();
    token.find_key(&in_token(&key)).await.unwrap();
    assert_eq!(notes(&kms).await, 2);
    kms.encrypt(&key, HELLO).await;

    // A note that was made, for a key that then never was, goes as well.
    let never = Uuid::new_v4().to_string();
    database.execute(note, &[&never, &0.0_f64, &store]).await.unwrap();
    let began = Instant::now();
    while notes(&kms).await > 2 {
        assert!(began.elapsed() < Duration::from_secs(60), "the note is still there");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    token.close().await;
    kms.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_domain_key_takes_over_the_password() {
    let test = "cloud_hsm::another_domain_key_takes_over_the_password";
    let Some(hsm) = Hsm::for_test(test) else { return };
    let kms = start(&hsm).await;
    let (store, key) = store_with_key(&kms, &hsm).await;
    let blob = kms.encrypt(&key, HELLO).await;
    let by_id = json!({ "CustomKeyStoreId": store });
    kms.call("DisconnectCustomKeyStore", by_id.clone()).await;
    let update = json!({ "CustomKeyStoreId": store, "KeyStorePassword": hsm.token.pin });
    kms.call("UpdateCustomKeyStore", update).await;

    let database = kms.database.connect().await;
    let wrapped_by = "SELECT domain_key_id::text FROM custom_key_stores";
    let before: String = database.query_one(wrapped_by, &[]).await.unwrap().get(0);
    administer(&kms.running, "RotateDomainKey").await;
    let began = Instant::now();
    while database.query_one(wrapped_by, &[]).await.unwrap().get::<_, String>(0) == before {
        assert!(began.elapsed() < Duration::from_secs(60), "the password is still wrapped by {before}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let journal = tempfile::tempdir().unwrap();
    let clusters = vec![hsm.section(kms.dir.path())];
    let second = config_with(&kms.database, journal.path(), kms.dir.path(), clusters);
    let second = run(second, Arc::new(TestCredentials::standard()), &TestClock::default()).await;
    let other = client(&second);
    other.call("ConnectCustomKeyStore", by_id).await.ok();
    until_state(&other, &store, "CONNECTED").await;
    let opened = other.call("Decrypt", json!({ "CiphertextBlob": blob })).await.ok();
    assert_eq!(opened["Plaintext"], HELLO);
    second.stop().await;
    kms.running.stop().await;
}
