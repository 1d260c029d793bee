//! What the targets have in common.

use std::io::Write as _;

use keywright_encryption_sdk::{
    BlockingClient, Client, CommitmentPolicy, DecryptOptions, RawAesKeyring, SecretBytes,
};

/// A client with the key of `tests/sdk/samples`, or another one.
pub fn client(key: u8) -> BlockingClient {
    let key = SecretBytes::new((0..32).map(|n| n + key).collect());
    Client::builder()
        .keyring(RawAesKeyring::new("samples", "aes", &key).expect("a key"))
        .commitment_policy(CommitmentPolicy::RequireEncryptAllowDecrypt)
        .build()
        .expect("a client")
        .blocking()
}

/// Decrypts `message` in both ways, which must agree.
pub fn check(client: &BlockingClient, message: &[u8]) {
    let whole = client.decrypt(message, DecryptOptions::new());
    let mut read = Vec::new();
    let streamed = client.decrypt_stream(&mut &*message, &mut read, DecryptOptions::new());
    let piece = usize::from(message.last().copied().unwrap_or(0)) + 1;
    let mut writer = client.decrypt_writer(Vec::new(), DecryptOptions::new());
    let written = message.chunks(piece).try_for_each(|piece| writer.write_all(piece));
    let written = written.is_ok().then(|| writer.finish().ok()).flatten();

    match whole {
        Ok(whole) => {
            assert_eq!(read, whole.plaintext.expose_secret());
            assert_eq!(streamed.expect("as the whole"), whole.info);
            assert_eq!(written.expect("as the whole").0, whole.plaintext.expose_secret());
        }
        Err(_) => assert!(streamed.is_err() && written.is_none()),
    }
}
