//! The operations: those of STS and of IAM, those of the internal API by which the other services ask, and the operator's.

mod accounts;
mod answer;
mod await_changes;
mod describe_principal;
mod iam;
mod resolve_credential;
mod resolve_forward_token;
mod rotate_root_key;
mod sts;

pub(crate) use accounts::{CloseAccount, CreateAccount, ListAccounts};
pub use await_changes::AwaitChanges;
pub(crate) use describe_principal::DescribePrincipal;
pub(crate) use iam::{register_identities, register_policies};
pub use resolve_credential::ResolveCredential;
pub use resolve_forward_token::ResolveForwardToken;
pub(crate) use rotate_root_key::RotateRootKey;
pub use sts::{
    AssumeRole, AssumeRoleWithWebIdentity, DecodeAuthorizationMessage, GetAccessKeyInfo, GetCallerIdentity,
    GetFederationToken, GetSessionToken,
};
