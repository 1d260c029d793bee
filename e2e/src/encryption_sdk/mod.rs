//! This repository's Encryption SDK, driven by cases in JSON.

mod branch_keys;
mod keyrings;
mod services;

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use keywright_encryption_sdk::{
    AlgorithmSuite, CachingMaterialsManager, Client, CommitmentPolicy, DecryptOptions,
    DefaultMaterialsManager, EncryptOptions, MaterialsCache,
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub use branch_keys::BranchKeyOf;
pub use keyrings::KeyringOf;
pub use services::Services;

/// What to do.
#[derive(Debug, Deserialize)]
pub struct Case {
    #[serde(rename = "do")]
    what: What,
    /// The keyrings, which each decrypt; the first one makes data keys.
    keyrings: Vec<KeyringOf>,
    #[serde(default)]
    input: PathBuf,
    #[serde(default)]
    output: PathBuf,
    /// Such as `0x0578`; the policy's when nothing is said.
    suite: Option<String>,
    frame_length: Option<NonZeroU32>,
    #[serde(default)]
    context: BTreeMap<String, String>,
    /// As a stream rather than at once.
    #[serde(default)]
    stream: bool,
    /// For `many`: how often, and within which bounds a data key is used again. Without bounds each message has its own.
    count: Option<u64>,
    max_messages: Option<u64>,
    max_bytes: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum What {
    Encrypt,
    Decrypt,
    /// Encrypts the input many times and decrypts all of that.
    Many,
    /// Makes the branch key of the keyring.
    CreateBranchKey,
    /// Makes a new version of it.
    VersionBranchKey,
}

/// Does it.
///
/// # Errors
/// What the SDK, KMS or the files fail by.
pub async fn run(case: &Case, services: &Services) -> Result<Value> {
    if let What::CreateBranchKey | What::VersionBranchKey = case.what {
        let Some(KeyringOf::Hierarchical(of)) = case.keyrings.first() else { bail!("no branch key") };
        match case.what {
            What::CreateBranchKey => of.create(services, case.context.iter().collect()).await?,
            _ => of.version(services).await?,
        }
        return Ok(json!({}));
    }
    let suite = case.suite.as_deref().map(suite_of).transpose()?;
    let policy = match suite {
        Some(suite) if !suite.is_committing() => CommitmentPolicy::ForbidEncryptAllowDecrypt,
        _ => CommitmentPolicy::RequireEncryptAllowDecrypt,
    };
    let manager = DefaultMaterialsManager::new(
        keyrings::all_of(&case.keyrings, services, case.what == What::Encrypt).await?,
    );
    let mut options = EncryptOptions::new()
        .context(case.context.iter().collect::<keywright_encryption_sdk::EncryptionContext>());
    if let Some(suite) = suite {
        options = options.suite(suite);
    }
    if let Some(length) = case.frame_length {
        options = options.frame_length(length);
    }
    let builder = Client::builder().commitment_policy(policy);
    if case.what == What::Many && case.max_messages.is_none() && case.max_bytes.is_none() {
        return many(case, &builder.materials_manager(manager).build()?, &options).await;
    }
    if case.what == What::Many {
        let mut caching =
            CachingMaterialsManager::new(manager, MaterialsCache::new(100)?, Duration::from_secs(600))?;
        if let Some(maximum) = case.max_messages {
            caching = caching.max_messages(maximum)?;
        }
        if let Some(maximum) = case.max_bytes {
            caching = caching.max_bytes(maximum);
        }
        return many(case, &builder.materials_manager(caching).build()?, &options).await;
    }
    let client = builder.materials_manager(manager).build()?;
    let encrypts = case.what == What::Encrypt;
    let decrypt_options = DecryptOptions::new();
    if case.stream {
        let mut source = tokio::fs::File::open(&case.input).await.context("input")?;
        let mut sink = tokio::fs::File::create(&case.output).await.context("output")?;
        match encrypts {
            false => client.decrypt_stream(&mut source, &mut sink, decrypt_options).await?,
            true => client.encrypt_stream(&mut source, &mut sink, options).await?,
        };
        return Ok(json!({}));
    }
    let input = tokio::fs::read(&case.input).await.context("input")?;
    let output = match encrypts {
        false => client.decrypt(&input, decrypt_options).await?.plaintext.expose_secret().to_vec(),
        true => client.encrypt(&input, options).await?.message,
    };
    tokio::fs::write(&case.output, output).await.context("output")?;
    Ok(json!({}))
}

async fn many(case: &Case, client: &Client, options: &EncryptOptions) -> Result<Value> {
    let content = tokio::fs::read(&case.input).await.context("input")?;
    let count = case.count.ok_or_else(|| anyhow!("how many?"))?;
    let mut messages = Vec::new();
    for _ in 0..count {
        messages.push(client.encrypt(&content, options.clone()).await?.message);
    }
    for message in &messages {
        let opened = client.decrypt(message, DecryptOptions::new()).await?;
        ensure!(opened.plaintext.expose_secret() == content, "another content");
    }
    Ok(json!({ "messages": messages.len() }))
}

fn suite_of(text: &str) -> Result<AlgorithmSuite> {
    let id = u16::from_str_radix(text.trim_start_matches("0x"), 16)?;
    AlgorithmSuite::from_id(id).ok_or_else(|| anyhow!("unknown suite {text}"))
}
