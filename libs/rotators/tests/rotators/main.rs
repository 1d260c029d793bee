//! The rotators against real servers: PostgreSQL, MariaDB and Redis.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that can't go on has failed")]

mod failures;
mod fixture;
mod grants;
mod login;
mod new_users;
mod passwords;
mod proxy;
mod redis_restarts;
mod secrets;
mod servers;
mod steps;
mod tls;
