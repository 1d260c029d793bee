//! Grants.

use std::sync::Arc;

use keywright_aws_api::{AccountId, Region};
use keywright_store::types::Json;
use keywright_store::{Connection, Row, StoreError, Transaction};

use super::key_row::{get, key_id};
use super::{KeyRow, Parameters};
use crate::domain::entry::KeyName;
use crate::domain::grant::{ContextPairs, Grant, GrantConstraints, GrantId, GrantOperation};
use crate::error::Error;

/// Which grants on a key are listed.
#[derive(Clone, Copy, Debug, Default)]
pub struct GrantFilter<'a> {
    /// Only the one with this id.
    pub id: Option<GrantId>,
    /// Only those to this principal.
    pub grantee: Option<&'a str>,
}

/// A grant with its key.
#[derive(Clone, Debug)]
pub struct GrantOnKey {
    /// The key.
    pub key: KeyName,
    /// The grant.
    pub grant: Grant,
}

/// The grant that a request with this digest has made.
///
/// # Errors
/// [`Error::Store`]; [`Error::Corrupt`] for a row that can't be.
pub async fn find_requested(
    transaction: &Transaction,
    at: &KeyRow,
    digest: &[u8; 32],
) -> Result<Option<GrantId>, Error> {
    let parameters: Parameters<'_> = &[&at.region, &at.account, &at.key_id, &digest.as_slice()];
    transaction.query_opt(FIND_REQUESTED, parameters).await?.map(|row| grant_id(&row, 0)).transpose()
}

/// One grant.
///
/// # Errors
/// [`Error::Store`]; [`Error::Corrupt`] for a row that can't be.
pub async fn find(connection: &Connection, at: &KeyRow, id: GrantId) -> Result<Option<Grant>, Error> {
    let filter = GrantFilter { id: Some(id), grantee: None };
    Ok(list(connection, at, filter, None, 1).await?.pop())
}

/// How many grants a key has; more than `most` aren't counted.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn count(transaction: &Transaction, at: &KeyRow, most: u32) -> Result<i64, StoreError> {
    let most = i64::from(most);
    get(&transaction.query_one(COUNT, &[&at.region, &at.account, &at.key_id, &most]).await?, 0)
}

/// Adds a grant.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn insert(transaction: &Transaction, at: &KeyRow, grant: &Grant) -> Result<(), StoreError> {
    let operations: Vec<&str> = grant.operations.iter().map(GrantOperation::as_str).collect();
    let GrantConstraints { equals, subset } = &grant.constraints;
    let (equals, subset) = (equals.as_ref().map(Json), subset.as_ref().map(Json));
    let (id, digest) = (grant.id.as_bytes().as_slice(), grant.request_digest());
    let parameters: Parameters<'_> = &[
        &at.region,
        &at.account,
        &at.key_id,
        &id,
        &grant.name,
        &&*grant.grantee,
        &grant.retiring.as_deref(),
        &grant.issuing_account.as_str(),
        &operations,
        &equals,
        &subset,
        &grant.created_at,
        &digest.as_ref().map(<[u8; 32]>::as_slice),
    ];
    transaction.execute(INSERT, parameters).await.map(|_| ())
}

/// Removes a grant; false when there is none.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn delete(transaction: &Transaction, at: &KeyRow, id: GrantId) -> Result<bool, StoreError> {
    let id = id.as_bytes().as_slice();
    let parameters: Parameters<'_> = &[&at.region, &at.account, &at.key_id, &id];
    Ok(transaction.execute(DELETE, parameters).await? > 0)
}

/// A key's grants behind `after`, by id.
///
/// # Errors
/// [`Error::Store`]; [`Error::Corrupt`] for a row that can't be.
pub async fn list(
    connection: &Connection,
    at: &KeyRow,
    filter: GrantFilter<'_>,
    after: Option<GrantId>,
    limit: i64,
) -> Result<Vec<Grant>, Error> {
    let (id, after) = (filter.id.map(|id| id.as_bytes().to_vec()), after.map(|id| id.as_bytes().to_vec()));
    let parameters: Parameters<'_> =
        &[&at.region, &at.account, &at.key_id, &id, &filter.grantee, &after.unwrap_or_default(), &limit];
    let rows = connection.query(LIST, parameters).await?;
    rows.iter().map(|row| grant_from_row(row, 0)).collect()
}

/// A key's grants to any of these grantees.
///
/// # Errors
/// [`Error::Store`]; [`Error::Corrupt`] for a row that can't be.
pub async fn of_grantee(connection: &Connection, at: &KeyRow, grantee: &str) -> Result<Vec<Grant>, Error> {
    let rows = connection.query(OF_GRANTEE, &[&at.region, &at.account, &at.key_id, &grantee]).await?;
    rows.iter().map(|row| grant_from_row(row, 0)).collect()
}

/// The grants that a principal may retire, behind `after`, by key and id.
///
/// # Errors
/// [`Error::Store`]; [`Error::Corrupt`] for a row that can't be.
pub async fn list_retirable(
    connection: &Connection,
    region: &Region,
    principal: &str,
    after: Option<(KeyName, GrantId)>,
    limit: i64,
) -> Result<Vec<GrantOnKey>, Error> {
    let (account, key, id) = match after {
        Some((key, id)) => (key.account.as_str().to_owned(), key.id.to_string(), id.as_bytes().to_vec()),
        None => Default::default(),
    };
    let parameters: Parameters<'_> = &[&region.as_str(), &principal, &account, &key, &id, &limit];
    let rows = connection.query(LIST_RETIRABLE, parameters).await?;
    let on_key = |row: &Row| {
        let account = AccountId::parse(get(row, 0)?).map_err(|_| Error::Corrupt("account_id"))?;
        let key = KeyName { account, id: key_id(row, 1)? };
        Ok(GrantOnKey { key, grant: grant_from_row(row, 2)? })
    };
    rows.iter().map(on_key).collect()
}

/// Reads a grant, whose columns begin at `first`, in the order of `list_grants.sql`.
fn grant_from_row(row: &Row, first: usize) -> Result<Grant, Error> {
    let operation = |name: &str| name.parse().map_err(|_| Error::Corrupt("a grant operation"));
    let operations: Vec<GrantOperation> =
        get::<Vec<&str>>(row, first + 5)?.into_iter().map(operation).collect::<Result<_, _>>()?;
    let pairs =
        |column| Ok::<_, StoreError>(get::<Option<Json<ContextPairs>>>(row, column)?.map(|Json(p)| p));
    Ok(Grant {
        id: grant_id(row, first)?,
        name: get(row, first + 1)?,
        grantee: get::<&str>(row, first + 2)?.into(),
        retiring: get::<Option<&str>>(row, first + 3)?.map(Arc::from),
        issuing_account: AccountId::parse(get(row, first + 4)?)
            .map_err(|_| Error::Corrupt("issuing_account"))?,
        operations: operations.into_iter().collect(),
        constraints: GrantConstraints { equals: pairs(first + 6)?, subset: pairs(first + 7)? },
        created_at: get(row, first + 8)?,
    })
}

fn grant_id(row: &Row, column: usize) -> Result<GrantId, Error> {
    let id: &[u8] = get(row, column)?;
    Ok(GrantId::from_bytes(id.try_into().map_err(|_| Error::Corrupt("grant_id"))?))
}

const FIND_REQUESTED: &str = include_str!("sql/find_requested_grant.sql");
const COUNT: &str = include_str!("sql/count_grants.sql");
const INSERT: &str = include_str!("sql/insert_grant.sql");
const DELETE: &str = include_str!("sql/delete_grant.sql");
const LIST: &str = include_str!("sql/list_grants.sql");
const OF_GRANTEE: &str = include_str!("sql/grants_of_grantee.sql");
const LIST_RETIRABLE: &str = include_str!("sql/list_retirable_grants.sql");
