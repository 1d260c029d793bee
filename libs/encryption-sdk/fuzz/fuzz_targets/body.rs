#![no_main]

use std::fs;
use std::sync::LazyLock;

use keywright_encryption_sdk::BlockingClient;
use keywright_encryption_sdk_fuzz::{check, client};
use libfuzzer_sys::fuzz_target;

static CLIENT: LazyLock<BlockingClient> = LazyLock::new(|| client(0));

/// The headers of the samples: each without the body behind it, whose first frame begins with these bytes.
static HEADERS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/sdk/samples");
    let files = fs::read_dir(directory).expect("the samples");
    let messages = files.map(|file| fs::read(file.expect("a sample").path()).expect("a sample"));
    let mut headers: Vec<_> = messages.filter_map(header).collect();
    headers.sort();
    headers
});

/// All before the first frame or the only part: its number, and the IV with the same number.
fn header(mut message: Vec<u8>) -> Option<Vec<u8>> {
    let framed = [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    let unframed = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 136];
    let find = |part: &[u8]| message.windows(part.len()).position(|window| window == part);
    let at = find(&framed).or_else(|| find(&unframed))?;
    message.truncate(at);
    Some(message)
}

fuzz_target!(|input: &[u8]| {
    if let Some((choice, body)) = input.split_first() {
        let header = &HEADERS[usize::from(*choice) % HEADERS.len()];
        check(&CLIENT, &[header.as_slice(), body].concat());
    }
});
