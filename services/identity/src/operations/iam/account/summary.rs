//! How much there is in the account, and how much there may be.

use std::collections::BTreeMap;

use crate::domain::identity::IdentityKind;
use crate::domain::quota::Quota;
use crate::operations::iam::define::iam_operation;
use crate::operations::iam::page::One;
use crate::operations::iam::subjects::WholeAccount;
use crate::store::account_summary::{self, AccountCounts};

iam_operation! {
    /// Tells how much of what there is, and how much there may be.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html>
    GetAccountSummary: reads WholeAccount => One<BTreeMap<&'static str, i64>> {}
    name(_, _) {
        Ok(())
    }
    run(directory, request, _) {
        let connection = directory.store.connection().await?;
        Ok(One::of("SummaryMap", summary(account_summary::count(&connection, request.call.account()).await?)))
    }
}

fn summary(counts: AccountCounts) -> BTreeMap<&'static str, i64> {
    let quota = |quota: Quota| i64::try_from(quota.most).unwrap_or(i64::MAX);
    BTreeMap::from([
        ("Users", counts.users),
        ("UsersQuota", quota(Quota::in_account(IdentityKind::User))),
        ("Groups", counts.groups),
        ("GroupsQuota", quota(Quota::in_account(IdentityKind::Group))),
        ("Roles", counts.roles),
        ("RolesQuota", quota(Quota::in_account(IdentityKind::Role))),
        ("Policies", counts.policies),
        ("PoliciesQuota", quota(Quota::POLICIES)),
        ("PolicyVersionsInUse", counts.policy_versions),
        ("PolicyVersionsInUseQuota", quota(Quota::POLICIES) * quota(Quota::VERSIONS_OF_POLICY)),
        ("PolicySizeQuota", quota(Quota::POLICY_SIZE)),
        ("VersionsPerPolicyQuota", quota(Quota::VERSIONS_OF_POLICY)),
        ("UserPolicySizeQuota", quota(Quota::inline_policies(IdentityKind::User))),
        ("GroupPolicySizeQuota", quota(Quota::inline_policies(IdentityKind::Group))),
        ("RolePolicySizeQuota", quota(Quota::inline_policies(IdentityKind::Role))),
        ("AssumeRolePolicySizeQuota", quota(Quota::TRUST_POLICY)),
        ("AttachedPoliciesPerUserQuota", quota(Quota::attached_policies(IdentityKind::User))),
        ("AttachedPoliciesPerGroupQuota", quota(Quota::attached_policies(IdentityKind::Group))),
        ("AttachedPoliciesPerRoleQuota", quota(Quota::attached_policies(IdentityKind::Role))),
        ("GroupsPerUserQuota", quota(Quota::GROUPS_OF_USER)),
        ("AccessKeysPerUserQuota", quota(Quota::ACCESS_KEYS)),
        ("Providers", counts.providers),
        ("AccountAccessKeysPresent", i64::from(counts.root_access_keys > 0)),
        // What nobody has here.
        ("AccountMFAEnabled", 0),
        ("AccountPasswordPresent", 0),
        ("AccountSigningCertificatesPresent", 0),
        ("InstanceProfiles", 0),
        ("InstanceProfilesQuota", 0),
        ("MFADevices", 0),
        ("MFADevicesInUse", 0),
        ("ServerCertificates", 0),
        ("ServerCertificatesQuota", 0),
        ("SigningCertificatesPerUserQuota", 0),
        // Session tokens are valid in all Regions.
        ("GlobalEndpointTokenVersion", 2),
    ])
}
