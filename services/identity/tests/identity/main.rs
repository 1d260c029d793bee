//! The identity service on a real Postgres, asked over HTTP.
#![expect(clippy::unwrap_used, reason = "a test whose helper fails has failed")]

mod accounts;
mod admin;
mod bootstrap;
mod changes;
mod first_credentials;
mod fixture;
mod forward_tokens;
mod iam;
mod outage;
mod query;
mod resolve_credential;
mod root_key;
mod secrecy;
mod sts;
