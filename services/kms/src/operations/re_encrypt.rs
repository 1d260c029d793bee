//! ReEncrypt.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_ReEncrypt.html>

use std::collections::BTreeMap;
use std::sync::Arc;

use keywright_aws_api::shape::Blob;
use keywright_aws_api::{Access, Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_policy::ContextKeys as _;
use keywright_service::PostgresWork;
use serde::Serialize;

use super::condition_keys::{ConditionKeys, RequestKeys};
use super::dry_run;
use super::key_access::{show_key, unresolved};
use super::sealing::{check_algorithm, key_of, open, parse, seal};
use super::wire::SharedText;
use crate::domain::algorithms::EncryptionAlgorithmSpec;
use crate::domain::condition_keys::truth;
use crate::domain::encryption_context::EncryptionContext;
use crate::error::Error;
use crate::events::KEY_RESOURCE;
use crate::granted::GrantedKey;
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
}

/// From one key to another, which may be the same.
pub(crate) struct Keys {
    source: GrantedKey,
    destination: KeyToUse,
}

impl ReEncryptInput {
    fn request_keys(&self, access: usize) -> RequestKeys<'_> {
        let (identifier, context, algorithm) = if access == FROM_KEY {
            let id = self.source_key_id.as_deref();
            (id, &self.source_encryption_context, self.source_encryption_algorithm)
        } else {
            let id = Some(self.destination_key_id.as_str());
            (id, &self.destination_encryption_context, self.destination_encryption_algorithm)
        };
        let algorithm = algorithm.unwrap_or(EncryptionAlgorithmSpec::SymmetricDefault);
        RequestKeys {
            identifier,
            contexts: [context.as_ref(), None],
            algorithm: Some(algorithm.as_str()),
            ..RequestKeys::default()
        }
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
        EncryptionContext::new(input.source_encryption_context.as_ref())?;
        EncryptionContext::new(input.destination_encryption_context.as_ref())?;
        check_algorithm(input.source_encryption_algorithm)?;
        check_algorithm(input.destination_encryption_algorithm)?;
        dry_run::refuse_modifiers(input.dry_run_modifiers.as_deref())?;
        let (blob, source_key_id) = (input.ciphertext_blob.as_bytes(), input.source_key_id.as_deref());
        let source = key_of(kms, call.account(), blob, source_key_id).await?;
        let tokens = input.grant_tokens.as_deref();
        let source = kms.granted(call, source, tokens).await?;
        let destination = kms.key_to_use(call, &input.destination_key_id, tokens).await?;
        Ok(Keys { source, destination })
    }

    fn accesses(_call: &Call, input: &ReEncryptInput, keys: &Keys) -> Accesses {
        let from = keys.source.access(FROM, input.source_encryption_context.as_ref());
        [from, keys.destination.access(TO, input.destination_encryption_context.as_ref())].into()
    }

    fn accesses_unloaded(call: &Call, input: &ReEncryptInput) -> Accesses {
        let mut accesses = match &input.source_key_id {
            Some(id) => unresolved(FROM, call, id),
            None => Access::any(FROM).into(),
        };
        accesses.extend(unresolved(TO, call, &input.destination_key_id));
        accesses
    }

    fn condition_key(
        call: &Call,
        input: &ReEncryptInput,
        keys: Option<&Keys>,
        access: usize,
        key: &str,
        each: &mut dyn FnMut(&str),
    ) -> bool {
        let same = keys.map(|keys| keys.source.entry.name() == keys.destination.entry().name());
        let others = same.map(|same| ("ReEncryptOnSameKey", truth(same)));
        let request = RequestKeys { others: others.as_slice(), ..input.request_keys(access) };
        let entry = keys
            .map(|keys| if access == FROM_KEY { &*keys.source.entry } else { &**keys.destination.entry() });
        ConditionKeys::new(call, entry).with(request).get(key, each)
    }

    async fn run(
        kms: &Kms,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<ReEncryptOutput, Error> {
        let (input, Keys { source, destination }) = (request.input, request.resource);
        let source = &*source.entry;
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
        })
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
            show_key(shown, Some(&source.entry));
            let arn = output.map_or(destination.arn(), |output| &output.key_id.0);
            shown.resource(destination.account().as_str(), KEY_RESOURCE, arn);
        }
    }
}

const FROM: &str = ReEncrypt::ACTION;
const TO: &str = "kms:ReEncryptTo";
/// Which of the accesses is the one on the source key.
const FROM_KEY: usize = 0;
