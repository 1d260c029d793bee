//! Identities and policies with all that they have.

use keywright_aws_api::shape::Timestamp;
use keywright_store::Connection;
use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};

use crate::domain::identity::IdentityKind;
use crate::domain::managed_policy::{ManagedPolicy, PolicyVersion};
use crate::error::IdentityError;
use crate::operations::iam::identity_out::{BoundaryOut, RoleLastUsed, url_encoded};
use crate::operations::iam::policies::PolicyOut;
use crate::operations::iam::roles::Nothing;
use crate::operations::iam::tag;
use crate::store::held::{self, HeldInline, HeldManaged};
use crate::store::identities::StoredIdentity;

/// [UserDetail](https://docs.aws.amazon.com/IAM/latest/APIReference/API_UserDetail.html), GroupDetail or RoleDetail.
pub(crate) struct IdentityDetail {
    stored: StoredIdentity,
    inline: Vec<InlineOut>,
    attached: Vec<AttachedOut>,
    groups: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct InlineOut {
    policy_name: String,
    policy_document: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct AttachedOut {
    policy_name: String,
    policy_arn: String,
}

/// Adds to identities what they have.
///
/// # Errors
/// [`IdentityError`] of the store.
pub(super) async fn of_identities(
    connection: &Connection,
    found: Vec<StoredIdentity>,
) -> Result<Vec<IdentityDetail>, IdentityError> {
    let ids: Vec<&str> = found.iter().map(|stored| stored.identity.id.as_str()).collect();
    let mut inline = held::inline(connection, &ids).await?;
    let mut managed = held::managed(connection, &ids).await?;
    let mut groups = held::groups(connection, &ids).await?;
    let details = found.into_iter().map(|stored| {
        let id = &stored.identity.id;
        let own_inline = inline.extract_if(.., |held| held.identity_id == *id).map(
            |HeldInline { name, document, .. }| InlineOut {
                policy_name: name,
                policy_document: url_encoded(&document),
            },
        );
        let own_inline = own_inline.collect();
        let attached = managed
            .extract_if(.., |held| held.identity_id == *id)
            .map(|HeldManaged { name, arn, .. }| AttachedOut { policy_name: name, policy_arn: arn })
            .collect();
        let own_groups = groups.extract_if(.., |(user, ..)| user == id).map(|(.., name)| name).collect();
        IdentityDetail { stored, inline: own_inline, attached, groups: own_groups }
    });
    Ok(details.collect())
}

impl Serialize for IdentityDetail {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let StoredIdentity { identity, created_at, tags, boundary_arn, role } = &self.stored;
        let (name, id, policies) = match identity.kind {
            IdentityKind::User => ("UserName", "UserId", "UserPolicyList"),
            IdentityKind::Group => ("GroupName", "GroupId", "GroupPolicyList"),
            IdentityKind::Role => ("RoleName", "RoleId", "RolePolicyList"),
        };
        let mut out = serializer.serialize_struct("IdentityDetail", 12)?;
        out.serialize_field("Path", identity.path.as_str())?;
        out.serialize_field(name, identity.name.as_str())?;
        out.serialize_field(id, &identity.id)?;
        out.serialize_field("Arn", &identity.arn())?;
        out.serialize_field("CreateDate", &Timestamp::from(*created_at))?;
        out.serialize_field(policies, &self.inline)?;
        out.serialize_field("AttachedManagedPolicies", &self.attached)?;
        if identity.kind == IdentityKind::User {
            out.serialize_field("GroupList", &self.groups)?;
        }
        if let Some(role) = role {
            out.serialize_field("AssumeRolePolicyDocument", &url_encoded(&role.trust_policy))?;
            out.serialize_field("InstanceProfileList", &[] as &[Nothing])?;
            out.serialize_field("RoleLastUsed", &RoleLastUsed::of(role))?;
        }
        if let Some(arn) = boundary_arn {
            out.serialize_field("PermissionsBoundary", &BoundaryOut::of(arn))?;
        }
        if identity.kind != IdentityKind::Group {
            out.serialize_field("Tags", &tag::listed(tags))?;
        }
        out.end()
    }
}

/// Adds their versions to policies.
pub(super) fn of_policies(found: Vec<ManagedPolicy>, mut versions: Vec<PolicyVersion>) -> Vec<PolicyOut> {
    let details = found.into_iter().map(|policy| {
        let own = versions.extract_if(.., |version| version.policy_arn == policy.arn).collect();
        PolicyOut::with_versions(policy, own)
    });
    details.collect()
}
