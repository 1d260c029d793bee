//! GetPublicKey.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_GetPublicKey.html>

use std::sync::Arc;

use keywright_aws_api::shape::Blob;
use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_policy::ContextKeys as _;
use keywright_service::PostgresWork;
use serde::Serialize;

use super::condition_keys::{ConditionKeys, RequestKeys};
use super::key_access::{show_key, unresolved};
use super::wire::SharedText;
use crate::domain::algorithms::{EncryptionAlgorithmSpec, KeyAgreementAlgorithmSpec, SigningAlgorithmSpec};
use crate::domain::key_spec::{KeySpec, KeyUsageType};
use crate::error::Error;
use crate::new_key::KeyToUse;
use crate::service::Kms;

pub(crate) struct GetPublicKey;

#[derive(Input)]
pub(crate) struct GetPublicKeyInput {
    #[member(length = 1..=2048)]
    key_id: String,
    #[member(length = 0..=10, each(length = 1..=8192))]
    grant_tokens: Option<Vec<String>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetPublicKeyOutput {
    key_id: SharedText,
    public_key: Blob,
    customer_master_key_spec: KeySpec,
    key_spec: KeySpec,
    key_usage: KeyUsageType,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    encryption_algorithms: &'static [EncryptionAlgorithmSpec],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    signing_algorithms: &'static [SigningAlgorithmSpec],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    key_agreement_algorithms: &'static [KeyAgreementAlgorithmSpec],
}

impl Operation for GetPublicKey {
    type Service = Kms;
    type Input = GetPublicKeyInput;
    type Output = GetPublicKeyOutput;
    type Resource = KeyToUse;
    type Error = Error;
    const NAME: &'static str = "GetPublicKey";
    const ACTION: &'static str = "kms:GetPublicKey";
    const READ_ONLY: bool = true;

    async fn load(kms: &Kms, call: &Call, input: &GetPublicKeyInput) -> Result<KeyToUse, Error> {
        kms.key_to_use(call, &input.key_id, input.grant_tokens.as_deref()).await
    }

    fn accesses(_call: &Call, _input: &GetPublicKeyInput, key: &KeyToUse) -> Accesses {
        key.access(Self::ACTION, None).into()
    }

    fn accesses_unloaded(call: &Call, input: &GetPublicKeyInput) -> Accesses {
        unresolved(Self::ACTION, call, &input.key_id)
    }

    fn condition_key(
        call: &Call,
        input: &GetPublicKeyInput,
        loaded: Option<&KeyToUse>,
        _access: usize,
        key: &str,
        each: &mut dyn FnMut(&str),
    ) -> bool {
        let request = RequestKeys { identifier: Some(&input.key_id), ..RequestKeys::default() };
        ConditionKeys::new(call, loaded.map(|key| &**key.entry())).with(request).get(key, each)
    }

    async fn run(
        kms: &Kms,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<GetPublicKeyOutput, Error> {
        let entry = kms.obtain(request.resource, None).await?;
        let (spec, usage) = (entry.key.spec, entry.key.usage);
        Ok(GetPublicKeyOutput {
            key_id: SharedText(Arc::clone(&entry.key.arn)),
            public_key: entry.key_pair()?.public_key().spki().to_vec().into(),
            customer_master_key_spec: spec,
            key_spec: spec,
            key_usage: usage,
            encryption_algorithms: spec.encryption_algorithms(usage),
            signing_algorithms: spec.signing_algorithms(usage),
            key_agreement_algorithms: KeySpec::key_agreement_algorithms(usage),
        })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a GetPublicKeyInput,
        entry: Option<&'a KeyToUse>,
        _output: Option<&'a GetPublicKeyOutput>,
    ) {
        shown.request.push_str("keyId", input.key_id.as_str());
        show_key(shown, entry.map(|key| &**key.entry()));
    }
}
