use keywright_encryption_sdk::{
    AlgorithmSuite, ContentType, EncryptOptions, EncryptionContext, Error, Limit, SecretBytes,
};

use crate::fixtures::{aes, any, client_for, options, plaintext};

#[test]
fn every_suite_brings_back_every_length_in_every_frame_length() {
    for suite in AlgorithmSuite::ALL {
        let client = client_for(suite, aes());
        for frame_length in [1, 7, 64, 4096] {
            for len in [0, 1, 6, 7, 8, 14, 63, 64, 65, 128, 1000] {
                let encrypted = client.encrypt(&plaintext(len), options(suite, frame_length)).unwrap();
                let decrypted = client.decrypt(&encrypted.message, any()).unwrap();
                assert_eq!(
                    decrypted.plaintext.expose_secret(),
                    plaintext(len),
                    "{suite} {frame_length} {len}"
                );
                assert_eq!(decrypted.info, encrypted.info);
                assert_eq!(decrypted.info.header.suite, suite);
                assert_eq!(decrypted.info.header.content_type, ContentType::Framed { frame_length });
            }
        }
    }
}

#[test]
fn a_message_is_as_long_as_its_parts() {
    let suite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKey;
    let client = client_for(suite, aes());
    let empty = client.encrypt(b"", options(suite, 10)).unwrap().message.len();
    for (len, frames_before_the_last) in [(1, 0), (10, 0), (11, 1), (20, 1), (21, 2)] {
        let message = client.encrypt(&plaintext(len), options(suite, 10)).unwrap().message;
        assert_eq!(message.len(), empty + len + 32 * frames_before_the_last, "{len}");
    }
}

#[test]
fn the_context_is_the_callers_and_the_public_key() {
    for suite in AlgorithmSuite::ALL {
        let client = client_for(suite, aes());
        let encrypted = client.encrypt(b"m", options(suite, 10)).unwrap();
        let info = client.decrypt(&encrypted.message, any()).unwrap().info;
        assert_eq!(info.context.get("purpose"), Some("test"));
        assert_eq!(info.context.contains_key("aws-crypto-public-key"), suite.is_signed());
        assert_eq!(info.context.len(), 1 + usize::from(suite.is_signed()));
        assert_eq!(info.context, info.header.stored_context);
    }
}

#[test]
fn messages_of_the_same_plaintext_have_nothing_secret_in_common() {
    let suite = AlgorithmSuite::Aes128GcmIv12Tag16NoKdf;
    let client = client_for(suite, aes());
    let first = client.encrypt(b"plaintext", options(suite, 4096)).unwrap();
    let second = client.encrypt(b"plaintext", options(suite, 4096)).unwrap();
    assert_ne!(first.info.header.message_id, second.info.header.message_id);
    let keys = |info: &keywright_encryption_sdk::MessageInfo| info.header.encrypted_data_keys.clone();
    assert_ne!(keys(&first.info), keys(&second.info));
    assert_ne!(first.message[first.message.len() - 25..], second.message[second.message.len() - 25..]);
}

#[test]
fn reserved_keys_of_the_context_are_refused() {
    let client = client_for(AlgorithmSuite::Aes256GcmHkdfSha512CommitKey, aes());
    for key in ["aws-crypto-public-key", "aws-crypto-", "aws-crypto-anything"] {
        let options = EncryptOptions::new().context(EncryptionContext::from([(key, "value")]));
        let refused = client.encrypt(b"m", options).unwrap_err();
        assert!(matches!(refused, Error::EncryptionContext { key: Some(named), .. } if named == key));
    }
}

#[test]
fn a_context_that_is_too_long_is_refused() {
    let client = client_for(AlgorithmSuite::Aes256GcmHkdfSha512CommitKey, aes());
    let options = EncryptOptions::new().context([("key", "x".repeat(65536))]);
    assert!(matches!(client.encrypt(b"m", options), Err(Error::EncryptionContext { .. })));
}

#[test]
fn other_values_of_the_context_than_the_messages_are_refused() {
    let suite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKey;
    let client = client_for(suite, aes());
    let message = client.encrypt(b"m", options(suite, 10)).unwrap().message;
    assert!(client.decrypt(&message, any().context([("purpose", "test")])).is_ok());
    let refused = client.decrypt(&message, any().context([("purpose", "other")])).unwrap_err();
    assert!(matches!(refused, Error::EncryptionContext { key: Some(key), .. } if key == "purpose"));
    // What isn't in the message could only be authenticated, and was not.
    let refused = client.decrypt(&message, any().context([("other", "value")])).unwrap_err();
    assert!(matches!(refused, Error::NoDataKeyDecrypted { .. }));
}

#[test]
fn another_wrapping_key_decrypts_nothing() {
    let suite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKey;
    let message = client_for(suite, aes()).encrypt(b"m", options(suite, 10)).unwrap().message;
    let key = SecretBytes::new(vec![9; 32]);
    for (namespace, name, tried) in [("samples", "aes", 1), ("samples", "other", 0), ("other", "aes", 0)] {
        let keyring = keywright_encryption_sdk::RawAesKeyring::new(namespace, name, &key).unwrap();
        let refused = client_for(suite, keyring).decrypt(&message, any()).unwrap_err();
        assert!(matches!(refused, Error::NoDataKeyDecrypted { causes } if causes.len() == tried));
    }
}

#[test]
fn limits_of_the_client_are_kept() {
    let suite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKey;
    let message = client_for(suite, aes()).encrypt(&plaintext(100), options(suite, 50)).unwrap().message;
    let builder = || keywright_encryption_sdk::Client::builder().keyring(aes());
    let refusals = [
        (builder().max_frame_length(49), Limit::FrameLength),
        (builder().max_header_length(100), Limit::HeaderLength),
    ];
    for (builder, expected) in refusals {
        let client = builder.build().unwrap().blocking();
        let refused = client.decrypt(&message, any()).unwrap_err();
        assert!(matches!(refused, Error::LimitExceeded { limit, .. } if limit == expected), "{refused}");
        let mut out = Vec::new();
        let refused = client.decrypt_stream(&mut message.as_slice(), &mut out, any()).unwrap_err();
        assert!(matches!(refused, Error::LimitExceeded { limit, .. } if limit == expected), "{refused}");
    }
    let client = builder().max_frame_length(50).build().unwrap().blocking();
    assert!(client.decrypt(&message, any()).is_ok());
}
