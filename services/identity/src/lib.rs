//! The identity service: accounts, users, access keys and their policies; STS; and for our other services the answer to
//! the question who asks.
//!
//! Secret access keys never leave this process. Each is sealed in the database, under a key that the root key wraps
//! ([`bootstrap`]), and is unsealed for one use. Another service gets the key *derived* for its own scope, sealed for that
//! service ([`operations`]), and a forward token by which it may act for the caller ([`domain::forward_token`]).

pub mod admin;
pub mod app;
pub mod bootstrap;
pub mod change_feed;
pub mod config;
mod credentials_file;
pub mod directory;
pub mod domain;
pub mod error;
pub mod events;
mod facts;
mod first_credentials;
pub mod last_use;
mod local;
pub mod operations;
mod simulation;
pub mod store;
pub mod token_keys;
pub mod web_identity;
