//! Writes messages that the official implementation is to decrypt, into the file that `ENCRYPTION_SDK_SAMPLES` names.
//! `make_samples.py --check FILE` has it do so. Raw AES and RSA keyrings are held to it in both directions by `e2e`.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keywright_crypto::{KeyPairSpec, PrivateKey, SystemRandom};
use keywright_encryption_sdk::{
    AlgorithmSuite, BranchKeyKms, BranchKeyStore, Client, EcdhCurve, EncryptOptions, EncryptionContext,
    HierarchicalKeyring, Keyring, RawEcdhKeyring, TextBranchKeyStorage,
};
use serde_json::{Value, json};

use crate::hierarchy::Texts;
use crate::local_kms::LocalKms;
use crate::samples::PLAINTEXT;

#[tokio::test]
async fn messages_for_the_official_implementation_are_written() {
    let Some(file) = std::env::var_os("ENCRYPTION_SDK_SAMPLES") else { return };
    let samples = json!({ "hierarchy": hierarchy().await, "ecdh": ecdh().await });
    fs::write(file, samples.to_string()).unwrap();
}

async fn encrypt(keyring: impl Keyring + 'static) -> String {
    let client = Client::builder().keyring(keyring).build().unwrap();
    let options = EncryptOptions::new()
        .suite(AlgorithmSuite::Aes256GcmHkdfSha512CommitKeyEcdsaP384)
        .context([("purpose", "sample")]);
    STANDARD.encode(client.encrypt(&PLAINTEXT, options).await.unwrap().message)
}

async fn hierarchy() -> Value {
    let (texts, kms) = (Texts::default(), Arc::new(LocalKms::new("us-east-1").symmetric("a")));
    let storage = Arc::new(TextBranchKeyStorage::new(texts.clone(), "/"));
    let key = BranchKeyKms::Key(kms.arn("a"));
    let store = Arc::new(BranchKeyStore::new("samples", kms, key, storage).unwrap());
    let context = EncryptionContext::from([("tenant", "4711")]);
    store.create_branch_key("tenant-4711", context).await.unwrap();
    let mut messages = Vec::new();
    for _ in 0..2 {
        let keyring = HierarchicalKeyring::new(store.clone(), "tenant-4711", Duration::from_secs(60));
        messages.push(encrypt(keyring.unwrap()).await);
        store.version_branch_key("tenant-4711").await.unwrap();
    }
    let texts = texts.all();
    let records = texts.iter().flat_map(|text| serde_json::from_str::<Vec<Value>>(text).unwrap());
    json!({ "records": records.collect::<Vec<_>>(), "messages": messages })
}

async fn ecdh() -> Value {
    let mut samples = Vec::new();
    for (name, curve, spec) in [
        ("P256", EcdhCurve::P256, KeyPairSpec::NistP256),
        ("P384", EcdhCurve::P384, KeyPairSpec::NistP384),
        ("P521", EcdhCurve::P521, KeyPairSpec::NistP521),
    ] {
        let [sender, recipient] = [(); 2].map(|()| PrivateKey::generate(spec, &SystemRandom).unwrap());
        let private = sender.to_pkcs8();
        let theirs = recipient.public_key().spki();
        let between = RawEcdhKeyring::between(curve, private.expose_secret(), theirs).unwrap();
        samples.push(json!({
            "curve": name,
            "private_key": pem(recipient.to_pkcs8().expose_secret()),
            "static": encrypt(between).await,
            "ephemeral": encrypt(RawEcdhKeyring::ephemeral_to(curve, theirs).unwrap()).await,
        }));
    }
    Value::from(samples)
}

fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"))
}
