//! The tables. A function takes the caller's connection or transaction; the caller commits.

pub mod aliases;
pub mod custom_stores;
pub mod domain_keys;
pub mod grants;
pub mod hsm_keys;
pub mod key_counts;
mod key_row;
pub mod keys;
pub mod last_usage;
pub mod materials;
pub mod multi_region;
pub mod region_keys;
pub mod replications;
pub mod rotations;
pub mod store_credentials;
pub mod tags;
pub mod wrapped_materials;

mod embedded {
    refinery::embed_migrations!("migrations");
}

use keywright_aws_api::{AccountId, Region};
use keywright_store::types::ToSql;

use crate::domain::entry::KeyName;

/// What brings a database to the schema of this build.
#[must_use]
pub fn migrations() -> refinery::Runner {
    embedded::migrations::runner()
}

/// The primary key of a key's row, as texts.
#[derive(Clone, Debug)]
pub struct KeyRow {
    region: String,
    account: String,
    key_id: String,
}

impl KeyRow {
    /// The row of a key.
    #[must_use]
    pub fn new(region: &Region, name: KeyName) -> Self {
        Self {
            region: region.as_str().to_owned(),
            account: name.account.as_str().to_owned(),
            key_id: name.id.to_string(),
        }
    }
}

/// The beginning of the primary key of all rows of an account.
#[derive(Clone, Debug)]
pub struct AccountRows {
    region: String,
    account: String,
}

impl AccountRows {
    /// The rows of an account.
    #[must_use]
    pub fn new(region: &Region, account: AccountId) -> Self {
        Self { region: region.as_str().to_owned(), account: account.as_str().to_owned() }
    }
}

/// The parameters of a statement.
type Parameters<'a> = &'a [&'a (dyn ToSql + Sync)];
