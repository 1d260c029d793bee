//! What hangs on users, groups and roles.

use super::InAccount;
use super::document::Identity;
use super::error::{ApplyError, present};
use super::identities::Kind;
use super::policies::is_document;
use crate::xml::Texts;

impl InAccount<'_> {
    pub(super) async fn inline_policies(
        &mut self,
        Kind { word, member }: Kind,
        declared: &Identity,
        what: &str,
    ) -> Result<(), ApplyError> {
        for (name, document) in &declared.policies {
            let input = [(member, declared.name.as_str()), ("PolicyName", name.as_str())];
            let found = present(self.iam(&format!("Get{word}Policy"), &input).await)?;
            let is_there = found.is_some_and(|found| is_document(found.first("PolicyDocument"), document));
            if !is_there && self.changes.change(&format!("put policy {name} into {what}")) {
                let text = document.to_string();
                let [who, policy] = input;
                self.iam(&format!("Put{word}Policy"), &[who, policy, ("PolicyDocument", &text)]).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn attached_policies(
        &mut self,
        Kind { word, member }: Kind,
        declared: &Identity,
        what: &str,
    ) -> Result<(), ApplyError> {
        if declared.attached.is_empty() {
            return Ok(());
        }
        let who = (member, declared.name.as_str());
        let listed = present(self.iam(&format!("ListAttached{word}Policies"), &[who]).await)?;
        for arn in &declared.attached {
            let is_there =
                listed.as_ref().is_some_and(|listed| listed.all("PolicyArn").any(|found| found == arn));
            if !is_there && self.changes.change(&format!("attach {arn} to {what}")) {
                self.iam(&format!("Attach{word}Policy"), &[who, ("PolicyArn", arn)]).await?;
            }
        }
        Ok(())
    }

    /// `found` is absent for one that was just made.
    pub(super) async fn tags_and_boundary(
        &mut self,
        Kind { word, member }: Kind,
        declared: &Identity,
        found: Option<&Texts>,
        what: &str,
    ) -> Result<(), ApplyError> {
        let who = (member, declared.name.as_str());
        let is_there = |key: &str, value: &str| {
            found.is_some_and(|found| found.all("Key").zip(found.all("Value")).any(|tag| tag == (key, value)))
        };
        let wanted: Vec<_> = declared.tags.iter().filter(|(key, value)| !is_there(key, value)).collect();
        if !wanted.is_empty() && self.changes.change(&format!("tag {what}")) {
            let numbered = wanted.iter().zip(1..).flat_map(|((key, value), n)| {
                let name = |part: &str| format!("Tags.member.{n}.{part}");
                [(name("Key"), key.as_str()), (name("Value"), value.as_str())]
            });
            let numbered: Vec<_> = numbered.collect();
            let tags = numbered.iter().map(|(name, value)| (name.as_str(), *value));
            let input: Vec<_> = std::iter::once(who).chain(tags).collect();
            self.iam(&format!("Tag{word}"), &input).await?;
        }
        let current = found.and_then(|found| found.first("PermissionsBoundaryArn"));
        if let Some(boundary) = declared.boundary.as_deref()
            && current != Some(boundary)
            && self.changes.change(&format!("bound {what} by {boundary}"))
        {
            let input = [who, ("PermissionsBoundary", boundary)];
            self.iam(&format!("Put{word}PermissionsBoundary"), &input).await?;
        }
        Ok(())
    }

    /// Only users are in groups.
    pub(super) async fn memberships(&mut self, declared: &Identity, what: &str) -> Result<(), ApplyError> {
        if declared.groups.is_empty() {
            return Ok(());
        }
        let who = ("UserName", declared.name.as_str());
        let listed = present(self.iam("ListGroupsForUser", &[who]).await)?;
        for group in &declared.groups {
            let is_there =
                listed.as_ref().is_some_and(|listed| listed.all("GroupName").any(|found| found == group));
            if !is_there && self.changes.change(&format!("add {what} to group {group}")) {
                self.iam("AddUserToGroup", &[who, ("GroupName", group)]).await?;
            }
        }
        Ok(())
    }
}
