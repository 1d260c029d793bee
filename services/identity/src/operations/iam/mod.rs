//! IAM: users, groups and roles, and what they have.
//!
//! API: <https://docs.aws.amazon.com/IAM/latest/APIReference/welcome.html>

mod absent;
mod access_keys;
mod account;
mod attached_policies;
mod boundaries;
mod define;
mod group_members;
mod groups;
mod identities;
mod identity_lists;
mod identity_out;
mod inline_policies;
mod oidc_providers;
mod operation;
mod page;
mod policies;
mod renames;
mod roles;
mod service_linked_roles;
mod simulation;
mod subjects;
mod tag;
mod tags;
mod trust;
mod users;

use keywright_aws_api::ApiBuilder;

use crate::directory::Directory;
pub(crate) use operation::Iam;

macro_rules! register {
    ($api:ident: $($family:ident { $($operation:ident),* $(,)? })*) => {
        $api$($(.operation::<Iam<$family::$operation>>())*)*
    };
}

/// Registers the operations on users, groups and roles.
pub(crate) fn register_identities(api: ApiBuilder<Directory>) -> ApiBuilder<Directory> {
    register! { api:
        users { CreateUser, GetUser, DeleteUser }
        groups { CreateGroup, GetGroup, DeleteGroup }
        identity_lists { ListUsers, ListGroups, ListRoles }
        renames { UpdateUser, UpdateGroup }
        group_members { AddUserToGroup, RemoveUserFromGroup, ListGroupsForUser }
        roles {
            CreateRole, GetRole, UpdateRole, UpdateRoleDescription, UpdateAssumeRolePolicy, DeleteRole,
        }
        service_linked_roles {
            CreateServiceLinkedRole, DeleteServiceLinkedRole, GetServiceLinkedRoleDeletionStatus,
        }
        access_keys {
            CreateAccessKey, ListAccessKeys, UpdateAccessKey, DeleteAccessKey, GetAccessKeyLastUsed,
        }
        inline_policies {
            PutUserPolicy, GetUserPolicy, DeleteUserPolicy, ListUserPolicies,
            PutGroupPolicy, GetGroupPolicy, DeleteGroupPolicy, ListGroupPolicies,
            PutRolePolicy, GetRolePolicy, DeleteRolePolicy, ListRolePolicies,
        }
        attached_policies {
            AttachUserPolicy, DetachUserPolicy, ListAttachedUserPolicies,
            AttachGroupPolicy, DetachGroupPolicy, ListAttachedGroupPolicies,
            AttachRolePolicy, DetachRolePolicy, ListAttachedRolePolicies,
        }
        boundaries {
            PutUserPermissionsBoundary, DeleteUserPermissionsBoundary,
            PutRolePermissionsBoundary, DeleteRolePermissionsBoundary,
        }
        tags { TagUser, UntagUser, ListUserTags, TagRole, UntagRole, ListRoleTags }
        absent {
            ListMFADevices, ListSSHPublicKeys, ListSigningCertificates, ListServiceSpecificCredentials,
            ListInstanceProfilesForRole, GetLoginProfile,
        }
    }
}

/// Registers the operations on managed policies and providers, on the account as a whole, and of the simulator.
pub(crate) fn register_policies(api: ApiBuilder<Directory>) -> ApiBuilder<Directory> {
    register! { api:
        policies {
            CreatePolicy, GetPolicy, DeletePolicy, ListPolicies, ListEntitiesForPolicy,
            CreatePolicyVersion, GetPolicyVersion, DeletePolicyVersion, ListPolicyVersions,
            SetDefaultPolicyVersion, TagPolicy, UntagPolicy, ListPolicyTags,
        }
        oidc_providers {
            CreateOpenIDConnectProvider, GetOpenIDConnectProvider, ListOpenIDConnectProviders,
            DeleteOpenIDConnectProvider, AddClientIDToOpenIDConnectProvider,
            RemoveClientIDFromOpenIDConnectProvider, UpdateOpenIDConnectProviderThumbprint,
            TagOpenIDConnectProvider, UntagOpenIDConnectProvider, ListOpenIDConnectProviderTags,
        }
        account {
            CreateAccountAlias, DeleteAccountAlias, ListAccountAliases, GetAccountSummary,
            GetAccountAuthorizationDetails, GetAccountPasswordPolicy, ListVirtualMFADevices,
            ListServerCertificates, ListSAMLProviders, ListInstanceProfiles,
        }
        simulation {
            SimulateCustomPolicy, SimulatePrincipalPolicy, GetContextKeysForCustomPolicy,
            GetContextKeysForPrincipalPolicy,
        }
    }
}
