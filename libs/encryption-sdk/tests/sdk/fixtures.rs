//! Clients and keys that tests share.

use std::num::NonZeroU32;

use keywright_encryption_sdk::{
    AlgorithmSuite, BlockingClient, Client, CommitmentPolicy, DecryptOptions, EncryptOptions, Keyring,
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
