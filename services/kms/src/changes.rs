//! What replicas tell each other: which key or alias has changed, so that all drop what they keep of it.

use std::sync::Arc;

use keywright_aws_api::{AccountId, Region};
use keywright_service::AccountName;
use keywright_store::{Change, StoreError, Transaction};
use tokio::sync::Notify;

use crate::custom_stores::StoreEntry;
use crate::domain::custom_store::StoreName;
use crate::domain::entry::{KeyEntry, KeyName};
use crate::domain::key_id::KeyId;
use crate::domain::loading_cache::LoadingCache;

/// What a replica keeps in memory.
pub struct Caches {
    /// Keys with their materials.
    pub keys: Arc<LoadingCache<KeyName, KeyEntry>>,
    /// The keys that aliases stand for.
    pub aliases: Arc<LoadingCache<AccountName, KeyId>>,
    /// Rings when another domain key may be the active one.
    pub domain_keys: Notify,
    /// Custom key stores, with the way to what backs them.
    pub stores: Arc<LoadingCache<StoreName, StoreEntry>>,
}

/// One thing that has changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Changed {
    /// Anything of a key.
    Key(KeyName),
    /// What an alias stands for.
    Alias(AccountName),
    /// Which domain key is the active one.
    DomainKeys,
    /// Anything of a custom key store.
    Store(StoreName),
}

impl Caches {
    /// Empty caches with their bounds.
    #[must_use]
    pub fn new(keys: usize, aliases: usize) -> Arc<Self> {
        Arc::new(Self {
            keys: LoadingCache::new(keys),
            aliases: LoadingCache::new(aliases),
            stores: LoadingCache::new(MAX_STORES),
            domain_keys: Notify::new(),
        })
    }

    /// Drops what is kept of a changed thing.
    pub fn forget(&self, changed: &Changed) {
        match changed {
            Changed::Key(name) => self.keys.invalidate(name),
            Changed::Alias(alias) => self.aliases.invalidate(alias),
            Changed::DomainKeys => self.domain_keys.notify_one(),
            Changed::Store(store) => self.stores.invalidate(store),
        }
    }

    /// Drops everything.
    pub fn forget_all(&self) {
        self.keys.clear();
        self.aliases.clear();
        self.domain_keys.notify_one();
        self.stores.clear();
    }

    /// Does what a change of this or another replica asks for. A message that isn't understood may be of a newer
    /// version, so it asks for the most.
    pub fn apply(&self, region: &Region, change: &Change) {
        match change {
            Change::Resynchronize => self.forget_all(),
            Change::Notified { payload, .. } => match parse(payload) {
                Some((of, changed)) if of == region.as_str() => self.forget(&changed),
                Some(_) => {}
                None => self.forget_all(),
            },
        }
    }
}

/// Tells all replicas of a change, when it commits.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn announce(
    transaction: &Transaction,
    region: &Region,
    changed: &Changed,
) -> Result<(), StoreError> {
    transaction.notify(CHANNEL, &payload(region, changed)).await
}

fn payload(region: &Region, changed: &Changed) -> String {
    match changed {
        Changed::Key(KeyName { account, id }) => format!("key {region} {account} {id}"),
        Changed::Alias(AccountName { account, name }) => format!("alias {region} {account} {name}"),
        Changed::DomainKeys => format!("domain-keys {region}"),
        Changed::Store(StoreName { account, id }) => format!("store {region} {account} {id}"),
    }
}

fn parse(payload: &str) -> Option<(&str, Changed)> {
    let mut parts = payload.splitn(4, ' ');
    let (kind, region) = (parts.next()?, parts.next()?);
    if kind == "domain-keys" {
        return Some((region, Changed::DomainKeys));
    }
    let (account, name) = (AccountId::parse(parts.next()?).ok()?, parts.next()?);
    let changed = match kind {
        "key" => Changed::Key(KeyName { account, id: KeyId::parse(name)? }),
        "alias" => Changed::Alias(AccountName { account, name: name.into() }),
        "store" => Changed::Store(StoreName { account, id: name.into() }),
        _ => return None,
    };
    Some((region, changed))
}

/// The channel on which changes are told.
pub const CHANNEL: &str = "keywright_kms_changed";

/// How many custom key stores are kept in memory.
const MAX_STORES: usize = 1000;

#[cfg(test)]
mod tests {
    use keywright_service::AccountNameRef;

    use super::*;
    use crate::error::Error;

    fn region() -> Region {
        Region::parse("us-east-1").unwrap()
    }

    fn alias(name: &str) -> AccountName {
        AccountName { account: AccountId::parse("000000000000").unwrap(), name: name.into() }
    }

    fn id() -> KeyId {
        KeyId::parse("1234abcd-12ab-34cd-56ef-1234567890ab").unwrap()
    }

    #[test]
    fn a_change_survives_its_message() {
        let key = KeyName { account: AccountId::parse("000000000000").unwrap(), id: id() };
        let store = StoreName { account: key.account, id: "cks-1234567890abcdef0".into() };
        let changes = [
            Changed::Key(key),
            Changed::Alias(alias("alias/app")),
            Changed::DomainKeys,
            Changed::Store(store),
        ];
        for changed in changes {
            assert_eq!(parse(&payload(&region(), &changed)), Some(("us-east-1", changed)));
        }
        for payload in ["", "key", "key us-east-1 0 x", "grant us-east-1 000000000000 x"] {
            assert_eq!(parse(payload), None, "{payload}");
        }
    }

    #[tokio::test]
    async fn only_what_changed_in_this_region_is_dropped() {
        let caches = Caches::new(10, 10);
        for name in ["alias/a", "alias/b"] {
            caches.aliases.load(alias(name), || async { Ok::<_, Error>(id()) }).await.unwrap();
        }
        let kept = |name: &str| {
            let reference = AccountNameRef { account: AccountId::parse("000000000000").unwrap(), name };
            caches.aliases.get(&reference).is_some()
        };
        let notified =
            |payload: &str| Change::Notified { channel: CHANNEL.to_owned(), payload: payload.to_owned() };
        caches.apply(&region(), &notified("alias eu-west-1 000000000000 alias/a"));
        assert!(kept("alias/a") && kept("alias/b"));
        caches.apply(&region(), &notified("alias us-east-1 000000000000 alias/a"));
        assert!(!kept("alias/a") && kept("alias/b"));
        caches.apply(&region(), &notified("something new"));
        assert!(!kept("alias/b"));
    }

    #[tokio::test]
    async fn everything_is_dropped_when_changes_may_have_been_missed() {
        let caches = Caches::new(10, 10);
        caches.aliases.load(alias("alias/a"), || async { Ok::<_, Error>(id()) }).await.unwrap();
        caches.apply(&region(), &Change::Resynchronize);
        assert!(caches.aliases.is_empty() && caches.keys.is_empty());
    }
}
