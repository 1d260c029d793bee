//! How much there may be of everything: AWS's default quotas.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>

use std::fmt;

use super::identity::IdentityKind;
use super::tags::MOST_TAGS;

/// A quota, by AWS's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Its name.
    pub name: &'static str,
    /// How many there may be.
    pub most: usize,
}

impl Quota {
    /// Access keys of a user or root user.
    pub const ACCESS_KEYS: Self = Self { name: "AccessKeysPerUser", most: 2 };
    /// Groups that a user is in.
    pub const GROUPS_OF_USER: Self = Self { name: "GroupsPerUser", most: 10 };
    /// Characters of a role's trust policy that aren't white space.
    pub const TRUST_POLICY: Self = Self { name: "ACLSizePerRole", most: 2_048 };
    /// Managed policies of an account.
    pub const POLICIES: Self = Self { name: "PoliciesPerAccount", most: 1_500 };
    /// Characters of a managed policy that aren't white space.
    pub const POLICY_SIZE: Self = Self { name: "PolicySize", most: 6_144 };
    /// Versions of a managed policy.
    pub const VERSIONS_OF_POLICY: Self = Self { name: "VersionsPerPolicy", most: 5 };
    /// OpenID Connect providers of an account.
    pub const OIDC_PROVIDERS: Self = Self { name: "OpenIdConnectProvidersPerAccount", most: 100 };
    /// Clients of an OpenID Connect provider.
    pub const CLIENT_IDS: Self = Self { name: "ClientIdsPerOpenIdConnectProvider", most: 100 };
    /// Tags of an entity.
    pub const TAGS: Self = Self { name: "TagsPerEntity", most: MOST_TAGS };

    /// Identities of a kind in an account.
    #[must_use]
    pub fn in_account(kind: IdentityKind) -> Self {
        match kind {
            IdentityKind::User => Self { name: "UsersPerAccount", most: 5_000 },
            IdentityKind::Group => Self { name: "GroupsPerAccount", most: 300 },
            IdentityKind::Role => Self { name: "RolesPerAccount", most: 1_000 },
        }
    }

    /// Managed policies that are attached to an identity.
    #[must_use]
    pub fn attached_policies(kind: IdentityKind) -> Self {
        let name = match kind {
            IdentityKind::User => "PoliciesPerUser",
            IdentityKind::Group => "PoliciesPerGroup",
            IdentityKind::Role => "PoliciesPerRole",
        };
        Self { name, most: 10 }
    }

    /// Characters of all inline policies of an identity that aren't white space.
    #[must_use]
    pub fn inline_policies(kind: IdentityKind) -> Self {
        match kind {
            IdentityKind::User => Self { name: "InlinePolicySizePerUser", most: 2_048 },
            IdentityKind::Group => Self { name: "InlinePolicySizePerGroup", most: 5_120 },
            IdentityKind::Role => Self { name: "InlinePolicySizePerRole", most: 10_240 },
        }
    }
}

impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.most)
    }
}

/// The size of a policy as quotas count it: its characters but white space.
#[must_use]
pub fn policy_size(document: &str) -> usize {
    document.chars().filter(|character| !character.is_whitespace()).count()
}
