//! The identity service on a real Postgres, asked over HTTP.
#![expect(clippy::unwrap_used, reason = "a test whose helper fails has failed")]

mod accounts;
mod admin;
mod assume_role;
mod bootstrap;
mod changes;
mod first_credentials;
mod fixture;
mod forward_tokens;
mod iam;
mod live_effect;
mod oidc_issuer;
mod outage;
mod query;
mod resolve_credential;
mod root_key;
mod secrecy;
mod session_tokens;
mod sts;
mod temporary;
mod web_identity;
