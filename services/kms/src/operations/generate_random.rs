//! GenerateRandom.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateRandom.html>

use std::sync::Arc;

use keywright_aws_api::shape::{Blob, PlaintextOut};
use keywright_aws_api::{Access, Accesses, ApiError, Authorized, Call, Input, Operation, Shown};
use keywright_crypto::RandomExt as _;
use keywright_policy::ContextKeys as _;
use keywright_service::PostgresWork;
use serde::Serialize;

use super::condition_keys::{ConditionKeys, RequestKeys};
use super::recipient::{For, Recipient, RecipientInfo};
use crate::custom_stores::{Backend, CustomStoreError, StoreEntry};
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

/// What is asked for.
pub(crate) struct Wanted {
    length: usize,
    /// Whose token generates them; none for those of KMS.
    store: Option<Arc<StoreEntry>>,
}

impl Operation for GenerateRandom {
    type Service = Kms;
    type Input = GenerateRandomInput;
    type Output = GenerateRandomOutput;
    type Resource = For<Wanted>;
    type Error = Error;
    const NAME: &'static str = "GenerateRandom";
    const ACTION: &'static str = "kms:GenerateRandom";
    const READ_ONLY: bool = true;

    async fn load(kms: &Kms, call: &Call, input: &GenerateRandomInput) -> Result<For<Wanted>, Error> {
        let store = match &input.custom_key_store_id {
            Some(id) => Some(generating_store(kms, call, id).await?),
            None => None,
        };
        let length = input.number_of_bytes.and_then(|length| usize::try_from(length).ok());
        let length = length.ok_or(Error::Invalid("NumberOfBytes is required"))?;
        Ok(Recipient::of(kms, input.recipient.as_ref()).await?.with(Wanted { length, store }))
    }

    fn admit(
        kms: &Kms,
        call: &Call,
        input: &GenerateRandomInput,
        _wanted: Option<&For<Wanted>>,
    ) -> Result<(), ApiError> {
        kms.quotas.admit_random(call, input.custom_key_store_id.as_deref())
    }

    fn accesses(_call: &Call, _input: &GenerateRandomInput, _wanted: &For<Wanted>) -> Accesses {
        Access::any(Self::ACTION).into()
    }

    fn condition_key(
        call: &Call,
        _input: &GenerateRandomInput,
        wanted: Option<&For<Wanted>>,
        _access: usize,
        key: &str,
        each: &mut dyn FnMut(&str),
    ) -> bool {
        let attestation = wanted.and_then(For::attestation);
        let request = RequestKeys { attestation, ..RequestKeys::default() };
        ConditionKeys::new(call, None).with(request).get(key, each)
    }

    async fn run(
        kms: &Kms,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<GenerateRandomOutput, Error> {
        request.resource.check()?;
        let Wanted { length, store } = &request.resource.loaded;
        let random = match store.as_ref().map(|store| &store.backend) {
            Some(Backend::CloudHsm(hsm)) => hsm.random(*length).await.map_err(CustomStoreError::Store)?,
            Some(Backend::External(_)) | None => kms.random.secret(*length)?,
        };
        let (plaintext, ciphertext_for_recipient) = request.resource.answer(kms, random)?;
        Ok(GenerateRandomOutput { plaintext, ciphertext_for_recipient })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a GenerateRandomInput,
        wanted: Option<&'a For<Wanted>>,
        _output: Option<&'a GenerateRandomOutput>,
    ) {
        if let Some(wanted) = wanted {
            wanted.show(shown);
        }
        if let Some(length) = input.number_of_bytes {
            shown.request.push_i64("numberOfBytes", length.into());
        }
        shown.request.push_opt_str("customKeyStoreId", input.custom_key_store_id.as_deref());
    }
}

/// A store whose token generates random bytes, as AWS allows only for CloudHSM key stores.
async fn generating_store(kms: &Kms, call: &Call, id: &str) -> Result<Arc<StoreEntry>, Error> {
    let entry = kms.directory.custom_store(&StoreName { account: call.account(), id: id.into() }).await?;
    match &entry.backend {
        Backend::External(_) => Err(Error::Unsupported("An external key store generates no random bytes")),
        Backend::CloudHsm(_) if !entry.store.is_connected() => {
            Err(CustomStoreError::InvalidState(entry.store.connection).into())
        }
        Backend::CloudHsm(_) => Ok(entry),
    }
}
