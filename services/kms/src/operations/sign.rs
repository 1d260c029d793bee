//! Sign.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html>

use std::sync::Arc;

use keywright_aws_api::shape::{Blob, SecretBlob};
use keywright_aws_api::{Accesses, ApiError, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::condition_keys::ConditionKeys;
use super::key_access::unresolved;
use super::signing::Signing;
use super::wire::SharedText;
use super::{dry_run, private_key};
use crate::domain::algorithms::SigningAlgorithmSpec;
use crate::domain::message::MessageType;
use crate::domain::usage::KeyLastUsageTrackingOperation;
use crate::error::Error;
use crate::granted::GrantedKey;
use crate::service::Kms;

pub(crate) struct Sign;

#[derive(Input)]
pub(crate) struct SignInput {
    #[member(length = 1..=2048)]
    key_id: String,
    #[member(length = 1..=4096)]
    message: SecretBlob,
    message_type: Option<MessageType>,
    #[member(length = 0..=10, each(length = 1..=8192))]
    grant_tokens: Option<Vec<String>>,
    signing_algorithm: SigningAlgorithmSpec,
    dry_run: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SignOutput {
    key_id: SharedText,
    signature: Blob,
    signing_algorithm: SigningAlgorithmSpec,
}

impl SignInput {
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

impl Operation for Sign {
    type Service = Kms;
    type Input = SignInput;
    type Output = SignOutput;
    type Resource = GrantedKey;
    type Error = Error;
    const NAME: &'static str = "Sign";
    const ACTION: &'static str = "kms:Sign";
    const READ_ONLY: bool = true;

    async fn load(kms: &Kms, call: &Call, input: &SignInput) -> Result<GrantedKey, Error> {
        kms.granted_key(call, &input.key_id, input.grant_tokens.as_deref()).await
    }

    fn admit(kms: &Kms, call: &Call, _input: &SignInput, key: Option<&GrantedKey>) -> Result<(), ApiError> {
        kms.quotas.admit_use(call, key)
    }

    fn accesses(_call: &Call, _input: &SignInput, key: &GrantedKey) -> Accesses {
        key.access(Self::ACTION, None).into()
    }

    fn accesses_unloaded(call: &Call, input: &SignInput) -> Accesses {
        unresolved(Self::ACTION, call, &input.key_id)
    }

    fn condition_key(
        call: &Call,
        input: &SignInput,
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
    ) -> Result<SignOutput, Error> {
        let (input, entry) = (request.input, &request.resource.entry);
        let signing = input.signing();
        signing.checked(Self::NAME, entry)?;
        entry.current_ready()?;
        dry_run::end(input.dry_run)?;
        let (algorithm, message) = (signing.algorithm, signing.message.as_secret());
        let signature = private_key::sign(entry, algorithm, signing.message_type(), message).await?;
        Ok(SignOutput {
            key_id: SharedText(Arc::clone(&entry.key.arn)),
            signature: signature.into(),
            signing_algorithm: algorithm,
        })
    }

    fn succeeded(kms: &Kms, call: &Call, _input: &SignInput, key: Option<&GrantedKey>, _output: &SignOutput) {
        if let Some(key) = key {
            kms.last_usage.note(call, KeyLastUsageTrackingOperation::Sign, &key.entry);
        }
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a SignInput,
        entry: Option<&'a GrantedKey>,
        _output: Option<&'a SignOutput>,
    ) {
        input.signing().show(shown, entry.map(|key| &*key.entry));
    }
}
