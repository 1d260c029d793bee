//! What the targets do with their inputs; a test of the library does the same with the corpus.

mod built;

use std::io::Write as _;
use std::sync::LazyLock;

use keywright_encryption_sdk::{
    BlockingClient, Client, CommitmentPolicy, DecryptOptions, Keyring, RawAesKeyring, SecretBytes,
};

/// Takes `input` for a message that no keyring decrypts.
pub fn header(input: &[u8]) {
    static CLIENT: LazyLock<BlockingClient> = LazyLock::new(|| client(samples_keyring(1)));
    assert!(check(&CLIENT, input).is_none());
}

/// Takes `input` for the body and the footer behind a good header, which its first byte chooses.
pub fn body(input: &[u8]) {
    static CLIENT: LazyLock<BlockingClient> = LazyLock::new(|| client(samples_keyring(0)));
    static HEADERS: LazyLock<Vec<&[u8]>> =
        LazyLock::new(|| SAMPLES.into_iter().filter_map(header_of).collect());
    if let Some((choice, body)) = input.split_first() {
        let header = HEADERS[usize::from(*choice) % HEADERS.len()];
        check(&CLIENT, &[header, body].concat());
    }
}

/// Takes `input` for a message that a keyring may decrypt.
pub fn decrypt(input: &[u8]) {
    static CLIENT: LazyLock<BlockingClient> = LazyLock::new(|| client(samples_keyring(0)));
    check(&CLIENT, input);
}

/// Takes `input` for the choices of somebody who has the data key: frames that authenticate, and say whatever they like.
pub fn frames(input: &[u8]) {
    static CLIENT: LazyLock<BlockingClient> = LazyLock::new(|| client(built::KnownKey));
    let (message, expected) = built::message(input);
    assert_eq!(check(&CLIENT, &message), expected);
}

/// Decrypts `message` whole, as a stream, and in pieces whose length it tells, which must agree.
fn check(client: &BlockingClient, message: &[u8]) -> Option<Vec<u8>> {
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
            Some(read)
        }
        Err(_) => {
            assert!(streamed.is_err() && written.is_none());
            None
        }
    }
}

fn client(keyring: impl Keyring + 'static) -> BlockingClient {
    let builder = Client::builder().keyring(keyring);
    builder
        .commitment_policy(CommitmentPolicy::RequireEncryptAllowDecrypt)
        .build()
        .expect("a client")
        .blocking()
}

/// With the key of the samples, or another one.
fn samples_keyring(key: u8) -> RawAesKeyring {
    let key = SecretBytes::new((0..32).map(|n| n + key).collect());
    RawAesKeyring::new("samples", "aes", &key).expect("a key")
}

/// All before the first frame or the only part: its number, and the IV with the same number.
fn header_of(message: &[u8]) -> Option<&[u8]> {
    let framed = [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    let unframed = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 136];
    let find = |part: &[u8]| message.windows(part.len()).position(|window| window == part);
    message.get(..find(&framed).or_else(|| find(&unframed))?)
}

/// Messages of AWS's implementation, of every suite.
const SAMPLES: [&[u8]; 22] = [
    include_bytes!("../../tests/sdk/samples/0014-framed"),
    include_bytes!("../../tests/sdk/samples/0014-unframed"),
    include_bytes!("../../tests/sdk/samples/0046-framed"),
    include_bytes!("../../tests/sdk/samples/0046-unframed"),
    include_bytes!("../../tests/sdk/samples/0078-framed"),
    include_bytes!("../../tests/sdk/samples/0078-unframed"),
    include_bytes!("../../tests/sdk/samples/0114-framed"),
    include_bytes!("../../tests/sdk/samples/0114-unframed"),
    include_bytes!("../../tests/sdk/samples/0146-framed"),
    include_bytes!("../../tests/sdk/samples/0146-unframed"),
    include_bytes!("../../tests/sdk/samples/0178-framed"),
    include_bytes!("../../tests/sdk/samples/0178-unframed"),
    include_bytes!("../../tests/sdk/samples/0214-framed"),
    include_bytes!("../../tests/sdk/samples/0214-unframed"),
    include_bytes!("../../tests/sdk/samples/0346-framed"),
    include_bytes!("../../tests/sdk/samples/0346-unframed"),
    include_bytes!("../../tests/sdk/samples/0378-framed"),
    include_bytes!("../../tests/sdk/samples/0378-unframed"),
    include_bytes!("../../tests/sdk/samples/0478-framed"),
    include_bytes!("../../tests/sdk/samples/0478-unframed"),
    include_bytes!("../../tests/sdk/samples/0578-framed"),
    include_bytes!("../../tests/sdk/samples/0578-unframed"),
];
