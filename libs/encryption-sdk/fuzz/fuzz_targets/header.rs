#![no_main]

use std::sync::LazyLock;

use keywright_encryption_sdk::BlockingClient;
use keywright_encryption_sdk_fuzz::{check, client};
use libfuzzer_sys::fuzz_target;

static CLIENT: LazyLock<BlockingClient> = LazyLock::new(|| client(1));

fuzz_target!(|message: &[u8]| check(&CLIENT, message));
