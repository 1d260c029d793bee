//! What paths must begin with, as ranges of an index.

use super::path::BEHIND_ALL_NAMES;

/// Beginnings of paths; none begins with another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prefixes(Vec<String>);

impl Default for Prefixes {
    /// All paths begin with nothing.
    fn default() -> Self {
        Self(vec![String::new()])
    }
}

impl FromIterator<String> for Prefixes {
    fn from_iter<T: IntoIterator<Item = String>>(prefixes: T) -> Self {
        let mut sorted: Vec<String> = prefixes.into_iter().collect();
        sorted.sort_unstable();
        // What begins with the one before stands right behind it.
        sorted.dedup_by(|longer, kept| longer.starts_with(&**kept));
        Self(sorted)
    }
}

impl Prefixes {
    /// No path begins so.
    #[must_use]
    pub fn none() -> Self {
        Self(Vec::new())
    }

    /// What the paths begin with that satisfy both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let pairs = self.0.iter().flat_map(|one| other.0.iter().map(move |another| (one, another)));
        pairs
            .filter_map(|(one, another)| {
                let (shorter, longer) =
                    if one.len() < another.len() { (one, another) } else { (another, one) };
                longer.starts_with(&**shorter).then(|| longer.clone())
            })
            .collect()
    }

    /// The first path of each range, and the one behind its last.
    #[must_use]
    pub fn ranges(&self) -> (Vec<&str>, Vec<String>) {
        self.0.iter().map(|prefix| (&**prefix, format!("{prefix}{BEHIND_ALL_NAMES}"))).unzip()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefixes(texts: &[&str]) -> Prefixes {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn what_begins_with_another_one_is_no_range_of_its_own() {
        assert_eq!(prefixes(&["b", "a/c", "a/", "ab", "a/c/d", "b"]), prefixes(&["a/", "ab", "b"]));
        assert_eq!(prefixes(&["x", ""]), Prefixes::default());
    }

    #[test]
    fn of_two_the_longer_one_counts_where_they_agree() {
        let (some, others) = (prefixes(&["a/", "b/c", "d"]), prefixes(&["a/b", "a/c", "b/", "e"]));
        assert_eq!(some.and(&others), prefixes(&["a/b", "a/c", "b/c"]));
        assert_eq!(others.and(&some), some.and(&others));
        assert_eq!(some.and(&Prefixes::default()), some);
        assert_eq!(prefixes(&["a"]).and(&prefixes(&["b"])).ranges(), (vec![], vec![]));
    }

    #[test]
    fn a_range_holds_what_begins_so_and_nothing_else() {
        let prefixes = prefixes(&["prod/db"]);
        let (first, behind) = prefixes.ranges();
        let holds = |path: &str| path >= first[0] && path < &*behind[0];
        for inside in ["prod/db", "prod/db-2", "prod/db/url", "prod/dbz", "prod/db_"] {
            assert!(holds(inside), "{inside}");
        }
        for outside in ["prod/d", "prod/dc", "prod/dB", "prod", "q"] {
            assert!(!holds(outside), "{outside}");
        }
    }
}
