//! One file for each command.

pub(crate) mod admin;
pub(crate) mod agent;
pub(crate) mod apply;
pub(crate) mod audit;
pub(crate) mod decrypt;
pub(crate) mod dev;
pub(crate) mod encrypt;
mod encryption;
pub(crate) mod env;
pub(crate) mod exec;
pub(crate) mod params;
pub(crate) mod secrets;
mod stop_signals;
