//! GenerateMac and VerifyMac.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateMac.html>,
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_VerifyMac.html>

use std::sync::Arc;

use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::shape::{Blob, SecretBlob};
use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_crypto::HmacKey;
use keywright_service::PostgresWork;
use serde::Serialize;

use super::dry_run;
use super::key_access::{add_context_keys, on_key, show_key, unresolved};
use super::wire::SharedText;
use crate::domain::algorithms::MacAlgorithmSpec;
use crate::domain::entry::KeyEntry;
use crate::domain::key_spec::KeyUsageType;
use crate::error::Error;
use crate::service::Kms;

pub(crate) struct GenerateMac;
pub(crate) struct VerifyMac;

#[derive(Input)]
pub(crate) struct GenerateMacInput {
    #[member(length = 1..=4096)]
    message: SecretBlob,
    #[member(length = 1..=2048)]
    key_id: String,
    mac_algorithm: MacAlgorithmSpec,
    #[expect(dead_code, reason = "checked for its form only: there are no grants yet")]
    #[member(length = 0..=10, each(length = 1..=8192))]
    grant_tokens: Option<Vec<String>>,
    dry_run: Option<bool>,
}

#[derive(Input)]
pub(crate) struct VerifyMacInput {
    #[member(length = 1..=4096)]
    message: SecretBlob,
    #[member(length = 1..=2048)]
    key_id: String,
    mac_algorithm: MacAlgorithmSpec,
    #[member(length = 1..=6144)]
    mac: Blob,
    #[expect(dead_code, reason = "checked for its form only: there are no grants yet")]
    #[member(length = 0..=10, each(length = 1..=8192))]
    grant_tokens: Option<Vec<String>>,
    dry_run: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GenerateMacOutput {
    mac: Blob,
    mac_algorithm: MacAlgorithmSpec,
    key_id: SharedText,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct VerifyMacOutput {
    key_id: SharedText,
    mac_valid: bool,
    mac_algorithm: MacAlgorithmSpec,
}

/// The HMAC key, if the key has the algorithm, and may be used.
fn checked<'a>(
    operation: &'static str,
    entry: &'a KeyEntry,
    algorithm: MacAlgorithmSpec,
) -> Result<&'a HmacKey, Error> {
    let key = &entry.key;
    key.check_usable_for(KeyUsageType::GenerateVerifyMac, operation)?;
    key.spec.check_has(algorithm, algorithm.as_str(), key.spec.mac_algorithms())?;
    entry.mac_key()
}

fn add_mac_context_keys(call: &Call, algorithm: MacAlgorithmSpec, keys: &mut ContextKeys) {
    add_context_keys(call, keys);
    keys.push("kms:MacAlgorithm", algorithm.as_str());
}

fn show_mac<'a>(
    shown: &mut Shown<'a>,
    key_id: &'a str,
    algorithm: MacAlgorithmSpec,
    dry_run: Option<bool>,
    entry: Option<&'a Arc<KeyEntry>>,
) {
    shown.request.push_str("keyId", key_id).push_str("macAlgorithm", algorithm.as_str());
    if dry_run == Some(true) {
        shown.request.push_bool("dryRun", true);
    }
    show_key(shown, entry.map(|entry| &**entry));
}

impl Operation for GenerateMac {
    type Service = Kms;
    type Input = GenerateMacInput;
    type Output = GenerateMacOutput;
    type Resource = Arc<KeyEntry>;
    type Error = Error;
    const NAME: &'static str = "GenerateMac";
    const ACTION: &'static str = "kms:GenerateMac";
    const READ_ONLY: bool = true;

    async fn load(kms: &Kms, call: &Call, input: &GenerateMacInput) -> Result<Arc<KeyEntry>, Error> {
        kms.directory.resolve(&input.key_id, call.account()).await
    }

    fn accesses(_call: &Call, _input: &GenerateMacInput, entry: &Arc<KeyEntry>) -> Accesses {
        on_key(Self::ACTION, entry).into()
    }

    fn accesses_unloaded(call: &Call, input: &GenerateMacInput) -> Accesses {
        unresolved(Self::ACTION, call, &input.key_id)
    }

    fn context_keys(call: &Call, input: &GenerateMacInput, _entry: &Arc<KeyEntry>, keys: &mut ContextKeys) {
        add_mac_context_keys(call, input.mac_algorithm, keys);
    }

    async fn run(
        _kms: &Kms,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<GenerateMacOutput, Error> {
        let (input, entry) = (request.input, request.resource);
        let key = checked(Self::NAME, entry, input.mac_algorithm)?;
        dry_run::end(input.dry_run)?;
        Ok(GenerateMacOutput {
            mac: key.sign(input.message.expose_secret()).into(),
            mac_algorithm: input.mac_algorithm,
            key_id: SharedText(Arc::clone(&entry.key.arn)),
        })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a GenerateMacInput,
        entry: Option<&'a Arc<KeyEntry>>,
        _output: Option<&'a GenerateMacOutput>,
    ) {
        show_mac(shown, &input.key_id, input.mac_algorithm, input.dry_run, entry);
    }
}

impl Operation for VerifyMac {
    type Service = Kms;
    type Input = VerifyMacInput;
    type Output = VerifyMacOutput;
    type Resource = Arc<KeyEntry>;
    type Error = Error;
    const NAME: &'static str = "VerifyMac";
    const ACTION: &'static str = "kms:VerifyMac";
    const READ_ONLY: bool = true;

    async fn load(kms: &Kms, call: &Call, input: &VerifyMacInput) -> Result<Arc<KeyEntry>, Error> {
        kms.directory.resolve(&input.key_id, call.account()).await
    }

    fn accesses(_call: &Call, _input: &VerifyMacInput, entry: &Arc<KeyEntry>) -> Accesses {
        on_key(Self::ACTION, entry).into()
    }

    fn accesses_unloaded(call: &Call, input: &VerifyMacInput) -> Accesses {
        unresolved(Self::ACTION, call, &input.key_id)
    }

    fn context_keys(call: &Call, input: &VerifyMacInput, _entry: &Arc<KeyEntry>, keys: &mut ContextKeys) {
        add_mac_context_keys(call, input.mac_algorithm, keys);
    }

    async fn run(
        _kms: &Kms,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<VerifyMacOutput, Error> {
        let (input, entry) = (request.input, request.resource);
        let key = checked(Self::NAME, entry, input.mac_algorithm)?;
        if !key.verify(input.message.expose_secret(), input.mac.as_bytes()) {
            return Err(Error::InvalidMac);
        }
        dry_run::end(input.dry_run)?;
        Ok(VerifyMacOutput {
            key_id: SharedText(Arc::clone(&entry.key.arn)),
            mac_valid: true,
            mac_algorithm: input.mac_algorithm,
        })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a VerifyMacInput,
        entry: Option<&'a Arc<KeyEntry>>,
        _output: Option<&'a VerifyMacOutput>,
    ) {
        show_mac(shown, &input.key_id, input.mac_algorithm, input.dry_run, entry);
    }
}
