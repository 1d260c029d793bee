//! Runs Postgres and Apache Kafka from the machine's own binaries, for dev and tests; MariaDB and Redis for tests.
//!
//! This crate exists so that `keywright dev` and the tests stand on the real thing without a container engine. A
//! server started here is private to its directory, listens on the loopback interface only, keeps its data when it
//! is stopped or killed, and does not outlive the process that started it, however that one ends.

mod child;
mod error;
mod free_port;
mod kafka;
mod lock;
mod mariadb;
mod postgres;
mod privileges;
mod processes;
mod redis;
mod server_files;
pub mod testing;

pub use error::LocalStackError;
pub use kafka::{KafkaBroker, KafkaCluster, KafkaClusterConfig, KafkaConfig};
pub use mariadb::{MariaDbConfig, MariaDbServer};
pub use postgres::{PgBinaries, PgLogin, PostgresCluster, PostgresConfig, find_postgres};
pub use redis::{RedisConfig, RedisServer, RedisUsers};
pub use server_files::ServerCertificate;
