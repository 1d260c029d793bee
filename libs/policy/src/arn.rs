//! ARNs by their six segments: `arn:partition:service:region:account:resource`. A wildcard stays within its segment;
//! the last segment is the rest, with whatever colons it has.

use crate::glob;

/// The segments of an ARN or of an ARN pattern.
pub(crate) type Segments<'a> = [&'a str; 6];

/// Splits a text at its first five colons.
pub(crate) fn split(text: &str) -> Option<Segments<'_>> {
    let mut rest = text.splitn(6, ':');
    Some([rest.next()?, rest.next()?, rest.next()?, rest.next()?, rest.next()?, rest.next()?])
}

/// Whether a text can stand as a resource pattern.
pub(crate) fn is_pattern(text: &str) -> bool {
    split(text).is_some_and(|[arn, .., resource]| arn == "arn" && !resource.is_empty())
}

/// The id of the account whose root ARN (`arn:aws:iam::111122223333:root`) this is.
pub(crate) fn account_of_root(text: &str) -> Option<&str> {
    match split(text)? {
        ["arn", _, "iam", "", account, "root"] if is_account_id(account) => Some(account),
        _ => None,
    }
}

/// Twelve digits.
pub(crate) fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A compiled resource pattern.
#[derive(Debug, Clone)]
pub(crate) enum ResourcePattern {
    /// `*`.
    Any,
    /// An ARN without wildcards.
    Exact(Box<str>),
    /// An ARN with wildcards, by segments.
    Segments(Box<[Box<str>; 6]>),
}

impl ResourcePattern {
    pub(crate) fn new(pattern: &str) -> Self {
        if pattern == "*" {
            return Self::Any;
        }
        match split(pattern) {
            Some(segments) if pattern.contains(['*', '?']) => {
                Self::Segments(Box::new(segments.map(Box::from)))
            }
            _ => Self::Exact(pattern.into()),
        }
    }

    /// Whether the resource, given whole and (where it is an ARN) by segments, matches.
    pub(crate) fn matches(&self, whole: &str, segments: Option<&Segments<'_>>) -> bool {
        match self {
            Self::Any => true,
            Self::Exact(exact) => **exact == *whole,
            Self::Segments(patterns) => segments.is_some_and(|segments| {
                patterns.iter().zip(segments).all(|(pattern, segment)| glob::matches(pattern, segment))
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, resource: &str) -> bool {
        ResourcePattern::new(pattern).matches(resource, split(resource).as_ref())
    }

    #[test]
    fn a_wildcard_stays_within_its_segment() {
        let key = "arn:aws:kms:us-east-1:111122223333:key/1234";
        assert!(matches("arn:aws:kms:*:111122223333:key/*", key));
        assert!(matches("arn:aws:kms:us-east-?:*:key/12?4", key));
        assert!(!matches("arn:aws:kms:*:key/1234", key));
        assert!(!matches("arn:aws:*:111122223333:key/1234", key));
        assert!(!matches("arn:aws:kms:us-east-1:*:alias/*", key));
    }

    #[test]
    fn the_last_segment_keeps_its_colons() {
        let secret = "arn:aws:secretsmanager:us-east-1:111122223333:secret:app/db-AbCdEf";
        assert!(matches("arn:aws:secretsmanager:*:*:secret:app/*", secret));
        assert!(matches("arn:aws:secretsmanager:*:*:*", secret));
        assert!(!matches("arn:aws:secretsmanager:*:*:secret/*", secret));
    }

    #[test]
    fn only_the_star_matches_a_call_without_a_resource() {
        assert!(matches("*", "*"));
        assert!(!matches("arn:aws:kms:*:*:*", "*"));
    }
}
