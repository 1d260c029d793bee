use std::sync::Arc;
use std::time::Duration;

use keywright_encryption_sdk::{
    AlgorithmSuite, CachingMaterialsManager, Client, CommitmentPolicy, DefaultMaterialsManager,
    EncryptOptions, KmsKeyring, MaterialsCache, RequiredContextMaterialsManager,
};

use crate::fixtures::{TestClock, any, options};
use crate::local_kms::LocalKms;

const SUITE: AlgorithmSuite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKey;
const AGE: Duration = Duration::from_secs(60);

struct Setting {
    kms: Arc<LocalKms>,
    cache: Arc<MaterialsCache>,
    clock: Arc<TestClock>,
}

impl Setting {
    fn new(capacity: usize) -> Self {
        Self {
            kms: Arc::new(LocalKms::new("us-east-1").symmetric("a")),
            cache: MaterialsCache::new(capacity).unwrap(),
            clock: TestClock::new(),
        }
    }

    fn manager(&self) -> CachingMaterialsManager {
        let keyring = KmsKeyring::new(self.kms.clone(), self.kms.arn("a")).unwrap();
        CachingMaterialsManager::new(DefaultMaterialsManager::new(keyring), self.cache.clone(), AGE)
            .unwrap()
            .clock(self.clock.clone())
    }

    /// How many calls of KMS `act` makes.
    async fn calls(&self, act: impl AsyncFnOnce()) -> usize {
        let before = self.kms.calls();
        act().await;
        self.kms.calls() - before
    }
}

fn client(manager: CachingMaterialsManager) -> Client {
    Client::builder()
        .materials_manager(manager)
        .commitment_policy(CommitmentPolicy::RequireEncryptAllowDecrypt)
        .build()
        .unwrap()
}

async fn encrypt(client: &Client, len: usize) -> Vec<u8> {
    client.encrypt(&vec![7; len], options(SUITE, 10)).await.unwrap().message
}

#[tokio::test]
async fn messages_share_a_data_key_up_to_their_number() {
    let setting = Setting::new(10);
    let client = client(setting.manager().max_messages(100).unwrap());
    let calls = setting
        .calls(async || {
            for _ in 0..1000 {
                encrypt(&client, 1).await;
            }
        })
        .await;
    assert_eq!(calls, 10);
}

#[tokio::test]
async fn ten_thousand_messages_make_as_many_calls_as_the_limits_demand() {
    const LEN: usize = 10;
    for (limits, allowed) in [
        // By their number, by their bytes, by whichever comes first, and by nothing but the first.
        ((1_000, u64::MAX), 10),
        ((u64::from(u32::MAX), 500 * LEN as u64), 20),
        ((300, 500 * LEN as u64), 34),
        ((u64::from(u32::MAX), u64::MAX), 1),
    ] {
        let setting = Setting::new(10);
        let client = client(setting.manager().max_messages(limits.0).unwrap().max_bytes(limits.1));
        let mut messages = Vec::new();
        let encrypting = setting.calls(async || {
            for _ in 0..10_000 {
                messages.push(encrypt(&client, LEN).await);
            }
        });
        assert_eq!(encrypting.await, allowed, "{limits:?}");
        // As many data keys are unwrapped, since all of one were encrypted in turn.
        let decrypting = setting.calls(async || {
            for message in &messages {
                client.decrypt(message, any()).await.unwrap();
            }
        });
        assert_eq!(decrypting.await, allowed, "{limits:?}");
    }
}

#[tokio::test]
async fn messages_share_a_data_key_up_to_their_bytes() {
    let setting = Setting::new(10);
    let client = client(setting.manager().max_bytes(100));
    let encrypting = async |len| setting.calls(async || drop(encrypt(&client, len).await)).await;
    assert_eq!(encrypting(60).await, 1);
    assert_eq!(encrypting(40).await, 0);
    assert_eq!(encrypting(0).await, 0);
    assert_eq!(encrypting(1).await, 1);
    // What is too long for any data key that is shared has its own, and takes nobody's away.
    assert_eq!(encrypting(101).await, 1);
    assert_eq!(encrypting(99).await, 0);
}

#[tokio::test]
async fn materials_are_used_until_they_are_too_old() {
    let setting = Setting::new(10);
    let client = client(setting.manager());
    let message = encrypt(&client, 1).await;
    let both = async || {
        encrypt(&client, 1).await;
        client.decrypt(&message, any()).await.unwrap();
    };
    assert_eq!(setting.calls(both).await, 1, "the first time to decrypt");
    setting.clock.advance(AGE - Duration::from_nanos(1));
    assert_eq!(setting.calls(both).await, 0);
    setting.clock.advance(Duration::from_nanos(1));
    assert_eq!(setting.calls(both).await, 2);
}

#[tokio::test]
async fn other_requests_have_other_materials() {
    let setting = Setting::new(100);
    let client = client(setting.manager());
    let encrypting = async |options: EncryptOptions| {
        setting.calls(async || drop(client.encrypt(b"m", options).await.unwrap())).await
    };
    for options in [
        EncryptOptions::new(),
        EncryptOptions::new().suite(SUITE),
        EncryptOptions::new().suite(AlgorithmSuite::Aes256GcmHkdfSha512CommitKeyEcdsaP384),
        EncryptOptions::new().context([("a", "b")]),
        EncryptOptions::new().context([("a", "c")]),
        EncryptOptions::new().context([("ab", "")]),
    ] {
        assert_eq!(encrypting(options.clone()).await, 1);
        assert_eq!(encrypting(options.clone()).await, 0);
    }
    let mut out = Vec::new();
    let calls = setting
        .calls(async || {
            client.encrypt_stream(&mut b"m".as_slice(), &mut out, EncryptOptions::new()).await.unwrap();
        })
        .await;
    assert_eq!(calls, 1, "nobody promised a length");
    let promised = EncryptOptions::new().max_plaintext_length(10);
    let calls = setting
        .calls(async || {
            client.encrypt_stream(&mut b"m".as_slice(), &mut out, promised).await.unwrap();
        })
        .await;
    assert_eq!(calls, 0);
}

#[tokio::test]
async fn data_keys_that_encrypt_themselves_are_never_kept() {
    let setting = Setting::new(100);
    let suite = AlgorithmSuite::Aes256GcmIv12Tag16NoKdf;
    let client = Client::builder()
        .materials_manager(setting.manager())
        .commitment_policy(CommitmentPolicy::ForbidEncryptAllowDecrypt)
        .build()
        .unwrap();
    let calls = setting
        .calls(async || {
            for _ in 0..3 {
                let message = client.encrypt(b"m", options(suite, 10)).await.unwrap().message;
                client.decrypt(&message, any()).await.unwrap();
            }
        })
        .await;
    assert_eq!((calls, setting.cache.len()), (6, 0));
}

#[tokio::test]
async fn what_was_longest_without_use_goes_first() {
    let setting = Setting::new(2);
    let client = client(setting.manager());
    let encrypting = async |key: &str| {
        let options = EncryptOptions::new().context([(key, "")]);
        setting.calls(async || drop(client.encrypt(b"m", options).await.unwrap())).await
    };
    assert_eq!((encrypting("a").await, encrypting("b").await, encrypting("a").await), (1, 1, 0));
    assert_eq!(encrypting("c").await, 1);
    assert_eq!(setting.cache.len(), 2);
    assert_eq!((encrypting("a").await, encrypting("c").await, encrypting("b").await), (0, 0, 1));
    setting.cache.clear();
    assert!(setting.cache.is_empty());
    assert_eq!(encrypting("b").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_at_once_ask_kms_once() {
    let setting = Setting::new(10);
    let client = client(setting.manager());
    let message = Arc::new(encrypt(&client, 1).await);
    setting.cache.clear();
    let calls = setting
        .calls(async || {
            let tasks: Vec<_> = (0..100)
                .map(|_| {
                    let (client, message) = (client.clone(), message.clone());
                    tokio::spawn(async move {
                        encrypt(&client, 1).await;
                        client.decrypt(&message, any()).await.unwrap();
                    })
                })
                .collect();
            for task in tasks {
                task.await.unwrap();
            }
        })
        .await;
    assert_eq!(calls, 2);
}

#[tokio::test]
async fn managers_share_what_is_kept_by_their_partition_only() {
    let setting = Setting::new(10);
    let partition = |name: Option<&str>| match name {
        Some(name) => client(setting.manager().partition(name)),
        None => client(setting.manager()),
    };
    let calls_of = async |client: &Client| setting.calls(async || drop(encrypt(client, 1).await)).await;
    assert_eq!(calls_of(&partition(Some("a"))).await, 1);
    assert_eq!(calls_of(&partition(Some("a"))).await, 0);
    assert_eq!(calls_of(&partition(Some("b"))).await, 1);
    assert_eq!(calls_of(&partition(None)).await, 1);
    assert_eq!(calls_of(&partition(None)).await, 1);
}

#[tokio::test]
async fn required_pairs_are_checked_of_kept_materials_too() {
    let setting = Setting::new(10);
    let plain = client(setting.manager().partition("p"));
    let demanding = Client::builder()
        .materials_manager(
            RequiredContextMaterialsManager::new(["tenant"], setting.manager().partition("p")).unwrap(),
        )
        .build()
        .unwrap();
    let context = [("tenant", "4711")];
    let options = || EncryptOptions::new().context(context);
    plain.encrypt(b"m", options().suite(SUITE)).await.unwrap();
    let message = demanding.encrypt(b"m", options()).await.unwrap().message;
    assert!(!message.windows(4).any(|window| window == b"4711"));
    for _ in 0..2 {
        assert!(demanding.decrypt(&message, any().context(context)).await.is_ok());
        assert!(demanding.decrypt(&message, any().context([("tenant", "4712")])).await.is_err());
        assert!(plain.decrypt(&message, any()).await.is_err());
    }
}

#[tokio::test]
async fn a_failed_call_keeps_nothing_and_is_tried_again() {
    let setting = Setting::new(10);
    let keyring = KmsKeyring::new(setting.kms.clone(), setting.kms.arn("missing")).unwrap();
    let manager =
        CachingMaterialsManager::new(DefaultMaterialsManager::new(keyring), setting.cache.clone(), AGE);
    let client = client(manager.unwrap());
    for _ in 0..2 {
        let calls =
            setting.calls(async || assert!(client.encrypt(b"m", EncryptOptions::new()).await.is_err()));
        assert_eq!(calls.await, 1);
    }
    assert!(setting.cache.is_empty());
}

#[test]
fn limits_that_mean_nothing_are_refused() {
    let setting = Setting::new(1);
    assert!(setting.manager().max_messages(0).is_err());
    assert!(setting.manager().max_messages((1 << 32) + 1).is_err());
    assert!(MaterialsCache::new(0).is_err());
    let keyring = KmsKeyring::new(setting.kms.clone(), setting.kms.arn("a")).unwrap();
    let inner = DefaultMaterialsManager::new(keyring);
    assert!(CachingMaterialsManager::new(inner, setting.cache.clone(), Duration::ZERO).is_err());
}
