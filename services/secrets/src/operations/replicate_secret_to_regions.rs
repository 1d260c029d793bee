//! ReplicateSecretToRegions.

use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::replica_regions::{
    ReplicaRegion, ReplicationStatus, add_replica_keys, show_replicas, show_statuses, wanted,
};
use super::secret_access::{add_context_keys, on_secret, show_secret, unfound};
use crate::domain::replica::Replica;
use crate::domain::secret::Secret;
use crate::domain::version_id::VersionId;
use crate::error::Error;
use crate::service::Secrets;
use crate::store;

/// Input of
/// [ReplicateSecretToRegions](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ReplicateSecretToRegions.html).
#[derive(Input)]
pub struct ReplicateSecretToRegionsInput {
    /// The secret.
    #[member(length = 1..=2048)]
    pub secret_id: String,
    /// The Regions.
    #[member(shape, length = 1..)]
    pub add_replica_regions: Vec<ReplicaRegion>,
    /// Whether a secret of the same name is replaced.
    pub force_overwrite_replica_secret: Option<bool>,
}

/// Output of ReplicateSecretToRegions, and of RemoveRegionsFromReplication.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ReplicationOutput {
    #[serde(rename = "ARN")]
    arn: String,
    replication_status: Vec<ReplicationStatus>,
}

impl ReplicationOutput {
    pub(super) fn new(secret: &Secret, replicas: &[Replica]) -> Self {
        Self { arn: secret.arn.to_string(), replication_status: ReplicationStatus::of_all(replicas) }
    }

    pub(super) fn show<'a>(&'a self, shown: &mut Shown<'a>) {
        shown.response.push_str("arn", &self.arn);
        show_statuses(shown, &self.replication_status);
    }
}

/// The operation.
pub struct ReplicateSecretToRegions;

impl Operation for ReplicateSecretToRegions {
    type Service = Secrets;
    type Input = ReplicateSecretToRegionsInput;
    type Output = ReplicationOutput;
    type Resource = Secret;
    type Error = Error;

    const NAME: &'static str = "ReplicateSecretToRegions";
    const ACTION: &'static str = ACTION;
    const READ_ONLY: bool = false;

    async fn load(
        service: &Secrets,
        call: &Call,
        input: &ReplicateSecretToRegionsInput,
    ) -> Result<Secret, Error> {
        service.find(call, &input.secret_id).await
    }

    fn accesses(_call: &Call, _input: &ReplicateSecretToRegionsInput, secret: &Secret) -> Accesses {
        on_secret(Self::ACTION, secret).into()
    }

    fn accesses_unloaded(call: &Call, input: &ReplicateSecretToRegionsInput) -> Accesses {
        unfound(Self::ACTION, call, &input.secret_id)
    }

    fn context_keys(
        _call: &Call,
        input: &ReplicateSecretToRegionsInput,
        secret: &Secret,
        keys: &mut ContextKeys,
    ) {
        add_context_keys(keys, secret);
        add_replica_keys(keys, &input.add_replica_regions, input.force_overwrite_replica_secret);
    }

    async fn run(
        service: &Secrets,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<ReplicationOutput, Error> {
        let (call, input, now) = (request.call, request.input, request.call.received_at);
        let secret = request.resource.active()?.own()?;
        let present = service.replicas(secret).await?;
        let overwrites = input.force_overwrite_replica_secret;
        let begun = wanted(service, &input.add_replica_regions, overwrites, &present)?;
        // All that KMS has to do is done before the secret is locked.
        let versions: Vec<VersionId> = secret.stages.by_version().into_keys().map(VersionId::new).collect();
        let originals = match begun.is_empty() {
            true => Vec::new(),
            false => service.originals(&call.caller, secret, &versions).await?,
        };
        let copies = service.copies(&call.caller, &secret.arn, &originals, &begun).await;

        let (transaction, locked) = service.change(work, secret).await?;
        locked.active()?;
        let now_present = store::replicas::of_secret(transaction, locked.id).await?;
        if replications(&now_present) != replications(&present) {
            // Another request has added or removed Regions meanwhile.
            return Err(Error::Conflict);
        }
        if !begun.is_empty() {
            store::secrets::set_changed(transaction, locked.id, now).await?;
            service.begin_replication(work, &locked, &begun, &copies, now).await?;
        }
        let replicas = store::replicas::of_secret(work.transaction().await?, locked.id).await?;
        Ok(ReplicationOutput::new(&locked, &replicas))
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a ReplicateSecretToRegionsInput,
        secret: Option<&'a Secret>,
        output: Option<&'a ReplicationOutput>,
    ) {
        shown.request.push_str("secretId", &input.secret_id);
        show_replicas(shown, Some(&input.add_replica_regions), input.force_overwrite_replica_secret);
        show_secret(shown, secret);
        if let Some(output) = output {
            output.show(shown);
        }
    }
}

fn replications(replicas: &[Replica]) -> Vec<uuid::Uuid> {
    replicas.iter().map(|replica| replica.replication).collect()
}

/// Also needed by who makes a secret with replicas.
pub(crate) const ACTION: &str = "secretsmanager:ReplicateSecretToRegions";
