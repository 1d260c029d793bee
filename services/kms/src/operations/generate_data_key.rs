//! GenerateDataKey and GenerateDataKeyWithoutPlaintext.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKey.html>,
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKeyWithoutPlaintext.html>

use std::collections::BTreeMap;
use std::sync::Arc;

use keywright_aws_api::shape::{Blob, PlaintextOut};
use keywright_aws_api::{Accesses, ApiError, Authorized, Call, Input, Operation, Shown, wire_enum};
use keywright_crypto::{RandomExt as _, SecretBytes};
use keywright_policy::ContextKeys as _;
use keywright_service::PostgresWork;
use serde::Serialize;

use super::condition_keys::{ConditionKeys, RequestKeys};
use super::dry_run;
use super::key_access::{requester, unresolved};
use super::recipient::{For, Recipient, RecipientInfo};
use super::sealing::{Encryption, WithMaterial, show_used};
use super::wire::SharedText;
use crate::custom_stores::Requester;
use crate::domain::algorithms::EncryptionAlgorithmSpec;
use crate::domain::entry::KeyEntry;
use crate::domain::usage::KeyLastUsageTrackingOperation;
use crate::error::Error;
use crate::new_key::KeyToUse;
use crate::service::Kms;

pub(crate) struct GenerateDataKey;
pub(crate) struct GenerateDataKeyWithoutPlaintext;

wire_enum! {
    /// The usual lengths of a data key.
    pub(crate) enum DataKeySpec {
        /// 32 bytes.
        Aes256 = "AES_256",
        /// 16 bytes.
        Aes128 = "AES_128",
    }
}

#[derive(Input)]
pub(crate) struct GenerateDataKeyInput {
    #[member(length = 1..=2048)]
    key_id: String,
    encryption_context: Option<BTreeMap<String, String>>,
    #[member(range = 1..=1024)]
    number_of_bytes: Option<i32>,
    key_spec: Option<DataKeySpec>,
    #[member(length = 0..=10, each(length = 1..=8192))]
    grant_tokens: Option<Vec<String>>,
    #[member(shape)]
    recipient: Option<RecipientInfo>,
    dry_run: Option<bool>,
}

#[derive(Input)]
pub(crate) struct GenerateDataKeyWithoutPlaintextInput {
    #[member(length = 1..=2048)]
    key_id: String,
    encryption_context: Option<BTreeMap<String, String>>,
    key_spec: Option<DataKeySpec>,
    #[member(range = 1..=1024)]
    number_of_bytes: Option<i32>,
    #[member(length = 0..=10, each(length = 1..=8192))]
    grant_tokens: Option<Vec<String>>,
    dry_run: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GenerateDataKeyOutput {
    ciphertext_blob: Blob,
    #[serde(skip_serializing_if = "Option::is_none")]
    plaintext: Option<PlaintextOut>,
    key_id: SharedText,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_material_id: Option<SharedText>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ciphertext_for_recipient: Option<Blob>,
    #[serde(skip)]
    entry: Arc<KeyEntry>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GenerateDataKeyWithoutPlaintextOutput {
    ciphertext_blob: Blob,
    key_id: SharedText,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_material_id: Option<SharedText>,
    #[serde(skip)]
    entry: Arc<KeyEntry>,
}

/// What both operations are asked for.
struct Wanted<'a> {
    key_id: &'a str,
    context: Option<&'a BTreeMap<String, String>>,
    spec: Option<DataKeySpec>,
    number_of_bytes: Option<i32>,
    grant_tokens: Option<&'a [String]>,
    dry_run: Option<bool>,
}

/// A data key, and the same encrypted.
struct Generated {
    plaintext: SecretBytes,
    ciphertext_blob: Blob,
    key_material_id: Option<SharedText>,
    entry: Arc<KeyEntry>,
}

impl<'a> Wanted<'a> {
    fn request_keys(&self) -> RequestKeys<'a> {
        RequestKeys {
            identifier: Some(self.key_id),
            contexts: [self.context, None],
            algorithm: Some(EncryptionAlgorithmSpec::SymmetricDefault.as_str()),
            ..RequestKeys::default()
        }
    }

    /// The length in bytes.
    fn length(&self) -> Result<usize, Error> {
        match (self.spec, self.number_of_bytes) {
            (Some(DataKeySpec::Aes256), None) => Ok(32),
            (Some(DataKeySpec::Aes128), None) => Ok(16),
            (None, Some(length)) => {
                usize::try_from(length).map_err(|_| Error::Invalid("NumberOfBytes is negative"))
            }
            (None, None) | (Some(_), Some(_)) => {
                Err(Error::Invalid("Please specify either number of bytes or key spec."))
            }
        }
    }

    async fn load(&self, kms: &Kms, call: &Call) -> Result<KeyToUse, Error> {
        self.length()?;
        Encryption::new(None, self.context)?;
        kms.key_to_use(call, self.key_id, self.grant_tokens).await
    }

    async fn run(&self, kms: &Kms, requester: Requester<'_>, key: &KeyToUse) -> Result<Generated, Error> {
        let entry = kms.obtain(key, self.dry_run).await?;
        let plaintext = kms.random.secret(self.length()?)?;
        let encryption = Encryption::new(None, self.context)?;
        let WithMaterial { value, key_material_id } =
            encryption.seal(kms, requester, &entry, plaintext.expose_secret()).await?;
        dry_run::end(self.dry_run)?;
        Ok(Generated { plaintext, ciphertext_blob: value, key_material_id, entry })
    }
}

/// Shows the request.
fn show_wanted<'a>(shown: &mut Shown<'a>, wanted: &Wanted<'a>) {
    shown.request.push_str("keyId", wanted.key_id);
    if let Some(context) = wanted.context {
        shown.request.push_map("encryptionContext", context);
    }
    shown.request.push_opt_str("keySpec", wanted.spec.map(DataKeySpec::as_str));
    if let Some(length) = wanted.number_of_bytes {
        shown.request.push_i64("numberOfBytes", length.into());
    }
    if wanted.dry_run == Some(true) {
        shown.request.push_bool("dryRun", true);
    }
}

impl GenerateDataKeyInput {
    fn wanted(&self) -> Wanted<'_> {
        Wanted {
            key_id: &self.key_id,
            context: self.encryption_context.as_ref(),
            spec: self.key_spec,
            number_of_bytes: self.number_of_bytes,
            grant_tokens: self.grant_tokens.as_deref(),
            dry_run: self.dry_run,
        }
    }
}

impl GenerateDataKeyWithoutPlaintextInput {
    fn wanted(&self) -> Wanted<'_> {
        Wanted {
            key_id: &self.key_id,
            context: self.encryption_context.as_ref(),
            spec: self.key_spec,
            number_of_bytes: self.number_of_bytes,
            grant_tokens: self.grant_tokens.as_deref(),
            dry_run: self.dry_run,
        }
    }
}

impl Operation for GenerateDataKey {
    type Service = Kms;
    type Input = GenerateDataKeyInput;
    type Output = GenerateDataKeyOutput;
    type Resource = For<KeyToUse>;
    type Error = Error;
    const NAME: &'static str = "GenerateDataKey";
    const ACTION: &'static str = "kms:GenerateDataKey";
    const READ_ONLY: bool = true;

    async fn load(kms: &Kms, call: &Call, input: &GenerateDataKeyInput) -> Result<For<KeyToUse>, Error> {
        let recipient = Recipient::of(kms, input.recipient.as_ref()).await?;
        Ok(recipient.with(input.wanted().load(kms, call).await?))
    }

    fn admit(
        kms: &Kms,
        call: &Call,
        _input: &GenerateDataKeyInput,
        key: Option<&For<KeyToUse>>,
    ) -> Result<(), ApiError> {
        kms.quotas.admit_use(call, key.map(|key| &key.loaded))
    }

    fn accesses(_call: &Call, input: &GenerateDataKeyInput, key: &For<KeyToUse>) -> Accesses {
        key.loaded.access(Self::ACTION, input.encryption_context.as_ref()).into()
    }

    fn accesses_unloaded(call: &Call, input: &GenerateDataKeyInput) -> Accesses {
        unresolved(Self::ACTION, call, &input.key_id)
    }

    fn condition_key(
        call: &Call,
        input: &GenerateDataKeyInput,
        key: Option<&For<KeyToUse>>,
        _access: usize,
        name: &str,
        each: &mut dyn FnMut(&str),
    ) -> bool {
        let attestation = key.and_then(For::attestation);
        let request = RequestKeys { attestation, ..input.wanted().request_keys() };
        ConditionKeys::new(call, key.map(|key| &**key.loaded.entry())).with(request).get(name, each)
    }

    async fn run(
        kms: &Kms,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<GenerateDataKeyOutput, Error> {
        request.resource.check()?;
        let Generated { plaintext, ciphertext_blob, key_material_id, entry } =
            request.input.wanted().run(kms, requester(&request), &request.resource.loaded).await?;
        let (plaintext, ciphertext_for_recipient) = request.resource.answer(kms, plaintext)?;
        Ok(GenerateDataKeyOutput {
            ciphertext_blob,
            plaintext,
            key_id: SharedText(Arc::clone(&entry.key.arn)),
            key_material_id,
            ciphertext_for_recipient,
            entry,
        })
    }

    fn succeeded(
        kms: &Kms,
        call: &Call,
        _input: &GenerateDataKeyInput,
        _key: Option<&For<KeyToUse>>,
        output: &GenerateDataKeyOutput,
    ) {
        kms.last_usage.note(call, KeyLastUsageTrackingOperation::GenerateDataKey, &output.entry);
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a GenerateDataKeyInput,
        key: Option<&'a For<KeyToUse>>,
        output: Option<&'a GenerateDataKeyOutput>,
    ) {
        show_wanted(shown, &input.wanted());
        if let Some(key) = key {
            key.show(shown);
        }
        let key = key.map(|key| &key.loaded);
        show_used(shown, key, output.map(|output| (&*output.entry, output.key_material_id.as_ref())));
    }
}

impl Operation for GenerateDataKeyWithoutPlaintext {
    type Service = Kms;
    type Input = GenerateDataKeyWithoutPlaintextInput;
    type Output = GenerateDataKeyWithoutPlaintextOutput;
    type Resource = KeyToUse;
    type Error = Error;
    const NAME: &'static str = "GenerateDataKeyWithoutPlaintext";
    const ACTION: &'static str = "kms:GenerateDataKeyWithoutPlaintext";
    const READ_ONLY: bool = true;

    async fn load(
        kms: &Kms,
        call: &Call,
        input: &GenerateDataKeyWithoutPlaintextInput,
    ) -> Result<KeyToUse, Error> {
        input.wanted().load(kms, call).await
    }

    fn admit(
        kms: &Kms,
        call: &Call,
        _input: &GenerateDataKeyWithoutPlaintextInput,
        key: Option<&KeyToUse>,
    ) -> Result<(), ApiError> {
        kms.quotas.admit_use(call, key)
    }

    fn accesses(_call: &Call, input: &GenerateDataKeyWithoutPlaintextInput, key: &KeyToUse) -> Accesses {
        key.access(Self::ACTION, input.encryption_context.as_ref()).into()
    }

    fn accesses_unloaded(call: &Call, input: &GenerateDataKeyWithoutPlaintextInput) -> Accesses {
        unresolved(Self::ACTION, call, &input.key_id)
    }

    fn condition_key(
        call: &Call,
        input: &GenerateDataKeyWithoutPlaintextInput,
        loaded: Option<&KeyToUse>,
        _access: usize,
        key: &str,
        each: &mut dyn FnMut(&str),
    ) -> bool {
        ConditionKeys::new(call, loaded.map(|key| &**key.entry()))
            .with(input.wanted().request_keys())
            .get(key, each)
    }

    async fn run(
        kms: &Kms,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<GenerateDataKeyWithoutPlaintextOutput, Error> {
        let Generated { ciphertext_blob, key_material_id, entry, .. } =
            request.input.wanted().run(kms, requester(&request), request.resource).await?;
        let key_id = SharedText(Arc::clone(&entry.key.arn));
        Ok(GenerateDataKeyWithoutPlaintextOutput { ciphertext_blob, key_id, key_material_id, entry })
    }

    fn succeeded(
        kms: &Kms,
        call: &Call,
        _input: &GenerateDataKeyWithoutPlaintextInput,
        _key: Option<&KeyToUse>,
        output: &GenerateDataKeyWithoutPlaintextOutput,
    ) {
        kms.last_usage.note(
            call,
            KeyLastUsageTrackingOperation::GenerateDataKeyWithoutPlaintext,
            &output.entry,
        );
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a GenerateDataKeyWithoutPlaintextInput,
        key: Option<&'a KeyToUse>,
        output: Option<&'a GenerateDataKeyWithoutPlaintextOutput>,
    ) {
        show_wanted(shown, &input.wanted());
        show_used(shown, key, output.map(|output| (&*output.entry, output.key_material_id.as_ref())));
    }
}
