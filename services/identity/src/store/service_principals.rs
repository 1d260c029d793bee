//! Our own services as principals, and which derived keys they may ask for.

use keywright_store::{Connection, StoreError, Transaction};
use time::OffsetDateTime;

use super::{column, parsed};
use crate::domain::names::{ServiceName, SigningScope};
use crate::error::IdentityError;

/// All services with their scopes, by name.
///
/// # Errors
/// [`IdentityError`] of the store.
pub async fn all(connection: &Connection) -> Result<Vec<(ServiceName, Vec<SigningScope>)>, IdentityError> {
    let rows = connection.query(include_str!("sql/all_service_principals.sql"), &[]).await?;
    rows.iter()
        .map(|row| {
            let scopes: Vec<&str> = column(row, "signing_scopes")?;
            let scopes = scopes
                .into_iter()
                .map(|scope| SigningScope::parse(scope).map_err(|_| IdentityError::Row("signing_scopes")));
            Ok((parsed(row, "service_name", ServiceName::parse)?, scopes.collect::<Result<_, _>>()?))
        })
        .collect()
}

/// Sets a service and its scopes; says whether that changed anything.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn put(
    transaction: &Transaction,
    name: &ServiceName,
    scopes: &[SigningScope],
    now: OffsetDateTime,
) -> Result<bool, StoreError> {
    let scopes: Vec<&str> = scopes.iter().map(SigningScope::as_str).collect();
    let sql = include_str!("sql/put_service_principal.sql");
    Ok(transaction.execute(sql, &[&name.as_str(), &scopes, &now]).await? > 0)
}
