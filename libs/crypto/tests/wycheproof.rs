//! Project Wycheproof's vectors: edge cases and known attacks. Each test states how many vectors it ran, so that a
//! filter which lets nothing through fails.

use keywright_crypto::{Aes256Gcm, CryptoError, HmacSha256Key, Key256, NONCE_LEN, hkdf_sha256};
use wycheproof::{TestResult, aead, hkdf, mac};

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
    let set = hkdf::TestSet::load(hkdf::TestName::HkdfSha256).unwrap();
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
