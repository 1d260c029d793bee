//! Whether something below a path has changed since a list of it was read.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

use super::{AccountNameRef, Moment};

/// Counts the changes below each path of each account. Paths may share a counter, so that there are few: a change below one
/// of them then costs a reading of the other.
pub(super) struct ChangesBelow {
    counters: Box<[AtomicU64]>,
    hasher: RandomState,
}

impl Default for ChangesBelow {
    fn default() -> Self {
        Self { counters: (0..COUNTERS).map(|_| AtomicU64::new(0)).collect(), hasher: RandomState::new() }
    }
}

impl ChangesBelow {
    /// Counts a change to what has this name, for each path above it.
    pub(super) fn count(&self, AccountNameRef { account, name }: AccountNameRef<'_>) {
        let above = paths_above(name).map(|path| AccountNameRef { account, name: path });
        above.filter_map(|path| self.counter(path)).for_each(count);
    }

    /// Counts a change below every path.
    pub(super) fn count_all(&self) {
        self.counters.iter().for_each(count);
    }

    /// How many changes were counted below a path.
    pub(super) fn now(&self, path: AccountNameRef<'_>) -> Moment {
        Moment(self.counter(path).map_or(0, |counter| counter.load(Ordering::Acquire)))
    }

    fn counter(&self, path: AccountNameRef<'_>) -> Option<&AtomicU64> {
        let hash = self.hasher.hash_one(path);
        // The remainder fits any usize.
        self.counters.get((hash % COUNTERS) as usize)
    }
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Release);
}

/// The paths that a name is below of, from the root on, which is empty.
fn paths_above(name: &str) -> impl Iterator<Item = &str> {
    let levels = name.match_indices('/').filter_map(|(end, _)| name.get(..end));
    std::iter::once("").chain(levels.filter(|path| !path.is_empty()))
}

/// 32 KiB of them.
const COUNTERS: u64 = 4096;

#[cfg(test)]
mod tests {
    use keywright_aws_api::AccountId;

    use super::*;

    #[test]
    fn a_name_is_below_each_path_above_it() {
        let above = |name| paths_above(name).collect::<Vec<_>>();
        assert_eq!(above("a/b/c"), ["", "a", "a/b"]);
        assert_eq!(above("/a/b"), ["", "/a"]);
        assert_eq!(above("a"), [""]);
    }

    #[test]
    fn a_change_is_counted_for_what_is_above_it_only() {
        let changes = ChangesBelow::default();
        let [account, other] = ["111122223333", "444455556666"].map(|id| AccountId::parse(id).unwrap());
        let above = ["", "a"].map(|name| AccountNameRef { account, name });
        let others = (0..100).map(|number| format!("a/b{number}")).collect::<Vec<_>>();
        let others = others.iter().map(|name| AccountNameRef { account, name });
        let others = others.chain([AccountNameRef { account: other, name: "a" }]).collect::<Vec<_>>();
        let now = || {
            let now = |paths: &[_]| paths.iter().map(|path| changes.now(*path)).collect::<Vec<_>>();
            (now(&above), now(&others))
        };
        let changed = |before: &[Moment], behind: &[Moment]| {
            before.iter().zip(behind).filter(|(before, behind)| before != behind).count()
        };
        let before = now();
        changes.count(AccountNameRef { account, name: "a/b" });
        let behind = now();
        assert_eq!(changed(&before.0, &behind.0), above.len());
        // A few may share a counter with those above.
        assert!(changed(&before.1, &behind.1) < 5);
        changes.count_all();
        let everywhere = now();
        assert_eq!(changed(&behind.0, &everywhere.0), above.len());
        assert_eq!(changed(&behind.1, &everywhere.1), others.len());
    }
}
