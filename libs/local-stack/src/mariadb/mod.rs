//! A private MariaDB.

mod bootstrap;
mod server;

pub use server::{MariaDbConfig, MariaDbServer};
