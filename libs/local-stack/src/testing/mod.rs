//! What tests of other crates need: a database of their own, a broker, a hardware security module in software.
//!
//! `make test` starts one Postgres and one Kafka for all test processes and says where they are in
//! `KEYWRIGHT_TEST_POSTGRES` and `KEYWRIGHT_TEST_KAFKA`. Without it, each test process starts its own when a test first
//! asks. The functions here panic when a server cannot be had: that is a failed test.

mod database;
mod databases;
mod kafka;
mod kafka_jars;
mod skipped;
mod softhsm;
mod temporary;

pub use database::{TestDatabase, database, test_postgres};
pub use databases::{OwnMariaDb, OwnRedis, own_mariadb_or_skip, own_redis_or_skip};
pub use kafka::{OwnKafka, SharedKafka, kafka_or_skip, own_kafka_or_skip};
pub use kafka_jars::{NoKafka, kafka_jars};
pub use softhsm::{SoftHsm, SoftHsmToken, in_softhsm_process, softhsm_or_skip};
pub use temporary::TemporaryDir;

/// The variable that holds a superuser's DSN on the Postgres that all test processes share.
pub const POSTGRES_VARIABLE: &str = "KEYWRIGHT_TEST_POSTGRES";

/// The variable that holds `host:port` of the Kafka broker that all test processes share.
pub const KAFKA_VARIABLE: &str = "KEYWRIGHT_TEST_KAFKA";
