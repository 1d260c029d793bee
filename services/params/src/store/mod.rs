//! The tables. A function takes the caller's connection or transaction; the caller commits.

pub mod changes;
pub mod counts;
pub mod labels;
pub mod lists;
pub mod parameters;
pub mod policies;
pub mod settings;
pub mod sharing;
pub mod tags;

use keywright_aws_api::{AccountId, Region};

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// The migrations of this service's database.
#[must_use]
pub fn migrations() -> refinery::Runner {
    embedded::migrations::runner()
}

/// The beginning of the key of all parameters of an account in a Region.
#[derive(Clone, Debug)]
pub struct Scope {
    region: String,
    account: String,
}

impl Scope {
    /// The parameters of `account` in `region`.
    #[must_use]
    pub fn new(region: &Region, account: AccountId) -> Self {
        Self { region: region.as_str().to_owned(), account: account.as_str().to_owned() }
    }
}
