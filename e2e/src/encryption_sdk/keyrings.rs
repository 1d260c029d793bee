//! Keyrings of cases.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use keywright_encryption_sdk::{
    DiscoveryFilter, EcdhCurve, Keyring, KmsDiscoveryKeyring, KmsEcdhKeyring, KmsKeyring, KmsRsaAlgorithm,
    KmsRsaKeyring, MultiKeyring, RawAesKeyring, RawEcdhKeyring, RawRsaKeyring, RsaPadding, SecretBytes,
};
use serde::Deserialize;

use super::{BranchKeyOf, Services};

/// One keyring.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum KeyringOf {
    /// One symmetric key.
    Kms {
        /// Its ARN or, to encrypt, an alias.
        key: String,
        /// Where KMS is asked.
        region: String,
        /// Whether a multi-Region key's replicas count as one.
        #[serde(default)]
        multi_region: bool,
    },
    /// Any symmetric key of one account.
    Discovery {
        /// Where KMS is asked.
        region: String,
        /// The account.
        account: String,
        /// Whether a multi-Region key's replica here serves for those elsewhere.
        #[serde(default)]
        multi_region: bool,
    },
    /// An RSA key.
    KmsRsa {
        /// Its ARN.
        key: String,
        /// Where KMS is asked.
        region: String,
        /// Its public key in PEM, to encrypt.
        public_key: PathBuf,
        /// `RSAES_OAEP_SHA_1` or `RSAES_OAEP_SHA_256`.
        algorithm: String,
    },
    /// A key for ECDH.
    KmsEcdh {
        /// Its ARN.
        key: String,
        /// Where KMS is asked.
        region: String,
        /// `P256`, `P384` or `P521`.
        curve: String,
        /// A DER `SubjectPublicKeyInfo`: for whom is encrypted. None decrypts what anybody encrypted for the key.
        recipient: Option<PathBuf>,
    },
    /// ECC keys that the caller has.
    RawEcdh {
        /// `P256`, `P384` or `P521`.
        curve: String,
        /// The sender's private key in PEM, or the recipient's to decrypt; none is one for each message.
        private_key: Option<PathBuf>,
        /// The other party's DER `SubjectPublicKeyInfo`; none decrypts what anybody encrypted for the private key.
        recipient: Option<PathBuf>,
    },
    /// A branch key.
    Hierarchical(BranchKeyOf),
    /// A raw AES key.
    Aes {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
        /// 16, 24 or 32 bytes.
        file: PathBuf,
    },
    /// A raw RSA key pair.
    Rsa {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
        /// `pkcs1`, `oaep-sha1` and so on.
        padding: String,
        /// The public key in PEM.
        public_key: PathBuf,
        /// The private key in PEM.
        private_key: PathBuf,
    },
}

/// One keyring of them all.
pub(super) async fn all_of(
    keyrings: &[KeyringOf],
    services: &Services,
    encrypts: bool,
) -> Result<MultiKeyring> {
    let mut all: Option<MultiKeyring> = None;
    for keyring in keyrings {
        let keyring = keyring.build(services, encrypts).await?;
        all = Some(match all {
            None => MultiKeyring::new(keyring),
            Some(all) => all.with(keyring),
        });
    }
    all.context("no keyring")
}

impl KeyringOf {
    async fn build(&self, services: &Services, encrypts: bool) -> Result<Arc<dyn Keyring>> {
        Ok(match self {
            Self::Kms { key, region, multi_region } => {
                let keyring = KmsKeyring::new(services.kms(region)?, key)?;
                Arc::new(if *multi_region { keyring.multi_region_aware() } else { keyring })
            }
            Self::Discovery { region, account, multi_region } => {
                let filter = DiscoveryFilter::new("aws", [account.as_str()])?;
                let keyring = KmsDiscoveryKeyring::new(services.kms(region)?).filter(filter);
                Arc::new(if *multi_region { keyring.multi_region_aware() } else { keyring })
            }
            Self::KmsRsa { key, region, public_key, algorithm } => {
                let algorithm = match algorithm.as_str() {
                    "RSAES_OAEP_SHA_1" => KmsRsaAlgorithm::RsaesOaepSha1,
                    "RSAES_OAEP_SHA_256" => KmsRsaAlgorithm::RsaesOaepSha256,
                    other => bail!("unknown algorithm {other}"),
                };
                let keyring = KmsRsaKeyring::new(key, algorithm)?;
                Arc::new(match encrypts {
                    true => keyring.with_public_key(&fs::read(public_key)?)?,
                    false => keyring.with_client(services.kms(region)?),
                })
            }
            Self::KmsEcdh { key, region, curve, recipient } => {
                let curve = curve_of(curve)?;
                let client = services.kms(region)?;
                Arc::new(match recipient {
                    Some(file) => KmsEcdhKeyring::between(client, curve, key, None, &fs::read(file)?).await?,
                    None => KmsEcdhKeyring::to_decrypt(client, curve, key, None).await?,
                })
            }
            Self::RawEcdh { curve, private_key, recipient } => {
                let curve = curve_of(curve)?;
                Arc::new(match (private_key, recipient) {
                    (Some(private_key), Some(recipient)) => {
                        RawEcdhKeyring::between(curve, &fs::read(private_key)?, &fs::read(recipient)?)?
                    }
                    (Some(private_key), None) => RawEcdhKeyring::to_decrypt(curve, &fs::read(private_key)?)?,
                    (None, Some(recipient)) => RawEcdhKeyring::ephemeral_to(curve, &fs::read(recipient)?)?,
                    (None, None) => bail!("whose key?"),
                })
            }
            Self::Hierarchical(branch_key) => Arc::new(branch_key.keyring(services)?),
            Self::Aes { namespace, name, file } => {
                let key = SecretBytes::new(fs::read(file)?);
                Arc::new(RawAesKeyring::new(namespace, name.as_str(), &key)?)
            }
            Self::Rsa { namespace, name, padding, public_key, private_key } => {
                let padding = match padding.as_str() {
                    "pkcs1" => RsaPadding::Pkcs1,
                    "oaep-sha1" => RsaPadding::OaepSha1,
                    "oaep-sha256" => RsaPadding::OaepSha256,
                    "oaep-sha384" => RsaPadding::OaepSha384,
                    "oaep-sha512" => RsaPadding::OaepSha512,
                    other => bail!("unknown padding {other}"),
                };
                let keyring = RawRsaKeyring::new(namespace, name.as_str(), padding)?;
                let keyring = keyring.with_public_key(&fs::read(public_key)?)?;
                Arc::new(keyring.with_private_key(&SecretBytes::new(fs::read(private_key)?))?)
            }
        })
    }
}

fn curve_of(text: &str) -> Result<EcdhCurve> {
    Ok(match text {
        "P256" => EcdhCurve::P256,
        "P384" => EcdhCurve::P384,
        "P521" => EcdhCurve::P521,
        other => bail!("unknown curve {other}"),
    })
}
