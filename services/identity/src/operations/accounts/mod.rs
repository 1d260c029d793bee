//! What an operator does to accounts: operations of our own, decided for the installation's first account.

mod close_account;
mod create_account;
mod list_accounts;

pub(crate) use close_account::CloseAccount;
pub(crate) use create_account::CreateAccount;
pub(crate) use list_accounts::ListAccounts;

use keywright_aws_api::shape::Timestamp;
use keywright_aws_api::{Arn, Call, Target};
use keywright_policy::ResourcePolicyRule;
use serde::Serialize;

use crate::directory::Directory;
use crate::store::accounts::Account;

/// An account as it is shown.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AccountOut {
    account_id: String,
    account_name: String,
    status: &'static str,
    created_at: Timestamp,
}

impl From<Account> for AccountOut {
    fn from(account: Account) -> Self {
        Self {
            account_id: account.id.to_string(),
            account_name: account.name,
            status: account.status.as_str(),
            created_at: account.created_at.into(),
        }
    }
}

/// An account, or all of them by `*`, as what is decided about: it belongs to the installation's first account.
fn target(directory: &Directory, call: &Call, account: &str) -> Target {
    let arn = Arn::regional("sts", &call.region, directory.home, &format!("account/{account}")).into();
    let rule = ResourcePolicyRule::Additional;
    Target { arn, account: Some(directory.home), policy: None, rule }
}
