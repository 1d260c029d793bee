//! Messages of `aws-encryption-sdk` 4.0.7 for Python: every suite, in frames of 128 bytes and without frames. They were
//! made with a raw AES keyring over the key of [`aes`](crate::fixtures::aes) and the encryption context `purpose=sample`.

use keywright_encryption_sdk::{AlgorithmSuite, ContentType};

use crate::fixtures::{aes, any, client_for};

pub(crate) const PLAINTEXT: [u8; 136] = *b"\
    sample plaintext\nsample plaintext\nsample plaintext\nsample plaintext\n\
    sample plaintext\nsample plaintext\nsample plaintext\nsample plaintext\n";

pub(crate) fn sample(suite: AlgorithmSuite, kind: &str) -> Vec<u8> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sdk/samples");
    std::fs::read(format!("{directory}/{:04x}-{kind}", suite.id())).unwrap()
}

#[test]
fn messages_of_the_official_implementation_are_decrypted() {
    for suite in AlgorithmSuite::ALL {
        for (kind, content_type) in
            [("framed", ContentType::Framed { frame_length: 128 }), ("unframed", ContentType::Unframed)]
        {
            let client = client_for(suite, aes());
            let message = sample(suite, kind);
            let decrypted = client.decrypt(&message, any().context([("purpose", "sample")])).unwrap();
            assert_eq!(decrypted.plaintext.expose_secret(), PLAINTEXT, "{suite} {kind}");
            assert_eq!(decrypted.info.header.suite, suite);
            assert_eq!(decrypted.info.header.content_type, content_type);

            let mut streamed = Vec::new();
            let info = client.decrypt_stream(&mut message.as_slice(), &mut streamed, any()).unwrap();
            assert_eq!((streamed.as_slice(), info), (PLAINTEXT.as_slice(), decrypted.info), "{suite} {kind}");
        }
    }
}
