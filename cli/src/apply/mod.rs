//! Brings an installation to what a file declares: accounts, identities, policies, keys and parameters.
//!
//! All of it goes through the public APIs, signed and recorded like any other call. What is there already is compared and
//! left alone; nothing that the file doesn't name is taken away. So applying a file twice changes nothing the second time.

mod accounts;
mod attachments;
mod document;
mod error;
mod identities;
mod keys;
mod parameters;
mod policies;

use keywright_aws_api::Region;

pub(crate) use self::document::Declared;
pub(crate) use self::error::ApplyError;
use crate::api_client::ApiClient;
use crate::console::Console;

/// How a file is applied.
pub(crate) struct Applying<'a> {
    /// As a principal of the installation's first account.
    pub(crate) home: ApiClient,
    /// Where what is declared without a Region is.
    pub(crate) region: Region,
    /// Only says what would be done.
    pub(crate) dry_run: bool,
    /// Where it is said what is done.
    pub(crate) console: &'a Console,
}

/// One account, while a file is applied to it.
struct InAccount<'a> {
    client: ApiClient,
    account: String,
    partition: &'a str,
    region: &'a Region,
    changes: Changes<'a>,
}

/// Counts and tells what is changed.
struct Changes<'a> {
    console: &'a Console,
    dry_run: bool,
    count: usize,
}

impl Changes<'_> {
    /// Says what is going to be changed, and whether it may be.
    fn change(&mut self, what: &str) -> bool {
        self.count += 1;
        self.console.say(&if self.dry_run { format!("would {what}") } else { what.to_owned() });
        !self.dry_run
    }
}

impl Applying<'_> {
    /// Applies all of it; says how many things it changed, or would.
    pub(crate) async fn apply(&self, declared: &Declared) -> Result<usize, ApplyError> {
        let (home, partition) = self.home.account().await?;
        let mut count = 0;
        for account in &declared.accounts {
            let mut changes = self.changes();
            let id = account.id.as_str();
            let client = if id == home {
                self.home.clone()
            } else if accounts::ensure(&self.home, account, &mut changes).await? {
                self.home.in_account(id, &partition).await?
            } else {
                // A dry run of an account that isn't there: there is nothing to compare with.
                count += changes.count;
                continue;
            };
            let mut applied = InAccount {
                client,
                account: id.to_owned(),
                partition: &partition,
                region: &self.region,
                changes,
            };
            applied.apply(account).await?;
            count += applied.changes.count;
        }
        Ok(count)
    }

    fn changes(&self) -> Changes<'_> {
        Changes { console: self.console, dry_run: self.dry_run, count: 0 }
    }
}

impl InAccount<'_> {
    /// What others refer to comes first.
    async fn apply(&mut self, account: &document::Account) -> Result<(), ApplyError> {
        for policy in &account.policies {
            self.policy(policy).await?;
        }
        for group in &account.groups {
            self.identity(identities::GROUP, group).await?;
        }
        for user in &account.users {
            self.identity(identities::USER, user).await?;
        }
        for role in &account.roles {
            self.identity(identities::ROLE, role).await?;
        }
        for key in &account.keys {
            self.key(key).await?;
        }
        for parameter in &account.parameters {
            self.parameter(parameter).await?;
        }
        Ok(())
    }
}
