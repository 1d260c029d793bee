//! KMS through AWS's SDK: AWS's own, Keywright's, or any other that speaks its wire.

use std::fmt;

use aws_sdk_kms::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{EncryptionAlgorithmSpec, KeyAgreementAlgorithmSpec};
use keywright_crypto::SecretBytes;
use tokio::runtime::Handle;

use crate::calls_on::CallsOn;
use crate::error::Error;
use crate::kms::{
    DeriveSharedSecret, GenerateDataKey, GeneratedDataKey, GetPublicKey, KmsCiphertext, KmsClient,
    KmsDecrypt, KmsEncrypt, KmsError, KmsPlaintext, KmsPublicKey, KmsReEncrypt, KmsRsaAlgorithm,
    KmsSharedSecret,
};
use crate::{BoxFuture, EncryptionContext};

/// Calls KMS by `aws-sdk-kms`. Its configuration says where that is, who calls, and by which HTTP client: the feature
/// brings none, and so no TLS.
#[derive(Clone)]
pub struct AwsKmsClient {
    client: aws_sdk_kms::Client,
    region: String,
    calls_on: CallsOn,
}

impl AwsKmsClient {
    /// Calls by `client`.
    ///
    /// # Errors
    /// [`Error::Configuration`] when the client has no Region.
    pub fn new(client: aws_sdk_kms::Client) -> Result<Self, Error> {
        let region = client.config().region().ok_or(Error::Configuration("the kms client has no region"))?;
        let region = region.to_string();
        Ok(Self { client, region, calls_on: CallsOn::default() })
    }

    /// Makes the calls on this runtime, so that threads which are none of tokio's can wait for them: what
    /// [`Client::blocking`](crate::Client::blocking) needs.
    #[must_use]
    pub fn on_runtime(mut self, runtime: Handle) -> Self {
        self.calls_on = CallsOn::runtime(runtime);
        self
    }

    fn run<T: Send + 'static>(
        &self,
        call: impl Future<Output = Result<T, KmsError>> + Send + 'static,
    ) -> BoxFuture<'_, Result<T, KmsError>> {
        self.calls_on.run(call, |error| failure("Runtime", error))
    }
}

impl KmsClient for AwsKmsClient {
    fn region(&self) -> &str {
        &self.region
    }

    fn generate_data_key(
        &self,
        request: GenerateDataKey,
    ) -> BoxFuture<'_, Result<GeneratedDataKey, KmsError>> {
        let call = self.client.generate_data_key();
        self.run(async move {
            let number_of_bytes =
                i32::try_from(request.number_of_bytes).map_err(|error| failure("Request", error))?;
            let answer = call
                .key_id(request.key_id)
                .number_of_bytes(number_of_bytes)
                .set_encryption_context(pairs(&request.encryption_context))
                .set_grant_tokens(Some(request.grant_tokens))
                .send()
                .await
                .map_err(refusal)?;
            Ok(GeneratedDataKey {
                key_id: member(answer.key_id, "KeyId")?,
                plaintext: secret(answer.plaintext, "Plaintext")?,
                ciphertext_blob: member(answer.ciphertext_blob, "CiphertextBlob")?.into_inner(),
            })
        })
    }

    fn encrypt(&self, request: KmsEncrypt) -> BoxFuture<'_, Result<KmsCiphertext, KmsError>> {
        let call = self.client.encrypt();
        self.run(async move {
            let answer = call
                .key_id(request.key_id)
                .plaintext(Blob::new(request.plaintext.expose_secret()))
                .set_encryption_context(pairs(&request.encryption_context))
                .set_grant_tokens(Some(request.grant_tokens))
                .send()
                .await
                .map_err(refusal)?;
            Ok(KmsCiphertext {
                key_id: member(answer.key_id, "KeyId")?,
                ciphertext_blob: member(answer.ciphertext_blob, "CiphertextBlob")?.into_inner(),
            })
        })
    }

    fn decrypt(&self, request: KmsDecrypt) -> BoxFuture<'_, Result<KmsPlaintext, KmsError>> {
        let call = self.client.decrypt();
        self.run(async move {
            let algorithm = request.encryption_algorithm.map(|algorithm| match algorithm {
                KmsRsaAlgorithm::RsaesOaepSha1 => EncryptionAlgorithmSpec::RsaesOaepSha1,
                KmsRsaAlgorithm::RsaesOaepSha256 => EncryptionAlgorithmSpec::RsaesOaepSha256,
            });
            let answer = call
                .key_id(request.key_id)
                .ciphertext_blob(Blob::new(request.ciphertext_blob))
                .set_encryption_context(pairs(&request.encryption_context))
                .set_encryption_algorithm(algorithm)
                .set_grant_tokens(Some(request.grant_tokens))
                .send()
                .await
                .map_err(refusal)?;
            Ok(KmsPlaintext {
                key_id: member(answer.key_id, "KeyId")?,
                plaintext: secret(answer.plaintext, "Plaintext")?,
            })
        })
    }

    fn get_public_key(&self, request: GetPublicKey) -> BoxFuture<'_, Result<KmsPublicKey, KmsError>> {
        let call = self.client.get_public_key();
        self.run(async move {
            let answer = call
                .key_id(request.key_id)
                .set_grant_tokens(Some(request.grant_tokens))
                .send()
                .await
                .map_err(refusal)?;
            Ok(KmsPublicKey {
                public_key: member(answer.public_key, "PublicKey")?.into_inner(),
                key_spec: member(answer.key_spec, "KeySpec")?.as_str().to_owned(),
                key_usage: member(answer.key_usage, "KeyUsage")?.as_str().to_owned(),
            })
        })
    }

    fn derive_shared_secret(
        &self,
        request: DeriveSharedSecret,
    ) -> BoxFuture<'_, Result<KmsSharedSecret, KmsError>> {
        let call = self.client.derive_shared_secret();
        self.run(async move {
            let answer = call
                .key_id(request.key_id)
                .key_agreement_algorithm(KeyAgreementAlgorithmSpec::Ecdh)
                .public_key(Blob::new(request.public_key))
                .set_grant_tokens(Some(request.grant_tokens))
                .send()
                .await
                .map_err(refusal)?;
            Ok(KmsSharedSecret {
                key_id: member(answer.key_id, "KeyId")?,
                shared_secret: secret(answer.shared_secret, "SharedSecret")?,
            })
        })
    }

    fn generate_data_key_without_plaintext(
        &self,
        request: GenerateDataKey,
    ) -> BoxFuture<'_, Result<KmsCiphertext, KmsError>> {
        let call = self.client.generate_data_key_without_plaintext();
        self.run(async move {
            let number_of_bytes =
                i32::try_from(request.number_of_bytes).map_err(|error| failure("Request", error))?;
            let answer = call
                .key_id(request.key_id)
                .number_of_bytes(number_of_bytes)
                .set_encryption_context(pairs(&request.encryption_context))
                .set_grant_tokens(Some(request.grant_tokens))
                .send()
                .await
                .map_err(refusal)?;
            Ok(KmsCiphertext {
                key_id: member(answer.key_id, "KeyId")?,
                ciphertext_blob: member(answer.ciphertext_blob, "CiphertextBlob")?.into_inner(),
            })
        })
    }

    fn re_encrypt(&self, request: KmsReEncrypt) -> BoxFuture<'_, Result<KmsCiphertext, KmsError>> {
        let call = self.client.re_encrypt();
        self.run(async move {
            let answer = call
                .source_key_id(request.source_key_id)
                .set_source_encryption_context(pairs(&request.source_encryption_context))
                .ciphertext_blob(Blob::new(request.ciphertext_blob))
                .destination_key_id(request.destination_key_id)
                .set_destination_encryption_context(pairs(&request.destination_encryption_context))
                .set_grant_tokens(Some(request.grant_tokens))
                .send()
                .await
                .map_err(refusal)?;
            Ok(KmsCiphertext {
                key_id: member(answer.key_id, "KeyId")?,
                ciphertext_blob: member(answer.ciphertext_blob, "CiphertextBlob")?.into_inner(),
            })
        })
    }
}

impl fmt::Debug for AwsKmsClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AwsKmsClient({})", self.region)
    }
}

fn pairs(context: &EncryptionContext) -> Option<std::collections::HashMap<String, String>> {
    let pairs = context.iter().map(|(key, value)| (key.to_owned(), value.to_owned()));
    (!context.is_empty()).then(|| pairs.collect())
}

fn member<T>(member: Option<T>, name: &str) -> Result<T, KmsError> {
    member.ok_or_else(|| failure("Response", format!("{name} is missing")))
}

fn secret(blob: Option<Blob>, name: &str) -> Result<SecretBytes, KmsError> {
    Ok(SecretBytes::new(member(blob, name)?.into_inner()))
}

/// KMS's own words where it answered, and else what kept the call from it.
fn refusal<E, R>(error: SdkError<E, R>) -> KmsError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: fmt::Debug + 'static,
{
    match (error.code(), error.message()) {
        (Some(code), message) => failure(code, message.unwrap_or_default()),
        (None, _) => failure("Call", DisplayErrorContext(&error)),
    }
}

fn failure(code: &str, message: impl fmt::Display) -> KmsError {
    KmsError { code: code.to_owned(), message: message.to_string() }
}
