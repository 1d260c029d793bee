//! Keys in tokens that must go, or may have been made for nothing.

use keywright_aws_api::{AccountId, Region};
use keywright_store::{StoreError, Transaction};

use super::key_row::get;
use super::{KeyRow, Parameters};
use crate::domain::custom_store::StoreName;
use crate::domain::key_id::KeyId;
use crate::error::Error;

/// A key in a token that is to be destroyed.
#[derive(Clone, Debug)]
pub struct DueKey {
    /// The store of the token.
    pub store: StoreName,
    /// The KMS key that it was made for.
    pub id: KeyId,
}

/// Notes that the key of a KMS key is to be destroyed, in so many seconds.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn note(
    transaction: &Transaction,
    at: &KeyRow,
    store_id: &str,
    seconds: f64,
) -> Result<(), StoreError> {
    let parameters: Parameters<'_> = &[&at.region, &at.account, &store_id, &at.key_id, &seconds];
    transaction.execute(NOTE, parameters).await.map(|_| ())
}

/// Takes the note back; false when it isn't there any more.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn take_back(transaction: &Transaction, at: &KeyRow) -> Result<bool, StoreError> {
    Ok(transaction.execute(TAKE_BACK, &[&at.region, &at.account, &at.key_id]).await? > 0)
}

/// The key which is longest due, locked, of the stores that are connected; those that others have locked are left to
/// them. One that a KMS key has is never among them.
///
/// # Errors
/// [`Error::Store`]; [`Error::Corrupt`] for a row that can't be.
pub async fn claim_due(transaction: &Transaction, region: &Region) -> Result<Option<DueKey>, Error> {
    let Some(row) = transaction.query_opt(CLAIM_DUE, &[&region.as_str()]).await? else { return Ok(None) };
    let account = AccountId::parse(get(&row, 0)?).map_err(|_| Error::Corrupt("account_id"))?;
    let id = KeyId::parse(get(&row, 2)?).ok_or(Error::Corrupt("key_id"))?;
    Ok(Some(DueKey { store: StoreName { account, id: get::<&str>(&row, 1)?.into() }, id }))
}

/// Leaves all due keys of a store for later.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn postpone(
    transaction: &Transaction,
    region: &Region,
    store: &StoreName,
    seconds: f64,
) -> Result<(), StoreError> {
    let StoreName { account, id } = store;
    let parameters: Parameters<'_> = &[&region.as_str(), &account.as_str(), &&**id, &seconds];
    transaction.execute(POSTPONE, parameters).await.map(|_| ())
}

const NOTE: &str = include_str!("sql/note_hsm_key.sql");
const TAKE_BACK: &str =
    "DELETE FROM hsm_keys_to_destroy WHERE region = $1 AND account_id = $2 AND key_id = $3";
const CLAIM_DUE: &str = include_str!("sql/claim_due_hsm_key.sql");
const POSTPONE: &str = include_str!("sql/postpone_hsm_keys.sql");
