//! GetSecretValue.

use std::sync::Arc;

use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;

use super::secret_access::{add_context_keys, on_secret, show_secret, unfound};
use super::secret_value::{Asked, SecretValueEntry, add_version_keys, note_access, read};
use crate::directory::FoundSecret;
use crate::error::Error;
use crate::service::Secrets;

/// Input of [GetSecretValue](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html).
#[derive(Input)]
pub struct GetSecretValueInput {
    /// The secret.
    #[member(length = 1..=2048)]
    pub secret_id: String,
    /// The version, by its id.
    #[member(length = 32..=64)]
    pub version_id: Option<String>,
    /// The version, by a label; the current one if neither is given.
    #[member(length = 1..=256)]
    pub version_stage: Option<String>,
}

/// The operation.
pub struct GetSecretValue;

impl Operation for GetSecretValue {
    type Service = Secrets;
    type Input = GetSecretValueInput;
    type Output = SecretValueEntry;
    type Resource = Arc<FoundSecret>;
    type Error = Error;

    const NAME: &'static str = "GetSecretValue";
    const ACTION: &'static str = "secretsmanager:GetSecretValue";
    const READ_ONLY: bool = true;

    async fn load(
        service: &Secrets,
        call: &Call,
        input: &GetSecretValueInput,
    ) -> Result<Arc<FoundSecret>, Error> {
        if input.version_id.is_none() && input.version_stage.is_none() {
            service.find_current(call, &input.secret_id).await
        } else {
            Ok(Arc::new(service.find(call, &input.secret_id).await?.into()))
        }
    }

    fn accesses(_call: &Call, _input: &GetSecretValueInput, found: &Arc<FoundSecret>) -> Accesses {
        on_secret(Self::ACTION, &found.secret).into()
    }

    fn accesses_unloaded(call: &Call, input: &GetSecretValueInput) -> Accesses {
        unfound(Self::ACTION, call, &input.secret_id)
    }

    fn context_keys(
        _call: &Call,
        input: &GetSecretValueInput,
        found: &Arc<FoundSecret>,
        keys: &mut ContextKeys,
    ) {
        add_context_keys(keys, &found.secret);
        add_version_keys(keys, input.version_id.as_deref(), input.version_stage.as_deref());
    }

    async fn run(
        service: &Secrets,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<SecretValueEntry, Error> {
        let (call, input) = (request.call, request.input);
        let asked = Asked::of_request(input.version_id.as_deref(), input.version_stage.as_deref())?;
        let (entry, version) = read(service, call, request.resource, asked).await?;
        note_access(service, work, &request.resource.secret, &version, call.received_at.date()).await?;
        Ok(entry)
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a GetSecretValueInput,
        found: Option<&'a Arc<FoundSecret>>,
        _output: Option<&'a SecretValueEntry>,
    ) {
        shown.request.push_str("secretId", &input.secret_id);
        shown.request.push_opt_str("versionId", input.version_id.as_deref());
        shown.request.push_opt_str("versionStage", input.version_stage.as_deref());
        show_secret(shown, found.map(|found| &found.secret));
    }
}
