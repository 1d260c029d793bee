//! What was changed or cut is refused, and nothing of it comes out.

use std::io::Read as _;

use keywright_encryption_sdk::{AlgorithmSuite, BlockingClient, Error};

use crate::fixtures::{aes, any, client_for, options, plaintext};
use crate::samples::{PLAINTEXT, sample};

/// A message in several frames, one in one frame, and one without frames, of a suite.
fn messages(suite: AlgorithmSuite) -> [(Vec<u8>, Vec<u8>); 4] {
    let client = client_for(suite, aes());
    let ours = |len: usize, frame_length| {
        (client.encrypt(&plaintext(len), options(suite, frame_length)).unwrap().message, plaintext(len))
    };
    [
        ours(20, 8),
        ours(5, 8),
        (sample(suite, "framed"), PLAINTEXT.to_vec()),
        (sample(suite, "unframed"), PLAINTEXT.to_vec()),
    ]
}

/// What a stream of `message` gives before its error, which there must be.
fn refused(client: &BlockingClient, message: &[u8], what: &str) -> Vec<u8> {
    let whole = client.decrypt(message, any());
    let error = whole.map(|_| ()).expect_err(what);
    assert!(error.is_about_the_message(), "{what}: {error}");
    let mut out = Vec::new();
    let streamed = client.decrypt_stream(&mut &*message, &mut out, any());
    assert!(streamed.is_err(), "{what}");
    out
}

/// A stream of a message may give frames before the place of the change, and of a signed message never the last one.
fn is_whole_frames_before_the_end(suite: AlgorithmSuite, out: &[u8], plaintext: &[u8]) -> bool {
    let may_be_all = !suite.is_signed();
    plaintext.starts_with(out)
        && (out.len().is_multiple_of(8) || out.len() == plaintext.len())
        && (may_be_all || out.len() < plaintext.len())
}

#[test]
fn every_truncation_is_refused() {
    for suite in AlgorithmSuite::ALL {
        let client = client_for(suite, aes());
        for (message, plaintext) in messages(suite) {
            for len in 0..message.len() {
                let what = format!("{suite}: {len} of {} bytes", message.len());
                let out = refused(&client, &message[..len], &what);
                assert!(is_whole_frames_before_the_end(suite, &out, &plaintext), "{what}");
                assert!(out.len() < plaintext.len(), "{what}");
            }
        }
    }
}

#[test]
fn every_flipped_bit_is_refused() {
    for suite in AlgorithmSuite::ALL {
        let client = client_for(suite, aes());
        // One of ours in frames, and one of others without: the forms are the same, and the bits many.
        let [framed, _, _, unframed] = messages(suite);
        for (message, plaintext) in [framed, unframed] {
            for bit in 0..message.len() * 8 {
                let mut changed = message.clone();
                changed[bit / 8] ^= 1 << (bit % 8);
                let what = format!("{suite}: bit {bit} of byte {}", bit / 8);
                let out = refused(&client, &changed, &what);
                assert!(is_whole_frames_before_the_end(suite, &out, &plaintext), "{what}");
            }
        }
    }
}

#[test]
fn whatever_follows_a_message_is_refused() {
    for suite in AlgorithmSuite::ALL {
        let client = client_for(suite, aes());
        for (message, _) in messages(suite) {
            let longer = [message.as_slice(), &[0]].concat();
            assert!(matches!(client.decrypt(&longer, any()), Err(Error::TrailingData)));
            let twice = [message.as_slice(), &message].concat();
            assert!(matches!(client.decrypt(&twice, any()), Err(Error::TrailingData)));
            let mut out = Vec::new();
            let streamed = client.decrypt_stream(&mut twice.as_slice(), &mut out, any());
            assert!(matches!(streamed, Err(Error::TrailingData)));
        }
    }
}

#[test]
fn frames_in_another_order_are_refused() {
    let suite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKey;
    let client = client_for(suite, aes());
    let message = client.encrypt(&plaintext(24), options(suite, 8)).unwrap().message;
    // Two regular frames of 36 + 4 bytes, a final one of 48.
    let (frame, last) = (4 + 12 + 8 + 16, 4 + 4 + 12 + 4 + 8 + 16);
    let header = message.len() - 2 * frame - last;
    let (head, body) = message.split_at(header);
    let (first, rest) = body.split_at(frame);
    let (second, last) = rest.split_at(frame);
    assert!(client.decrypt(&[head, first, second, last].concat(), any()).is_ok());
    for parts in [
        [head, second, first, last].as_slice(),
        &[head, first, first, second, last],
        &[head, first, last],
        &[head, last],
        &[head, first, second, second, last],
    ] {
        let refused = client.decrypt(&parts.concat(), any()).unwrap_err();
        assert!(matches!(refused, Error::Malformed { .. }), "{refused}");
    }
}

#[test]
fn frames_of_another_message_under_the_same_key_are_refused() {
    let suite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKeyEcdsaP384;
    let client = client_for(suite, aes());
    let [one, other] = [b"one", b"two"].map(|text| client.encrypt(text, options(suite, 8)).unwrap().message);
    for split in (one.len() / 2)..one.len().min(other.len()) {
        let mixed = [&one[..split], &other[split..]].concat();
        assert!(client.decrypt(&mixed, any()).is_err(), "{split}");
    }
}

#[test]
fn a_message_in_base64_is_told_so() {
    use base64::Engine as _;
    for suite in AlgorithmSuite::ALL {
        let client = client_for(suite, aes());
        let encoded = base64::engine::general_purpose::STANDARD.encode(sample(suite, "framed"));
        assert!(matches!(client.decrypt(encoded.as_bytes(), any()), Err(Error::Base64Encoded)), "{suite}");
    }
}

#[test]
fn lengths_that_lie_cost_no_memory() {
    let suite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKey;
    let client = client_for(suite, aes());
    let long_frames = client.encrypt(b"m", options(suite, u32::MAX)).unwrap();
    let mut out = Vec::new();
    client.decrypt_reader(long_frames.message.as_slice(), any()).unwrap().read_to_end(&mut out).unwrap();
    assert_eq!(out, b"m");

    let suite = AlgorithmSuite::Aes256GcmIv12Tag16HkdfSha256;
    let mut message = sample(suite, "unframed");
    let length_at = message.len() - 16 - PLAINTEXT.len() - 8;
    message[length_at..length_at + 8].copy_from_slice(&((1_u64 << 36) - 32).to_be_bytes());
    let mut out = Vec::new();
    let refused = client_for(suite, aes()).decrypt_stream(&mut message.as_slice(), &mut out, any());
    assert!(matches!(refused, Err(Error::Truncated)));
    message[length_at..length_at + 8].copy_from_slice(&((1_u64 << 36) - 31).to_be_bytes());
    let refused = client_for(suite, aes()).decrypt(&message, any());
    assert!(matches!(refused, Err(Error::LimitExceeded { .. })));
}
