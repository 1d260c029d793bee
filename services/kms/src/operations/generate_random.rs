//! GenerateRandom.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateRandom.html>

use keywright_aws_api::shape::{Blob, PlaintextOut};
use keywright_aws_api::{Access, Accesses, ApiError, Authorized, Call, Input, Operation, Shown};
use keywright_crypto::RandomExt as _;
use keywright_policy::ContextKeys as _;
use keywright_service::PostgresWork;
use serde::Serialize;

use super::condition_keys::{ConditionKeys, RequestKeys};
use super::recipient::{For, Recipient, RecipientInfo};
use crate::custom_stores::Backend;
use crate::domain::custom_store::StoreName;
use crate::error::Error;
use crate::service::Kms;

pub(crate) struct GenerateRandom;

#[derive(Input)]
pub(crate) struct GenerateRandomInput {
    #[member(range = 1..=1024)]
    number_of_bytes: Option<i32>,
    #[member(length = 1..=64)]
    custom_key_store_id: Option<String>,
    #[member(shape)]
    recipient: Option<RecipientInfo>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GenerateRandomOutput {
    #[serde(skip_serializing_if = "Option::is_none")]
    plaintext: Option<PlaintextOut>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ciphertext_for_recipient: Option<Blob>,
}

impl Operation for GenerateRandom {
    type Service = Kms;
    type Input = GenerateRandomInput;
    type Output = GenerateRandomOutput;
    /// How many bytes.
    type Resource = For<usize>;
    type Error = Error;
    const NAME: &'static str = "GenerateRandom";
    const ACTION: &'static str = "kms:GenerateRandom";
    const READ_ONLY: bool = true;

    async fn load(kms: &Kms, call: &Call, input: &GenerateRandomInput) -> Result<For<usize>, Error> {
        if let Some(id) = &input.custom_key_store_id {
            let name = StoreName { account: call.account(), id: id.as_str().into() };
            match kms.directory.custom_store(&name).await?.backend {
                Backend::External(_) => {
                    return Err(Error::Unsupported("An external key store generates no random bytes"));
                }
            }
        }
        let length = input.number_of_bytes.and_then(|length| usize::try_from(length).ok());
        let length = length.ok_or(Error::Invalid("NumberOfBytes is required"))?;
        Ok(Recipient::of(kms, input.recipient.as_ref()).await?.with(length))
    }

    fn admit(
        kms: &Kms,
        call: &Call,
        input: &GenerateRandomInput,
        _length: Option<&For<usize>>,
    ) -> Result<(), ApiError> {
        kms.quotas.admit_random(call, input.custom_key_store_id.as_deref())
    }

    fn accesses(_call: &Call, _input: &GenerateRandomInput, _length: &For<usize>) -> Accesses {
        Access::any(Self::ACTION).into()
    }

    fn condition_key(
        call: &Call,
        _input: &GenerateRandomInput,
        length: Option<&For<usize>>,
        _access: usize,
        key: &str,
        each: &mut dyn FnMut(&str),
    ) -> bool {
        let attestation = length.and_then(For::attestation);
        let request = RequestKeys { attestation, ..RequestKeys::default() };
        ConditionKeys::new(call, None).with(request).get(key, each)
    }

    async fn run(
        kms: &Kms,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<GenerateRandomOutput, Error> {
        request.resource.check()?;
        let random = kms.random.secret(request.resource.loaded)?;
        let (plaintext, ciphertext_for_recipient) = request.resource.answer(kms, random)?;
        Ok(GenerateRandomOutput { plaintext, ciphertext_for_recipient })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a GenerateRandomInput,
        length: Option<&'a For<usize>>,
        _output: Option<&'a GenerateRandomOutput>,
    ) {
        if let Some(length) = length {
            length.show(shown);
        }
        if let Some(length) = input.number_of_bytes {
            shown.request.push_i64("numberOfBytes", length.into());
        }
        shown.request.push_opt_str("customKeyStoreId", input.custom_key_store_id.as_deref());
    }
}
