//! What identities have of policies and groups, of many at once.

use keywright_store::Connection;

use super::column;
use crate::error::IdentityError;

/// An inline policy, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldInline {
    /// The unique id of the identity.
    pub identity_id: String,
    /// The policy's name.
    pub name: String,
    /// Its text.
    pub document: String,
}

/// A managed policy that is attached, and to whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldManaged {
    /// The unique id of the identity.
    pub identity_id: String,
    /// The policy's name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// The text of its default version.
    pub document: String,
}

/// The inline policies of these identities, by their names.
///
/// # Errors
/// [`IdentityError`] of the store.
pub async fn inline(connection: &Connection, ids: &[&str]) -> Result<Vec<HeldInline>, IdentityError> {
    let rows = connection.query(include_str!("sql/inline_policies_of_many.sql"), &[&ids]).await?;
    rows.iter()
        .map(|row| {
            Ok(HeldInline {
                identity_id: column(row, "identity_id")?,
                name: column(row, "policy_name")?,
                document: column(row, "document")?,
            })
        })
        .collect()
}

/// The managed policies that are attached to these identities, by their names.
///
/// # Errors
/// [`IdentityError`] of the store.
pub async fn managed(connection: &Connection, ids: &[&str]) -> Result<Vec<HeldManaged>, IdentityError> {
    let rows = connection.query(include_str!("sql/attached_policies_of_many.sql"), &[&ids]).await?;
    rows.iter()
        .map(|row| {
            Ok(HeldManaged {
                identity_id: column(row, "identity_id")?,
                name: column(row, "policy_name")?,
                arn: column(row, "policy_arn")?,
                document: column(row, "document")?,
            })
        })
        .collect()
}

/// The groups of these users: each user's unique id, the group's, and the group's name.
///
/// # Errors
/// [`IdentityError`] of the store.
pub async fn groups(
    connection: &Connection,
    ids: &[&str],
) -> Result<Vec<(String, String, String)>, IdentityError> {
    let rows = connection.query(include_str!("sql/groups_of_many.sql"), &[&ids]).await?;
    rows.iter()
        .map(|row| Ok((column(row, "user_id")?, column(row, "group_id")?, column(row, "name")?)))
        .collect()
}
