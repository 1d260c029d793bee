//! KMS over the command's own signed calls.

use std::collections::BTreeMap;
use std::error::Error as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keywright_aws_api::Region;
use keywright_encryption_sdk::{
    BoxFuture, DeriveSharedSecret, EncryptionContext, GenerateDataKey, GeneratedDataKey, GetPublicKey,
    KmsCiphertext, KmsClient, KmsDecrypt, KmsEncrypt, KmsError, KmsPlaintext, KmsPublicKey, KmsSharedSecret,
    SecretBytes,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use tokio::runtime::Handle;

use crate::api_client::{ApiClient, ApiError, KMS, patiently};

/// KMS in one Region. Its calls run on a runtime, and are waited for by threads that are none of its own.
#[derive(Clone)]
pub(super) struct Kms {
    client: ApiClient,
    region: Region,
    runtime: Handle,
}

/// Members of a request: each operation has some of them.
#[derive(Default, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Request<'a> {
    key_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    number_of_bytes: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plaintext: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ciphertext_blob: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    public_key: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    encryption_context: BTreeMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encryption_algorithm: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_agreement_algorithm: Option<&'static str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    grant_tokens: &'a [String],
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DataKey {
    key_id: String,
    plaintext: SecretBytes,
    ciphertext_blob: Blob,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Ciphertext {
    key_id: String,
    ciphertext_blob: Blob,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Plaintext {
    key_id: String,
    plaintext: SecretBytes,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Public {
    public_key: Blob,
    key_spec: String,
    key_usage: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Shared {
    key_id: String,
    shared_secret: SecretBytes,
}

/// Bytes that are no secret, in base64.
struct Blob(Vec<u8>);

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map(Self).map_err(serde::de::Error::custom)
    }
}

impl Kms {
    pub(super) fn new(client: &ApiClient, region: Region, runtime: Handle) -> Self {
        Self { client: client.in_region(region.clone()), region, runtime }
    }

    /// Runs on the runtime; the future that is given out may be waited for anywhere.
    fn run<'a, T: Send + 'static>(
        &'a self,
        call: impl Future<Output = Result<T, ApiError>> + Send + 'static,
    ) -> BoxFuture<'a, Result<T, KmsError>> {
        let task = self.runtime.spawn(call);
        Box::pin(async move {
            match task.await {
                Ok(answer) => answer.map_err(|error| failure(&error)),
                Err(error) => Err(KmsError { code: "Stopped".to_owned(), message: error.to_string() }),
            }
        })
    }
}

impl KmsClient for Kms {
    fn region(&self) -> &str {
        self.region.as_str()
    }

    fn generate_data_key(
        &self,
        request: GenerateDataKey,
    ) -> BoxFuture<'_, Result<GeneratedDataKey, KmsError>> {
        let client = self.client.clone();
        self.run(async move {
            let input = Request {
                key_id: &request.key_id,
                number_of_bytes: Some(request.number_of_bytes),
                encryption_context: pairs(&request.encryption_context),
                grant_tokens: &request.grant_tokens,
                ..Request::default()
            };
            let answer: DataKey = call(&client, "GenerateDataKey", &input).await?;
            Ok(GeneratedDataKey {
                key_id: answer.key_id,
                plaintext: answer.plaintext,
                ciphertext_blob: answer.ciphertext_blob.0,
            })
        })
    }

    fn encrypt(&self, request: KmsEncrypt) -> BoxFuture<'_, Result<KmsCiphertext, KmsError>> {
        let client = self.client.clone();
        self.run(async move {
            let plaintext = request.plaintext.to_base64();
            let input = Request {
                key_id: &request.key_id,
                plaintext: Some(plaintext.expose_secret()),
                encryption_context: pairs(&request.encryption_context),
                grant_tokens: &request.grant_tokens,
                ..Request::default()
            };
            let answer: Ciphertext = call(&client, "Encrypt", &input).await?;
            Ok(KmsCiphertext { key_id: answer.key_id, ciphertext_blob: answer.ciphertext_blob.0 })
        })
    }

    fn decrypt(&self, request: KmsDecrypt) -> BoxFuture<'_, Result<KmsPlaintext, KmsError>> {
        let client = self.client.clone();
        self.run(async move {
            let input = Request {
                key_id: &request.key_id,
                ciphertext_blob: Some(STANDARD.encode(&request.ciphertext_blob)),
                encryption_context: pairs(&request.encryption_context),
                encryption_algorithm: request.encryption_algorithm.map(|algorithm| algorithm.as_str()),
                grant_tokens: &request.grant_tokens,
                ..Request::default()
            };
            let answer: Plaintext = call(&client, "Decrypt", &input).await?;
            Ok(KmsPlaintext { key_id: answer.key_id, plaintext: answer.plaintext })
        })
    }

    fn get_public_key(&self, request: GetPublicKey) -> BoxFuture<'_, Result<KmsPublicKey, KmsError>> {
        let client = self.client.clone();
        self.run(async move {
            let input = Request {
                key_id: &request.key_id,
                grant_tokens: &request.grant_tokens,
                ..Request::default()
            };
            let answer: Public = call(&client, "GetPublicKey", &input).await?;
            Ok(KmsPublicKey {
                public_key: answer.public_key.0,
                key_spec: answer.key_spec,
                key_usage: answer.key_usage,
            })
        })
    }

    fn derive_shared_secret(
        &self,
        request: DeriveSharedSecret,
    ) -> BoxFuture<'_, Result<KmsSharedSecret, KmsError>> {
        let client = self.client.clone();
        self.run(async move {
            let input = Request {
                key_id: &request.key_id,
                public_key: Some(STANDARD.encode(&request.public_key)),
                key_agreement_algorithm: Some("ECDH"),
                grant_tokens: &request.grant_tokens,
                ..Request::default()
            };
            let answer: Shared = call(&client, "DeriveSharedSecret", &input).await?;
            Ok(KmsSharedSecret { key_id: answer.key_id, shared_secret: answer.shared_secret })
        })
    }
}

async fn call<O: DeserializeOwned>(
    client: &ApiClient,
    operation: &str,
    input: &Request<'_>,
) -> Result<O, ApiError> {
    let context: usize =
        input.encryption_context.iter().map(|(key, value)| key.len() + value.len() + 1).sum();
    let room = ROOM_OF_A_REQUEST + context * LONGEST_ESCAPE;
    patiently(|| client.secret_json(KMS, operation, input, room)).await
}

fn pairs(context: &EncryptionContext) -> BTreeMap<&str, &str> {
    context.iter().collect()
}

/// KMS's own words where it answered, and else what kept the call from it.
fn failure(error: &ApiError) -> KmsError {
    if let ApiError::Refused { code, message, .. } = error {
        return KmsError { code: code.clone(), message: message.clone() };
    }
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        message.push_str(&format!(": {error}"));
        cause = error.source();
    }
    KmsError { code: NO_ANSWER.to_owned(), message }
}

/// The code of what kept a call from KMS.
pub(super) const NO_ANSWER: &str = "NoAnswer";
const ROOM_OF_A_REQUEST: usize = 16_384;
const LONGEST_ESCAPE: usize = 6;
