//! DeriveSharedSecret.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_DeriveSharedSecret.html>

use std::sync::Arc;

use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::shape::{Blob, PlaintextOut};
use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_crypto::CryptoError;
use keywright_service::PostgresWork;
use serde::Serialize;

use super::dry_run;
use super::key_access::{add_context_keys, on_key, show_key, unresolved};
use super::recipient::{self, RecipientInfo};
use super::wire::SharedText;
use crate::domain::algorithms::KeyAgreementAlgorithmSpec;
use crate::domain::entry::KeyEntry;
use crate::domain::key::OriginType;
use crate::domain::key_spec::{KeySpec, KeyUsageType};
use crate::error::Error;
use crate::service::Kms;

pub(crate) struct DeriveSharedSecret;

#[derive(Input)]
pub(crate) struct DeriveSharedSecretInput {
    #[member(length = 1..=2048)]
    key_id: String,
    key_agreement_algorithm: KeyAgreementAlgorithmSpec,
    #[member(length = 1..=8192)]
    public_key: Blob,
    #[expect(dead_code, reason = "checked for its form only: there are no grants yet")]
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
    type Resource = Arc<KeyEntry>;
    type Error = Error;
    const NAME: &'static str = "DeriveSharedSecret";
    const ACTION: &'static str = "kms:DeriveSharedSecret";
    const READ_ONLY: bool = true;

    async fn load(kms: &Kms, call: &Call, input: &DeriveSharedSecretInput) -> Result<Arc<KeyEntry>, Error> {
        recipient::refuse(input.recipient.as_ref())?;
        kms.directory.resolve(&input.key_id, call.account()).await
    }

    fn accesses(_call: &Call, _input: &DeriveSharedSecretInput, entry: &Arc<KeyEntry>) -> Accesses {
        on_key(Self::ACTION, entry).into()
    }

    fn accesses_unloaded(call: &Call, input: &DeriveSharedSecretInput) -> Accesses {
        unresolved(Self::ACTION, call, &input.key_id)
    }

    fn context_keys(
        call: &Call,
        input: &DeriveSharedSecretInput,
        _entry: &Arc<KeyEntry>,
        keys: &mut ContextKeys,
    ) {
        add_context_keys(call, keys);
        keys.push("kms:KeyAgreementAlgorithm", input.key_agreement_algorithm.as_str());
    }

    async fn run(
        _kms: &Kms,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<DeriveSharedSecretOutput, Error> {
        let (input, entry) = (request.input, request.resource);
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

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a DeriveSharedSecretInput,
        entry: Option<&'a Arc<KeyEntry>>,
        _output: Option<&'a DeriveSharedSecretOutput>,
    ) {
        shown
            .request
            .push_str("keyId", input.key_id.as_str())
            .push_str("keyAgreementAlgorithm", input.key_agreement_algorithm.as_str());
        if input.dry_run == Some(true) {
            shown.request.push_bool("dryRun", true);
        }
        show_key(shown, entry.map(|entry| &**entry));
    }
}
