//! Clients and keys that tests share.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use keywright_encryption_sdk::{
    AlgorithmSuite, BlockingClient, Client, Clock, CommitmentPolicy, DecryptOptions, EncryptOptions, Keyring,
    RawAesKeyring, SecretBytes,
};

/// A keyring over the bytes 0, 1, 2, ... 31.
pub(crate) fn aes() -> RawAesKeyring {
    RawAesKeyring::new("samples", "aes", &SecretBytes::new((0..32).collect())).unwrap()
}

/// A client that encrypts with every suite of this kind, and decrypts every one.
pub(crate) fn client_for(suite: AlgorithmSuite, keyring: impl Keyring + 'static) -> BlockingClient {
    let policy = if suite.is_committing() {
        CommitmentPolicy::RequireEncryptAllowDecrypt
    } else {
        CommitmentPolicy::ForbidEncryptAllowDecrypt
    };
    Client::builder().keyring(keyring).commitment_policy(policy).build().unwrap().blocking()
}

pub(crate) fn options(suite: AlgorithmSuite, frame_length: u32) -> EncryptOptions {
    EncryptOptions::new()
        .suite(suite)
        .frame_length(NonZeroU32::new(frame_length).unwrap())
        .context([("purpose", "test")])
}

pub(crate) fn any() -> DecryptOptions {
    DecryptOptions::new()
}

/// Bytes that repeat late.
pub(crate) fn plaintext(len: usize) -> Vec<u8> {
    (0..len).map(|n| (n % 251) as u8).collect()
}

/// Stands still until it is told.
pub(crate) struct TestClock {
    start: Instant,
    passed: std::sync::Mutex<Duration>,
}

impl TestClock {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { start: Instant::now(), passed: Default::default() })
    }

    pub(crate) fn advance(&self, by: Duration) {
        *self.passed.lock().unwrap() += by;
    }
}

impl Clock for TestClock {
    fn now(&self) -> Instant {
        self.start + *self.passed.lock().unwrap()
    }
}
