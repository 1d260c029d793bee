//! Keyrings of cases.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use aws_sdk_kms::config::{BehaviorVersion, Credentials, Region, SharedHttpClient};
use keywright_encryption_sdk::{
    AwsKmsClient, DiscoveryFilter, EcdhCurve, Keyring, KmsClient, KmsDiscoveryKeyring, KmsEcdhKeyring,
    KmsKeyring, KmsRsaAlgorithm, KmsRsaKeyring, MultiKeyring, RawAesKeyring, RawRsaKeyring, RsaPadding,
    SecretBytes,
};
use serde::Deserialize;

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

/// Where KMS is, and who calls it.
pub struct Kms {
    endpoint: String,
    credentials: Credentials,
    http: SharedHttpClient,
}

impl Kms {
    /// As the variables of AWS's tools say.
    ///
    /// # Errors
    /// One of them is missing.
    pub fn from_environment() -> Result<Self> {
        let variable = |name: &str| std::env::var(name).with_context(|| format!("{name} is not set"));
        let secret = variable("AWS_SECRET_ACCESS_KEY")?;
        Ok(Self {
            endpoint: variable("AWS_ENDPOINT_URL")?,
            credentials: Credentials::new(variable("AWS_ACCESS_KEY_ID")?, secret, None, None, "environment"),
            http: aws_smithy_http_client::Builder::new().build_http(),
        })
    }

    fn client(&self, region: &str) -> Result<Arc<dyn KmsClient>> {
        let config = aws_sdk_kms::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&self.endpoint)
            .region(Region::new(region.to_owned()))
            .credentials_provider(self.credentials.clone())
            .http_client(self.http.clone())
            .build();
        Ok(Arc::new(AwsKmsClient::new(aws_sdk_kms::Client::from_conf(config))?))
    }
}

/// One keyring of them all.
pub(super) async fn all_of(keyrings: &[KeyringOf], kms: &Kms, encrypts: bool) -> Result<MultiKeyring> {
    let mut all: Option<MultiKeyring> = None;
    for keyring in keyrings {
        let keyring = keyring.build(kms, encrypts).await?;
        all = Some(match all {
            None => MultiKeyring::new(keyring),
            Some(all) => all.with(keyring),
        });
    }
    all.context("no keyring")
}

impl KeyringOf {
    async fn build(&self, kms: &Kms, encrypts: bool) -> Result<Arc<dyn Keyring>> {
        Ok(match self {
            Self::Kms { key, region, multi_region } => {
                let keyring = KmsKeyring::new(kms.client(region)?, key)?;
                Arc::new(if *multi_region { keyring.multi_region_aware() } else { keyring })
            }
            Self::Discovery { region, account, multi_region } => {
                let filter = DiscoveryFilter::new("aws", [account.as_str()])?;
                let keyring = KmsDiscoveryKeyring::new(kms.client(region)?).filter(filter);
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
                    false => keyring.with_client(kms.client(region)?),
                })
            }
            Self::KmsEcdh { key, region, curve, recipient } => {
                let curve = match curve.as_str() {
                    "P256" => EcdhCurve::P256,
                    "P384" => EcdhCurve::P384,
                    "P521" => EcdhCurve::P521,
                    other => bail!("unknown curve {other}"),
                };
                let client = kms.client(region)?;
                Arc::new(match recipient {
                    Some(file) => KmsEcdhKeyring::between(client, curve, key, None, &fs::read(file)?).await?,
                    None => KmsEcdhKeyring::to_decrypt(client, curve, key, None).await?,
                })
            }
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
