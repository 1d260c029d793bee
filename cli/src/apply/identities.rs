//! Users, groups and roles.

use super::InAccount;
use super::document::Identity;
use super::error::{ApplyError, present};
use super::policies::is_document;
use crate::xml::Texts;

/// One of IAM's kinds of identities, as its operations are called.
#[derive(Clone, Copy)]
pub(super) struct Kind {
    /// `User` in `CreateUser`, and with `Name` behind it the member that names one.
    pub(super) word: &'static str,
    pub(super) member: &'static str,
}

/// Users.
pub(super) const USER: Kind = Kind { word: "User", member: "UserName" };
/// Groups.
pub(super) const GROUP: Kind = Kind { word: "Group", member: "GroupName" };
/// Roles.
pub(super) const ROLE: Kind = Kind { word: "Role", member: "RoleName" };

impl InAccount<'_> {
    /// Makes an identity, or changes what differs from what is declared.
    pub(super) async fn identity(&mut self, kind: Kind, declared: &Identity) -> Result<(), ApplyError> {
        let Kind { word, member } = kind;
        let what = format!("{} {} of account {}", word.to_lowercase(), declared.name, self.account);
        let named = (member, declared.name.as_str());
        let found = present(self.iam(&format!("Get{word}"), &[named]).await)?;
        match &found {
            None => {
                if !self.changes.change(&format!("make {what}")) {
                    return Ok(());
                }
                self.make(kind, declared, &what).await?;
            }
            Some(found) => self.update(kind, declared, found, &what).await?,
        }
        self.inline_policies(kind, declared, &what).await?;
        self.attached_policies(kind, declared, &what).await?;
        self.tags_and_boundary(kind, declared, found.as_ref(), &what).await?;
        self.memberships(declared, &what).await
    }

    async fn make(&self, kind: Kind, declared: &Identity, what: &str) -> Result<(), ApplyError> {
        let trust = declared.trust_policy.as_ref().map(ToString::to_string);
        let seconds = declared.max_session_seconds.map(|seconds| seconds.to_string());
        let mut input = vec![(kind.member, declared.name.as_str()), ("Path", &declared.path)];
        if kind.word == ROLE.word {
            let lacks = "a role needs a trust_policy";
            let trust = trust.as_deref().ok_or(ApplyError::Incomplete { what: what.to_owned(), lacks })?;
            input.push(("AssumeRolePolicyDocument", trust));
            input.extend(declared.description.as_deref().map(|text| ("Description", text)));
            input.extend(seconds.as_deref().map(|seconds| ("MaxSessionDuration", seconds)));
        }
        self.iam(&format!("Create{}", kind.word), &input).await?;
        Ok(())
    }

    /// Only a role has something to be updated.
    async fn update(
        &mut self,
        kind: Kind,
        declared: &Identity,
        found: &Texts,
        what: &str,
    ) -> Result<(), ApplyError> {
        if kind.word != ROLE.word {
            return Ok(());
        }
        if let Some(trust) = &declared.trust_policy
            && !is_document(found.first("AssumeRolePolicyDocument"), trust)
            && self.changes.change(&format!("set the trust policy of {what}"))
        {
            let input = [("RoleName", declared.name.as_str()), ("PolicyDocument", &trust.to_string())];
            self.iam("UpdateAssumeRolePolicy", &input).await?;
        }
        let seconds = declared.max_session_seconds.map(|seconds| seconds.to_string());
        let differs = |member: &str, wanted: Option<&str>| {
            wanted.is_some_and(|wanted| found.first(member) != Some(wanted))
        };
        if (differs("Description", declared.description.as_deref())
            || differs("MaxSessionDuration", seconds.as_deref()))
            && self.changes.change(&format!("update {what}"))
        {
            let mut input = vec![("RoleName", declared.name.as_str())];
            let description = declared.description.as_deref().or(found.first("Description"));
            input.extend(description.map(|text| ("Description", text)));
            let seconds = seconds.as_deref().or(found.first("MaxSessionDuration"));
            input.extend(seconds.map(|seconds| ("MaxSessionDuration", seconds)));
            self.iam("UpdateRole", &input).await?;
        }
        Ok(())
    }
}
