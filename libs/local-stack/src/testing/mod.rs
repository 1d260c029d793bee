//! What tests of other crates need: a database of their own, a broker.
//!
//! `make test` starts one Postgres and one Kafka for all test processes and says where they are in
//! `KEYWRIGHT_TEST_POSTGRES` and `KEYWRIGHT_TEST_KAFKA`. Without it, each test process starts its own when a test first
//! asks. The functions here panic when a server cannot be had: that is a failed test.

mod database;
mod temporary;

pub use database::{TestDatabase, database, test_postgres};

/// The variable that holds a superuser's DSN on the Postgres that all test processes share.
pub const POSTGRES_VARIABLE: &str = "KEYWRIGHT_TEST_POSTGRES";
