//! A private Postgres cluster in a directory.

mod binaries;
mod cluster;
mod data_dir;
mod databases;
mod login;

pub use binaries::{PgBinaries, find_postgres};
pub use cluster::{PostgresCluster, PostgresConfig};
pub(crate) use databases::{DatabaseName, create_database, drop_database};
pub use login::PgLogin;
