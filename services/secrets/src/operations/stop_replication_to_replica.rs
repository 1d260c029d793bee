//! StopReplicationToReplica.

use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::secret_access::{add_context_keys, on_secret, show_secret, unfound};
use crate::domain::secret::Secret;
use crate::error::Error;
use crate::events::SecretEvent;
use crate::service::Secrets;
use crate::store;

/// Input of
/// [StopReplicationToReplica](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_StopReplicationToReplica.html).
#[derive(Input)]
pub struct StopReplicationToReplicaInput {
    /// The replica.
    #[member(length = 1..=2048)]
    pub secret_id: String,
}

/// Output of StopReplicationToReplica.
#[derive(Debug, Serialize)]
pub struct StopReplicationToReplicaOutput {
    #[serde(rename = "ARN")]
    arn: String,
}

/// The operation.
pub struct StopReplicationToReplica;

impl Operation for StopReplicationToReplica {
    type Service = Secrets;
    type Input = StopReplicationToReplicaInput;
    type Output = StopReplicationToReplicaOutput;
    type Resource = Secret;
    type Error = Error;

    const NAME: &'static str = "StopReplicationToReplica";
    const ACTION: &'static str = "secretsmanager:StopReplicationToReplica";
    const READ_ONLY: bool = false;

    async fn load(
        service: &Secrets,
        call: &Call,
        input: &StopReplicationToReplicaInput,
    ) -> Result<Secret, Error> {
        service.find(call, &input.secret_id).await
    }

    fn accesses(_call: &Call, _input: &StopReplicationToReplicaInput, secret: &Secret) -> Accesses {
        on_secret(Self::ACTION, secret).into()
    }

    fn accesses_unloaded(call: &Call, input: &StopReplicationToReplicaInput) -> Accesses {
        unfound(Self::ACTION, call, &input.secret_id)
    }

    fn context_keys(
        _call: &Call,
        _input: &StopReplicationToReplicaInput,
        secret: &Secret,
        keys: &mut ContextKeys,
    ) {
        add_context_keys(keys, secret);
    }

    async fn run(
        service: &Secrets,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<StopReplicationToReplicaOutput, Error> {
        let now = request.call.received_at;
        let (transaction, locked) = service.change_any(work, request.resource).await?;
        let replica = locked.replica_of.as_ref().ok_or(Error::NotAReplica)?;
        store::secrets::set_replica_of(transaction, locked.id, None).await?;
        // It was shown only: nobody is set up to rotate the secret here.
        store::rotations::delete(transaction, locked.id).await?;
        store::secrets::set_changed(transaction, locked.id, now).await?;
        service.tell_region(transaction, &locked.subject()?, &replica.primary, now).await?;
        service.wake_peers_after(work);
        service.add_event(work, SecretEvent::ReplicationStopped, &locked, now).await?;
        Ok(StopReplicationToReplicaOutput { arn: locked.arn.to_string() })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a StopReplicationToReplicaInput,
        secret: Option<&'a Secret>,
        output: Option<&'a StopReplicationToReplicaOutput>,
    ) {
        shown.request.push_str("secretId", &input.secret_id);
        show_secret(shown, secret);
        if let Some(output) = output {
            shown.response.push_str("arn", &output.arn);
        }
    }
}
