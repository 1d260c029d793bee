//! What the audit service keeps in Postgres: one file for each aggregate. Finders take a connection, writers a
//! transaction, which the caller commits.

pub mod dead_letters;
pub mod events;
pub mod lookup;
pub mod partitions;
pub mod positions;
pub mod retention;

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// The migrations of this service.
#[must_use]
pub fn migrations() -> refinery::Runner {
    embedded::migrations::runner()
}
