//! What identity keeps in Postgres: one file for each aggregate. Finders take a connection, writers a transaction.

pub mod access_keys;
pub mod account_aliases;
pub mod account_summary;
pub mod accounts;
pub mod assumable_roles;
pub mod aws_policies;
pub mod changes;
pub mod deletion_tasks;
pub mod groups;
pub mod held;
pub mod identities;
pub mod identity_edits;
pub mod identity_policies;
pub mod keys;
pub mod last_use;
pub mod lists;
pub mod managed_policies;
pub mod oidc_providers;
pub mod policies;
pub mod policy_versions;
pub mod service_principals;

use keywright_store::{Connection, Row, StoreError};

use crate::error::IdentityError;

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// The migrations of this service.
#[must_use]
pub fn migrations() -> refinery::Runner {
    embedded::migrations::runner()
}

/// Holds a lock until the transaction ends, so that replicas which start together take turns.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn lock_bootstrap(connection: &Connection) -> Result<(), StoreError> {
    connection.query_one("SELECT pg_advisory_xact_lock($1)::text", &[&BOOTSTRAP_LOCK]).await.map(|_| ())
}

/// A column which a constraint of the schema, or this code alone, has filled.
fn column<'a, T: keywright_store::types::FromSql<'a>>(
    row: &'a Row,
    name: &'static str,
) -> Result<T, IdentityError> {
    row.try_get(name).map_err(|_| IdentityError::Row(name))
}

/// A column's text, parsed.
fn parsed<T, E>(
    row: &Row,
    name: &'static str,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, IdentityError> {
    parse(column(row, name)?).map_err(|_| IdentityError::Row(name))
}

const BOOTSTRAP_LOCK: i64 = 0x6964_656e_7469_7479;
