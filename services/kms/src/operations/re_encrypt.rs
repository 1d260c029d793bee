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
use super::key_access::{add_context_keys, on_key, requester, show_key, unresolved};
use super::sealing::{Encryption, Presented, WithMaterial};
use super::wire::SharedText;
use crate::domain::algorithms::EncryptionAlgorithmSpec;
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
    ciphertext_blob: Option<Blob>,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    source_key_material_id: Option<SharedText>,
    #[serde(skip_serializing_if = "Option::is_none")]
    destination_key_material_id: Option<SharedText>,
    #[serde(skip)]
    destination: Arc<KeyEntry>,
}

/// From one key to another, which may be the same.
pub(crate) struct Keys {
    source: Arc<KeyEntry>,
    destination: KeyToUse,
}

impl ReEncryptInput {
    fn presented(&self) -> Result<Presented<'_>, Error> {
        let (algorithm, context) =
            (self.source_encryption_algorithm, self.source_encryption_context.as_ref());
        let ignored = dry_run::ignores_ciphertext(self.dry_run, self.dry_run_modifiers.as_deref())?;
        let source = Encryption::new(algorithm, context)?;
        Presented::new(self.ciphertext_blob.as_ref(), ignored, self.source_key_id.as_deref(), source)
    }

    fn destination(&self) -> Result<Encryption<'_>, Error> {
        let (algorithm, context) =
            (self.destination_encryption_algorithm, self.destination_encryption_context.as_ref());
        Encryption::new(algorithm, context)
    }

    /// By which algorithms, from and to.
    fn algorithms(&self) -> [EncryptionAlgorithmSpec; 2] {
        [self.source_encryption_algorithm, self.destination_encryption_algorithm]
            .map(|algorithm| algorithm.unwrap_or(EncryptionAlgorithmSpec::SymmetricDefault))
    }
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
        let presented = input.presented()?;
        input.destination()?;
        let source = presented.key(kms, call.account()).await?;
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

    fn context_keys(call: &Call, input: &ReEncryptInput, _keys: &Keys, keys: &mut ContextKeys) {
        add_context_keys(call, keys);
        let [from, to] = input.algorithms();
        keys.push("kms:EncryptionAlgorithm", from.as_str());
        if to != from {
            keys.push("kms:EncryptionAlgorithm", to.as_str());
        }
    }

    async fn run(
        kms: &Kms,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<ReEncryptOutput, Error> {
        let (input, Keys { source, destination }) = (request.input, request.resource);
        let opened = input.presented()?.open(kms, requester(&request), source).await?;
        let destination = kms.obtain(destination, input.dry_run).await?;
        let encryption = input.destination()?;
        let Some(WithMaterial { value: plaintext, key_material_id: source_key_material_id }) = opened else {
            kms.reach(&destination).await?;
            encryption.check(Self::NAME, &destination)?;
            // It is ignored in dry runs only.
            return Err(Error::DryRun);
        };
        let WithMaterial { value: ciphertext_blob, key_material_id: destination_key_material_id } =
            encryption.seal(kms, requester(&request), &destination, plaintext.expose_secret()).await?;
        dry_run::end(input.dry_run)?;
        let [source_encryption_algorithm, destination_encryption_algorithm] = input.algorithms();
        Ok(ReEncryptOutput {
            ciphertext_blob,
            source_key_id: SharedText(Arc::clone(&source.key.arn)),
            key_id: SharedText(Arc::clone(&destination.key.arn)),
            source_encryption_algorithm,
            destination_encryption_algorithm,
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
        let [from, to] = input.algorithms();
        shown
            .request
            .push_opt_str("sourceKeyId", input.source_key_id.as_deref())
            .push_str("destinationKeyId", input.destination_key_id.as_str())
            .push_str("sourceEncryptionAlgorithm", from.as_str())
            .push_str("destinationEncryptionAlgorithm", to.as_str());
        if let Some(context) = &input.source_encryption_context {
            shown.request.push_map("sourceEncryptionContext", context);
        }
        if let Some(context) = &input.destination_encryption_context {
            shown.request.push_map("destinationEncryptionContext", context);
        }
        if input.dry_run == Some(true) {
            shown.request.push_bool("dryRun", true);
        }
        let text = |id: &'a Option<SharedText>| id.as_ref().map(SharedText::as_str);
        if let Some(output) = output {
            shown
                .additional
                .push_opt_str("sourceKeyMaterialId", text(&output.source_key_material_id))
                .push_opt_str("destinationKeyMaterialId", text(&output.destination_key_material_id));
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
