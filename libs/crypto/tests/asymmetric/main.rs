//! Key pairs of every kind: what they do, what they refuse, published vectors that Wycheproof doesn't have, and OpenSSL
//! on the other side.

// So that lints know the functions that tests share for tests, too.
#![cfg(test)]

mod known_answers;
mod openssl;
mod operations;
mod refusals;

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use keywright_crypto::{KeyPairSpec, PrivateKey, SignatureAlgorithm, SystemRandom};

const SPECS: [KeyPairSpec; 12] = [
    KeyPairSpec::Rsa2048,
    KeyPairSpec::Rsa3072,
    KeyPairSpec::Rsa4096,
    KeyPairSpec::NistP256,
    KeyPairSpec::NistP384,
    KeyPairSpec::NistP521,
    KeyPairSpec::Secp256k1,
    KeyPairSpec::Sm2,
    KeyPairSpec::Ed25519,
    KeyPairSpec::MlDsa44,
    KeyPairSpec::MlDsa65,
    KeyPairSpec::MlDsa87,
];

const SIGNATURES: [SignatureAlgorithm; 13] = [
    SignatureAlgorithm::RsaPssSha256,
    SignatureAlgorithm::RsaPssSha384,
    SignatureAlgorithm::RsaPssSha512,
    SignatureAlgorithm::RsaPkcs1Sha256,
    SignatureAlgorithm::RsaPkcs1Sha384,
    SignatureAlgorithm::RsaPkcs1Sha512,
    SignatureAlgorithm::EcdsaSha256,
    SignatureAlgorithm::EcdsaSha384,
    SignatureAlgorithm::EcdsaSha512,
    SignatureAlgorithm::Sm2Dsa,
    SignatureAlgorithm::Ed25519Sha512,
    SignatureAlgorithm::Ed25519PhSha512,
    SignatureAlgorithm::MlDsaShake256,
];

fn generate(spec: KeyPairSpec) -> PrivateKey {
    PrivateKey::generate(spec, &SystemRandom).unwrap()
}

/// A key for all tests that need only one: an RSA key takes its time.
fn shared(spec: KeyPairSpec) -> &'static PrivateKey {
    static KEYS: LazyLock<Mutex<HashMap<KeyPairSpec, &'static PrivateKey>>> = LazyLock::new(Mutex::default);
    let mut keys = KEYS.lock().unwrap_or_else(PoisonError::into_inner);
    keys.entry(spec).or_insert_with(|| Box::leak(Box::new(generate(spec))))
}

/// What KMS signs with a key of this kind.
fn signs_with(spec: KeyPairSpec) -> &'static [SignatureAlgorithm] {
    match spec {
        KeyPairSpec::Rsa2048 | KeyPairSpec::Rsa3072 | KeyPairSpec::Rsa4096 => &SIGNATURES[..6],
        KeyPairSpec::NistP256 | KeyPairSpec::Secp256k1 => &[SignatureAlgorithm::EcdsaSha256],
        KeyPairSpec::NistP384 => &[SignatureAlgorithm::EcdsaSha384],
        KeyPairSpec::NistP521 => &[SignatureAlgorithm::EcdsaSha512],
        KeyPairSpec::Sm2 => &[SignatureAlgorithm::Sm2Dsa],
        KeyPairSpec::Ed25519 => &[SignatureAlgorithm::Ed25519Sha512, SignatureAlgorithm::Ed25519PhSha512],
        KeyPairSpec::MlDsa44 | KeyPairSpec::MlDsa65 | KeyPairSpec::MlDsa87 => {
            &[SignatureAlgorithm::MlDsaShake256]
        }
    }
}
