//! Documents of a hypervisor that is made for the tests: what is taken, what is refused, and what answers are worth.

// So that lints know the functions that tests share for tests, too.
#![cfg(test)]

mod answers;
mod bytes;
mod certificates;
mod documents;

use std::sync::OnceLock;

use keywright_attestation::testing::TestHypervisor;
use keywright_attestation::{Attestation, AttestationError, RootCertificates};
use keywright_crypto::{KeyPairSpec, PrivateKey, SystemRandom};
use time::OffsetDateTime;

/// The time of all tests.
fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_790_000_000).unwrap()
}

/// A hypervisor whose certificates are in order.
fn hypervisor() -> &'static TestHypervisor {
    static MADE: OnceLock<TestHypervisor> = OnceLock::new();
    MADE.get_or_init(|| TestHypervisor::new(now()))
}

/// The key pair of the enclave.
fn enclave() -> &'static PrivateKey {
    static MADE: OnceLock<PrivateKey> = OnceLock::new();
    MADE.get_or_init(|| key_pair(KeyPairSpec::Rsa2048))
}

fn key_pair(spec: KeyPairSpec) -> PrivateKey {
    PrivateKey::generate(spec, &SystemRandom).unwrap()
}

fn spki() -> &'static [u8] {
    enclave().public_key().spki()
}

/// Where `hypervisor`'s root is the one that is trusted.
fn verify_by(hypervisor: &TestHypervisor, document: &[u8]) -> Result<Attestation, AttestationError> {
    RootCertificates::from_pem(hypervisor.root().as_bytes()).unwrap().verify(document, now())
}

fn verify(document: &[u8]) -> Result<Attestation, AttestationError> {
    verify_by(hypervisor(), document)
}

#[track_caller]
fn refusal(result: Result<Attestation, AttestationError>) -> AttestationError {
    result.map(|_| ()).unwrap_err()
}
