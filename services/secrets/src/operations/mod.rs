//! The operations, one file each.

pub mod batch_get_secret_value;
pub mod cancel_rotate_secret;
pub mod create_secret;
pub mod delete_secret;
pub mod describe_secret;
pub mod get_random_password;
pub mod get_secret_value;
pub mod list_secret_version_ids;
pub mod list_secrets;
pub mod put_secret_value;
pub mod remove_regions_from_replication;
pub mod replica_regions;
pub mod replicate_secret_to_regions;
pub mod resource_policy;
pub mod restore_secret;
pub mod rotate_secret;
mod search;
mod secret_access;
pub mod secret_value;
pub mod stop_replication_to_replica;
pub mod tag_resource;
pub mod untag_resource;
pub mod update_secret;
pub mod update_secret_version_stage;
pub mod wire;

use keywright_aws_api::ApiBuilder;

use crate::service::Secrets;

/// Registers every operation.
#[must_use]
pub fn register(api: ApiBuilder<Secrets>) -> ApiBuilder<Secrets> {
    api.operation::<batch_get_secret_value::BatchGetSecretValue>()
        .operation::<cancel_rotate_secret::CancelRotateSecret>()
        .operation::<create_secret::CreateSecret>()
        .operation::<delete_secret::DeleteSecret>()
        .operation::<describe_secret::DescribeSecret>()
        .operation::<get_random_password::GetRandomPassword>()
        .operation::<get_secret_value::GetSecretValue>()
        .operation::<list_secret_version_ids::ListSecretVersionIds>()
        .operation::<list_secrets::ListSecrets>()
        .operation::<put_secret_value::PutSecretValue>()
        .operation::<remove_regions_from_replication::RemoveRegionsFromReplication>()
        .operation::<replicate_secret_to_regions::ReplicateSecretToRegions>()
        .operation::<resource_policy::DeleteResourcePolicy>()
        .operation::<resource_policy::GetResourcePolicy>()
        .operation::<resource_policy::PutResourcePolicy>()
        .operation::<resource_policy::ValidateResourcePolicy>()
        .operation::<restore_secret::RestoreSecret>()
        .operation::<rotate_secret::RotateSecret>()
        .operation::<stop_replication_to_replica::StopReplicationToReplica>()
        .operation::<tag_resource::TagResource>()
        .operation::<untag_resource::UntagResource>()
        .operation::<update_secret::UpdateSecret>()
        .operation::<update_secret_version_stage::UpdateSecretVersionStage>()
}
