//! Who is in which group.

use keywright_store::Transaction;

use super::identity_edits::within;
use crate::domain::identity::Identity;
use crate::domain::quota::Quota;
use crate::error::IdentityError;

/// Puts a user into a group; one that is in it stays. The user is locked.
///
/// # Errors
/// [`IdentityError::LimitExceeded`] when the user is in as many groups as it may be.
pub async fn add(transaction: &Transaction, group: &Identity, user: &Identity) -> Result<(), IdentityError> {
    let sql = "SELECT count(*) AS count FROM group_members WHERE user_id = $1 AND group_id <> $2";
    let row = transaction.query_one(sql, &[&user.id, &group.id]).await?;
    within(&row, Quota::GROUPS_OF_USER)?;
    let sql = "INSERT INTO group_members (group_id, user_id) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    transaction.execute(sql, &[&group.id, &user.id]).await?;
    Ok(())
}

/// Takes a user out of a group; says whether it was in it.
///
/// # Errors
/// [`IdentityError`] of the store.
pub async fn remove(
    transaction: &Transaction,
    group: &Identity,
    user: &Identity,
) -> Result<bool, IdentityError> {
    let sql = "DELETE FROM group_members WHERE group_id = $1 AND user_id = $2";
    Ok(transaction.execute(sql, &[&group.id, &user.id]).await? > 0)
}
