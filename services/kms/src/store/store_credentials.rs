//! The credentials of custom key stores, by the domain key that wraps them.

use keywright_aws_api::{AccountId, Region};
use keywright_store::{Connection, Row, StoreError, Transaction};
use uuid::Uuid;

use super::Parameters;
use super::key_row::get;
use crate::domain::custom_store::StoreName;
use crate::error::Error;

/// A store's credential, locked.
pub struct CredentialRow {
    /// The store's Region.
    pub region: Region,
    /// The store.
    pub store: StoreName,
    /// The wrapped bytes.
    pub wrapped: Vec<u8>,
}

/// How many a domain key wraps.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn count(connection: &Connection, domain_key: Uuid) -> Result<i64, StoreError> {
    get(&connection.query_one(COUNT, &[&domain_key]).await?, 0)
}

/// Those that a domain key wraps; what others have locked is left out.
///
/// # Errors
/// [`Error::Store`]; [`Error::Corrupt`] for a row that can't be.
pub async fn claim(transaction: &Transaction, domain_key: Uuid) -> Result<Vec<CredentialRow>, Error> {
    let rows = transaction.query(CLAIM, &[&domain_key]).await?;
    rows.iter().map(from_row).collect()
}

/// Puts the same credential, wrapped by another domain key, in its place.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn replace(
    transaction: &Transaction,
    row: &CredentialRow,
    domain_key: Uuid,
    wrapped: &[u8],
) -> Result<(), StoreError> {
    let StoreName { account, id } = &row.store;
    let parameters: Parameters<'_> =
        &[&row.region.as_str(), &account.as_str(), &&**id, &domain_key, &wrapped];
    transaction.execute(REPLACE, parameters).await.map(|_| ())
}

fn from_row(row: &Row) -> Result<CredentialRow, Error> {
    let region = Region::parse(get(row, 0)?).map_err(|_| Error::Corrupt("a region"))?;
    let account = AccountId::parse(get(row, 1)?).map_err(|_| Error::Corrupt("account_id"))?;
    let store = StoreName { account, id: get::<&str>(row, 2)?.into() };
    Ok(CredentialRow { region, store, wrapped: get(row, 3)? })
}

const COUNT: &str = "SELECT count(*) FROM custom_key_stores WHERE domain_key_id = $1";
const CLAIM: &str = include_str!("sql/claim_store_credentials.sql");
const REPLACE: &str = include_str!("sql/replace_store_credential.sql");
