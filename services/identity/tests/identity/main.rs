//! The identity service on a real Postgres, asked over HTTP.
#![expect(clippy::unwrap_used, reason = "a test whose helper fails has failed")]

mod access_keys;
mod account;
mod accounts;
mod admin;
mod assume_role;
mod bootstrap;
mod changes;
mod condition_keys;
mod first_credentials;
mod fixture;
mod forward_tokens;
mod groups;
mod iam;
mod identity_policies;
mod live_effect;
#[expect(clippy::indexing_slicing, clippy::panic, reason = "a test whose fixture fails has failed")]
mod oidc_issuer;
mod oidc_providers;
mod outage;
mod policies;
mod query;
mod quotas;
mod refusals;
mod resolve_credential;
mod roles;
mod root_key;
mod secrecy;
mod service_linked_roles;
mod session_tokens;
mod simulation;
mod sts;
mod temporary;
mod users;
#[expect(clippy::indexing_slicing, reason = "a test whose fixture fails has failed")]
mod web_identity;
