//! Decrypt.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html>

use std::collections::BTreeMap;
use std::sync::Arc;

use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::shape::{Blob, PlaintextOut};
use keywright_aws_api::{Access, Accesses, ApiError, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::dry_run;
use super::key_access::{on_key, requester, show_key, unresolved};
use super::recipient::{self, RecipientInfo};
use super::sealing::{Encryption, Presented, WithMaterial, add_encryption_keys};
use super::wire::SharedText;
use crate::domain::algorithms::EncryptionAlgorithmSpec;
use crate::domain::entry::KeyEntry;
use crate::domain::usage::KeyLastUsageTrackingOperation;
use crate::error::Error;
use crate::service::Kms;

pub(crate) struct Decrypt;

#[derive(Input)]
pub(crate) struct DecryptInput {
    #[member(length = 1..=6144)]
    ciphertext_blob: Option<Blob>,
    encryption_context: Option<BTreeMap<String, String>>,
    #[expect(dead_code, reason = "checked for its form only: there are no grants yet")]
    #[member(length = 0..=10, each(length = 1..=8192))]
    grant_tokens: Option<Vec<String>>,
    #[member(length = 1..=2048)]
    key_id: Option<String>,
    encryption_algorithm: Option<EncryptionAlgorithmSpec>,
    #[member(shape)]
    recipient: Option<RecipientInfo>,
    dry_run: Option<bool>,
    #[member(each(one_of("IGNORE_CIPHERTEXT")))]
    dry_run_modifiers: Option<Vec<String>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DecryptOutput {
    key_id: SharedText,
    plaintext: PlaintextOut,
    encryption_algorithm: EncryptionAlgorithmSpec,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_material_id: Option<SharedText>,
}

impl DecryptInput {
    fn presented(&self) -> Result<Presented<'_>, Error> {
        let encryption = Encryption::new(self.encryption_algorithm, self.encryption_context.as_ref())?;
        let ignored = dry_run::ignores_ciphertext(self.dry_run, self.dry_run_modifiers.as_deref())?;
        Presented::new(self.ciphertext_blob.as_ref(), ignored, self.key_id.as_deref(), encryption)
    }
}

impl Operation for Decrypt {
    type Service = Kms;
    type Input = DecryptInput;
    type Output = DecryptOutput;
    type Resource = Arc<KeyEntry>;
    type Error = Error;
    const NAME: &'static str = "Decrypt";
    const ACTION: &'static str = "kms:Decrypt";
    const READ_ONLY: bool = true;

    async fn load(kms: &Kms, call: &Call, input: &DecryptInput) -> Result<Arc<KeyEntry>, Error> {
        recipient::refuse(input.recipient.as_ref())?;
        input.presented()?.key(kms, call.account()).await
    }

    fn admit(
        kms: &Kms,
        call: &Call,
        _input: &DecryptInput,
        entry: Option<&Arc<KeyEntry>>,
    ) -> Result<(), ApiError> {
        kms.quotas.admit_use(call, entry)
    }

    fn accesses(_call: &Call, _input: &DecryptInput, entry: &Arc<KeyEntry>) -> Accesses {
        on_key(Self::ACTION, entry).into()
    }

    fn accesses_unloaded(call: &Call, input: &DecryptInput) -> Accesses {
        match &input.key_id {
            Some(id) => unresolved(Self::ACTION, call, id),
            None => Access::any(Self::ACTION).into(),
        }
    }

    fn context_keys(call: &Call, input: &DecryptInput, _entry: &Arc<KeyEntry>, keys: &mut ContextKeys) {
        add_encryption_keys(call, input.encryption_algorithm, keys);
    }

    async fn run(
        kms: &Kms,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<DecryptOutput, Error> {
        let (input, entry) = (request.input, request.resource);
        let opened = input.presented()?.open(kms, requester(&request), entry).await?;
        dry_run::end(input.dry_run)?;
        // It is ignored in dry runs only.
        let WithMaterial { value, key_material_id } = opened.ok_or(Error::DryRun)?;
        Ok(DecryptOutput {
            key_id: SharedText(Arc::clone(&entry.key.arn)),
            plaintext: PlaintextOut(value),
            encryption_algorithm: or_default(input.encryption_algorithm),
            key_material_id,
        })
    }

    fn succeeded(
        kms: &Kms,
        call: &Call,
        _input: &DecryptInput,
        entry: Option<&Arc<KeyEntry>>,
        _output: &DecryptOutput,
    ) {
        if let Some(entry) = entry {
            kms.last_usage.note(call, KeyLastUsageTrackingOperation::Decrypt, entry);
        }
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a DecryptInput,
        entry: Option<&'a Arc<KeyEntry>>,
        output: Option<&'a DecryptOutput>,
    ) {
        shown
            .request
            .push_opt_str("keyId", input.key_id.as_deref())
            .push_str("encryptionAlgorithm", or_default(input.encryption_algorithm).as_str());
        if let Some(context) = &input.encryption_context {
            shown.request.push_map("encryptionContext", context);
        }
        if input.dry_run == Some(true) {
            shown.request.push_bool("dryRun", true);
        }
        if let Some(output) = output {
            let material = output.key_material_id.as_ref();
            shown.additional.push_opt_str("keyMaterialId", material.map(SharedText::as_str));
        }
        show_key(shown, entry.map(|entry| &**entry));
    }
}

fn or_default(algorithm: Option<EncryptionAlgorithmSpec>) -> EncryptionAlgorithmSpec {
    algorithm.unwrap_or(EncryptionAlgorithmSpec::SymmetricDefault)
}
