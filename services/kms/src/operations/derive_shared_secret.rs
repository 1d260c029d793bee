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
use super::recipient::{For, Recipient, RecipientInfo};
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
    #[serde(skip_serializing_if = "Option::is_none")]
    shared_secret: Option<PlaintextOut>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ciphertext_for_recipient: Option<Blob>,
    key_agreement_algorithm: KeyAgreementAlgorithmSpec,
    key_origin: OriginType,
}

impl Operation for DeriveSharedSecret {
    type Service = Kms;
    type Input = DeriveSharedSecretInput;
    type Output = DeriveSharedSecretOutput;
    type Resource = For<GrantedKey>;
    type Error = Error;
    const NAME: &'static str = "DeriveSharedSecret";
    const ACTION: &'static str = "kms:DeriveSharedSecret";
    const READ_ONLY: bool = true;

    async fn load(kms: &Kms, call: &Call, input: &DeriveSharedSecretInput) -> Result<For<GrantedKey>, Error> {
        let recipient = Recipient::of(kms, input.recipient.as_ref()).await?;
        Ok(recipient.with(kms.granted_key(call, &input.key_id, input.grant_tokens.as_deref()).await?))
    }

    fn admit(
        kms: &Kms,
        call: &Call,
        _input: &DeriveSharedSecretInput,
        key: Option<&For<GrantedKey>>,
    ) -> Result<(), ApiError> {
        kms.quotas.admit_use(call, key.map(|key| &key.loaded))
    }

    fn accesses(_call: &Call, _input: &DeriveSharedSecretInput, key: &For<GrantedKey>) -> Accesses {
        key.loaded.access(Self::ACTION, None).into()
    }

    fn accesses_unloaded(call: &Call, input: &DeriveSharedSecretInput) -> Accesses {
        unresolved(Self::ACTION, call, &input.key_id)
    }

    fn condition_key(
        call: &Call,
        input: &DeriveSharedSecretInput,
        key: Option<&For<GrantedKey>>,
        _access: usize,
        name: &str,
        each: &mut dyn FnMut(&str),
    ) -> bool {
        let others = [("KeyAgreementAlgorithm", input.key_agreement_algorithm.as_str())];
        let identifier = Some(input.key_id.as_str());
        let attestation = key.and_then(For::attestation);
        let request = RequestKeys { identifier, attestation, others: &others, ..RequestKeys::default() };
        ConditionKeys::new(call, key.map(|key| &*key.loaded.entry)).with(request).get(name, each)
    }

    async fn run(
        kms: &Kms,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<DeriveSharedSecretOutput, Error> {
        let (input, entry) = (request.input, &request.resource.loaded.entry);
        request.resource.check()?;
        let (key, algorithm) = (&entry.key, input.key_agreement_algorithm);
        key.check_usable_for(KeyUsageType::KeyAgreement, Self::NAME)?;
        let algorithms = KeySpec::key_agreement_algorithms(key.usage);
        key.spec.check_has(algorithm, algorithm.as_str(), algorithms)?;
        let secret = entry.key_pair()?.agree(input.public_key.as_bytes()).map_err(|error| match error {
            CryptoError::InvalidKey => Error::PeerKey,
            other => Error::Crypto(other),
        })?;
        dry_run::end(input.dry_run)?;
        let (shared_secret, ciphertext_for_recipient) = request.resource.answer(kms, secret)?;
        Ok(DeriveSharedSecretOutput {
            key_id: SharedText(Arc::clone(&key.arn)),
            shared_secret,
            ciphertext_for_recipient,
            key_agreement_algorithm: algorithm,
            key_origin: key.origin,
        })
    }

    fn succeeded(
        kms: &Kms,
        call: &Call,
        _input: &DeriveSharedSecretInput,
        key: Option<&For<GrantedKey>>,
        _output: &DeriveSharedSecretOutput,
    ) {
        if let Some(key) = key {
            kms.last_usage.note(call, KeyLastUsageTrackingOperation::DeriveSharedSecret, &key.loaded.entry);
        }
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a DeriveSharedSecretInput,
        key: Option<&'a For<GrantedKey>>,
        _output: Option<&'a DeriveSharedSecretOutput>,
    ) {
        shown
            .request
            .push_str("keyId", input.key_id.as_str())
            .push_str("keyAgreementAlgorithm", input.key_agreement_algorithm.as_str());
        if input.dry_run == Some(true) {
            shown.request.push_bool("dryRun", true);
        }
        if let Some(key) = key {
            key.show(shown);
        }
        show_key(shown, key.map(|key| &*key.loaded.entry));
    }
}
