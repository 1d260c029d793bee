//! The account as a whole: its alias, what is in it, and what nobody has here.

mod absent;
mod aliases;
mod authorization_details;
mod details;
mod summary;

pub(super) use absent::{
    GetAccountPasswordPolicy, ListInstanceProfiles, ListSAMLProviders, ListServerCertificates,
    ListVirtualMFADevices,
};
pub(super) use aliases::{CreateAccountAlias, DeleteAccountAlias, ListAccountAliases};
pub(super) use authorization_details::GetAccountAuthorizationDetails;
pub(super) use summary::GetAccountSummary;
