//! RemoveRegionsFromReplication.

use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Region, Shown};
use keywright_service::PostgresWork;

use super::replicate_secret_to_regions::ReplicationOutput;
use super::secret_access::{add_context_keys, on_secret, show_secret, unfound};
use crate::domain::secret::Secret;
use crate::error::Error;
use crate::service::Secrets;
use crate::store;

/// Input of
/// [RemoveRegionsFromReplication](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RemoveRegionsFromReplication.html).
#[derive(Input)]
pub struct RemoveRegionsFromReplicationInput {
    /// The secret.
    #[member(length = 1..=2048)]
    pub secret_id: String,
    /// The Regions.
    #[member(length = 1.., each(length = 1..=128, pattern = r"^([a-z]+-)+\d+$"))]
    pub remove_replica_regions: Vec<String>,
}

/// The operation.
pub struct RemoveRegionsFromReplication;

impl Operation for RemoveRegionsFromReplication {
    type Service = Secrets;
    type Input = RemoveRegionsFromReplicationInput;
    type Output = ReplicationOutput;
    type Resource = Secret;
    type Error = Error;

    const NAME: &'static str = "RemoveRegionsFromReplication";
    const ACTION: &'static str = "secretsmanager:RemoveRegionsFromReplication";
    const READ_ONLY: bool = false;

    async fn load(
        service: &Secrets,
        call: &Call,
        input: &RemoveRegionsFromReplicationInput,
    ) -> Result<Secret, Error> {
        service.find(call, &input.secret_id).await
    }

    fn accesses(_call: &Call, _input: &RemoveRegionsFromReplicationInput, secret: &Secret) -> Accesses {
        on_secret(Self::ACTION, secret).into()
    }

    fn accesses_unloaded(call: &Call, input: &RemoveRegionsFromReplicationInput) -> Accesses {
        unfound(Self::ACTION, call, &input.secret_id)
    }

    fn context_keys(
        _call: &Call,
        _input: &RemoveRegionsFromReplicationInput,
        secret: &Secret,
        keys: &mut ContextKeys,
    ) {
        add_context_keys(keys, secret);
    }

    async fn run(
        service: &Secrets,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<ReplicationOutput, Error> {
        let (input, now) = (request.input, request.call.received_at);
        let (transaction, locked) = service.change(work, request.resource).await?;
        locked.active()?;
        let subject = locked.subject()?;
        for name in &input.remove_replica_regions {
            let region = Region::parse(name).ok().filter(|region| locked.replica_regions.contains(region));
            let region = region.ok_or_else(|| Error::NoReplicaRegion {
                region: name.clone(),
                reason: "the secret isn't replicated to it",
            })?;
            // Told how it is now, the Region deletes the replica.
            store::replicas::delete(transaction, locked.id, &region).await?;
            service.tell_region(transaction, &subject, &region, now).await?;
        }
        store::secrets::set_changed(transaction, locked.id, now).await?;
        let replicas = store::replicas::of_secret(transaction, locked.id).await?;
        service.wake_peers_after(work);
        Ok(ReplicationOutput::new(&locked, &replicas))
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a RemoveRegionsFromReplicationInput,
        secret: Option<&'a Secret>,
        output: Option<&'a ReplicationOutput>,
    ) {
        shown.request.push_str("secretId", &input.secret_id);
        let regions = input.remove_replica_regions.iter().map(String::as_str);
        shown.request.push_list("removeReplicaRegions", regions);
        show_secret(shown, secret);
        if let Some(output) = output {
            output.show(shown);
        }
    }
}
