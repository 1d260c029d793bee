//! The path below which parameters are.

use std::fmt;
use std::str::FromStr;

use keywright_params::domain::path::HierarchyPath;

/// The path below which parameters are imported, exported, or given to a program: `/prod/app`, or `/` for all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Root(String);

impl Root {
    /// The path, without a slash at its end.
    pub(crate) fn as_str(&self) -> &str {
        if self.0.is_empty() { "/" } else { &self.0 }
    }

    /// A name as it is below the path.
    pub(crate) fn relative<'a>(&self, name: &'a str) -> Option<&'a str> {
        match name.strip_prefix(self.0.as_str())?.strip_prefix('/') {
            // At the root a name may be without a slash.
            None if self.0.is_empty() => Some(name),
            relative => relative,
        }
    }

    /// The whole name of what is below the path.
    pub(crate) fn join(&self, relative: &str) -> String {
        format!("{}/{relative}", self.0)
    }
}

impl FromStr for Root {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        HierarchyPath::parse(text)
            .map_err(|_| "a path begins with a slash, such as /prod/app, and has letters, digits and ._-")?;
        Ok(Self(text.strip_suffix('/').unwrap_or(text).to_owned()))
    }
}

impl fmt::Display for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart_at_whole_levels() {
        let root: Root = "/prod/app/".parse().unwrap();
        assert_eq!((root.as_str(), root.join("db/url").as_str()), ("/prod/app", "/prod/app/db/url"));
        assert_eq!(root.relative("/prod/app/db/url"), Some("db/url"));
        assert_eq!((root.relative("/prod/application"), root.relative("/prod")), (None, None));
        let all: Root = "/".parse().unwrap();
        assert_eq!((all.relative("/a/b"), all.relative("a"), all.as_str()), (Some("a/b"), Some("a"), "/"));
        for bad in ["", "prod", "//", "/a b"] {
            assert!(bad.parse::<Root>().is_err(), "{bad}");
        }
    }
}
