//! Encrypt.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html>

use std::collections::BTreeMap;
use std::sync::Arc;

use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::shape::{Blob, SecretBlob};
use keywright_aws_api::{Access, Accesses, ApiError, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::dry_run;
use super::key_access::{requester, unresolved};
use super::sealing::{Encryption, WithMaterial, add_encryption_keys, show_used};
use super::wire::SharedText;
use crate::domain::algorithms::EncryptionAlgorithmSpec;
use crate::domain::entry::KeyEntry;
use crate::domain::usage::KeyLastUsageTrackingOperation;
use crate::error::Error;
use crate::new_key::KeyToUse;
use crate::service::Kms;

pub(crate) struct Encrypt;

#[derive(Input)]
pub(crate) struct EncryptInput {
    #[member(length = 1..=2048)]
    key_id: String,
    #[member(length = 1..=4096)]
    plaintext: SecretBlob,
    encryption_context: Option<BTreeMap<String, String>>,
    #[expect(dead_code, reason = "checked for its form only: there are no grants yet")]
    #[member(length = 0..=10, each(length = 1..=8192))]
    grant_tokens: Option<Vec<String>>,
    encryption_algorithm: Option<EncryptionAlgorithmSpec>,
    dry_run: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct EncryptOutput {
    ciphertext_blob: Blob,
    key_id: SharedText,
    encryption_algorithm: EncryptionAlgorithmSpec,
    #[serde(skip)]
    key_material_id: Option<SharedText>,
    #[serde(skip)]
    entry: Arc<KeyEntry>,
}

impl EncryptInput {
    fn encryption(&self) -> Result<Encryption<'_>, Error> {
        Encryption::new(self.encryption_algorithm, self.encryption_context.as_ref())
    }
}

impl Operation for Encrypt {
    type Service = Kms;
    type Input = EncryptInput;
    type Output = EncryptOutput;
    type Resource = KeyToUse;
    type Error = Error;
    const NAME: &'static str = "Encrypt";
    const ACTION: &'static str = "kms:Encrypt";
    const READ_ONLY: bool = true;

    async fn load(kms: &Kms, call: &Call, input: &EncryptInput) -> Result<KeyToUse, Error> {
        input.encryption()?;
        kms.key_to_use(call, &input.key_id).await
    }

    fn admit(kms: &Kms, call: &Call, _input: &EncryptInput, key: Option<&KeyToUse>) -> Result<(), ApiError> {
        kms.quotas.admit_use(call, key)
    }

    fn accesses(_call: &Call, _input: &EncryptInput, key: &KeyToUse) -> Accesses {
        Access::new(Self::ACTION, key.target()).into()
    }

    fn accesses_unloaded(call: &Call, input: &EncryptInput) -> Accesses {
        unresolved(Self::ACTION, call, &input.key_id)
    }

    fn context_keys(call: &Call, input: &EncryptInput, _key: &KeyToUse, keys: &mut ContextKeys) {
        add_encryption_keys(call, input.encryption_algorithm, keys);
    }

    async fn run(
        kms: &Kms,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<EncryptOutput, Error> {
        let input = request.input;
        let entry = kms.obtain(request.resource, input.dry_run).await?;
        let encryption = input.encryption()?;
        let plaintext = input.plaintext.expose_secret();
        let sealed = encryption.seal(kms, requester(&request), &entry, plaintext).await?;
        let WithMaterial { value, key_material_id } = sealed;
        dry_run::end(input.dry_run)?;
        Ok(EncryptOutput {
            ciphertext_blob: value,
            key_id: SharedText(Arc::clone(&entry.key.arn)),
            encryption_algorithm: encryption.algorithm,
            key_material_id,
            entry,
        })
    }

    fn succeeded(
        kms: &Kms,
        call: &Call,
        _input: &EncryptInput,
        _key: Option<&KeyToUse>,
        output: &EncryptOutput,
    ) {
        kms.last_usage.note(call, KeyLastUsageTrackingOperation::Encrypt, &output.entry);
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a EncryptInput,
        key: Option<&'a KeyToUse>,
        output: Option<&'a EncryptOutput>,
    ) {
        let algorithm = input.encryption_algorithm.unwrap_or(EncryptionAlgorithmSpec::SymmetricDefault);
        shown
            .request
            .push_str("keyId", input.key_id.as_str())
            .push_str("encryptionAlgorithm", algorithm.as_str());
        if let Some(context) = &input.encryption_context {
            shown.request.push_map("encryptionContext", context);
        }
        if input.dry_run == Some(true) {
            shown.request.push_bool("dryRun", true);
        }
        show_used(shown, key, output.map(|output| (&*output.entry, output.key_material_id.as_ref())));
    }
}
