//! Branch keys, and the keyring over them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keywright_encryption_sdk::{
    AlgorithmSuite, BoxError, BoxFuture, BranchKeyItem, BranchKeyKms, BranchKeyRecord, BranchKeyStorage,
    BranchKeyStore, BranchKeyStoreError, Client, EncryptOptions, EncryptionContext, Error,
    HierarchicalKeyring, MaterialsCache, TextBranchKeyStorage, TextStore, Uuid,
};
use serde_json::Value;

use crate::fixtures::{TestClock, any, options};
use crate::local_kms::LocalKms;
use crate::samples::PLAINTEXT;

const SUITE: AlgorithmSuite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKey;
const TTL: Duration = Duration::from_secs(600);

/// Texts in memory.
#[derive(Default, Clone)]
pub(crate) struct Texts(Arc<Mutex<HashMap<String, String>>>);

impl Texts {
    pub(crate) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().values().cloned().collect()
    }
}

impl TextStore for Texts {
    fn get<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<String>, BoxError>> {
        Box::pin(async move { Ok(self.0.lock().unwrap().get(name).cloned()) })
    }

    fn create<'a>(&'a self, name: &'a str, text: &'a str) -> BoxFuture<'a, Result<bool, BoxError>> {
        Box::pin(async move {
            let mut texts = self.0.lock().unwrap();
            if texts.contains_key(name) {
                return Ok(false);
            }
            texts.insert(name.into(), text.into());
            Ok(true)
        })
    }

    fn replace<'a>(&'a self, name: &'a str, text: &'a str) -> BoxFuture<'a, Result<(), BoxError>> {
        Box::pin(async move {
            self.0.lock().unwrap().insert(name.into(), text.into());
            Ok(())
        })
    }
}

struct Setting {
    kms: Arc<LocalKms>,
    texts: Texts,
    clock: Arc<TestClock>,
}

impl Setting {
    fn new() -> Self {
        let kms = Arc::new(LocalKms::new("us-east-1").symmetric("a").symmetric("mrk-1"));
        Self { kms, texts: Texts::default(), clock: TestClock::new() }
    }

    fn key(&self) -> BranchKeyKms {
        BranchKeyKms::Key(self.kms.arn("a"))
    }

    fn storage(&self) -> Arc<dyn BranchKeyStorage> {
        Arc::new(TextBranchKeyStorage::new(self.texts.clone(), "/keys/"))
    }

    fn store_of(&self, kms: BranchKeyKms) -> Arc<BranchKeyStore> {
        Arc::new(BranchKeyStore::new("store", self.kms.clone(), kms, self.storage()).unwrap())
    }

    fn store(&self) -> Arc<BranchKeyStore> {
        self.store_of(self.key())
    }

    fn client(&self, store: &Arc<BranchKeyStore>, id: &str) -> Client {
        let keyring = HierarchicalKeyring::new(store.clone(), id, TTL).unwrap().clock(self.clock.clone());
        Client::builder().keyring(keyring).build().unwrap()
    }

    /// How many calls of KMS `act` makes.
    async fn calls(&self, act: impl AsyncFnOnce()) -> usize {
        let before = self.kms.calls();
        act().await;
        self.kms.calls() - before
    }
}

fn tenant(name: &str) -> EncryptionContext {
    EncryptionContext::from([("tenant", name)])
}

async fn encrypt(client: &Client) -> Vec<u8> {
    client.encrypt(b"m", options(SUITE, 10)).await.unwrap().message
}

async fn decrypt(client: &Client, message: &[u8]) -> Result<(), Error> {
    client
        .decrypt(message, any())
        .await
        .map(|decrypted| assert_eq!(decrypted.plaintext.expose_secret(), b"m"))
}

#[tokio::test]
async fn ten_thousand_messages_call_kms_once_in_each_time_to_live() {
    let setting = Setting::new();
    let store = setting.store();
    store.create_branch_key("t", tenant("t")).await.unwrap();
    let client = setting.client(&store, "t");
    let many = async || {
        for _ in 0..5_000 {
            let message = encrypt(&client).await;
            decrypt(&client, &message).await.unwrap();
        }
    };
    // The active branch key, and that version to decrypt with.
    assert_eq!(setting.calls(many).await, 2);
    setting.clock.advance(TTL - Duration::from_nanos(1));
    assert_eq!(setting.calls(async || drop(encrypt(&client).await)).await, 0);
    setting.clock.advance(Duration::from_nanos(1));
    assert_eq!(setting.calls(async || drop(encrypt(&client).await)).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_at_once_one_reads_the_branch_key() {
    let setting = Setting::new();
    let store = setting.store();
    store.create_branch_key("t", tenant("t")).await.unwrap();
    let client = setting.client(&store, "t");
    let calls = setting
        .calls(async || {
            let tasks: Vec<_> = (0..100)
                .map(|_| {
                    let client = client.clone();
                    tokio::spawn(async move { drop(encrypt(&client).await) })
                })
                .collect();
            for task in tasks {
                task.await.unwrap();
            }
        })
        .await;
    assert_eq!(calls, 1);
}

#[tokio::test]
async fn a_new_version_encrypts_and_older_ones_still_decrypt() {
    let setting = Setting::new();
    let store = setting.store();
    store.create_branch_key("t", tenant("t")).await.unwrap();
    let first = store.active_branch_key("t").await.unwrap();
    let before = encrypt(&setting.client(&store, "t")).await;

    store.version_branch_key("t").await.unwrap();
    let second = store.active_branch_key("t").await.unwrap();
    assert_ne!(first.version(), second.version());
    assert_ne!(first.key().expose_secret(), second.key().expose_secret());
    assert_eq!(second.context(), &tenant("t"));
    for materials in [&first, &second] {
        let read = store.branch_key_version("t", materials.version()).await.unwrap();
        assert_eq!(read.key().expose_secret(), materials.key().expose_secret());
    }
    let client = setting.client(&store, "t");
    let after = encrypt(&client).await;
    decrypt(&client, &before).await.unwrap();
    decrypt(&client, &after).await.unwrap();
    assert_eq!(store.beacon_key("t").await.unwrap().len(), 32);
}

#[tokio::test]
async fn each_tenant_has_its_branch_key_by_the_encryption_context() {
    let setting = Setting::new();
    let store = setting.store();
    for name in ["a", "b"] {
        store.create_branch_key(name, tenant(name)).await.unwrap();
    }
    let supplier = |context: &EncryptionContext| match context.get("tenant") {
        Some(tenant) => Ok(tenant.to_owned()),
        None => Err(Error::EncryptionContext { reason: "no tenant", key: None }),
    };
    let keyring = HierarchicalKeyring::with_supplier(store.clone(), supplier, TTL).unwrap();
    let everybody = Client::builder().keyring(keyring).build().unwrap();
    for name in ["a", "b"] {
        let options = EncryptOptions::new().suite(SUITE).context(tenant(name));
        let message = everybody.encrypt(b"m", options).await.unwrap().message;
        decrypt(&everybody, &message).await.unwrap();
        decrypt(&setting.client(&store, name), &message).await.unwrap();
        let other = if name == "a" { "b" } else { "a" };
        let refused = decrypt(&setting.client(&store, other), &message).await.unwrap_err();
        assert!(matches!(refused, Error::NoDataKeyDecrypted { causes } if causes.is_empty()));
    }
    let refused = everybody.encrypt(b"m", EncryptOptions::new()).await.unwrap_err();
    assert!(matches!(refused, Error::EncryptionContext { reason: "no tenant", .. }));
}

#[tokio::test]
async fn keyrings_share_a_cache_by_their_partition_only() {
    let setting = Setting::new();
    let store = setting.store();
    store.create_branch_key("t", tenant("t")).await.unwrap();
    let cache = MaterialsCache::new(10).unwrap();
    let calls_of = async |partition: &str| {
        let keyring = HierarchicalKeyring::new(store.clone(), "t", TTL).unwrap();
        let keyring = keyring.cache(cache.clone()).partition(partition);
        let client = Client::builder().keyring(keyring).build().unwrap();
        setting.calls(async || drop(encrypt(&client).await)).await
    };
    assert_eq!((calls_of("p").await, calls_of("p").await, calls_of("q").await), (1, 0, 1));
    assert_eq!(cache.len(), 2);
}

#[tokio::test]
async fn every_attribute_is_authenticated() {
    let setting = Setting::new();
    let store = setting.store();
    store.create_branch_key("t", tenant("t")).await.unwrap();
    let [version, active] = [false, true].map(|active| {
        let texts = setting.texts.0.lock().unwrap();
        texts
            .iter()
            .find(|(name, _)| name.ends_with("/active") == active)
            .map(|(n, t)| (n.clone(), t.clone()))
    });
    let ((_, _), (name, text)) = (version.unwrap(), active.unwrap());
    let records: Vec<Value> = serde_json::from_str(&text).unwrap();
    let keys: Vec<String> = records[0].as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys.len(), 8);
    let changes = keys.iter().map(|key| (key.as_str(), "changed")).chain([("added", "later")]);
    for (key, value) in changes {
        let mut changed = records.clone();
        changed[0][key] = value.into();
        setting.texts.0.lock().unwrap().insert(name.clone(), Value::from(changed).to_string());
        assert!(store.active_branch_key("t").await.is_err(), "{key}");
        assert!(store.version_branch_key("t").await.is_err(), "{key}");
    }
    setting.texts.0.lock().unwrap().insert(name, text);
    store.active_branch_key("t").await.unwrap();

    let other = BranchKeyStore::new("other", setting.kms.clone(), setting.key(), setting.storage()).unwrap();
    assert!(
        matches!(other.active_branch_key("t").await, Err(Error::Kms(_))),
        "the store's name is bound, too"
    );
}

#[tokio::test]
async fn data_keys_that_were_changed_are_refused() {
    let setting = Setting::new();
    let store = setting.store();
    store.create_branch_key("t", tenant("t")).await.unwrap();
    let client = setting.client(&store, "t");
    let encrypted = client.encrypt(b"m", options(SUITE, 10)).await.unwrap();
    let data_key = &encrypted.info.header.encrypted_data_keys[0];
    assert_eq!(
        (data_key.provider_id.as_str(), data_key.provider_info.as_slice()),
        ("aws-kms-hierarchy", b"t".as_slice())
    );
    assert_eq!(data_key.ciphertext.len(), 16 + 12 + 16 + 32 + 16);
    let ciphertext = &data_key.ciphertext;
    let message = &encrypted.message;
    let at = message.windows(ciphertext.len()).position(|window| window == ciphertext).unwrap();
    for place in 0..ciphertext.len() {
        let mut changed = message.clone();
        changed[at + place] ^= 1;
        let refused = decrypt(&client, &changed).await.unwrap_err();
        assert!(matches!(refused, Error::NoDataKeyDecrypted { causes } if causes.len() == 1), "{place}");
    }
}

#[tokio::test]
async fn what_exists_is_not_made_again_and_what_does_not_is_not_found() {
    let setting = Setting::new();
    let store = setting.store();
    store.create_branch_key("t", tenant("t")).await.unwrap();
    let made = store.active_branch_key("t").await.unwrap();
    let again = store.create_branch_key("t", tenant("t")).await.unwrap_err();
    assert!(matches!(again, Error::BranchKeyStore(BranchKeyStoreError::AlreadyExists(id)) if id == "t"));
    assert_eq!(store.active_branch_key("t").await.unwrap().version(), made.version());

    let not_found = |found: Result<_, Error>| {
        matches!(found, Err(Error::BranchKeyStore(BranchKeyStoreError::NotFound { .. })))
    };
    assert!(not_found(store.active_branch_key("u").await.map(drop)));
    assert!(not_found(store.branch_key_version("t", Uuid::nil()).await.map(drop)));
    assert!(not_found(store.version_branch_key("u").await));
    assert!(not_found(store.beacon_key("u").await.map(drop)));
    assert!(store.create_branch_key("v", EncryptionContext::new()).await.is_err());
    let id = store.create_any_branch_key(EncryptionContext::new()).await.unwrap();
    assert!(Uuid::parse_str(&id).is_ok());
    assert_eq!(store.active_branch_key(&id).await.unwrap().branch_key_id(), id);
}

#[tokio::test]
async fn of_two_who_make_a_version_at_once_the_second_hears_of_it() {
    let setting = Setting::new();
    let store = setting.store();
    store.create_branch_key("t", tenant("t")).await.unwrap();
    let storage = setting.storage();
    let replaced = storage.read("t", BranchKeyItem::Active).await.unwrap().unwrap();
    store.version_branch_key("t").await.unwrap();
    let active = storage.read("t", BranchKeyItem::Active).await.unwrap().unwrap();
    let late = storage.replace_active(&other_version(), &active, &replaced).await.unwrap_err();
    assert!(matches!(late, BranchKeyStoreError::Changed(id) if id == "t"));
}

fn other_version() -> BranchKeyRecord {
    BranchKeyRecord::from_json(
        r#"{"branch-key-id": "t", "type": "branch:version:83eec007-5659-4554-bf11-699b90f41ac6", "enc": "AQ==",
            "create-time": "2023-06-03T19:03:29.358Z", "kms-arn": "arn", "hierarchy-version": "1"}"#,
    )
    .unwrap()
}

#[tokio::test]
async fn a_store_unwraps_by_its_own_keys_of_kms_only() {
    let setting = Setting::new();
    setting.store().create_branch_key("t", tenant("t")).await.unwrap();
    let mrk = BranchKeyKms::Key(setting.kms.arn("mrk-1"));
    setting.store_of(mrk.clone()).create_branch_key("m", tenant("m")).await.unwrap();
    let elsewhere = Arc::new(LocalKms::new("eu-west-1").symmetric("mrk-1"));
    let abroad = |kms| BranchKeyStore::new("store", elsewhere.clone(), kms, setting.storage()).unwrap();
    let there = elsewhere.arn("mrk-1");

    assert!(setting.store_of(mrk).active_branch_key("t").await.is_err());
    assert!(setting.store().active_branch_key("m").await.is_err());
    let discovery = setting.store_of(BranchKeyKms::Discovery);
    discovery.active_branch_key("t").await.unwrap();
    assert!(matches!(discovery.version_branch_key("t").await, Err(Error::Configuration(_))));
    assert!(matches!(discovery.create_any_branch_key(tenant("t")).await, Err(Error::Configuration(_))));

    assert!(abroad(BranchKeyKms::Key(there.clone())).active_branch_key("m").await.is_err());
    let multi_region = abroad(BranchKeyKms::MultiRegionKey(there));
    multi_region.active_branch_key("m").await.unwrap();
    assert!(multi_region.active_branch_key("t").await.is_err());
    abroad(BranchKeyKms::MultiRegionDiscovery).active_branch_key("m").await.unwrap();
    // A new version stays that of the key which the branch key was made with.
    multi_region.version_branch_key("m").await.unwrap();
    let record = setting.storage().read("m", BranchKeyItem::Active).await.unwrap().unwrap();
    assert_eq!(record.attributes()["kms-arn"], setting.kms.arn("mrk-1"));
    discovery.active_branch_key("m").await.unwrap();
}

#[tokio::test]
async fn what_can_not_work_is_refused_at_once() {
    let setting = Setting::new();
    let store = |name: &str, kms: &str| {
        BranchKeyStore::new(name, setting.kms.clone(), BranchKeyKms::Key(kms.into()), setting.storage())
    };
    assert!(store("", &setting.kms.arn("a")).is_err());
    assert!(store("store", "arn:aws:kms:us-east-1:111122223333:alias/a").is_err());
    assert!(store("store", "a").is_err());
    assert!(HierarchicalKeyring::new(setting.store(), "", TTL).is_err());
    assert!(HierarchicalKeyring::new(setting.store(), "t", Duration::ZERO).is_err());
}

/// A table of AWS's key store, that is only read.
struct Table(Vec<BranchKeyRecord>);

impl BranchKeyStorage for Table {
    fn read<'a>(
        &'a self,
        branch_key_id: &'a str,
        item: BranchKeyItem,
    ) -> BoxFuture<'a, Result<Option<BranchKeyRecord>, BranchKeyStoreError>> {
        let found = self.0.iter().find(|record| {
            record.branch_key_id() == branch_key_id && record.item().is_ok_and(|found| found == item)
        });
        Box::pin(std::future::ready(Ok(found.cloned())))
    }

    fn create<'a>(
        &'a self,
        _: &'a BranchKeyRecord,
        _: &'a BranchKeyRecord,
        _: &'a BranchKeyRecord,
    ) -> BoxFuture<'a, Result<(), BranchKeyStoreError>> {
        Box::pin(std::future::ready(Err(BranchKeyStoreError::Storage("read only".into()))))
    }

    fn replace_active<'a>(
        &'a self,
        _: &'a BranchKeyRecord,
        _: &'a BranchKeyRecord,
        _: &'a BranchKeyRecord,
    ) -> BoxFuture<'a, Result<(), BranchKeyStoreError>> {
        Box::pin(std::future::ready(Err(BranchKeyStoreError::Storage("read only".into()))))
    }
}

/// `samples/hierarchy.json`: records and messages by `aws-encryption-sdk` 4.0.7 for Python with its material providers
/// 1.11.3, the second message after a new version was made.
#[tokio::test]
async fn branch_keys_and_messages_of_the_official_implementation_are_decrypted() {
    let sample: Value = serde_json::from_str(include_str!("samples/hierarchy.json")).unwrap();
    let records = sample["records"].as_array().unwrap();
    assert_eq!(records.len(), 4);
    let records = records.iter().map(|record| BranchKeyRecord::from_json(&record.to_string()).unwrap());
    let kms = Arc::new(LocalKms::new("us-east-1").symmetric("a"));
    let key = BranchKeyKms::Key(kms.arn("a"));
    let store = BranchKeyStore::new("samples", kms, key, Arc::new(Table(records.collect()))).unwrap();
    assert_eq!(store.active_branch_key("tenant-4711").await.unwrap().context(), &tenant("4711"));
    store.beacon_key("tenant-4711").await.unwrap();

    let keyring = HierarchicalKeyring::new(store.into(), "tenant-4711", TTL).unwrap();
    let client = Client::builder().keyring(keyring).build().unwrap();
    for message in sample["messages"].as_array().unwrap() {
        let message = STANDARD.decode(message.as_str().unwrap()).unwrap();
        let options = any().context([("purpose", "sample")]);
        let decrypted = client.decrypt(&message, options).await.unwrap();
        assert_eq!(decrypted.plaintext.expose_secret(), PLAINTEXT);
    }
}
