//! Roles as those see them who would assume them: by ARN, in any account.

use keywright_store::Connection;

use super::identities::{StoredIdentity, stored};
use crate::domain::role_arn::RoleArn;
use crate::error::IdentityError;

/// The role of this very ARN, in an account that is open.
///
/// # Errors
/// [`IdentityError`] of the store.
pub async fn find(connection: &Connection, arn: &RoleArn) -> Result<Option<StoredIdentity>, IdentityError> {
    let sql = include_str!("sql/find_assumable_role.sql");
    let row = connection.query_opt(sql, &[&arn.account().as_str(), &arn.name().as_str()]).await?;
    let role = row.map(|row| stored(&row)).transpose()?;
    // Names are told apart without regard to case, and don't tell the path; ARNs are all of it.
    Ok(role.filter(|role| role.identity.arn() == arn.as_str()))
}
