//! Encrypts and decrypts files by the AWS Encryption SDK for Rust. The cases are those of e2e/src/bin/encryption-sdk.rs.

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead as _, Write as _, stdin, stdout};

use anyhow::{Context as _, Result, anyhow, bail};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_esdk::Client;
use aws_esdk::aws_cryptography_primitives::types::EcdhCurveSpec;
use aws_esdk::key_store::client::Client as KeyStore;
use aws_esdk::key_store::types::KmsConfiguration;
use aws_esdk::key_store::types::key_store_config::KeyStoreConfig;
use aws_esdk::material_providers::client::Client as Providers;
use aws_esdk::material_providers::types::keyring::KeyringRef;
use aws_esdk::material_providers::types::material_providers_config::MaterialProvidersConfig;
use aws_esdk::material_providers::types::{
    AesWrappingAlg, DiscoveryFilter, EphemeralPrivateKeyToStaticPublicKeyInput,
    EsdkAlgorithmSuiteId as Suite, EsdkCommitmentPolicy, KmsEcdhStaticConfigurations,
    KmsPrivateKeyToStaticPublicKeyInput, KmsPublicKeyDiscoveryInput, PaddingScheme, PublicKeyDiscoveryInput,
    RawEcdhStaticConfigurations, RawPrivateKeyToStaticPublicKeyInput,
};
use aws_esdk::types::aws_encryption_sdk_config::AwsEncryptionSdkConfig;
use aws_sdk_kms::types::EncryptionAlgorithmSpec;
use aws_smithy_types::Blob;
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> Result<()> {
    for line in stdin().lock().lines() {
        let answer = match run(&serde_json::from_str(&line?)?).await {
            Ok(answer) => answer,
            Err(error) => json!({ "error": format!("{error:#}") }),
        };
        writeln!(stdout(), "{answer}")?;
    }
    Ok(())
}

async fn run(case: &Value) -> Result<Value> {
    let doing = text(case, "do")?;
    if doing == "create-branch-key" {
        let of = &case["keyrings"][0];
        let call = key_store(of).await?.create_key().branch_key_identifier(text(of, "branch_key")?);
        let made = call.encryption_context(context_of(case)).send().await.map_err(shown)?;
        return Ok(json!({ "branch_key": made.branch_key_identifier }));
    }
    if doing == "version-branch-key" {
        let of = &case["keyrings"][0];
        let call = key_store(of).await?.version_key().branch_key_identifier(text(of, "branch_key")?);
        call.send().await.map_err(shown)?;
        return Ok(json!({}));
    }
    let suite = case["suite"].as_str().map(suite_of).transpose()?;
    let policy = match suite {
        None
        | Some(Suite::AlgAes256GcmHkdfSha512CommitKey | Suite::AlgAes256GcmHkdfSha512CommitKeyEcdsaP384) => {
            EsdkCommitmentPolicy::RequireEncryptAllowDecrypt
        }
        Some(_) => EsdkCommitmentPolicy::ForbidEncryptAllowDecrypt,
    };
    let client = Client::from_conf(AwsEncryptionSdkConfig::builder().commitment_policy(policy).build()?)
        .map_err(shown)?;
    let providers = Providers::from_conf(MaterialProvidersConfig::builder().build()?).map_err(shown)?;
    let encrypts = doing == "encrypt";
    let mut keyrings = Vec::new();
    for of in case["keyrings"].as_array().context("no keyrings")? {
        keyrings.push(keyring(&providers, of).await?);
    }
    let keyring = match keyrings.len() {
        1 => keyrings.remove(0),
        _ => {
            let generator = encrypts.then(|| keyrings.remove(0));
            let call = providers.create_multi_keyring().set_generator(generator).child_keyrings(keyrings);
            call.send().await.map_err(shown)?
        }
    };
    let input = Blob::new(fs::read(text(case, "input")?)?);
    let output = if encrypts {
        let call = client.encrypt().plaintext(input).keyring(keyring).encryption_context(context_of(case));
        let call = call.set_algorithm_suite_id(suite).set_frame_length(case["frame_length"].as_i64());
        call.send().await.map_err(shown)?.ciphertext
    } else {
        client.decrypt().ciphertext(input).keyring(keyring).send().await.map_err(shown)?.plaintext
    };
    fs::write(text(case, "output")?, output.context("no output")?)?;
    Ok(json!({}))
}

fn context_of(case: &Value) -> HashMap<String, String> {
    let pairs = case["context"].as_object().into_iter().flatten();
    pairs.map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned())).collect()
}

async fn keyring(providers: &Providers, of: &Value) -> Result<KeyringRef> {
    let multi_region = of["multi_region"] == true;
    let keyring = match (text(of, "kind")?, multi_region) {
        ("kms", false) => {
            let call = providers.create_aws_kms_keyring().kms_key_id(text(of, "key")?);
            call.kms_client(kms(of).await?).send().await
        }
        ("kms", true) => {
            let call = providers.create_aws_kms_mrk_keyring().kms_key_id(text(of, "key")?);
            call.kms_client(kms(of).await?).send().await
        }
        ("discovery", multi_region) => {
            let accounts = vec![text(of, "account")?.to_owned()];
            let filter = DiscoveryFilter::builder().account_ids(accounts).partition("aws").build()?;
            if multi_region {
                let call = providers.create_aws_kms_mrk_discovery_keyring().kms_client(kms(of).await?);
                call.region(text(of, "region")?).discovery_filter(filter).send().await
            } else {
                let call = providers.create_aws_kms_discovery_keyring().kms_client(kms(of).await?);
                call.discovery_filter(filter).send().await
            }
        }
        ("kms-rsa", _) => {
            let call = providers.create_aws_kms_rsa_keyring().kms_key_id(text(of, "key")?);
            let call = call.public_key(fs::read(text(of, "public_key")?)?);
            let call = call.encryption_algorithm(EncryptionAlgorithmSpec::from(text(of, "algorithm")?));
            call.kms_client(kms(of).await?).send().await
        }
        ("kms-ecdh", _) => {
            let scheme = match of["recipient"].as_str() {
                Some(recipient) => KmsEcdhStaticConfigurations::KmsPrivateKeyToStaticPublicKey(
                    KmsPrivateKeyToStaticPublicKeyInput::builder()
                        .sender_kms_identifier(text(of, "key")?)
                        .recipient_public_key(fs::read(recipient)?)
                        .build()?,
                ),
                None => KmsEcdhStaticConfigurations::KmsPublicKeyDiscovery(
                    KmsPublicKeyDiscoveryInput::builder()
                        .recipient_kms_identifier(text(of, "key")?)
                        .build()?,
                ),
            };
            let call = providers.create_aws_kms_ecdh_keyring().kms_client(kms(of).await?);
            call.curve_spec(curve(of)?).key_agreement_scheme(scheme).send().await
        }
        ("raw-ecdh", _) => {
            let scheme = match (of["private_key"].as_str(), of["recipient"].as_str()) {
                (Some(private), Some(recipient)) => {
                    RawEcdhStaticConfigurations::RawPrivateKeyToStaticPublicKey(
                        RawPrivateKeyToStaticPublicKeyInput::builder()
                            .sender_static_private_key(fs::read(private)?)
                            .recipient_public_key(fs::read(recipient)?)
                            .build()?,
                    )
                }
                (Some(private), None) => RawEcdhStaticConfigurations::PublicKeyDiscovery(
                    PublicKeyDiscoveryInput::builder()
                        .recipient_static_private_key(fs::read(private)?)
                        .build()?,
                ),
                (None, recipient) => RawEcdhStaticConfigurations::EphemeralPrivateKeyToStaticPublicKey(
                    EphemeralPrivateKeyToStaticPublicKeyInput::builder()
                        .recipient_public_key(fs::read(recipient.context("whose key?")?)?)
                        .build()?,
                ),
            };
            let call = providers.create_raw_ecdh_keyring().curve_spec(curve(of)?);
            call.key_agreement_scheme(scheme).send().await
        }
        ("hierarchical", _) => {
            let call = providers.create_aws_kms_hierarchical_keyring().key_store(key_store(of).await?);
            call.branch_key_id(text(of, "branch_key")?).ttl_seconds(600).send().await
        }
        ("aes", _) => {
            let key = fs::read(text(of, "file")?)?;
            let algorithm = match key.len() {
                16 => AesWrappingAlg::AlgAes128GcmIv12Tag16,
                24 => AesWrappingAlg::AlgAes192GcmIv12Tag16,
                _ => AesWrappingAlg::AlgAes256GcmIv12Tag16,
            };
            let call = providers.create_raw_aes_keyring().key_namespace(text(of, "namespace")?);
            call.key_name(text(of, "name")?).wrapping_key(key).wrapping_alg(algorithm).send().await
        }
        ("rsa", _) => {
            let padding = match text(of, "padding")? {
                "pkcs1" => PaddingScheme::Pkcs1,
                "oaep-sha1" => PaddingScheme::OaepSha1Mgf1,
                "oaep-sha256" => PaddingScheme::OaepSha256Mgf1,
                "oaep-sha384" => PaddingScheme::OaepSha384Mgf1,
                "oaep-sha512" => PaddingScheme::OaepSha512Mgf1,
                other => bail!("unknown padding {other}"),
            };
            let call = providers.create_raw_rsa_keyring().key_namespace(text(of, "namespace")?);
            let call = call.key_name(text(of, "name")?).padding_scheme(padding);
            let (public, private) = (fs::read(text(of, "public_key")?)?, fs::read(text(of, "private_key")?)?);
            call.public_key(public).private_key(private).send().await
        }
        (other, _) => bail!("unknown keyring {other}"),
    };
    keyring.map_err(shown)
}

/// The store of branch keys in a table of DynamoDB.
async fn key_store(of: &Value) -> Result<KeyStore> {
    let config = KeyStoreConfig::builder()
        .kms_client(kms(of).await?)
        .ddb_client(aws_sdk_dynamodb::Client::new(&settings(of).await?))
        .ddb_table_name(text(of, "name")?)
        .logical_key_store_name(text(of, "name")?)
        .kms_configuration(KmsConfiguration::KmsKeyArn(text(of, "key")?.to_owned()))
        .build()?;
    KeyStore::from_conf(config).map_err(shown)
}

async fn kms(of: &Value) -> Result<aws_sdk_kms::Client> {
    Ok(aws_sdk_kms::Client::new(&settings(of).await?))
}

/// As the variables of AWS's tools say, but for the Region.
async fn settings(of: &Value) -> Result<SdkConfig> {
    let region = Region::new(text(of, "region")?.to_owned());
    Ok(aws_config::defaults(BehaviorVersion::latest()).region(region).load().await)
}

fn curve(of: &Value) -> Result<EcdhCurveSpec> {
    Ok(match text(of, "curve")? {
        "P256" => EcdhCurveSpec::EccNistP256,
        "P384" => EcdhCurveSpec::EccNistP384,
        "P521" => EcdhCurveSpec::EccNistP521,
        other => bail!("unknown curve {other}"),
    })
}

fn text<'a>(of: &'a Value, name: &str) -> Result<&'a str> {
    of[name].as_str().with_context(|| format!("{name} is missing"))
}

fn suite_of(text: &str) -> Result<Suite> {
    Ok(match text {
        "0x0014" => Suite::AlgAes128GcmIv12Tag16NoKdf,
        "0x0046" => Suite::AlgAes192GcmIv12Tag16NoKdf,
        "0x0078" => Suite::AlgAes256GcmIv12Tag16NoKdf,
        "0x0114" => Suite::AlgAes128GcmIv12Tag16HkdfSha256,
        "0x0146" => Suite::AlgAes192GcmIv12Tag16HkdfSha256,
        "0x0178" => Suite::AlgAes256GcmIv12Tag16HkdfSha256,
        "0x0214" => Suite::AlgAes128GcmIv12Tag16HkdfSha256EcdsaP256,
        "0x0346" => Suite::AlgAes192GcmIv12Tag16HkdfSha384EcdsaP384,
        "0x0378" => Suite::AlgAes256GcmIv12Tag16HkdfSha384EcdsaP384,
        "0x0478" => Suite::AlgAes256GcmHkdfSha512CommitKey,
        "0x0578" => Suite::AlgAes256GcmHkdfSha512CommitKeyEcdsaP384,
        other => bail!("unknown suite {other}"),
    })
}

/// Its errors say more by `Debug`.
fn shown(error: impl std::fmt::Debug) -> anyhow::Error {
    anyhow!("{error:?}")
}
