#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| keywright_encryption_sdk_fuzz::header(input));
