//! The identity service on a real Postgres, asked over HTTP.
#![expect(clippy::unwrap_used, reason = "a test whose helper fails has failed")]

mod access_keys;
mod accounts;
mod admin;
mod bootstrap;
mod changes;
mod condition_keys;
mod first_credentials;
mod fixture;
mod forward_tokens;
mod groups;
mod iam;
mod identity_policies;
mod outage;
mod query;
mod quotas;
mod refusals;
mod resolve_credential;
mod roles;
mod root_key;
mod secrecy;
mod service_linked_roles;
mod sts;
mod users;
