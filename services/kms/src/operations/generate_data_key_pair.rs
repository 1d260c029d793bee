//! GenerateDataKeyPair and GenerateDataKeyPairWithoutPlaintext.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKeyPair.html>,
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKeyPairWithoutPlaintext.html>

use std::collections::BTreeMap;
use std::sync::Arc;

use keywright_attestation::Attestation;
use keywright_aws_api::shape::{Blob, PlaintextOut};
use keywright_aws_api::{Accesses, ApiError, Authorized, Call, Input, Operation, Shown};
use keywright_crypto::SecretBytes;
use keywright_policy::ContextKeys as _;
use keywright_service::PostgresWork;
use serde::Serialize;

use super::condition_keys::{ConditionKeys, RequestKeys};
use super::dry_run;
use super::key_access::{requester, show_key, unresolved};
use super::recipient::{For, Recipient, RecipientInfo};
use super::sealing::{Encryption, WithMaterial};
use super::wire::SharedText;
use crate::custom_stores::Requester;
use crate::domain::algorithms::EncryptionAlgorithmSpec;
use crate::domain::entry::KeyEntry;
use crate::domain::key_spec::DataKeyPairSpec;
use crate::domain::usage::KeyLastUsageTrackingOperation;
use crate::error::Error;
use crate::granted::GrantedKey;
use crate::service::Kms;

pub(crate) struct GenerateDataKeyPair;
pub(crate) struct GenerateDataKeyPairWithoutPlaintext;

#[derive(Input)]
pub(crate) struct GenerateDataKeyPairInput {
    encryption_context: Option<BTreeMap<String, String>>,
    #[member(length = 1..=2048)]
    key_id: String,
    key_pair_spec: DataKeyPairSpec,
    #[member(length = 0..=10, each(length = 1..=8192))]
    grant_tokens: Option<Vec<String>>,
    #[member(shape)]
    recipient: Option<RecipientInfo>,
    dry_run: Option<bool>,
}

#[derive(Input)]
pub(crate) struct GenerateDataKeyPairWithoutPlaintextInput {
    encryption_context: Option<BTreeMap<String, String>>,
    #[member(length = 1..=2048)]
    key_id: String,
    key_pair_spec: DataKeyPairSpec,
    #[member(length = 0..=10, each(length = 1..=8192))]
    grant_tokens: Option<Vec<String>>,
    dry_run: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GenerateDataKeyPairOutput {
    #[serde(skip_serializing_if = "Option::is_none")]
    private_key_plaintext: Option<PlaintextOut>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ciphertext_for_recipient: Option<Blob>,
    #[serde(flatten)]
    sealed: SealedPair,
}

/// A data key pair whose private key is encrypted.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SealedPair {
    private_key_ciphertext_blob: Blob,
    public_key: Blob,
    key_id: SharedText,
    key_pair_spec: DataKeyPairSpec,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_material_id: Option<SharedText>,
}

/// What both operations are asked for.
struct Wanted<'a> {
    key_id: &'a str,
    context: Option<&'a BTreeMap<String, String>>,
    spec: DataKeyPairSpec,
    grant_tokens: Option<&'a [String]>,
    dry_run: Option<bool>,
}

impl<'a> Wanted<'a> {
    async fn load(&self, kms: &Kms, call: &Call) -> Result<GrantedKey, Error> {
        Encryption::new(None, self.context)?;
        kms.granted_key(call, self.key_id, self.grant_tokens).await
    }

    fn condition_key(
        &self,
        keys: ConditionKeys<'_>,
        attestation: Option<&Attestation>,
        key: &str,
        each: &mut dyn FnMut(&str),
    ) -> bool {
        let others = [("DataKeyPairSpec", self.spec.as_str())];
        let request = RequestKeys {
            identifier: Some(self.key_id),
            contexts: [self.context, None],
            algorithm: Some(EncryptionAlgorithmSpec::SymmetricDefault.as_str()),
            attestation,
            others: &others,
            ..RequestKeys::default()
        };
        keys.with(request).get(key, each)
    }

    /// The private key as PKCS#8, and the pair with the same encrypted.
    async fn run(
        &self,
        kms: &Kms,
        requester: Requester<'_>,
        entry: &KeyEntry,
    ) -> Result<(SecretBytes, SealedPair), Error> {
        let encryption = Encryption::new(None, self.context)?;
        kms.reach(entry).await?;
        encryption.check(requester.operation, entry)?;
        // As on AWS: keys of custom key stores encrypt no private keys of pairs.
        if entry.key.custom_store.is_some() {
            return Err(entry.key.not_for_origin());
        }
        entry.encrypting_key()?;
        dry_run::end(self.dry_run)?;
        let pair = kms.new_pair(self.spec.primitive()).await?;
        let private_key = pair.to_pkcs8();
        let WithMaterial { value, key_material_id } =
            encryption.seal(kms, requester, entry, private_key.expose_secret()).await?;
        let sealed = SealedPair {
            private_key_ciphertext_blob: value,
            public_key: pair.public_key().spki().to_vec().into(),
            key_id: SharedText(Arc::clone(&entry.key.arn)),
            key_pair_spec: self.spec,
            key_material_id,
        };
        Ok((private_key, sealed))
    }

    fn show(self, shown: &mut Shown<'a>, entry: Option<&'a GrantedKey>, output: Option<&'a SealedPair>) {
        shown.request.push_str("keyId", self.key_id).push_str("keyPairSpec", self.spec.as_str());
        if let Some(context) = self.context {
            shown.request.push_map("encryptionContext", context);
        }
        if self.dry_run == Some(true) {
            shown.request.push_bool("dryRun", true);
        }
        let material = output.and_then(|output| output.key_material_id.as_ref());
        shown.additional.push_opt_str("keyMaterialId", material.map(SharedText::as_str));
        show_key(shown, entry.map(|key| &*key.entry));
    }
}

impl GenerateDataKeyPairInput {
    fn wanted(&self) -> Wanted<'_> {
        Wanted {
            key_id: &self.key_id,
            context: self.encryption_context.as_ref(),
            spec: self.key_pair_spec,
            grant_tokens: self.grant_tokens.as_deref(),
            dry_run: self.dry_run,
        }
    }
}

impl GenerateDataKeyPairWithoutPlaintextInput {
    fn wanted(&self) -> Wanted<'_> {
        Wanted {
            key_id: &self.key_id,
            context: self.encryption_context.as_ref(),
            spec: self.key_pair_spec,
            grant_tokens: self.grant_tokens.as_deref(),
            dry_run: self.dry_run,
        }
    }
}

impl Operation for GenerateDataKeyPair {
    type Service = Kms;
    type Input = GenerateDataKeyPairInput;
    type Output = GenerateDataKeyPairOutput;
    type Resource = For<GrantedKey>;
    type Error = Error;
    const NAME: &'static str = "GenerateDataKeyPair";
    const ACTION: &'static str = "kms:GenerateDataKeyPair";
    const READ_ONLY: bool = true;

    async fn load(
        kms: &Kms,
        call: &Call,
        input: &GenerateDataKeyPairInput,
    ) -> Result<For<GrantedKey>, Error> {
        let recipient = Recipient::of(kms, input.recipient.as_ref()).await?;
        Ok(recipient.with(input.wanted().load(kms, call).await?))
    }

    fn admit(
        kms: &Kms,
        call: &Call,
        input: &GenerateDataKeyPairInput,
        key: Option<&For<GrantedKey>>,
    ) -> Result<(), ApiError> {
        kms.quotas.admit_use(call, key.map(|key| &key.loaded))?;
        kms.quotas.admit_data_key_pair(call, input.key_pair_spec)
    }

    fn accesses(_call: &Call, input: &GenerateDataKeyPairInput, key: &For<GrantedKey>) -> Accesses {
        key.loaded.access(Self::ACTION, input.encryption_context.as_ref()).into()
    }

    fn accesses_unloaded(call: &Call, input: &GenerateDataKeyPairInput) -> Accesses {
        unresolved(Self::ACTION, call, &input.key_id)
    }

    fn condition_key(
        call: &Call,
        input: &GenerateDataKeyPairInput,
        key: Option<&For<GrantedKey>>,
        _access: usize,
        name: &str,
        each: &mut dyn FnMut(&str),
    ) -> bool {
        let keys = ConditionKeys::new(call, key.map(|key| &*key.loaded.entry));
        input.wanted().condition_key(keys, key.and_then(For::attestation), name, each)
    }

    async fn run(
        kms: &Kms,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<GenerateDataKeyPairOutput, Error> {
        request.resource.check()?;
        let entry = &request.resource.loaded.entry;
        let (private_key, sealed) = request.input.wanted().run(kms, requester(&request), entry).await?;
        let (private_key_plaintext, ciphertext_for_recipient) = request.resource.answer(kms, private_key)?;
        Ok(GenerateDataKeyPairOutput { private_key_plaintext, ciphertext_for_recipient, sealed })
    }

    fn succeeded(
        kms: &Kms,
        call: &Call,
        _input: &GenerateDataKeyPairInput,
        key: Option<&For<GrantedKey>>,
        _output: &GenerateDataKeyPairOutput,
    ) {
        if let Some(key) = key {
            kms.last_usage.note(call, KeyLastUsageTrackingOperation::GenerateDataKeyPair, &key.loaded.entry);
        }
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a GenerateDataKeyPairInput,
        key: Option<&'a For<GrantedKey>>,
        output: Option<&'a GenerateDataKeyPairOutput>,
    ) {
        if let Some(key) = key {
            key.show(shown);
        }
        let entry = key.map(|key| &key.loaded);
        input.wanted().show(shown, entry, output.map(|output| &output.sealed));
    }
}

impl Operation for GenerateDataKeyPairWithoutPlaintext {
    type Service = Kms;
    type Input = GenerateDataKeyPairWithoutPlaintextInput;
    type Output = SealedPair;
    type Resource = GrantedKey;
    type Error = Error;
    const NAME: &'static str = "GenerateDataKeyPairWithoutPlaintext";
    const ACTION: &'static str = "kms:GenerateDataKeyPairWithoutPlaintext";
    const READ_ONLY: bool = true;

    async fn load(
        kms: &Kms,
        call: &Call,
        input: &GenerateDataKeyPairWithoutPlaintextInput,
    ) -> Result<GrantedKey, Error> {
        input.wanted().load(kms, call).await
    }

    fn admit(
        kms: &Kms,
        call: &Call,
        input: &GenerateDataKeyPairWithoutPlaintextInput,
        key: Option<&GrantedKey>,
    ) -> Result<(), ApiError> {
        kms.quotas.admit_use(call, key)?;
        kms.quotas.admit_data_key_pair(call, input.key_pair_spec)
    }

    fn accesses(
        _call: &Call,
        input: &GenerateDataKeyPairWithoutPlaintextInput,
        key: &GrantedKey,
    ) -> Accesses {
        key.access(Self::ACTION, input.encryption_context.as_ref()).into()
    }

    fn accesses_unloaded(call: &Call, input: &GenerateDataKeyPairWithoutPlaintextInput) -> Accesses {
        unresolved(Self::ACTION, call, &input.key_id)
    }

    fn condition_key(
        call: &Call,
        input: &GenerateDataKeyPairWithoutPlaintextInput,
        loaded: Option<&GrantedKey>,
        _access: usize,
        key: &str,
        each: &mut dyn FnMut(&str),
    ) -> bool {
        let keys = ConditionKeys::new(call, loaded.map(|key| &*key.entry));
        input.wanted().condition_key(keys, None, key, each)
    }

    async fn run(
        kms: &Kms,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<SealedPair, Error> {
        let (_private_key, sealed) =
            request.input.wanted().run(kms, requester(&request), &request.resource.entry).await?;
        Ok(sealed)
    }

    fn succeeded(
        kms: &Kms,
        call: &Call,
        _input: &GenerateDataKeyPairWithoutPlaintextInput,
        key: Option<&GrantedKey>,
        _output: &SealedPair,
    ) {
        if let Some(key) = key {
            kms.last_usage.note(
                call,
                KeyLastUsageTrackingOperation::GenerateDataKeyPairWithoutPlaintext,
                &key.entry,
            );
        }
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a GenerateDataKeyPairWithoutPlaintextInput,
        entry: Option<&'a GrantedKey>,
        output: Option<&'a SealedPair>,
    ) {
        input.wanted().show(shown, entry, output);
    }
}
