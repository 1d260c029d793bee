//! Managed policies: policies with an ARN of their own, which are attached to identities or bound them.

use std::fmt;

use keywright_aws_api::{AccountId, Arn};
use time::OffsetDateTime;

use super::names::{Path, PolicyName};
use super::tags::Tags;

/// A managed policy with all but its texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManagedPolicy {
    /// The ARN.
    pub arn: String,
    /// The unique id, such as `ANPA...`.
    pub id: String,
    /// The account it belongs to; none for those that every account finds and nobody may change.
    pub account: Option<AccountId>,
    /// The name.
    pub name: PolicyName,
    /// The path.
    pub path: Path,
    /// The version that counts.
    pub default_version: VersionId,
    /// What it is for.
    pub description: Option<String>,
    /// The tags.
    pub tags: Tags,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When its last version was made.
    pub updated_at: OffsetDateTime,
    /// To how many identities of the asking account it is attached.
    pub attachments: i64,
    /// How many identities of the asking account it bounds.
    pub boundaries: i64,
}

/// One text of a managed policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyVersion {
    /// The policy's ARN.
    pub policy_arn: String,
    /// Which version.
    pub id: VersionId,
    /// The text.
    pub document: String,
    /// Whether it is the one that counts.
    pub is_default: bool,
    /// When it was made.
    pub created_at: OffsetDateTime,
}

/// The number of a version, which is `v1` and so on. A number is never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct VersionId(u32);

impl VersionId {
    /// The version that a policy is made with.
    pub const FIRST: Self = Self(1);

    /// The version of this number, from 1.
    #[must_use]
    pub fn numbered(number: u32) -> Option<Self> {
        (number > 0).then_some(Self(number))
    }

    /// Reads `v` and a number.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let number = text.strip_prefix('v').filter(|number| !number.starts_with(['0', '+']))?;
        number.parse().ok().and_then(Self::numbered)
    }

    /// Its number.
    #[must_use]
    pub fn number(self) -> u32 {
        self.0
    }
}

impl fmt::Display for VersionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}", self.0)
    }
}

/// `arn:aws:iam::111122223333:policy/path/name`.
#[must_use]
pub fn policy_arn(account: AccountId, path: &Path, name: &PolicyName) -> String {
    Arn::global("iam", account.as_str(), &format!("policy{path}{name}"))
}

/// Whether a text is the ARN of a managed policy, of whatever account.
#[must_use]
pub fn is_policy_arn(text: &str) -> bool {
    Arn::parse(text).is_ok_and(|arn| arn.service() == "iam" && arn.resource().starts_with("policy/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_told_by_their_numbers() {
        assert_eq!(VersionId::parse("v12").map(VersionId::number), Some(12));
        assert_eq!(VersionId::parse("v1"), Some(VersionId::FIRST));
        for bad in ["", "v", "v0", "v01", "1", "v-1", "v+1", "v1.a", "v99999999999"] {
            assert_eq!(VersionId::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn arns_of_policies_are_told_from_others() {
        let (path, name) = (Path::parse("/team/").unwrap(), PolicyName::parse("read").unwrap());
        let arn = policy_arn(AccountId::parse("111122223333").unwrap(), &path, &name);
        assert_eq!(arn, "arn:aws:iam::111122223333:policy/team/read");
        assert!(is_policy_arn(&arn) && is_policy_arn("arn:aws:iam::aws:policy/AdministratorAccess"));
        for bad in ["arn:aws:iam::111122223333:user/a", "arn:aws:kms::111122223333:policy/a", "policy/a"] {
            assert!(!is_policy_arn(bad), "{bad}");
        }
    }
}
