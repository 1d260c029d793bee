//! DeriveSharedSecret.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_DeriveSharedSecret.html>

use std::sync::Arc;

use keywright_aws_api::shape::{Blob, PlaintextOut};
use keywright_aws_api::{Accesses, ApiError, Authorized, Call, Input, Operation, Shown};
use keywright_crypto::CryptoError;
use keywright_policy::ContextKeys as _;
use keywright_service::PostgresWork;
use serde::Serialize;

use super::condition_keys::{ConditionKeys, RequestKeys};
use super::dry_run;
use super::key_access::{show_key, unresolved};
use super::recipient::{self, RecipientInfo};
use super::wire::SharedText;
use crate::domain::algorithms::KeyAgreementAlgorithmSpec;
use crate::domain::key::OriginType;
use crate::domain::key_spec::{KeySpec, KeyUsageType};
use crate::domain::usage::KeyLastUsageTrackingOperation;
use crate::error::Error;
use crate::granted::GrantedKey;
use crate::service::Kms;

pub(crate) struct DeriveSharedSecret;

#[derive(Input)]
pub(crate) struct DeriveSharedSecretInput {
    #[member(length = 1..=2048)]
    key_id: String,
    key_agreement_algorithm: KeyAgreementAlgorithmSpec,
    #[member(length = 1..=8192)]
    public_key: Blob,
    #[member(length = 0..=10, each(length = 1..=8192))]
    grant_tokens: Option<Vec<String>>,
    dry_run: Option<bool>,
    #[member(shape)]
    recipient: Option<RecipientInfo>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeriveSharedSecretOutput {
    key_id: SharedText,
    shared_secret: PlaintextOut,
    key_agreement_algorithm: KeyAgreementAlgorithmSpec,
    key_origin: OriginType,
}

impl Operation for DeriveSharedSecret {
    type Service = Kms;
    type Input = DeriveSharedSecretInput;
    type Output = DeriveSharedSecretOutput;
    type Resource = GrantedKey;
    type Error = Error;
    const NAME: &'static str = "DeriveSharedSecret";
    const ACTION: &'static str = "kms:DeriveSharedSecret";
    const READ_ONLY: bool = true;

    async fn load(kms: &Kms, call: &Call, input: &DeriveSharedSecretInput) -> Result<GrantedKey, Error> {
        recipient::refuse(input.recipient.as_ref())?;
        kms.granted_key(call, &input.key_id, input.grant_tokens.as_deref()).await
    }

    fn admit(
        kms: &Kms,
        call: &Call,
        _input: &DeriveSharedSecretInput,
        key: Option<&GrantedKey>,
    ) -> Result<(), ApiError> {
        kms.quotas.admit_use(call, key)
    }

    fn accesses(_call: &Call, _input: &DeriveSharedSecretInput, key: &GrantedKey) -> Accesses {
        key.access(Self::ACTION, None).into()
    }

    fn accesses_unloaded(call: &Call, input: &DeriveSharedSecretInput) -> Accesses {
        unresolved(Self::ACTION, call, &input.key_id)
    }

    fn condition_key(
        call: &Call,
        input: &DeriveSharedSecretInput,
        loaded: Option<&GrantedKey>,
        _access: usize,
        key: &str,
        each: &mut dyn FnMut(&str),
    ) -> bool {
        let others = [("KeyAgreementAlgorithm", input.key_agreement_algorithm.as_str())];
        let identifier = Some(input.key_id.as_str());
        let request = RequestKeys { identifier, others: &others, ..RequestKeys::default() };
        ConditionKeys::new(call, loaded.map(|key| &*key.entry)).with(request).get(key, each)
    }

    async fn run(
        _kms: &Kms,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<DeriveSharedSecretOutput, Error> {
        let (input, entry) = (request.input, &request.resource.entry);
        let (key, algorithm) = (&entry.key, input.key_agreement_algorithm);
        key.check_usable_for(KeyUsageType::KeyAgreement, Self::NAME)?;
        let algorithms = KeySpec::key_agreement_algorithms(key.usage);
        key.spec.check_has(algorithm, algorithm.as_str(), algorithms)?;
        let secret = entry.key_pair()?.agree(input.public_key.as_bytes()).map_err(|error| match error {
            CryptoError::InvalidKey => Error::PeerKey,
            other => Error::Crypto(other),
        })?;
        dry_run::end(input.dry_run)?;
        Ok(DeriveSharedSecretOutput {
            key_id: SharedText(Arc::clone(&key.arn)),
            shared_secret: PlaintextOut(secret),
            key_agreement_algorithm: algorithm,
            key_origin: key.origin,
        })
    }

    fn succeeded(
        kms: &Kms,
        call: &Call,
        _input: &DeriveSharedSecretInput,
        key: Option<&GrantedKey>,
        _output: &DeriveSharedSecretOutput,
    ) {
        if let Some(key) = key {
            kms.last_usage.note(call, KeyLastUsageTrackingOperation::DeriveSharedSecret, &key.entry);
        }
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a DeriveSharedSecretInput,
        entry: Option<&'a GrantedKey>,
        _output: Option<&'a DeriveSharedSecretOutput>,
    ) {
        shown
            .request
            .push_str("keyId", input.key_id.as_str())
            .push_str("keyAgreementAlgorithm", input.key_agreement_algorithm.as_str());
        if input.dry_run == Some(true) {
            shown.request.push_bool("dryRun", true);
        }
        show_key(shown, entry.map(|key| &*key.entry));
    }
}
