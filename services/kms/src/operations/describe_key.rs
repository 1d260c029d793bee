//! DescribeKey.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html>

use keywright_aws_api::{Access, Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::key_access::unresolved;
use super::key_metadata::KeyMetadata;
use crate::error::Error;
use crate::events::KEY_RESOURCE;
use crate::new_key::KeyToUse;
use crate::service::Kms;

pub(crate) struct DescribeKey;

#[derive(Input)]
pub(crate) struct DescribeKeyInput {
    #[member(length = 1..=2048)]
    key_id: String,
    #[expect(dead_code, reason = "checked for its form only: there are no grants yet")]
    #[member(length = 0..=10, each(length = 1..=8192))]
    grant_tokens: Option<Vec<String>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeKeyOutput {
    key_metadata: KeyMetadata,
}

impl Operation for DescribeKey {
    type Service = Kms;
    type Input = DescribeKeyInput;
    type Output = DescribeKeyOutput;
    type Resource = KeyToUse;
    type Error = Error;
    const NAME: &'static str = "DescribeKey";
    const ACTION: &'static str = "kms:DescribeKey";
    const READ_ONLY: bool = true;

    async fn load(kms: &Kms, call: &Call, input: &DescribeKeyInput) -> Result<KeyToUse, Error> {
        kms.key_to_use(call, &input.key_id).await
    }

    fn accesses(_call: &Call, _input: &DescribeKeyInput, key: &KeyToUse) -> Accesses {
        Access::new(Self::ACTION, key.target()).into()
    }

    fn accesses_unloaded(call: &Call, input: &DescribeKeyInput) -> Accesses {
        unresolved(Self::ACTION, call, &input.key_id)
    }

    async fn run(
        kms: &Kms,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<DescribeKeyOutput, Error> {
        let entry = kms.obtain(request.resource, None).await?;
        let mut key_metadata = KeyMetadata::of(&entry, &kms.region);
        if let Some(store) = kms.store_of(&entry.key).await? {
            key_metadata.add_store(&entry.key, &store.store);
        }
        Ok(DescribeKeyOutput { key_metadata })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a DescribeKeyInput,
        key: Option<&'a KeyToUse>,
        output: Option<&'a DescribeKeyOutput>,
    ) {
        shown.request.push_str("keyId", input.key_id.as_str());
        if let Some(DescribeKeyOutput { key_metadata }) = output {
            shown.resource(key_metadata.account_id(), KEY_RESOURCE, key_metadata.arn());
        } else if let Some(key) = key {
            shown.resource(key.account().as_str(), KEY_RESOURCE, key.arn());
        }
    }
}
