//! GetParametersForImport.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_GetParametersForImport.html>

use std::sync::Arc;

use keywright_aws_api::shape::{Blob, Timestamp};
use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_policy::ContextKeys as _;
use keywright_service::PostgresWork;
use serde::Serialize;
use time::Duration;

use super::condition_keys::{ConditionKeys, RequestKeys};
use super::key_access::{on_key, show_key, unresolved};
use super::wire::SharedText;
use crate::domain::entry::KeyEntry;
use crate::domain::import_token::ImportToken;
use crate::domain::wrapping::{WrappingAlgorithm, WrappingKeySpec};
use crate::error::Error;
use crate::service::Kms;

pub(crate) struct GetParametersForImport;

#[derive(Input)]
pub(crate) struct GetParametersForImportInput {
    #[member(length = 1..=2048)]
    key_id: String,
    wrapping_algorithm: WrappingAlgorithm,
    wrapping_key_spec: WrappingKeySpec,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetParametersForImportOutput {
    key_id: SharedText,
    import_token: Blob,
    public_key: Blob,
    parameters_valid_to: Timestamp,
}

impl Operation for GetParametersForImport {
    type Service = Kms;
    type Input = GetParametersForImportInput;
    type Output = GetParametersForImportOutput;
    type Resource = Arc<KeyEntry>;
    type Error = Error;
    const NAME: &'static str = "GetParametersForImport";
    const ACTION: &'static str = "kms:GetParametersForImport";
    const READ_ONLY: bool = true;

    async fn load(
        kms: &Kms,
        call: &Call,
        input: &GetParametersForImportInput,
    ) -> Result<Arc<KeyEntry>, Error> {
        kms.directory.resolve_key(&input.key_id, call.account()).await
    }

    fn accesses(_call: &Call, _input: &GetParametersForImportInput, entry: &Arc<KeyEntry>) -> Accesses {
        on_key(Self::ACTION, entry).into()
    }

    fn accesses_unloaded(call: &Call, input: &GetParametersForImportInput) -> Accesses {
        unresolved(Self::ACTION, call, &input.key_id)
    }

    fn condition_key(
        call: &Call,
        input: &GetParametersForImportInput,
        entry: Option<&Arc<KeyEntry>>,
        _access: usize,
        key: &str,
        each: &mut dyn FnMut(&str),
    ) -> bool {
        let others = [
            ("WrappingAlgorithm", input.wrapping_algorithm.as_str()),
            ("WrappingKeySpec", input.wrapping_key_spec.as_str()),
        ];
        let request = RequestKeys { others: &others, ..RequestKeys::default() };
        ConditionKeys::new(call, entry.map(|entry| &**entry)).with(request).get(key, each)
    }

    async fn run(
        kms: &Kms,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<GetParametersForImportOutput, Error> {
        let (key, input) = (&request.resource.key, request.input);
        key.check_importable()?;
        key.check_import_state()?;
        let (algorithm, wrapping) = (input.wrapping_algorithm, input.wrapping_key_spec);
        algorithm.check(wrapping, key.spec)?;
        let pair = kms.new_pair(wrapping.primitive()).await?;
        let token = ImportToken {
            account: key.account,
            region: kms.region.clone(),
            key_id: key.id,
            algorithm,
            wrapping,
            valid_to: kms.now().truncate_to_second() + VALIDITY,
            private_key: pair.to_pkcs8(),
        };
        Ok(GetParametersForImportOutput {
            key_id: SharedText(Arc::clone(&key.arn)),
            import_token: kms.seal_import_token(&token)?.into(),
            public_key: pair.public_key().spki().to_vec().into(),
            parameters_valid_to: token.valid_to.into(),
        })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a GetParametersForImportInput,
        entry: Option<&'a Arc<KeyEntry>>,
        _output: Option<&'a GetParametersForImportOutput>,
    ) {
        shown
            .request
            .push_str("keyId", input.key_id.as_str())
            .push_str("wrappingAlgorithm", input.wrapping_algorithm.as_str())
            .push_str("wrappingKeySpec", input.wrapping_key_spec.as_str());
        show_key(shown, entry.map(|entry| &**entry));
    }
}

/// For how long the wrapping key and its token are taken.
const VALIDITY: Duration = Duration::hours(24);
