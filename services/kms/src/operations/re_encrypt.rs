//! ReEncrypt.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_ReEncrypt.html>

use std::collections::BTreeMap;
use std::sync::Arc;

use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::shape::Blob;
use keywright_aws_api::{Access, Accesses, ApiError, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::dry_run;
use super::key_access::{add_context_keys, on_key, show_key, unresolved};
use super::sealing::{check_algorithm, key_of, open, parse, seal};
use super::wire::SharedText;
use crate::domain::algorithms::EncryptionAlgorithmSpec;
use crate::domain::encryption_context::EncryptionContext;
use crate::domain::entry::KeyEntry;
use crate::domain::usage::KeyLastUsageTrackingOperation;
use crate::error::Error;
use crate::events::KEY_RESOURCE;
use crate::new_key::KeyToUse;
use crate::service::Kms;

pub(crate) struct ReEncrypt;

#[derive(Input)]
pub(crate) struct ReEncryptInput {
    #[member(length = 1..=6144)]
    ciphertext_blob: Blob,
    source_encryption_context: Option<BTreeMap<String, String>>,
    #[member(length = 1..=2048)]
    source_key_id: Option<String>,
    #[member(length = 1..=2048)]
    destination_key_id: String,
    destination_encryption_context: Option<BTreeMap<String, String>>,
    source_encryption_algorithm: Option<EncryptionAlgorithmSpec>,
    destination_encryption_algorithm: Option<EncryptionAlgorithmSpec>,
    #[expect(dead_code, reason = "checked for its form only: there are no grants yet")]
    #[member(length = 0..=10, each(length = 1..=8192))]
    grant_tokens: Option<Vec<String>>,
    dry_run: Option<bool>,
    #[member(each(one_of("IGNORE_CIPHERTEXT")))]
    dry_run_modifiers: Option<Vec<String>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ReEncryptOutput {
    ciphertext_blob: Blob,
    source_key_id: SharedText,
    key_id: SharedText,
    source_encryption_algorithm: EncryptionAlgorithmSpec,
    destination_encryption_algorithm: EncryptionAlgorithmSpec,
    source_key_material_id: SharedText,
    destination_key_material_id: SharedText,
    #[serde(skip)]
    destination: Arc<KeyEntry>,
}

/// From one key to another, which may be the same.
pub(crate) struct Keys {
    source: Arc<KeyEntry>,
    destination: KeyToUse,
}

impl Operation for ReEncrypt {
    type Service = Kms;
    type Input = ReEncryptInput;
    type Output = ReEncryptOutput;
    type Resource = Keys;
    type Error = Error;
    const NAME: &'static str = "ReEncrypt";
    const ACTION: &'static str = "kms:ReEncryptFrom";
    const READ_ONLY: bool = true;

    async fn load(kms: &Kms, call: &Call, input: &ReEncryptInput) -> Result<Keys, Error> {
        EncryptionContext::new(input.source_encryption_context.as_ref())?;
        EncryptionContext::new(input.destination_encryption_context.as_ref())?;
        check_algorithm(input.source_encryption_algorithm)?;
        check_algorithm(input.destination_encryption_algorithm)?;
        dry_run::refuse_modifiers(input.dry_run_modifiers.as_deref())?;
        let (blob, source_key_id) = (input.ciphertext_blob.as_bytes(), input.source_key_id.as_deref());
        let source = key_of(kms, call.account(), blob, source_key_id).await?;
        let destination = kms.key_to_use(call, &input.destination_key_id).await?;
        Ok(Keys { source, destination })
    }

    fn admit(kms: &Kms, call: &Call, _input: &ReEncryptInput, keys: Option<&Keys>) -> Result<(), ApiError> {
        match keys {
            Some(Keys { source, destination }) => kms.quotas.admit_uses(call, &[source, destination]),
            None => kms.quotas.admit_use(call, None::<&KeyToUse>),
        }
    }

    fn accesses(_call: &Call, _input: &ReEncryptInput, keys: &Keys) -> Accesses {
        [on_key(FROM, &keys.source), Access::new(TO, keys.destination.target())].into()
    }

    fn accesses_unloaded(call: &Call, input: &ReEncryptInput) -> Accesses {
        let mut accesses = unresolved(TO, call, &input.destination_key_id);
        match &input.source_key_id {
            Some(id) => accesses.extend(unresolved(FROM, call, id)),
            None => accesses.push(Access::any(FROM)),
        }
        accesses
    }

    fn context_keys(call: &Call, _input: &ReEncryptInput, _keys: &Keys, keys: &mut ContextKeys) {
        add_context_keys(call, keys);
    }

    async fn run(
        kms: &Kms,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<ReEncryptOutput, Error> {
        let (input, Keys { source, destination }) = (request.input, request.resource);
        let ciphertext = parse(input.ciphertext_blob.as_bytes())?;
        let context = EncryptionContext::new(input.source_encryption_context.as_ref())?;
        let (plaintext, source_key_material_id) = open(source, &ciphertext, context)?;
        let destination = kms.obtain(destination, input.dry_run).await?;
        let context = EncryptionContext::new(input.destination_encryption_context.as_ref())?;
        let (ciphertext_blob, destination_key_material_id) =
            seal(kms, &destination, context, plaintext.expose_secret())?;
        dry_run::end(input.dry_run)?;
        Ok(ReEncryptOutput {
            ciphertext_blob,
            source_key_id: SharedText(Arc::clone(&source.key.arn)),
            key_id: SharedText(Arc::clone(&destination.key.arn)),
            source_encryption_algorithm: EncryptionAlgorithmSpec::SymmetricDefault,
            destination_encryption_algorithm: EncryptionAlgorithmSpec::SymmetricDefault,
            source_key_material_id,
            destination_key_material_id,
            destination,
        })
    }

    fn succeeded(
        kms: &Kms,
        call: &Call,
        _input: &ReEncryptInput,
        keys: Option<&Keys>,
        output: &ReEncryptOutput,
    ) {
        if let Some(Keys { source, .. }) = keys {
            kms.last_usage.note(call, KeyLastUsageTrackingOperation::ReEncrypt, source);
        }
        kms.last_usage.note(call, KeyLastUsageTrackingOperation::ReEncrypt, &output.destination);
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a ReEncryptInput,
        keys: Option<&'a Keys>,
        output: Option<&'a ReEncryptOutput>,
    ) {
        let or_default = |algorithm: Option<EncryptionAlgorithmSpec>| {
            algorithm.unwrap_or(EncryptionAlgorithmSpec::SymmetricDefault).as_str()
        };
        shown
            .request
            .push_opt_str("sourceKeyId", input.source_key_id.as_deref())
            .push_str("destinationKeyId", input.destination_key_id.as_str())
            .push_str("sourceEncryptionAlgorithm", or_default(input.source_encryption_algorithm))
            .push_str("destinationEncryptionAlgorithm", or_default(input.destination_encryption_algorithm));
        if let Some(context) = &input.source_encryption_context {
            shown.request.push_map("sourceEncryptionContext", context);
        }
        if let Some(context) = &input.destination_encryption_context {
            shown.request.push_map("destinationEncryptionContext", context);
        }
        if input.dry_run == Some(true) {
            shown.request.push_bool("dryRun", true);
        }
        if let Some(output) = output {
            shown
                .additional
                .push_str("sourceKeyMaterialId", output.source_key_material_id.as_str())
                .push_str("destinationKeyMaterialId", output.destination_key_material_id.as_str());
        }
        if let Some(Keys { source, destination }) = keys {
            show_key(shown, Some(source));
            let arn = output.map_or(destination.arn(), |output| &output.key_id.0);
            shown.resource(destination.account().as_str(), KEY_RESOURCE, arn);
        }
    }
}

const FROM: &str = ReEncrypt::ACTION;
const TO: &str = "kms:ReEncryptTo";
