//! What things of one Region are remembered by.

use keywright_aws_api::AccountId;
use quick_cache::Equivalent;

/// A name within an account.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct AccountName {
    /// The account.
    pub account: AccountId,
    /// The whole name.
    pub name: Box<str>,
}

/// An [`AccountName`] to look up by; it hashes alike.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct AccountNameRef<'a> {
    /// The account.
    pub account: AccountId,
    /// The whole name.
    pub name: &'a str,
}

impl Equivalent<AccountName> for AccountNameRef<'_> {
    fn equivalent(&self, key: &AccountName) -> bool {
        self.account == key.account && self.name == &*key.name
    }
}
