//! GenerateMac and VerifyMac.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateMac.html>,
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_VerifyMac.html>

use std::sync::Arc;

use keywright_aws_api::shape::{Blob, SecretBlob};
use keywright_aws_api::{Accesses, ApiError, Authorized, Call, Input, Operation, Shown};
use keywright_crypto::HmacKey;
use keywright_policy::ContextKeys as _;
use keywright_service::PostgresWork;
use serde::Serialize;

use super::condition_keys::{ConditionKeys, RequestKeys};
use super::dry_run;
use super::key_access::{show_key, unresolved};
use super::wire::SharedText;
use crate::domain::algorithms::MacAlgorithmSpec;
use crate::domain::entry::KeyEntry;
use crate::domain::key_spec::KeyUsageType;
use crate::domain::usage::KeyLastUsageTrackingOperation;
use crate::error::Error;
use crate::granted::GrantedKey;
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

fn mac_condition_key(
    call: &Call,
    (key_id, algorithm): (&str, MacAlgorithmSpec),
    loaded: Option<&GrantedKey>,
    key: &str,
    each: &mut dyn FnMut(&str),
) -> bool {
    let others = [("MacAlgorithm", algorithm.as_str())];
    let request = RequestKeys { identifier: Some(key_id), others: &others, ..RequestKeys::default() };
    ConditionKeys::new(call, loaded.map(|key| &*key.entry)).with(request).get(key, each)
}

fn show_mac<'a>(
    shown: &mut Shown<'a>,
    key_id: &'a str,
    algorithm: MacAlgorithmSpec,
    dry_run: Option<bool>,
    entry: Option<&'a GrantedKey>,
) {
    shown.request.push_str("keyId", key_id).push_str("macAlgorithm", algorithm.as_str());
    if dry_run == Some(true) {
        shown.request.push_bool("dryRun", true);
    }
    show_key(shown, entry.map(|key| &*key.entry));
}

impl Operation for GenerateMac {
    type Service = Kms;
    type Input = GenerateMacInput;
    type Output = GenerateMacOutput;
    type Resource = GrantedKey;
    type Error = Error;
    const NAME: &'static str = "GenerateMac";
    const ACTION: &'static str = "kms:GenerateMac";
    const READ_ONLY: bool = true;

    async fn load(kms: &Kms, call: &Call, input: &GenerateMacInput) -> Result<GrantedKey, Error> {
        kms.granted_key(call, &input.key_id, input.grant_tokens.as_deref()).await
    }

    fn admit(
        kms: &Kms,
        call: &Call,
        _input: &GenerateMacInput,
        key: Option<&GrantedKey>,
    ) -> Result<(), ApiError> {
        kms.quotas.admit_use(call, key)
    }

    fn accesses(_call: &Call, _input: &GenerateMacInput, key: &GrantedKey) -> Accesses {
        key.access(Self::ACTION, None).into()
    }

    fn accesses_unloaded(call: &Call, input: &GenerateMacInput) -> Accesses {
        unresolved(Self::ACTION, call, &input.key_id)
    }

    fn condition_key(
        call: &Call,
        input: &GenerateMacInput,
        loaded: Option<&GrantedKey>,
        _access: usize,
        key: &str,
        each: &mut dyn FnMut(&str),
    ) -> bool {
        mac_condition_key(call, (&input.key_id, input.mac_algorithm), loaded, key, each)
    }

    async fn run(
        _kms: &Kms,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<GenerateMacOutput, Error> {
        let (input, entry) = (request.input, &request.resource.entry);
        let key = checked(Self::NAME, entry, input.mac_algorithm)?;
        dry_run::end(input.dry_run)?;
        Ok(GenerateMacOutput {
            mac: key.sign(input.message.expose_secret()).into(),
            mac_algorithm: input.mac_algorithm,
            key_id: SharedText(Arc::clone(&entry.key.arn)),
        })
    }

    fn succeeded(
        kms: &Kms,
        call: &Call,
        _input: &GenerateMacInput,
        key: Option<&GrantedKey>,
        _output: &GenerateMacOutput,
    ) {
        if let Some(key) = key {
            kms.last_usage.note(call, KeyLastUsageTrackingOperation::GenerateMac, &key.entry);
        }
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a GenerateMacInput,
        entry: Option<&'a GrantedKey>,
        _output: Option<&'a GenerateMacOutput>,
    ) {
        show_mac(shown, &input.key_id, input.mac_algorithm, input.dry_run, entry);
    }
}

impl Operation for VerifyMac {
    type Service = Kms;
    type Input = VerifyMacInput;
    type Output = VerifyMacOutput;
    type Resource = GrantedKey;
    type Error = Error;
    const NAME: &'static str = "VerifyMac";
    const ACTION: &'static str = "kms:VerifyMac";
    const READ_ONLY: bool = true;

    async fn load(kms: &Kms, call: &Call, input: &VerifyMacInput) -> Result<GrantedKey, Error> {
        kms.granted_key(call, &input.key_id, input.grant_tokens.as_deref()).await
    }

    fn admit(
        kms: &Kms,
        call: &Call,
        _input: &VerifyMacInput,
        key: Option<&GrantedKey>,
    ) -> Result<(), ApiError> {
        kms.quotas.admit_use(call, key)
    }

    fn accesses(_call: &Call, _input: &VerifyMacInput, key: &GrantedKey) -> Accesses {
        key.access(Self::ACTION, None).into()
    }

    fn accesses_unloaded(call: &Call, input: &VerifyMacInput) -> Accesses {
        unresolved(Self::ACTION, call, &input.key_id)
    }

    fn condition_key(
        call: &Call,
        input: &VerifyMacInput,
        loaded: Option<&GrantedKey>,
        _access: usize,
        key: &str,
        each: &mut dyn FnMut(&str),
    ) -> bool {
        mac_condition_key(call, (&input.key_id, input.mac_algorithm), loaded, key, each)
    }

    async fn run(
        _kms: &Kms,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<VerifyMacOutput, Error> {
        let (input, entry) = (request.input, &request.resource.entry);
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

    fn succeeded(
        kms: &Kms,
        call: &Call,
        _input: &VerifyMacInput,
        key: Option<&GrantedKey>,
        _output: &VerifyMacOutput,
    ) {
        if let Some(key) = key {
            kms.last_usage.note(call, KeyLastUsageTrackingOperation::VerifyMac, &key.entry);
        }
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a VerifyMacInput,
        entry: Option<&'a GrantedKey>,
        _output: Option<&'a VerifyMacOutput>,
    ) {
        show_mac(shown, &input.key_id, input.mac_algorithm, input.dry_run, entry);
    }
}
