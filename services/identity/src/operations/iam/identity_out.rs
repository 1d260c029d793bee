//! Users, groups and roles as answers show them.

use keywright_aws_api::shape::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};

use super::tag;
use crate::domain::identity::IdentityKind;
use crate::store::identities::{StoredIdentity, StoredRole};

/// A user, a group or a role.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_Role.html>
pub(crate) struct IdentityOut {
    pub(super) stored: StoredIdentity,
    detail: Detail,
}

/// How much of it is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Detail {
    /// Without tags, boundary and last use, as in AWS's lists.
    Listed,
    /// Without last use.
    Made,
    Whole,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct BoundaryOut<'a> {
    permissions_boundary_type: &'static str,
    permissions_boundary_arn: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RoleLastUsed<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used_date: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<&'a str>,
}

impl<'a> BoundaryOut<'a> {
    /// The boundary of this ARN.
    pub(super) fn of(arn: &'a str) -> Self {
        Self { permissions_boundary_type: BOUNDARY_TYPE, permissions_boundary_arn: arn }
    }
}

impl<'a> RoleLastUsed<'a> {
    /// When and where a role was last used.
    pub(super) fn of(role: &'a StoredRole) -> Self {
        let last = role.last_used.as_ref();
        let last_used_date = last.map(|(at, _)| Timestamp::from(*at));
        Self { last_used_date, region: last.map(|(_, region)| region.as_str()) }
    }
}

impl IdentityOut {
    /// As in a list.
    pub(super) fn listed(stored: StoredIdentity) -> Self {
        Self { stored, detail: Detail::Listed }
    }

    /// As it is answered when it was made.
    pub(super) fn made(stored: StoredIdentity) -> Self {
        Self { stored, detail: Detail::Made }
    }

    /// All of it.
    pub(super) fn whole(stored: StoredIdentity) -> Self {
        Self { stored, detail: Detail::Whole }
    }

    /// Of a role.
    fn write_role<S: SerializeStruct>(&self, role: &StoredRole, out: &mut S) -> Result<(), S::Error> {
        out.serialize_field("AssumeRolePolicyDocument", &url_encoded(&role.trust_policy))?;
        if let Some(description) = &role.description {
            out.serialize_field("Description", description)?;
        }
        out.serialize_field("MaxSessionDuration", &role.max_session_seconds)?;
        if self.detail == Detail::Whole {
            out.serialize_field("RoleLastUsed", &RoleLastUsed::of(role))?;
        }
        Ok(())
    }
}

impl Serialize for IdentityOut {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let StoredIdentity { identity, created_at, tags, boundary_arn, role } = &self.stored;
        let (name, id) = match identity.kind {
            IdentityKind::User => ("UserName", "UserId"),
            IdentityKind::Group => ("GroupName", "GroupId"),
            IdentityKind::Role => ("RoleName", "RoleId"),
        };
        let mut out = serializer.serialize_struct(identity.kind.shape_name(), 11)?;
        out.serialize_field("Path", identity.path.as_str())?;
        out.serialize_field(name, identity.name.as_str())?;
        out.serialize_field(id, &identity.id)?;
        out.serialize_field("Arn", &identity.arn())?;
        out.serialize_field("CreateDate", &Timestamp::from(*created_at))?;
        if let Some(role) = role {
            self.write_role(role, &mut out)?;
        }
        if self.detail != Detail::Listed {
            if let Some(arn) = boundary_arn {
                out.serialize_field("PermissionsBoundary", &BoundaryOut::of(arn))?;
            }
            if !tags.is_empty() {
                out.serialize_field("Tags", &tag::listed(tags))?;
            }
        }
        out.end()
    }
}

/// A policy's text as IAM's answers have it: all but RFC 3986's unreserved characters are percent-encoded.
pub(super) fn url_encoded(document: &str) -> String {
    utf8_percent_encode(document, RESERVED).to_string()
}

const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const BOUNDARY_TYPE: &str = "PermissionsBoundaryPolicy";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_encoded_whole() {
        assert_eq!(url_encoded(r#"{"a":"é-._~ /"}"#), "%7B%22a%22%3A%22%C3%A9-._~%20%2F%22%7D");
    }
}
