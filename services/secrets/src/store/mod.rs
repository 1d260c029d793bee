//! The tables. A function takes the caller's connection or transaction; the caller commits.

pub mod listing;
pub mod secrets;
pub mod tags;
pub mod versions;

pub(crate) mod embedded {
    refinery::embed_migrations!("migrations");
}

use keywright_store::{Row, StoreError, types::FromSql};

/// A column by its name.
fn get<'a, T: FromSql<'a>>(row: &'a Row, column: &str) -> Result<T, StoreError> {
    Ok(row.try_get(column)?)
}
