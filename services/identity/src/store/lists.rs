//! Lists of users, groups and roles, each by pages in the order of names, whose case doesn't count.

use keywright_aws_api::AccountId;
use keywright_store::{Connection, Row};

use super::identities::{StoredIdentity, stored};
use crate::domain::identity::{Identity, IdentityKind};
use crate::error::IdentityError;

/// One page of a list, and one more to tell whether there is another page.
#[derive(Clone, Debug)]
pub struct Slice {
    /// Behind this key.
    pub after: String,
    /// At most so many.
    pub rows: i64,
}

/// The identities of a kind whose paths begin with this.
///
/// # Errors
/// [`IdentityError`] of the store.
pub async fn of_account(
    connection: &Connection,
    account: AccountId,
    kind: IdentityKind,
    path_prefix: &str,
    slice: &Slice,
) -> Result<Vec<StoredIdentity>, IdentityError> {
    let sql = include_str!("sql/list_identities.sql");
    let (account, kind) = (account.as_str(), kind.as_str());
    read(&connection.query(sql, &[&account, &kind, &slice.after, &path_prefix, &slice.rows]).await?)
}

/// The users of a group.
///
/// # Errors
/// [`IdentityError`] of the store.
pub async fn users_of_group(
    connection: &Connection,
    group: &Identity,
    slice: &Slice,
) -> Result<Vec<StoredIdentity>, IdentityError> {
    let sql = include_str!("sql/list_group_members.sql");
    read(&connection.query(sql, &[&group.id, &slice.after, &slice.rows]).await?)
}

/// The groups that a user is in.
///
/// # Errors
/// [`IdentityError`] of the store.
pub async fn groups_of_user(
    connection: &Connection,
    user: &Identity,
    slice: &Slice,
) -> Result<Vec<StoredIdentity>, IdentityError> {
    let sql = include_str!("sql/list_groups_of_user.sql");
    read(&connection.query(sql, &[&user.id, &slice.after, &slice.rows]).await?)
}

fn read(rows: &[Row]) -> Result<Vec<StoredIdentity>, IdentityError> {
    rows.iter().map(stored).collect()
}

/// The identities of a kind, in the order of their unique ids.
///
/// # Errors
/// [`IdentityError`] of the store.
pub async fn by_id(
    connection: &Connection,
    account: AccountId,
    kind: IdentityKind,
    slice: &Slice,
) -> Result<Vec<StoredIdentity>, IdentityError> {
    let sql = include_str!("sql/identities_by_id.sql");
    read(&connection.query(sql, &[&account.as_str(), &kind.as_str(), &slice.after, &slice.rows]).await?)
}
