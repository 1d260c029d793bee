"""What is served of IAM."""

USERS = """
    CreateUser GetUser UpdateUser DeleteUser ListUsers TagUser UntagUser ListUserTags PutUserPermissionsBoundary
    DeleteUserPermissionsBoundary PutUserPolicy GetUserPolicy DeleteUserPolicy ListUserPolicies AttachUserPolicy
    DetachUserPolicy ListAttachedUserPolicies ListGroupsForUser
    CreateAccessKey ListAccessKeys UpdateAccessKey DeleteAccessKey GetAccessKeyLastUsed
    ListMFADevices ListSSHPublicKeys ListSigningCertificates ListServiceSpecificCredentials GetLoginProfile
""".split()
GROUPS = """
    CreateGroup GetGroup UpdateGroup DeleteGroup ListGroups AddUserToGroup RemoveUserFromGroup
    PutGroupPolicy GetGroupPolicy DeleteGroupPolicy ListGroupPolicies AttachGroupPolicy DetachGroupPolicy
    ListAttachedGroupPolicies
""".split()
ROLES = """
    CreateRole GetRole UpdateRole UpdateRoleDescription DeleteRole ListRoles UpdateAssumeRolePolicy TagRole UntagRole
    ListRoleTags PutRolePermissionsBoundary DeleteRolePermissionsBoundary PutRolePolicy GetRolePolicy DeleteRolePolicy
    ListRolePolicies AttachRolePolicy DetachRolePolicy ListAttachedRolePolicies ListInstanceProfilesForRole
    CreateServiceLinkedRole DeleteServiceLinkedRole GetServiceLinkedRoleDeletionStatus
""".split()
IDENTITIES = USERS + GROUPS + ROLES
POLICIES = """
    CreatePolicy GetPolicy DeletePolicy ListPolicies ListEntitiesForPolicy CreatePolicyVersion GetPolicyVersion
    DeletePolicyVersion ListPolicyVersions SetDefaultPolicyVersion TagPolicy UntagPolicy ListPolicyTags
    SimulateCustomPolicy SimulatePrincipalPolicy GetContextKeysForCustomPolicy GetContextKeysForPrincipalPolicy
""".split()
PROVIDERS = """
    CreateOpenIDConnectProvider GetOpenIDConnectProvider ListOpenIDConnectProviders DeleteOpenIDConnectProvider
    AddClientIDToOpenIDConnectProvider RemoveClientIDFromOpenIDConnectProvider UpdateOpenIDConnectProviderThumbprint
    TagOpenIDConnectProvider UntagOpenIDConnectProvider ListOpenIDConnectProviderTags
""".split()
ACCOUNT = """
    CreateAccountAlias DeleteAccountAlias ListAccountAliases GetAccountSummary GetAccountAuthorizationDetails
    GetAccountPasswordPolicy ListVirtualMFADevices ListServerCertificates ListSAMLProviders ListInstanceProfiles
""".split()
SERVED = IDENTITIES + POLICIES + PROVIDERS + ACCOUNT
