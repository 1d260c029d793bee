//! The user, group or role whose policies are simulated, by its ARN.

use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::{AccountId, Arn};
use keywright_policy::PolicyKind;
use keywright_store::Connection;

use crate::directory::Directory;
use crate::domain::identity::IdentityKind;
use crate::domain::names::IdentityName;
use crate::error::{Entity, IdentityError};
use crate::operations::iam::operation::Subject;
use crate::simulation::{SourcePolicy, SourceType};
use crate::store::held::{self, HeldInline, HeldManaged};
use crate::store::identities::{self, StoredIdentity};

/// Whose policies are simulated.
pub(crate) struct PolicySource(pub(super) StoredIdentity);

/// The ARN of a user, a group or a role.
pub(crate) struct SourceArn {
    pub(super) text: String,
    pub(super) account: AccountId,
    pub(super) kind: IdentityKind,
    pub(super) name: IdentityName,
}

impl SourceArn {
    /// # Errors
    /// [`IdentityError::InvalidInput`] for another text.
    pub(super) fn parse(text: &str) -> Result<Self, IdentityError> {
        let invalid = || IdentityError::InvalidInput(format!("ARN {text} is not valid."));
        let arn = Arn::parse(text).map_err(|_| invalid())?;
        let (kind, path_and_name) = arn.resource().split_once('/').ok_or_else(invalid)?;
        let kind = IdentityKind::parse(kind).filter(|_| arn.service() == "iam").ok_or_else(invalid)?;
        let name = path_and_name.rsplit('/').next().unwrap_or_default();
        Ok(Self {
            text: text.to_owned(),
            account: AccountId::parse(arn.account()).map_err(|_| invalid())?,
            kind,
            name: IdentityName::parse(name).map_err(|_| invalid())?,
        })
    }
}

impl Subject for PolicySource {
    type Name = SourceArn;

    async fn find(
        _: &Directory,
        connection: &Connection,
        account: AccountId,
        SourceArn { text, account: of_arn, kind, name }: SourceArn,
    ) -> Result<Self, IdentityError> {
        let found = if of_arn == account {
            identities::find_stored(connection, account, kind, &name).await?
        } else {
            None
        };
        let found = found.filter(|stored| stored.identity.arn() == text);
        found.map(Self).ok_or_else(|| IdentityError::NoSuchEntity(Entity::Identity(kind, name.to_string())))
    }

    fn arn(&self) -> String {
        self.0.identity.arn()
    }

    fn arn_of(_: AccountId, name: &SourceArn) -> String {
        name.text.clone()
    }

    fn resource_type(&self) -> Option<&'static str> {
        self.0.resource_type()
    }

    fn condition_keys(&self, keys: &mut ContextKeys) {
        self.0.condition_keys(keys);
    }
}

impl PolicySource {
    /// Its policies, those of a user's groups among them.
    pub(super) async fn policies(&self, connection: &Connection) -> Result<Vec<SourcePolicy>, IdentityError> {
        let identity = &self.0.identity;
        let groups = held::groups(connection, &[&identity.id]).await?;
        let mut holders = vec![(identity.id.as_str(), identity.kind, identity.name.as_str())];
        holders.extend(groups.iter().map(|(_, id, name)| (id.as_str(), IdentityKind::Group, name.as_str())));
        let ids: Vec<&str> = holders.iter().map(|(id, ..)| *id).collect();
        let mut policies = Vec::new();
        for HeldInline { identity_id, name, document } in held::inline(connection, &ids).await? {
            let holder = holders.iter().find(|(id, ..)| *id == identity_id);
            let (_, kind, holder) = holder.ok_or(IdentityError::Row("identity_id"))?;
            let source = match kind {
                IdentityKind::User => SourceType::User,
                IdentityKind::Group => SourceType::Group,
                IdentityKind::Role => SourceType::Role,
            };
            policies.push(stored(format!("{}_{holder}_{name}", kind.as_str()), source, &document)?);
        }
        let mut seen = Vec::new();
        for HeldManaged { name, arn, document, .. } in held::managed(connection, &ids).await? {
            // A user may have a policy of its own that its group has as well.
            if !seen.contains(&arn) {
                policies.push(stored(name, managed_source(&arn), &document)?);
                seen.push(arn);
            }
        }
        Ok(policies)
    }

    /// What bounds it.
    pub(super) async fn boundary(
        &self,
        connection: &Connection,
    ) -> Result<Option<SourcePolicy>, IdentityError> {
        let boundary = identities::traits(connection, &self.0.identity).await?.boundary;
        boundary
            .map(|policy| {
                let source = managed_source(policy.arn.as_deref().unwrap_or_default());
                read_stored(policy.name, source, PolicyKind::Boundary, &policy.document)
            })
            .transpose()
    }
}

fn managed_source(arn: &str) -> SourceType {
    if arn.starts_with(&Arn::global("iam", "aws", "")) {
        SourceType::AwsManaged
    } else {
        SourceType::UserManaged
    }
}

fn stored(id: String, source: SourceType, document: &str) -> Result<SourcePolicy, IdentityError> {
    read_stored(id, source, PolicyKind::Identity, document)
}

fn read_stored(
    id: String,
    source: SourceType,
    kind: PolicyKind,
    document: &str,
) -> Result<SourcePolicy, IdentityError> {
    SourcePolicy::read(id, source, kind, document).map_err(|_| IdentityError::Row("document"))
}
