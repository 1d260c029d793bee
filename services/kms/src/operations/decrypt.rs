//! Decrypt.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html>

use std::collections::BTreeMap;
use std::sync::Arc;

use keywright_aws_api::shape::{Blob, PlaintextOut};
use keywright_aws_api::{Access, Accesses, ApiError, Authorized, Call, Input, Operation, Shown};
use keywright_policy::ContextKeys as _;
use keywright_service::PostgresWork;
use serde::Serialize;

use super::condition_keys::{ConditionKeys, RequestKeys};
use super::dry_run;
use super::key_access::{requester, show_key, unresolved};
use super::recipient::{For, Recipient, RecipientInfo};
use super::sealing::{Encryption, Presented, WithMaterial};
use super::wire::SharedText;
use crate::domain::algorithms::EncryptionAlgorithmSpec;
use crate::domain::usage::KeyLastUsageTrackingOperation;
use crate::error::Error;
use crate::granted::GrantedKey;
use crate::service::Kms;

pub(crate) struct Decrypt;

#[derive(Input)]
pub(crate) struct DecryptInput {
    #[member(length = 1..=6144)]
    ciphertext_blob: Option<Blob>,
    encryption_context: Option<BTreeMap<String, String>>,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    plaintext: Option<PlaintextOut>,
    encryption_algorithm: EncryptionAlgorithmSpec,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_material_id: Option<SharedText>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ciphertext_for_recipient: Option<Blob>,
}

impl DecryptInput {
    fn presented(&self) -> Result<Presented<'_>, Error> {
        let encryption = Encryption::new(self.encryption_algorithm, self.encryption_context.as_ref())?;
        let ignored = dry_run::ignores_ciphertext(self.dry_run, self.dry_run_modifiers.as_deref())?;
        Presented::new(self.ciphertext_blob.as_ref(), ignored, self.key_id.as_deref(), encryption)
    }
}

impl DecryptInput {
    fn request_keys(&self) -> RequestKeys<'_> {
        let algorithm = self.encryption_algorithm.unwrap_or(EncryptionAlgorithmSpec::SymmetricDefault);
        RequestKeys {
            identifier: self.key_id.as_deref(),
            contexts: [self.encryption_context.as_ref(), None],
            algorithm: Some(algorithm.as_str()),
            ..RequestKeys::default()
        }
    }
}

impl Operation for Decrypt {
    type Service = Kms;
    type Input = DecryptInput;
    type Output = DecryptOutput;
    type Resource = For<GrantedKey>;
    type Error = Error;
    const NAME: &'static str = "Decrypt";
    const ACTION: &'static str = "kms:Decrypt";
    const READ_ONLY: bool = true;

    async fn load(kms: &Kms, call: &Call, input: &DecryptInput) -> Result<For<GrantedKey>, Error> {
        let recipient = Recipient::of(kms, input.recipient.as_ref()).await?;
        let entry = input.presented()?.key(kms, call.account()).await?;
        Ok(recipient.with(kms.granted(call, entry, input.grant_tokens.as_deref()).await?))
    }

    fn admit(
        kms: &Kms,
        call: &Call,
        _input: &DecryptInput,
        key: Option<&For<GrantedKey>>,
    ) -> Result<(), ApiError> {
        kms.quotas.admit_use(call, key.map(|key| &key.loaded))
    }

    fn accesses(_call: &Call, input: &DecryptInput, key: &For<GrantedKey>) -> Accesses {
        key.loaded.access(Self::ACTION, input.encryption_context.as_ref()).into()
    }

    fn accesses_unloaded(call: &Call, input: &DecryptInput) -> Accesses {
        match &input.key_id {
            Some(id) => unresolved(Self::ACTION, call, id),
            None => Access::any(Self::ACTION).into(),
        }
    }

    fn condition_key(
        call: &Call,
        input: &DecryptInput,
        key: Option<&For<GrantedKey>>,
        _access: usize,
        name: &str,
        each: &mut dyn FnMut(&str),
    ) -> bool {
        let request = RequestKeys { attestation: key.and_then(For::attestation), ..input.request_keys() };
        ConditionKeys::new(call, key.map(|key| &*key.loaded.entry)).with(request).get(name, each)
    }

    async fn run(
        kms: &Kms,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<DecryptOutput, Error> {
        let (input, entry) = (request.input, &request.resource.loaded.entry);
        request.resource.check()?;
        let opened = input.presented()?.open(kms, requester(&request), entry).await?;
        dry_run::end(input.dry_run)?;
        // It is ignored in dry runs only.
        let WithMaterial { value, key_material_id } = opened.ok_or(Error::DryRun)?;
        let (plaintext, ciphertext_for_recipient) = request.resource.answer(kms, value)?;
        Ok(DecryptOutput {
            key_id: SharedText(Arc::clone(&entry.key.arn)),
            plaintext,
            encryption_algorithm: or_default(input.encryption_algorithm),
            key_material_id,
            ciphertext_for_recipient,
        })
    }

    fn succeeded(
        kms: &Kms,
        call: &Call,
        _input: &DecryptInput,
        key: Option<&For<GrantedKey>>,
        _output: &DecryptOutput,
    ) {
        if let Some(key) = key {
            kms.last_usage.note(call, KeyLastUsageTrackingOperation::Decrypt, &key.loaded.entry);
        }
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a DecryptInput,
        key: Option<&'a For<GrantedKey>>,
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
        if let Some(key) = key {
            key.show(shown);
        }
        show_key(shown, key.map(|key| &*key.loaded.entry));
    }
}

fn or_default(algorithm: Option<EncryptionAlgorithmSpec>) -> EncryptionAlgorithmSpec {
    algorithm.unwrap_or(EncryptionAlgorithmSpec::SymmetricDefault)
}
