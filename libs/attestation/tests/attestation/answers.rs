use std::process::Command;

use keywright_crypto::{SecretBytes, SystemRandom, sha256};
use tempfile::TempDir;

use crate::{enclave, hypervisor, now, spki, verify};

fn encrypt(plaintext: &[u8]) -> Vec<u8> {
    let attestation = verify(&hypervisor().document(now(), spki())).unwrap();
    attestation.encrypt(&SecretBytes::new(plaintext.to_vec()), &SystemRandom).unwrap()
}

/// Has OpenSSL decrypt a message with the key of the enclave.
fn decrypt(message: &[u8]) -> Option<Vec<u8>> {
    let directory = TempDir::new().unwrap();
    std::fs::write(directory.path().join("message"), message).unwrap();
    std::fs::write(directory.path().join("key"), enclave().to_pkcs8().expose_secret()).unwrap();
    let command = "cms -decrypt -binary -inform DER -in message -inkey key -keyform DER -out plaintext";
    let output =
        Command::new("openssl").args(command.split(' ')).current_dir(directory.path()).output().unwrap();
    output.status.success().then(|| std::fs::read(directory.path().join("plaintext")).unwrap())
}

#[test]
fn openssl_decrypts_answers_of_any_length() {
    for len in [0, 1, 15, 16, 17, 32, 127, 128, 256, 2400, 4096, 70_000] {
        let plaintext: Vec<u8> = (0..len).map(|at| at as u8).collect();
        assert_eq!(decrypt(&encrypt(&plaintext)).as_ref(), Some(&plaintext), "{len}");
    }
}

#[test]
fn no_two_answers_are_alike_and_none_shows_the_plaintext() {
    let (first, second) = (encrypt(b"attack at dawn"), encrypt(b"attack at dawn"));
    assert_eq!(first.len(), second.len());
    // From where the encrypted key begins.
    assert!(first[140..].iter().zip(&second[140..]).filter(|(one, other)| one == other).count() < 200);
    assert!(!first.windows(6).any(|window| window == b"attack"));
}

/// By this form AWS's SDK for enclaves finds its way.
#[test]
fn the_outer_structures_are_open_ended_as_aws_writes_them() {
    let message = encrypt(&[7; 32]);
    let mut expected =
        hex::decode("308006092a864886f70d010703a08030800201023182016b308201670201028020").unwrap();
    expected.extend(sha256(spki()));
    assert_eq!(message[..expected.len()], expected);
    assert!(message.ends_with(&[0; 10]));
    // EncryptedContentInfo up to the initialization vector, and from there to the encrypted content.
    let content = hex::decode("308006092a864886f70d010701301d060960864801650304012a0410").unwrap();
    let at = message.windows(content.len()).position(|window| window == content).unwrap() + content.len();
    assert_eq!(message[at + 16..][..4], [0xa0, 0x80, 0x04, 48]);
    assert_eq!(message.len(), at + 16 + 4 + 48 + 10);
}
