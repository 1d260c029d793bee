//! The rotators against real servers: PostgreSQL, MariaDB and Redis.

mod failures;
mod fixture;
mod grants;
mod login;
mod passwords;
mod proxy;
mod redis_restarts;
mod secrets;
mod servers;
mod steps;
mod tls;
