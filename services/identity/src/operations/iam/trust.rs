//! Whom a trust policy names must exist, so that a name can't be taken by somebody later.

use keywright_aws_api::{AccountId, Arn};
use keywright_policy::{PolicyDocument, PrincipalName};
use keywright_store::Connection;

use crate::domain::identity::IdentityKind;
use crate::domain::names::IdentityName;
use crate::error::IdentityError;
use crate::store::{accounts, identities};

/// Sees that the accounts, users and roles that a policy names are of this installation. Services and identity providers
/// are not looked for, as in AWS: nobody becomes one by a name.
///
/// # Errors
/// [`IdentityError::Principal`] for the first that isn't there.
pub(super) async fn require_principals(
    connection: &Connection,
    document: &PolicyDocument,
) -> Result<(), IdentityError> {
    for name in document.principals() {
        let (found, text) = match name {
            PrincipalName::Everyone | PrincipalName::Service(_) | PrincipalName::IdentityProvider(_) => {
                continue;
            }
            PrincipalName::Account(account) => (has_account(connection, account).await?, account),
            PrincipalName::User { arn, .. } => {
                (has_identity(connection, IdentityKind::User, arn).await?, arn)
            }
            PrincipalName::Role { arn, .. } => {
                (has_identity(connection, IdentityKind::Role, arn).await?, arn)
            }
            PrincipalName::RoleSession { account, arn } | PrincipalName::FederatedUser { account, arn } => {
                (has_account(connection, account).await?, arn)
            }
            PrincipalName::UniqueId(id) => (identities::find_by_id(connection, id).await?.is_some(), id),
            PrincipalName::CanonicalUser(id) => (false, id),
        };
        if !found {
            return Err(IdentityError::Principal(text.to_owned()));
        }
    }
    Ok(())
}

async fn has_account(connection: &Connection, account: &str) -> Result<bool, IdentityError> {
    match AccountId::parse(account) {
        Ok(account) => Ok(accounts::exists(connection, account).await?),
        Err(_) => Ok(false),
    }
}

async fn has_identity(connection: &Connection, kind: IdentityKind, arn: &str) -> Result<bool, IdentityError> {
    let Ok(parsed) = Arn::parse(arn) else { return Ok(false) };
    let name = parsed.resource().rsplit('/').next().unwrap_or_default();
    let (Ok(account), Ok(name)) = (AccountId::parse(parsed.account()), IdentityName::parse(name)) else {
        return Ok(false);
    };
    // The path and the name's case count, too: another ARN would match nobody.
    let found = identities::find(connection, account, kind, &name).await?;
    Ok(found.is_some_and(|identity| identity.arn() == arn))
}
