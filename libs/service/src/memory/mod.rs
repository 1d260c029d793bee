//! What a replica remembers of its database, so that reading it again costs no query.
//!
//! Whoever changes something tells all replicas, by a notification that Postgres delivers when the change commits, and
//! each forgets it. While a replica can't hear, it asks the database.

mod account_name;
mod below;
mod hearing;
mod kept;
mod lists;
mod metrics;

pub use account_name::{AccountName, AccountNameRef};
pub use hearing::Hearing;
pub use kept::Moment;
pub use lists::Lists;

use std::sync::Arc;
use std::time::Duration;

use keywright_aws_api::{AccountId, Region};
use keywright_store::{Change, StoreConfig, StoreError, Transaction};
use serde::Deserialize;

use crate::PostgresWork;
use kept::Kept;
use metrics::Metrics;

/// How much is remembered.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemorySection {
    /// How much, in MiB; nothing if it is 0.
    pub mebibytes: u64,
}

impl MemorySection {
    fn bytes(self) -> u64 {
        self.mebibytes.saturating_mul(1024 * 1024)
    }
}

/// Something that is remembered, or by which it is.
pub trait Remembered: Send + Sync + 'static {
    /// How many bytes it takes besides its own size, roughly.
    fn bytes(&self) -> usize;
}

/// Things of one Region, by account and name.
pub struct Memory<V> {
    kept: Arc<Kept<V>>,
    hearing: Hearing,
    metrics: Metrics,
}

impl<V: Remembered> Memory<V> {
    /// Begins with nothing, as soon as changes can be heard. Metrics call these things `kind`.
    ///
    /// # Errors
    /// As [`Hearing::begin`].
    pub async fn open(
        kind: &'static str,
        section: MemorySection,
        config: &StoreConfig,
        region: Region,
        changes: Announcements,
    ) -> Result<Self, StoreError> {
        let kept = Arc::new(Kept::new(section.bytes()));
        let hearing = {
            let kept = Arc::clone(&kept);
            let apply = move |change: &Change| apply(change, &region, &kept);
            Hearing::begin(config, changes.channel, LONGEST_SILENCE, apply).await?
        };
        Ok(Self { kept, hearing, metrics: Metrics::new(&config.database, kind) })
    }

    /// What is remembered, if that can be relied on.
    #[must_use]
    pub fn get(&self, account: AccountId, name: &str) -> Option<Arc<V>> {
        let remembered =
            if self.hearing.is_connected() { self.kept.get(AccountNameRef { account, name }) } else { None };
        self.metrics.read(remembered.is_some());
        remembered
    }

    /// To be asked before the database is: see [`Self::keep`].
    #[must_use]
    pub fn now(&self) -> Moment {
        self.kept.now()
    }

    /// To be asked before a list of what is below a path is read: it is another one as soon as something there has changed.
    /// The path is what names below begin with, without the slash that follows. Nothing while changes can't be heard. See
    /// [`Lists`].
    #[must_use]
    pub fn now_below(&self, account: AccountId, path: &str) -> Option<Moment> {
        self.hearing.is_connected().then(|| self.kept.now_below(AccountNameRef { account, name: path }))
    }

    /// Remembers what was read from the database behind a moment, unless something has changed since.
    pub fn keep<'a>(&self, since: Moment, read: impl IntoIterator<Item = (AccountId, &'a str, Arc<V>)>) {
        self.kept.keep(
            since,
            read.into_iter().map(|(account, name, value)| (AccountNameRef { account, name }, value)),
        );
        self.metrics.set_bytes(self.kept.bytes());
    }

    /// Forgets what a request changes when that commits, or may have: who asks this replica next needn't wait until it is
    /// told.
    pub fn forget_after(&self, work: &mut PostgresWork, account: AccountId, name: &str) {
        let (kept, name) = (Arc::clone(&self.kept), name.to_owned());
        work.unless_rolled_back(move || kept.forget(AccountNameRef { account, name: &name }));
    }

    /// Forgets what this replica has just changed.
    pub fn forget(&self, account: AccountId, name: &str) {
        self.kept.forget(AccountNameRef { account, name });
    }
}

/// Where all replicas are told of changes to things of one kind.
#[derive(Clone, Copy, Debug)]
pub struct Announcements {
    channel: &'static str,
}

impl Announcements {
    /// On this channel of the database.
    #[must_use]
    pub const fn on(channel: &'static str) -> Self {
        Self { channel }
    }

    /// Tells, when the transaction commits, that something of this name has changed.
    ///
    /// # Errors
    /// Any [`StoreError`] of a statement.
    pub async fn tell(
        self,
        transaction: &Transaction,
        region: &str,
        account: &str,
        name: &str,
    ) -> Result<(), StoreError> {
        transaction.notify(self.channel, &format!("{region} {account} {name}")).await
    }
}

/// Forgets what has changed. A message that isn't understood may be of a newer version, so it asks for the most.
fn apply<V: Remembered>(change: &Change, region: &Region, kept: &Kept<V>) {
    match change {
        Change::Resynchronize => kept.forget_all(),
        Change::Notified { payload, .. } => match parse(payload) {
            Some((of, name)) if of == region.as_str() => kept.forget(name),
            Some(_) => {}
            None => kept.forget_all(),
        },
    }
}

fn parse(payload: &str) -> Option<(&str, AccountNameRef<'_>)> {
    let mut parts = payload.splitn(3, ' ');
    let (region, account, name) = (parts.next()?, parts.next()?, parts.next()?);
    Some((region, AccountNameRef { account: AccountId::parse(account).ok()?, name }))
}

/// A connection that has been silent for longer isn't relied on; one that works is heard of each second.
const LONGEST_SILENCE: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changed_in_this_region_is_forgotten() {
        let region = Region::parse("us-east-1").unwrap();
        let account = AccountId::parse("111122223333").unwrap();
        let kept = Kept::new(10_000);
        let remember = || {
            for name in ["a b", "c"] {
                kept.keep(kept.now(), [(AccountNameRef { account, name }, Arc::new(name.to_owned()))]);
            }
        };
        let left = || ["a b", "c"].map(|name| kept.get(AccountNameRef { account, name }).is_some());
        let hear = |payload: &str| {
            let change = Change::Notified { channel: "x".to_owned(), payload: payload.to_owned() };
            apply(&change, &region, &kept);
            left()
        };
        remember();
        assert_eq!(hear("eu-west-1 111122223333 a b"), [true, true]);
        assert_eq!(hear("us-east-1 444455556666 a b"), [true, true]);
        assert_eq!(hear("us-east-1 111122223333 a b"), [false, true]);
        for strange in ["", "us-east-1", "us-east-1 x a", "us-east-1 111122223333"] {
            remember();
            assert_eq!(hear(strange), [false, false], "{strange}");
        }
        remember();
        apply(&Change::Resynchronize, &region, &kept);
        assert_eq!(left(), [false, false]);
    }
}
