//! How much there is in an account.

use keywright_aws_api::AccountId;
use keywright_store::Connection;

use super::column;
use crate::error::IdentityError;

/// Counts of what is in an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountCounts {
    /// Users.
    pub users: i64,
    /// Groups.
    pub groups: i64,
    /// Roles.
    pub roles: i64,
    /// Managed policies of the account.
    pub policies: i64,
    /// Versions of them.
    pub policy_versions: i64,
    /// OpenID Connect providers.
    pub providers: i64,
    /// Access keys of the root user.
    pub root_access_keys: i64,
}

/// What is in an account now.
///
/// # Errors
/// [`IdentityError`] of the store.
pub async fn count(connection: &Connection, account: AccountId) -> Result<AccountCounts, IdentityError> {
    let row = connection.query_one(include_str!("sql/count_account.sql"), &[&account.as_str()]).await?;
    Ok(AccountCounts {
        users: column(&row, "users")?,
        groups: column(&row, "groups")?,
        roles: column(&row, "roles")?,
        policies: column(&row, "policies")?,
        policy_versions: column(&row, "policy_versions")?,
        providers: column(&row, "providers")?,
        root_access_keys: column(&row, "root_access_keys")?,
    })
}
