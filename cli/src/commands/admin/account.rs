//! `keywright admin account`: several accounts in one installation.

use clap::Subcommand;
use keywright_aws_api::AccountId;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Service, Target, call};
use crate::console::Console;
use crate::error::CliError;

#[derive(Subcommand)]
pub(super) enum Account {
    /// Make an account; prints the first access key of its root user, this once
    Create {
        #[command(flatten)]
        target: Target,
        /// Its name
        name: String,
        /// Its id, of twelve digits; without it, a random one
        #[arg(long)]
        id: Option<AccountId>,
    },
    /// List all accounts
    List {
        #[command(flatten)]
        target: Target,
    },
    /// Close an account: its principals may do nothing any more; its keys, secrets and parameters stay as they are
    Close {
        #[command(flatten)]
        target: Target,
        /// Its id
        id: AccountId,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Created {
    account: Shown,
    root_access_key_id: String,
    root_secret_access_key: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    accounts: Vec<Shown>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Shown {
    account_id: String,
    account_name: String,
    status: String,
}

impl Account {
    pub(super) async fn run(self, console: &Console) -> Result<(), CliError> {
        match self {
            Self::Create { target, name, id } => {
                let input = match &id {
                    None => json!({ "AccountName": name }),
                    Some(id) => json!({ "AccountName": name, "AccountId": id.as_str() }),
                };
                let created: Created =
                    call(&target.client(Service::Identity)?, "CreateAccount", input).await?;
                console.say(&format!(
                    "made the account {}; the access key of its root user is shown this once:",
                    created.account.account_id
                ));
                console.print(&format!(
                    "export AWS_ACCESS_KEY_ID={}\nexport AWS_SECRET_ACCESS_KEY={}\n",
                    created.root_access_key_id, created.root_secret_access_key
                ));
                Ok(())
            }
            Self::List { target } => list(&target, console).await,
            Self::Close { target, id } => {
                let input = json!({ "AccountId": id.as_str() });
                let _: Value = call(&target.client(Service::Identity)?, "CloseAccount", input).await?;
                console.say(&format!("closed the account {id}"));
                Ok(())
            }
        }
    }
}

async fn list(target: &Target, console: &Console) -> Result<(), CliError> {
    let client = target.client(Service::Identity)?;
    let mut input = json!({});
    loop {
        let page: Page = call(&client, "ListAccounts", input).await?;
        for Shown { account_id, account_name, status } in &page.accounts {
            console.print(&format!("{account_id}  {status:<6}  {account_name}\n"));
        }
        match page.next_token {
            Some(token) => input = json!({ "NextToken": token }),
            None => return Ok(()),
        }
    }
}
