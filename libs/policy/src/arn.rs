//! ARNs by their six segments: `arn:partition:service:region:account:resource`. A wildcard stays within its segment;
//! the last segment is the rest, with whatever colons it has.

use std::borrow::Cow;

use crate::text::{Text, Wildcards};
use crate::{ContextKeys, Problem, glob};

/// The segments of an ARN.
pub(crate) type Segments<'a> = [&'a str; 6];

/// Splits a text at its first five colons.
pub(crate) fn split(text: &str) -> Option<Segments<'_>> {
    let mut rest = text.splitn(6, ':');
    Some([rest.next()?, rest.next()?, rest.next()?, rest.next()?, rest.next()?, rest.next()?])
}

/// Splits a pattern at its first five colons that are not part of a variable: what a variable stands for never moves
/// the segments.
fn split_pattern(text: &str) -> Option<Segments<'_>> {
    let mut segments = [""; 6];
    let mut rest = text;
    let (last, leading) = segments.split_last_mut()?;
    for segment in leading {
        let end = end_of_segment(rest)?;
        *segment = rest.get(..end)?;
        rest = rest.get(end + 1..)?;
    }
    *last = rest;
    Some(segments)
}

fn end_of_segment(text: &str) -> Option<usize> {
    let mut from = 0;
    loop {
        let rest = text.get(from..)?;
        let colon = rest.find(':')?;
        match rest.find("${").filter(|open| *open < colon) {
            Some(open) => from += open + rest.get(open..)?.find('}')? + 1,
            None => return Some(from + colon),
        }
    }
}

/// Checks a text that is to stand as a resource pattern. Variables have their place behind the fifth colon only.
pub(crate) fn check_resource(text: &str, variables: bool) -> Result<(), Problem> {
    let completed = completed(text);
    let [arn, leading @ .., resource] = split(&completed).ok_or(Problem::Resource)?;
    if variables && leading.iter().any(|segment| segment.contains("${")) {
        return Err(Problem::VariableInArn);
    }
    if arn != "arn" || resource.is_empty() {
        return Err(Problem::Resource);
    }
    Text::new(resource, Wildcards::Kept, variables).map(drop)
}

/// Whether a resource pattern is an ARN that lacks segments at its end. Identity-based policies may have such:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>.
pub(crate) fn is_incomplete(text: &str) -> bool {
    text.strip_prefix("arn:").is_some_and(|rest| !rest.is_empty()) && split(text).is_none()
}

/// The ARN with a wildcard for each segment that it lacks.
fn completed(text: &str) -> Cow<'_, str> {
    if !is_incomplete(text) {
        return Cow::Borrowed(text);
    }
    let lacking = 6_usize.saturating_sub(text.split(':').count());
    Cow::Owned(format!("{text}{}", ":*".repeat(lacking)))
}

/// Twelve digits.
pub(crate) fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A compiled ARN pattern.
#[derive(Debug, Clone)]
pub(crate) enum ArnPattern {
    /// `*`.
    Any,
    /// A text without wildcards and variables.
    Exact(Box<str>),
    /// An ARN with wildcards or variables, by segments.
    Segments(Box<[Text; 6]>),
}

impl ArnPattern {
    /// A pattern of `Resource` or `NotResource`.
    pub(crate) fn of_resource(pattern: &str, variables: bool) -> Result<Self, Problem> {
        Self::new(&completed(pattern), variables)
    }

    pub(crate) fn new(pattern: &str, variables: bool) -> Result<Self, Problem> {
        if pattern == "*" {
            return Ok(Self::Any);
        }
        let whole = Text::new(pattern, Wildcards::Kept, variables)?;
        if let (true, Text::Fixed(fixed)) = (whole.is_plain(), &whole) {
            return Ok(Self::Exact(String::from_utf8_lossy(fixed).into()));
        }
        let segments = if variables { split_pattern(pattern) } else { split(pattern) };
        let Some([a, b, c, d, e, f]) = segments else {
            // Not an ARN: no ARN is equal to it.
            return Ok(Self::Exact(pattern.into()));
        };
        let text = |segment| Text::new(segment, Wildcards::Kept, variables);
        Ok(Self::Segments(Box::new([text(a)?, text(b)?, text(c)?, text(d)?, text(e)?, text(f)?])))
    }

    /// Whether the ARN, given whole and by segments, matches; not if a variable has no value.
    pub(crate) fn matches(
        &self,
        whole: &str,
        segments: Option<&Segments<'_>>,
        context: &dyn ContextKeys,
    ) -> bool {
        let patterns = match self {
            Self::Any => return true,
            Self::Exact(exact) => return **exact == *whole,
            Self::Segments(patterns) => patterns,
        };
        let fits = |pattern: &Text, segment: &str| {
            pattern.with(context, |pattern| glob::matches_marked(pattern, segment)).unwrap_or(false)
        };
        segments.is_some_and(|segments| {
            patterns.iter().zip(segments).all(|(pattern, segment)| fits(pattern, segment))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ContextList;

    fn matches(pattern: &str, resource: &str) -> bool {
        let pattern = ArnPattern::new(pattern, true).unwrap();
        pattern.matches(resource, split(resource).as_ref(), &ContextList(&[]))
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
    fn what_an_incomplete_resource_lacks_is_wildcards() {
        let key = "arn:aws:kms:us-east-1:111122223333:key/1234";
        let fits = |text: &str| {
            assert_eq!(check_resource(text, true), Ok(()), "{text}");
            let pattern = ArnPattern::of_resource(text, true).unwrap();
            pattern.matches(key, split(key).as_ref(), &ContextList(&[]))
        };
        assert!(fits("arn:aws") && fits("arn:aws:kms") && fits("arn:aws:kms:us-*:111122223333"));
        assert!(
            !fits("arn:aws:ssm") && !fits("arn:aws:kms:eu-*") && !fits("arn:aws:kms:us-east-1:444455556666")
        );
        assert!(!is_incomplete(key) && !is_incomplete("*") && !is_incomplete("arn:"));
    }

    #[test]
    fn only_the_star_matches_a_call_without_a_resource() {
        assert!(matches("*", "*"));
        assert!(!matches("arn:aws:kms:*:*:*", "*"));
    }

    #[test]
    fn what_a_variable_stands_for_stays_in_its_segment() {
        let pattern = ArnPattern::new("arn:aws:iam::${aws:PrincipalTag/account}:role/app", true).unwrap();
        let asked = |value: &str, arn: &str| {
            let values = [value];
            let entries = [("aws:PrincipalTag/account", values.as_slice())];
            pattern.matches(arn, split(arn).as_ref(), &ContextList(&entries))
        };
        assert!(asked("111122223333", "arn:aws:iam::111122223333:role/app"));
        assert!(!asked("1:role/x", "arn:aws:iam::1:role/x:role/app"));
        let arn = "arn:aws:iam::111122223333:role/app";
        assert!(!pattern.matches(arn, split(arn).as_ref(), &ContextList(&[])), "it has no value");
    }

    #[test]
    fn a_resource_has_variables_only_behind_the_fifth_colon() {
        let refused = |text| check_resource(text, true).unwrap_err();
        assert_eq!(refused("arn:aws:iam::${aws:PrincipalAccount}:user/a"), Problem::VariableInArn);
        assert_eq!(refused("arn:aws:ssm:*:*:parameter/${aws:username"), Problem::Variable);
        assert_eq!(refused("key/1"), Problem::Resource);
        assert_eq!(check_resource("arn:aws:ssm:*:*:parameter/${aws:PrincipalTag/team}/*", true), Ok(()));
        assert_eq!(check_resource("arn:aws:iam::${x}:user/a", false), Ok(()));
    }
}
