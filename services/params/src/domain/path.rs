//! Paths: hierarchies of parameters, as GetParametersByPath and the `Path` filter name them.

use std::ops::Range;

use keywright_aws_api::{AccountId, Region};

use super::name::{MAX_LEVELS, arn_of, is_level, without_slash};

/// A hierarchy: `/`, or `/level/...` with or without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HierarchyPath {
    given: Box<str>,
    /// Without the slashes at both ends; empty for the root.
    path: Box<str>,
}

/// A text that is no path of a hierarchy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the path of a hierarchy")]
pub struct PathError;

impl HierarchyPath {
    /// Parses a path.
    ///
    /// # Errors
    /// [`PathError`] without a leading slash, with other characters than a name's, or with too many levels.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let Some(rest) = text.strip_prefix('/') else { return Err(PathError) };
        let path = rest.strip_suffix('/').unwrap_or(rest);
        let is_hierarchy = path.split('/').all(is_level) && path.split('/').count() <= MAX_LEVELS;
        if !rest.is_empty() && !is_hierarchy {
            return Err(PathError);
        }
        Ok(Self { given: text.into(), path: path.into() })
    }

    /// The path as the parameters on its level have it as their parent.
    #[must_use]
    pub fn as_parent(&self) -> &str {
        &self.path
    }

    /// What the paths of all parameters below begin with; empty for the root.
    #[must_use]
    pub fn prefix(&self) -> String {
        if self.path.is_empty() { String::new() } else { format!("{}/", self.path) }
    }

    /// The paths of all parameters below are strictly between these two, byte by byte.
    #[must_use]
    pub fn range(&self) -> Range<String> {
        let end = if self.path.is_empty() {
            BEHIND_ALL_NAMES.to_owned()
        } else {
            // The character that follows the slash.
            format!("{}0", self.path)
        };
        self.prefix()..end
    }

    /// The ARN that policies name the path by: as it was given, without the leading slash.
    #[must_use]
    pub fn arn(&self, region: &Region, account: AccountId) -> String {
        arn_of(without_slash(&self.given), region, account)
    }
}

/// Names consist of ASCII letters, digits and `.-_/`, which are all smaller.
pub(super) const BEHIND_ALL_NAMES: &str = "~";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_begins_with_a_slash_and_may_end_with_one() {
        for (text, parent) in [("/", ""), ("/prod", "prod"), ("/prod/", "prod"), ("/prod/db/", "prod/db")] {
            assert_eq!(HierarchyPath::parse(text).unwrap().as_parent(), parent);
        }
        for bad in ["", "prod", "//", "/prod//", "/a b", "/a*", "/ä", &"/a".repeat(16)] {
            assert_eq!(HierarchyPath::parse(bad), Err(PathError), "{bad}");
        }
    }

    #[test]
    fn the_range_holds_what_is_below_and_nothing_else() {
        let range = HierarchyPath::parse("/prod").unwrap().range();
        let holds = |path: &str| *path > *range.start && *path < *range.end;
        for below in ["prod/a", "prod/a/b", "prod/-", "prod/."] {
            assert!(holds(below), "{below}");
        }
        for beside in ["prod", "prod-1", "prod.a", "prod0", "produce/a", "pro/d", "q"] {
            assert!(!holds(beside), "{beside}");
        }
        let all = HierarchyPath::parse("/").unwrap().range();
        for name in ["-", "a", "zzz/z", "_", "Z"] {
            assert!(*name > *all.start && *name < *all.end, "{name}");
        }
    }

    #[test]
    fn the_arn_keeps_the_slash_at_the_end() {
        let arn = |text: &str| {
            let path = HierarchyPath::parse(text).unwrap();
            path.arn(&"us-east-1".parse().unwrap(), "000000000000".parse().unwrap())
        };
        assert_eq!(arn("/prod/"), "arn:aws:ssm:us-east-1:000000000000:parameter/prod/");
        assert_eq!(arn("/prod"), "arn:aws:ssm:us-east-1:000000000000:parameter/prod");
        assert_eq!(arn("/"), "arn:aws:ssm:us-east-1:000000000000:parameter/");
    }
}
