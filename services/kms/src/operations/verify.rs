//! Verify.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_Verify.html>

use std::sync::Arc;

use keywright_aws_api::shape::{Blob, SecretBlob};
use keywright_aws_api::{Accesses, ApiError, Authorized, Call, Input, Operation, Shown};
use keywright_crypto::CryptoError;
use keywright_service::PostgresWork;
use serde::Serialize;

use super::condition_keys::ConditionKeys;
use super::dry_run;
use super::key_access::unresolved;
use super::signing::Signing;
use super::wire::SharedText;
use crate::domain::algorithms::SigningAlgorithmSpec;
use crate::domain::message::MessageType;
use crate::domain::usage::KeyLastUsageTrackingOperation;
use crate::error::Error;
use crate::granted::GrantedKey;
use crate::service::Kms;

pub(crate) struct Verify;

#[derive(Input)]
pub(crate) struct VerifyInput {
    #[member(length = 1..=2048)]
    key_id: String,
    #[member(length = 1..=4096)]
    message: SecretBlob,
    message_type: Option<MessageType>,
    #[member(length = 1..=6144)]
    signature: Blob,
    signing_algorithm: SigningAlgorithmSpec,
    #[member(length = 0..=10, each(length = 1..=8192))]
    grant_tokens: Option<Vec<String>>,
    dry_run: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct VerifyOutput {
    key_id: SharedText,
    signature_valid: bool,
    signing_algorithm: SigningAlgorithmSpec,
}

impl VerifyInput {
    fn signing(&self) -> Signing<'_> {
        Signing {
            key_id: &self.key_id,
            message: &self.message,
            message_type: self.message_type,
            algorithm: self.signing_algorithm,
            dry_run: self.dry_run,
        }
    }
}

impl Operation for Verify {
    type Service = Kms;
    type Input = VerifyInput;
    type Output = VerifyOutput;
    type Resource = GrantedKey;
    type Error = Error;
    const NAME: &'static str = "Verify";
    const ACTION: &'static str = "kms:Verify";
    const READ_ONLY: bool = true;

    async fn load(kms: &Kms, call: &Call, input: &VerifyInput) -> Result<GrantedKey, Error> {
        kms.granted_key(call, &input.key_id, input.grant_tokens.as_deref()).await
    }

    fn admit(kms: &Kms, call: &Call, _input: &VerifyInput, key: Option<&GrantedKey>) -> Result<(), ApiError> {
        kms.quotas.admit_use(call, key)
    }

    fn accesses(_call: &Call, _input: &VerifyInput, key: &GrantedKey) -> Accesses {
        key.access(Self::ACTION, None).into()
    }

    fn accesses_unloaded(call: &Call, input: &VerifyInput) -> Accesses {
        unresolved(Self::ACTION, call, &input.key_id)
    }

    fn condition_key(
        call: &Call,
        input: &VerifyInput,
        loaded: Option<&GrantedKey>,
        _access: usize,
        key: &str,
        each: &mut dyn FnMut(&str),
    ) -> bool {
        let keys = ConditionKeys::new(call, loaded.map(|key| &*key.entry));
        input.signing().condition_key(keys, key, each)
    }

    async fn run(
        _kms: &Kms,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<VerifyOutput, Error> {
        let (input, entry) = (request.input, &request.resource.entry);
        let message = input.signing().checked(Self::NAME, entry)?;
        let (algorithm, public) = (input.signing_algorithm, entry.key_pair()?.public_key());
        public.verify(algorithm.primitive(), message, input.signature.as_bytes()).map_err(
            |error| match error {
                CryptoError::SignatureInvalid => Error::InvalidSignature,
                other => Error::Crypto(other),
            },
        )?;
        dry_run::end(input.dry_run)?;
        Ok(VerifyOutput {
            key_id: SharedText(Arc::clone(&entry.key.arn)),
            signature_valid: true,
            signing_algorithm: algorithm,
        })
    }

    fn succeeded(
        kms: &Kms,
        call: &Call,
        _input: &VerifyInput,
        key: Option<&GrantedKey>,
        _output: &VerifyOutput,
    ) {
        if let Some(key) = key {
            kms.last_usage.note(call, KeyLastUsageTrackingOperation::Verify, &key.entry);
        }
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a VerifyInput,
        entry: Option<&'a GrantedKey>,
        _output: Option<&'a VerifyOutput>,
    ) {
        input.signing().show(shown, entry.map(|key| &*key.entry));
    }
}
