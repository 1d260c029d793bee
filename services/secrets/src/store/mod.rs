//! The tables. A function takes the caller's connection or transaction; the caller commits.

pub mod copies;
pub mod listing;
pub mod replicas;
pub mod rotations;
pub mod secrets;
pub mod tags;
pub mod tellings;
pub mod versions;

mod embedded {
    refinery::embed_migrations!("migrations");
}

use keywright_store::{Row, StoreError, types::FromSql};

/// The migrations of this service's database.
#[must_use]
pub fn migrations() -> keywright_store::refinery::Runner {
    embedded::migrations::runner()
}

/// A column by its name.
fn get<'a, T: FromSql<'a>>(row: &'a Row, column: &str) -> Result<T, StoreError> {
    Ok(row.try_get(column)?)
}
