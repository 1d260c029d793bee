//! The operations: those of STS and of IAM, those of the internal API by which the other services ask, and the operator's.

mod answer;
mod await_changes;
mod get_caller_identity;
mod iam;
mod resolve_credential;
mod resolve_forward_token;
mod rotate_root_key;

pub use await_changes::AwaitChanges;
pub use get_caller_identity::GetCallerIdentity;
pub(crate) use iam::register_identities;
pub use resolve_credential::ResolveCredential;
pub use resolve_forward_token::ResolveForwardToken;
pub(crate) use rotate_root_key::RotateRootKey;
