//! The SQL of CloudTrail Lake, turned into SQL for our store.
//!
//! A statement is parsed, and a new one is written of what is known of its parts: what isn't known here can't be in
//! it. No name of the caller's gets into the new statement (sources are `s1`, columns `c1`), and of what they wrote only
//! numbers, and texts as quoted literals. So nothing but one SELECT on the caller's own events can come of it, whatever
//! the statement says.

mod access;
mod aggregates;
mod calls;
mod dialect;
mod error;
mod expression;
mod fields;
mod json_calls;
mod names;
mod piece;
mod query;
mod select;
mod sources;
mod times;
mod translator;
mod types;

#[cfg(test)]
mod attacks;
#[cfg(test)]
mod sample_statements;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;

use uuid::Uuid;

pub use error::SqlError;
pub(crate) use piece::literal;

/// What a statement may be about: the event data stores of one account.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// The stores.
    pub stores: Vec<CatalogStore>,
}

/// An event data store, as statements see it.
#[derive(Clone, Debug)]
pub struct CatalogStore {
    /// Its id, by which statements name it.
    pub id: Uuid,
    /// Its ARN, which does as well.
    pub arn: String,
    /// A name by which statements may call it besides.
    pub name: Option<&'static str>,
    /// Which events are in it: a condition on the columns of the views, made by us.
    pub condition: String,
}

/// A statement for our store. Its only parameter, `$1`, is the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Translated {
    /// The statement, whose rows have one column: a JSON array of texts.
    pub sql: String,
    /// The columns' names, as the caller wrote them.
    pub columns: Vec<String>,
    /// The stores that it reads.
    pub stores: Vec<Uuid>,
    /// Whether it needs the records, and not their indexed parts alone.
    pub reads_records: bool,
}

/// Translates a statement.
///
/// # Errors
/// [`SqlError`] for what isn't a SELECT of what is known here.
pub fn translate(statement: &str, catalog: &Catalog) -> Result<Translated, SqlError> {
    // Statements may be nested as deeply as their length allows, and the parser's tree is freed recursively.
    std::thread::scope(|scope| {
        let translating = std::thread::Builder::new()
            .name("lake-sql".to_owned())
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, || translate_here(statement, catalog))
            .map_err(|_| SqlError::NoThread)?;
        translating.join().unwrap_or(Err(SqlError::Malformed))
    })
}

fn translate_here(statement: &str, catalog: &Catalog) -> Result<Translated, SqlError> {
    let query = dialect::parse(statement)?;
    translator::Translator::new(catalog).statement(&query)
}

/// Address space; only what is used of it is memory.
const STACK_BYTES: usize = 64 * 1_024 * 1_024;
