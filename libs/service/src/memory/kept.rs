//! What is kept of the database, until it changes.
//!
//! What was read before a change must not be kept behind it. So each change is counted, and what was read is kept only if
//! none was counted since before the reading: of another thing, too, which costs no more than another reading.

use std::sync::Arc;

use parking_lot::Mutex;
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use super::below::ChangesBelow;
use super::{AccountName, AccountNameRef, Remembered};

/// Values by account and name, at most so many bytes of them.
pub(super) struct Kept<V> {
    entries: Cache<AccountName, Arc<V>, ByBytes>,
    changes: Mutex<u64>,
    below: ChangesBelow,
}

/// The changes that were counted before something was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment(pub(super) u64);

impl<V: Remembered> Kept<V> {
    pub(super) fn new(bytes: u64) -> Self {
        let things = usize::try_from(bytes / USUAL_SIZE).unwrap_or(usize::MAX).max(1);
        Self {
            entries: Cache::with_weighter(things, bytes, ByBytes),
            changes: Mutex::new(0),
            below: ChangesBelow::default(),
        }
    }

    pub(super) fn get(&self, name: AccountNameRef<'_>) -> Option<Arc<V>> {
        self.entries.get(&name)
    }

    pub(super) fn now(&self) -> Moment {
        Moment(*self.changes.lock())
    }

    /// The changes to what is below a path.
    pub(super) fn now_below(&self, path: AccountNameRef<'_>) -> Moment {
        self.below.now(path)
    }

    /// Keeps what was read behind a moment, if nothing has changed since.
    pub(super) fn keep<'a>(
        &self,
        since: Moment,
        read: impl IntoIterator<Item = (AccountNameRef<'a>, Arc<V>)>,
    ) {
        // Under the lock, so that no change comes in between.
        let changes = self.changes.lock();
        if since == Moment(*changes) {
            for (AccountNameRef { account, name }, value) in read {
                self.entries.insert(AccountName { account, name: name.into() }, value);
            }
        }
    }

    pub(super) fn forget(&self, name: AccountNameRef<'_>) {
        let mut changes = self.changes.lock();
        *changes += 1;
        self.entries.remove(&name);
        self.below.count(name);
    }

    pub(super) fn forget_all(&self) {
        let mut changes = self.changes.lock();
        *changes += 1;
        self.entries.clear();
        self.below.count_all();
    }

    /// How much is kept.
    pub(super) fn bytes(&self) -> u64 {
        self.entries.weight()
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.entries.len()
    }
}

#[derive(Clone)]
struct ByBytes;

impl<V: Remembered> Weighter<AccountName, Arc<V>> for ByBytes {
    fn weight(&self, key: &AccountName, value: &Arc<V>) -> u64 {
        // What the entry itself takes, roughly.
        let bytes = size_of::<AccountName>() + key.name.len() + size_of::<V>() + value.bytes();
        u64::try_from(bytes).unwrap_or(u64::MAX)
    }
}

/// From which the number of entries is guessed.
const USUAL_SIZE: u64 = 1024;

#[cfg(test)]
mod tests {
    use keywright_aws_api::AccountId;

    use super::*;

    impl Remembered for String {
        fn bytes(&self) -> usize {
            self.len()
        }
    }

    fn name(name: &str) -> AccountNameRef<'_> {
        AccountNameRef { account: AccountId::parse("111122223333").unwrap(), name }
    }

    fn value(text: &str) -> Arc<String> {
        Arc::new(text.to_owned())
    }

    #[test]
    fn what_was_read_is_kept_by_account_and_name() {
        let kept = Kept::new(10_000);
        kept.keep(kept.now(), [(name("a"), value("1")), (name("b"), value("2"))]);
        assert_eq!(kept.get(name("a")), Some(value("1")));
        let other = AccountNameRef { account: AccountId::parse("444455556666").unwrap(), name: "a" };
        assert_eq!((kept.get(other), kept.get(name("c"))), (None, None));
        kept.forget(name("a"));
        assert_eq!((kept.get(name("a")), kept.get(name("b"))), (None, Some(value("2"))));
        kept.forget_all();
        assert_eq!(kept.get(name("b")), None);
    }

    #[test]
    fn what_was_read_before_a_change_is_not_kept_behind_it() {
        let kept = Kept::new(10_000);
        let changes: [&dyn Fn(); 2] = [&|| kept.forget(name("other")), &|| kept.forget_all()];
        for change in changes {
            let since = kept.now();
            change();
            kept.keep(since, [(name("a"), value("old"))]);
            assert_eq!(kept.get(name("a")), None);
        }
        kept.keep(kept.now(), [(name("a"), value("new"))]);
        assert_eq!(kept.get(name("a")), Some(value("new")));
    }

    #[test]
    fn no_more_is_kept_than_was_allowed() {
        let kept = Kept::new(100_000);
        for number in 0..1_000 {
            let text = number.to_string();
            kept.keep(kept.now(), [(name(&text), value(&"x".repeat(1_000)))]);
        }
        assert!((1..100).contains(&kept.len()) && kept.bytes() <= 100_000, "{}", kept.len());
        let none = Kept::new(0);
        none.keep(none.now(), [(name("a"), value("1"))]);
        assert_eq!(none.get(name("a")), None);
    }
}
