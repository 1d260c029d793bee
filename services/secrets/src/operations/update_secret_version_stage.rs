//! UpdateSecretVersionStage.

use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;

use super::secret_access::{add_context_keys, on_secret, show_secret, unfound};
use super::wire::SecretOutput;
use crate::domain::secret::Secret;
use crate::domain::stage::Stage;
use crate::domain::version_id::VersionId;
use crate::error::Error;
use crate::replication::copying::Copies;
use crate::service::Secrets;
use crate::store;

/// Input of
/// [UpdateSecretVersionStage](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html).
#[derive(Input)]
pub struct UpdateSecretVersionStageInput {
    /// The secret.
    #[member(length = 1..=2048)]
    pub secret_id: String,
    /// The label.
    #[member(length = 1..=256)]
    pub version_stage: String,
    /// The version which has it, as far as the caller knows.
    #[member(length = 32..=64)]
    pub remove_from_version_id: Option<String>,
    /// The version which is to have it; none is to have it if there is no such member.
    #[member(length = 32..=64)]
    pub move_to_version_id: Option<String>,
}

/// The operation.
pub struct UpdateSecretVersionStage;

impl Operation for UpdateSecretVersionStage {
    type Service = Secrets;
    type Input = UpdateSecretVersionStageInput;
    type Output = SecretOutput;
    type Resource = Secret;
    type Error = Error;

    const NAME: &'static str = "UpdateSecretVersionStage";
    const ACTION: &'static str = "secretsmanager:UpdateSecretVersionStage";
    const READ_ONLY: bool = false;

    async fn load(
        service: &Secrets,
        call: &Call,
        input: &UpdateSecretVersionStageInput,
    ) -> Result<Secret, Error> {
        service.find(call, &input.secret_id).await
    }

    fn accesses(_call: &Call, _input: &UpdateSecretVersionStageInput, secret: &Secret) -> Accesses {
        on_secret(Self::ACTION, secret).into()
    }

    fn accesses_unloaded(call: &Call, input: &UpdateSecretVersionStageInput) -> Accesses {
        unfound(Self::ACTION, call, &input.secret_id)
    }

    fn context_keys(
        _call: &Call,
        input: &UpdateSecretVersionStageInput,
        secret: &Secret,
        keys: &mut ContextKeys,
    ) {
        add_context_keys(keys, secret);
        keys.push("secretsmanager:VersionStage", input.version_stage.clone());
    }

    async fn run(
        service: &Secrets,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<SecretOutput, Error> {
        let input = request.input;
        let stage = Stage::parse(&input.version_stage)?;
        let remove_from = input.remove_from_version_id.as_deref().map(VersionId::parse).transpose()?;
        let move_to = input.move_to_version_id.as_deref().map(VersionId::parse).transpose()?;
        if remove_from.is_none() && move_to.is_none() {
            return Err(Error::InvalidParameter("You must provide RemoveFromVersionId or MoveToVersionId."));
        }
        let (call, secret) = (request.call, request.resource);
        // A version that comes to be replicated by its label is sealed for the other Regions first.
        let copies = match &move_to {
            Some(version) if secret.stages.of(version).next().is_none() => {
                service.copies_of_stored(&call.caller, secret, version).await?
            }
            Some(_) | None => Copies::default(),
        };
        let (transaction, locked) = service.change(work, secret).await?;
        locked.active()?;
        for version in [&remove_from, &move_to].into_iter().flatten() {
            if !store::versions::exists(transaction, locked.id, version).await? {
                return Err(Error::NotAVersion(version.clone()));
            }
        }
        if let Some(version) = move_to.as_ref().filter(|_| stage == Stage::current())
            && store::versions::find(transaction, locked.id, version).await?.is_none()
        {
            // A rotation's that has no value yet.
            return Err(Error::VersionNotFound(version.clone()));
        }
        let mut stages = locked.stages.clone();
        stages.move_label(&stage, remove_from.as_ref(), move_to.as_ref())?;
        store::versions::change_stages(transaction, locked.id, &stages.changes_since(&locked.stages)).await?;
        copies.store(transaction, locked.id).await?;
        store::secrets::set_changed(transaction, locked.id, call.received_at).await?;
        service.tell_regions_after(work, &locked, call.received_at).await?;
        Ok(SecretOutput::of(&locked))
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a UpdateSecretVersionStageInput,
        secret: Option<&'a Secret>,
        output: Option<&'a SecretOutput>,
    ) {
        shown.request.push_str("secretId", &input.secret_id);
        shown.request.push_str("versionStage", &input.version_stage);
        shown.request.push_opt_str("removeFromVersionId", input.remove_from_version_id.as_deref());
        shown.request.push_opt_str("moveToVersionId", input.move_to_version_id.as_deref());
        show_secret(shown, secret);
        if let Some(output) = output {
            output.show(shown);
        }
    }
}
