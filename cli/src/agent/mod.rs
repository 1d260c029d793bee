//! `keywright agent`: a pod's service account becomes a role, by the protocol for credentials of containers.
//!
//! SDKs of AWS ask the address in `AWS_CONTAINER_CREDENTIALS_FULL_URI` for credentials, and show what is in the file that
//! `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE` names. Here that is the pod's projected service-account token, which the agent
//! exchanges for a session of a role by AssumeRoleWithWebIdentity. The agent has no rights of its own and verifies nothing:
//! STS does, and who shows no token that STS believes gets nothing.
//! <https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html>

mod cache;
mod error;
mod exchange;
mod roles;
mod server;
mod token;

pub(crate) use cache::Cache;
pub(crate) use error::AgentError;
pub(crate) use exchange::StsClient;
pub(crate) use roles::Roles;
pub(crate) use server::{Agent, serve};
