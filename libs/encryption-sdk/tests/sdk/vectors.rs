//! Manifests of `awses-decrypt`, as <https://github.com/awslabs/aws-encryption-sdk-test-vectors> has them: ours always, and
//! the one in the directory that `ENCRYPTION_SDK_TEST_VECTORS` names (where one of its archives lies unpacked).
//!
//! Keys of KMS are those of [`LocalKms`](crate::local_kms::LocalKms); a vector that needs another is counted as not run.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keywright_encryption_sdk::{
    BlockingClient, Client, CommitmentPolicy, DecryptOptions, DiscoveryFilter, EncryptionContext, Keyring,
    KmsDiscoveryKeyring, KmsKeyring, MultiKeyring, RawAesKeyring, RawRsaKeyring, RsaPadding, SecretBytes,
};
use serde_json::Value;

use crate::local_kms::LocalKms;

#[test]
fn our_manifest_is_decrypted() {
    let run = Manifest::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sdk/vectors").as_ref()).run();
    assert_eq!(run, Run { passed: 18, without_key: 0, failed: Vec::new() });
}

#[test]
fn the_public_manifest_is_decrypted() {
    let Some(directory) = std::env::var_os("ENCRYPTION_SDK_TEST_VECTORS") else { return };
    let run = Manifest::read(directory.as_ref()).run();
    println!("{} vectors are right, {} need keys of kms that are not here", run.passed, run.without_key);
    assert!(run.failed.is_empty(), "{}", run.failed.join("\n"));
    assert!(run.passed > 0, "there is none");
}

/// A vector whose file was changed must not pass: else nothing here could fail.
#[test]
fn a_manifest_that_tells_another_result_fails() {
    let mut manifest = Manifest::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sdk/vectors").as_ref());
    for (_, test) in manifest.tests.as_object_mut().unwrap() {
        let output = test["result"]["output"].is_object() || test["plaintext"].is_string();
        test.as_object_mut().unwrap().remove("plaintext");
        test["result"] = match output {
            true => serde_json::json!({"error": {"error-description": "none"}}),
            false => serde_json::json!({"output": {"plaintext": "file://plaintexts/small"}}),
        };
    }
    let run = manifest.run();
    assert_eq!((run.passed, run.failed.len()), (0, 18));
}

struct Manifest {
    directory: PathBuf,
    keys: Value,
    tests: Value,
}

#[derive(Debug, PartialEq, Eq)]
struct Run {
    passed: usize,
    without_key: usize,
    failed: Vec<String>,
}

impl Manifest {
    fn read(directory: &Path) -> Self {
        let json =
            |name: &str| serde_json::from_slice::<Value>(&fs::read(directory.join(name)).unwrap()).unwrap();
        let mut manifest = json("manifest.json");
        assert_eq!(manifest["manifest"]["type"], "awses-decrypt");
        let mut keys = json(file(&manifest["keys"]));
        Self { directory: directory.into(), keys: keys["keys"].take(), tests: manifest["tests"].take() }
    }

    fn run(&self) -> Run {
        let mut run = Run { passed: 0, without_key: 0, failed: Vec::new() };
        for (name, test) in self.tests.as_object().unwrap() {
            match self.run_one(test) {
                None => run.without_key += 1,
                Some(Ok(())) => run.passed += 1,
                Some(Err(why)) => run.failed.push(format!("{name}: {why}")),
            }
        }
        run
    }

    /// Nothing when a key is missing.
    fn run_one(&self, test: &Value) -> Option<Result<(), String>> {
        let mut keyring = MultiKeyring::without_generator();
        for description in test["master-keys"].as_array().unwrap() {
            keyring = keyring.with(self.keyring(description)?);
        }
        let client = Client::builder()
            .keyring(keyring)
            .commitment_policy(CommitmentPolicy::ForbidEncryptAllowDecrypt)
            .build()
            .unwrap()
            .blocking();
        let message = self.file(&test["ciphertext"]);
        // Since version 4 of the manifests: what isn't in the message with the required encryption context manager.
        let context: EncryptionContext = test["encryption-context"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(key, value)| (key.as_str(), value.as_str().unwrap()))
            .collect();
        let mut options = DecryptOptions::new().context(context);
        match test["decryption-method"].as_str() {
            None => {}
            Some("streaming-unsigned-only") => options = options.unsigned_only(),
            Some(other) => return Some(Err(format!("unknown method {other}"))),
        }
        let expected = match (&test["plaintext"], &test["result"]["output"]["plaintext"]) {
            (Value::Null, Value::Null) => None,
            (Value::Null, plaintext) | (plaintext, _) => Some(self.file(plaintext)),
        };
        Some(compare(&client, &message, &options, expected.as_deref()))
    }

    fn keyring(&self, description: &Value) -> Option<Arc<dyn Keyring>> {
        let text = |name: &str| description[name].as_str().unwrap_or_default();
        let key = &self.keys[text("key")];
        match text("type") {
            "raw" => Some(raw_keyring(description, key)),
            "aws-kms" | "aws-kms-mrk-aware" => {
                let arn = key["key-id"].as_str().unwrap();
                let kms = Arc::new(LocalKms::of(arn)?);
                let keyring = KmsKeyring::new(kms, arn).unwrap();
                let aware = text("type") == "aws-kms-mrk-aware";
                Some(Arc::new(if aware { keyring.multi_region_aware() } else { keyring }))
            }
            "aws-kms-mrk-aware-discovery" => {
                let kms = Arc::new(LocalKms::new(text("default-mrk-region")).symmetric("a"));
                let filter = &description["aws-kms-discovery-filter"];
                let accounts = filter["account-ids"].as_array().unwrap();
                let accounts: Vec<String> = accounts.iter().map(|id| id.as_str().unwrap().into()).collect();
                if accounts != ["111122223333"] {
                    return None;
                }
                let partition = filter["partition"].as_str().unwrap();
                let filter = DiscoveryFilter::new(partition, accounts).unwrap();
                Some(Arc::new(KmsDiscoveryKeyring::new(kms).multi_region_aware().filter(filter)))
            }
            other => panic!("a keyring that no manifest of awses-decrypt has: {other}"),
        }
    }

    fn file(&self, uri: &Value) -> Vec<u8> {
        fs::read(self.directory.join(file(uri))).unwrap()
    }
}

fn file(uri: &Value) -> &str {
    uri.as_str().unwrap().strip_prefix("file://").unwrap()
}

fn raw_keyring(description: &Value, key: &Value) -> Arc<dyn Keyring> {
    let text = |name: &str| description[name].as_str().unwrap_or_default();
    let (namespace, name) = (text("provider-id"), key["key-id"].as_str().unwrap());
    let material = key["material"].as_str().unwrap();
    match text("encryption-algorithm") {
        "aes" => {
            let material = SecretBytes::new(STANDARD.decode(material).unwrap());
            Arc::new(RawAesKeyring::new(namespace, name, &material).unwrap())
        }
        "rsa" => {
            let padding = match (text("padding-algorithm"), text("padding-hash")) {
                ("pkcs1", _) => RsaPadding::Pkcs1,
                ("oaep-mgf1", "sha1") => RsaPadding::OaepSha1,
                ("oaep-mgf1", "sha256") => RsaPadding::OaepSha256,
                ("oaep-mgf1", "sha384") => RsaPadding::OaepSha384,
                ("oaep-mgf1", "sha512") => RsaPadding::OaepSha512,
                other => panic!("unknown padding {other:?}"),
            };
            let private = SecretBytes::new(material.as_bytes().to_vec());
            Arc::new(
                RawRsaKeyring::new(namespace, name, padding).unwrap().with_private_key(&private).unwrap(),
            )
        }
        other => panic!("unknown algorithm {other}"),
    }
}

/// As a whole and as a stream: the plaintext that is expected, or an error.
fn compare(
    client: &BlockingClient,
    message: &[u8],
    options: &DecryptOptions,
    expected: Option<&[u8]>,
) -> Result<(), String> {
    let whole = client.decrypt(message, options.clone());
    let mut out = Vec::new();
    let streamed = client.decrypt_stream(&mut &*message, &mut out, options.clone());
    match (expected, whole, streamed) {
        (None, Err(_), Err(_)) => Ok(()),
        (None, ..) => Err("must not be decrypted".into()),
        (Some(expected), Ok(whole), Ok(_))
            if whole.plaintext.expose_secret() == expected && out == expected =>
        {
            Ok(())
        }
        (Some(_), Ok(_), Ok(_)) => Err("is another plaintext".into()),
        (Some(_), Err(error), _) | (Some(_), _, Err(error)) => Err(error.to_string()),
    }
}
