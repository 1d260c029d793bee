//! The operations of the API, one file for each or for a small family.

mod cancel_key_deletion;
mod condition_keys;
mod create_alias;
mod create_custom_key_store;
mod create_grant;
mod create_key;
mod decrypt;
mod delete_alias;
mod delete_imported_key_material;
mod derive_shared_secret;
mod describe_custom_key_stores;
mod describe_key;
mod disable_key_rotation;
mod dry_run;
mod enable_key_rotation;
mod encrypt;
mod generate_data_key;
mod generate_data_key_pair;
mod generate_random;
mod get_key_last_usage;
mod get_key_policy;
mod get_key_rotation_status;
mod get_parameters_for_import;
mod get_public_key;
mod grant_entry;
mod idle_key;
mod import_key_material;
mod key_access;
mod key_metadata;
mod list_aliases;
mod list_grants;
mod list_key_policies;
mod list_key_rotations;
mod list_keys;
mod list_resource_tags;
mod list_retirable_grants;
mod lockout;
mod mac;
mod on_store;
mod private_key;
mod put_key_policy;
mod re_encrypt;
mod recipient;
mod replicate_key;
mod retire_grant;
mod revoke_grant;
mod rotate_key_on_demand;
mod schedule_key_deletion;
mod sealing;
mod sign;
mod signing;
mod store_access;
mod stored_keys;
mod switch_key;
mod tag_resource;
mod untag_resource;
mod update_alias;
mod update_custom_key_store;
mod update_key_description;
mod update_primary_region;
mod verify;
mod wire;

use keywright_aws_api::ApiBuilder;

use crate::service::Kms;

/// Registers every operation.
#[must_use]
pub fn register(api: ApiBuilder<Kms>) -> ApiBuilder<Kms> {
    api.operation::<create_key::CreateKey>()
        .operation::<describe_key::DescribeKey>()
        .operation::<list_keys::ListKeys>()
        .operation::<update_key_description::UpdateKeyDescription>()
        .operation::<switch_key::EnableKey>()
        .operation::<switch_key::DisableKey>()
        .operation::<schedule_key_deletion::ScheduleKeyDeletion>()
        .operation::<cancel_key_deletion::CancelKeyDeletion>()
        .operation::<create_alias::CreateAlias>()
        .operation::<update_alias::UpdateAlias>()
        .operation::<delete_alias::DeleteAlias>()
        .operation::<list_aliases::ListAliases>()
        .operation::<tag_resource::TagResource>()
        .operation::<untag_resource::UntagResource>()
        .operation::<list_resource_tags::ListResourceTags>()
        .operation::<encrypt::Encrypt>()
        .operation::<decrypt::Decrypt>()
        .operation::<re_encrypt::ReEncrypt>()
        .operation::<generate_data_key::GenerateDataKey>()
        .operation::<generate_data_key::GenerateDataKeyWithoutPlaintext>()
        .operation::<generate_data_key_pair::GenerateDataKeyPair>()
        .operation::<generate_data_key_pair::GenerateDataKeyPairWithoutPlaintext>()
        .operation::<generate_random::GenerateRandom>()
        .operation::<sign::Sign>()
        .operation::<verify::Verify>()
        .operation::<get_public_key::GetPublicKey>()
        .operation::<mac::GenerateMac>()
        .operation::<mac::VerifyMac>()
        .operation::<derive_shared_secret::DeriveSharedSecret>()
        .operation::<get_key_last_usage::GetKeyLastUsage>()
        .operation::<get_key_policy::GetKeyPolicy>()
        .operation::<put_key_policy::PutKeyPolicy>()
        .operation::<replicate_key::ReplicateKey>()
        .operation::<update_primary_region::UpdatePrimaryRegion>()
        .operation::<list_key_policies::ListKeyPolicies>()
        .operation::<create_grant::CreateGrant>()
        .operation::<list_grants::ListGrants>()
        .operation::<list_retirable_grants::ListRetirableGrants>()
        .operation::<retire_grant::RetireGrant>()
        .operation::<revoke_grant::RevokeGrant>()
        .operation::<enable_key_rotation::EnableKeyRotation>()
        .operation::<disable_key_rotation::DisableKeyRotation>()
        .operation::<get_key_rotation_status::GetKeyRotationStatus>()
        .operation::<rotate_key_on_demand::RotateKeyOnDemand>()
        .operation::<list_key_rotations::ListKeyRotations>()
        .operation::<get_parameters_for_import::GetParametersForImport>()
        .operation::<import_key_material::ImportKeyMaterial>()
        .operation::<delete_imported_key_material::DeleteImportedKeyMaterial>()
        .operation::<create_custom_key_store::CreateCustomKeyStore>()
        .operation::<describe_custom_key_stores::DescribeCustomKeyStores>()
        .operation::<update_custom_key_store::UpdateCustomKeyStore>()
        .operation::<on_store::DeleteCustomKeyStore>()
        .operation::<on_store::ConnectCustomKeyStore>()
        .operation::<on_store::DisconnectCustomKeyStore>()
}
