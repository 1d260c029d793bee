use keywright_crypto::{KeyPairSpec, PrivateKey, SystemRandom};
use keywright_encryption_sdk::{
    AlgorithmSuite, Client, EncryptOptions, Error, MultiKeyring, RawAesKeyring, RawRsaKeyring, RsaPadding,
    SecretBytes,
};

use crate::fixtures::{aes, any, client_for, options};

const SUITE: AlgorithmSuite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKeyEcdsaP384;

#[test]
fn aes_keys_of_every_length_wrap_data_keys_of_every_length() {
    for len in [16, 24, 32] {
        let keyring = || RawAesKeyring::new("namespace", "name", &SecretBytes::new(vec![5; len])).unwrap();
        for suite in AlgorithmSuite::ALL {
            let message = client_for(suite, keyring()).encrypt(b"m", options(suite, 10)).unwrap().message;
            let decrypted = client_for(suite, keyring()).decrypt(&message, any()).unwrap();
            assert_eq!(decrypted.plaintext.expose_secret(), b"m");
        }
    }
    assert!(RawAesKeyring::new("namespace", "name", &SecretBytes::new(vec![5; 17])).is_err());
    assert!(RawAesKeyring::new("aws-kms", "name", &SecretBytes::new(vec![5; 16])).is_err());
}

#[test]
fn a_name_that_begins_like_another_is_another_key() {
    let ring = |name: &str| RawAesKeyring::new("n", name, &SecretBytes::new(vec![5; 32])).unwrap();
    let message = client_for(SUITE, ring("key")).encrypt(b"m", options(SUITE, 10)).unwrap().message;
    for other in ["ke", "key1", ""] {
        let refused = client_for(SUITE, ring(other)).decrypt(&message, any()).unwrap_err();
        assert!(matches!(refused, Error::NoDataKeyDecrypted { causes } if causes.is_empty()), "{other}");
    }
}

#[test]
fn rsa_wraps_with_the_public_key_and_unwraps_with_the_private_key() {
    let key = PrivateKey::generate(KeyPairSpec::Rsa2048, &SystemRandom).unwrap();
    let other = PrivateKey::generate(KeyPairSpec::Rsa2048, &SystemRandom).unwrap();
    let paddings = [
        RsaPadding::Pkcs1,
        RsaPadding::OaepSha1,
        RsaPadding::OaepSha256,
        RsaPadding::OaepSha384,
        RsaPadding::OaepSha512,
    ];
    for padding in paddings {
        let ring = || RawRsaKeyring::new("namespace", "rsa", padding).unwrap();
        let public = ring().with_public_key(key.public_key().spki()).unwrap();
        let private = ring().with_private_key(&key.to_pkcs8()).unwrap();
        let wrong = ring().with_private_key(&other.to_pkcs8()).unwrap();

        let encrypting = client_for(SUITE, public);
        let message = encrypting.encrypt(b"m", options(SUITE, 10)).unwrap().message;
        assert!(matches!(encrypting.decrypt(&message, any()), Err(Error::Configuration(_))));
        let decrypting = client_for(SUITE, private);
        assert_eq!(decrypting.decrypt(&message, any()).unwrap().plaintext.expose_secret(), b"m");
        assert!(matches!(decrypting.encrypt(b"m", options(SUITE, 10)), Err(Error::Configuration(_))));
        let refused = client_for(SUITE, wrong).decrypt(&message, any()).unwrap_err();
        assert!(matches!(refused, Error::NoDataKeyDecrypted { causes } if causes.len() == 1));
    }
    let ring = || RawRsaKeyring::new("namespace", "rsa", RsaPadding::OaepSha256).unwrap();
    let ec = PrivateKey::generate(KeyPairSpec::NistP256, &SystemRandom).unwrap();
    assert!(ring().with_public_key(ec.public_key().spki()).is_err());
    assert!(ring().with_private_key(&ec.to_pkcs8()).is_err());
    assert!(RawRsaKeyring::new("aws-kms-rsa", "rsa", RsaPadding::OaepSha256).is_err());
}

#[test]
fn any_keyring_of_several_decrypts() {
    let ring = |n: u8| RawAesKeyring::new("n", [n], &SecretBytes::new(vec![n; 32])).unwrap();
    let all = MultiKeyring::new(ring(1)).with(ring(2)).with(MultiKeyring::without_generator().with(ring(3)));
    let encrypted = client_for(SUITE, all).encrypt(b"m", options(SUITE, 10)).unwrap();
    assert_eq!(encrypted.info.header.encrypted_data_keys.len(), 3);
    for n in 1..=3 {
        let one = client_for(SUITE, ring(n)).decrypt(&encrypted.message, any()).unwrap();
        assert_eq!(one.plaintext.expose_secret(), b"m");
        let among = MultiKeyring::new(aes()).with(ring(n));
        assert!(client_for(SUITE, among).decrypt(&encrypted.message, any()).is_ok());
    }
    let wrong = RawAesKeyring::new("n", [1], &SecretBytes::new(vec![9; 32])).unwrap();
    let refused =
        client_for(SUITE, MultiKeyring::new(wrong).with(ring(4))).decrypt(&encrypted.message, any());
    assert!(matches!(refused, Err(Error::NoDataKeyDecrypted { causes }) if causes.len() == 1));
}

#[test]
fn a_multi_keyring_needs_a_generator_to_encrypt() {
    let client =
        Client::builder().keyring(MultiKeyring::without_generator().with(aes())).build().unwrap().blocking();
    assert!(matches!(client.encrypt(b"m", EncryptOptions::new()), Err(Error::Configuration(_))));
}
