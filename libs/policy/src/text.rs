//! The texts of a policy that may hold variables: `${aws:username}`, with a default `${aws:username, 'nobody'}`, and the
//! escapes `${*}`, `${?}` and `${$}`.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>

use smallvec::SmallVec;

use crate::glob::{ANY_ONE, ANY_RUN};
use crate::{ContextKeys, Problem};

/// How the texts of a document are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wildcards {
    /// `*` and `?` are wildcards.
    Kept,
    /// They are themselves.
    Literal,
}

/// A text as it is compared, its wildcards as [`ANY_RUN`] and [`ANY_ONE`].
#[derive(Debug, Clone)]
pub(crate) enum Text {
    Fixed(Box<[u8]>),
    Variable(Box<[Part]>),
}

/// A piece of a text.
#[derive(Debug, Clone)]
pub(crate) enum Part {
    Fixed(Box<[u8]>),
    /// The value of a condition key.
    Key {
        key: Box<str>,
        default: Option<Box<str>>,
    },
}

impl Text {
    /// Reads a text; without `variables`, in documents of version 2008-10-17, `${` is nothing special.
    pub(crate) fn new(text: &str, wildcards: Wildcards, variables: bool) -> Result<Self, Problem> {
        let mut parts = Vec::new();
        let mut fixed = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${").filter(|_| variables) {
            mark(before, wildcards, &mut fixed);
            let (inside, behind) = after.split_once('}').ok_or(Problem::Variable)?;
            match inside {
                "*" | "?" | "$" => fixed.extend_from_slice(inside.as_bytes()),
                _ => {
                    if !fixed.is_empty() {
                        parts.push(Part::Fixed(std::mem::take(&mut fixed).into()));
                    }
                    parts.push(Part::key(inside)?);
                }
            }
            rest = behind;
        }
        mark(rest, wildcards, &mut fixed);
        if parts.is_empty() {
            return Ok(Self::Fixed(fixed.into()));
        }
        if !fixed.is_empty() {
            parts.push(Part::Fixed(fixed.into()));
        }
        Ok(Self::Variable(parts.into()))
    }

    /// Passes the text on with its variables replaced; `None` if one has no value, or several. An empty value is none.
    pub(crate) fn with<R>(&self, context: &dyn ContextKeys, pass: impl FnOnce(&[u8]) -> R) -> Option<R> {
        let parts = match self {
            Self::Fixed(fixed) => return Some(pass(fixed)),
            Self::Variable(parts) => parts,
        };
        let mut whole = SmallVec::<[u8; 256]>::new();
        for part in parts {
            match part {
                Part::Fixed(fixed) => whole.extend_from_slice(fixed),
                Part::Key { key, default } => {
                    let mut values = 0_usize;
                    context.get(key, &mut |value| {
                        values += usize::from(!value.is_empty());
                        whole.extend_from_slice(value.as_bytes());
                    });
                    match (values, default) {
                        (1, _) => {}
                        (0, Some(default)) => whole.extend_from_slice(default.as_bytes()),
                        _ => return None,
                    }
                }
            }
        }
        Some(pass(&whole))
    }

    /// Whether nothing but this very text matches.
    pub(crate) fn is_plain(&self) -> bool {
        matches!(self, Self::Fixed(fixed) if !fixed.iter().any(|byte| [ANY_RUN, ANY_ONE].contains(byte)))
    }
}

impl Part {
    /// What stands between the braces: a key, and perhaps a default in single quotes.
    fn key(inside: &str) -> Result<Self, Problem> {
        let (key, default) = match inside.split_once(',') {
            None => (inside, None),
            Some((key, default)) => {
                let quoted = default.trim().strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
                let plain = quoted.filter(|text| !text.contains('\'')).ok_or(Problem::Variable)?;
                (key.trim_end(), Some(plain.into()))
            }
        };
        let well_formed = !key.is_empty() && key.trim() == key && !key.contains(['$', '{', '\'', '*', '?']);
        if well_formed { Ok(Self::Key { key: key.into(), default }) } else { Err(Problem::Variable) }
    }
}

fn mark(text: &str, wildcards: Wildcards, into: &mut Vec<u8>) {
    let marked = |byte| match byte {
        b'*' if wildcards == Wildcards::Kept => ANY_RUN,
        b'?' if wildcards == Wildcards::Kept => ANY_ONE,
        other => other,
    };
    into.extend(text.bytes().map(marked));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ContextList;

    fn resolved(text: &str, context: &[(&str, &[&str])]) -> Option<String> {
        let text = Text::new(text, Wildcards::Literal, true).unwrap();
        text.with(&ContextList(context), |bytes| String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[test]
    fn a_variable_is_its_single_value_or_its_default() {
        let context: &[(&str, &[&str])] =
            &[("aws:username", &["alice"]), ("aws:TagKeys", &["a", "b"]), ("aws:PrincipalTag/stage", &[""])];
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(resolved("home/${AWS:UserName}/x", context), some("home/alice/x"));
        assert_eq!(resolved("${aws:username}${aws:username}", context), some("alicealice"));
        assert_eq!(resolved("${aws:PrincipalTag/team, 'none'}-x", context), some("none-x"));
        assert_eq!(resolved("${aws:username,'none'}", context), some("alice"));
        assert_eq!(resolved("${aws:PrincipalTag/cost center, ''}", context), some(""));
        assert_eq!(resolved("${aws:PrincipalTag/team}", context), None);
        assert_eq!(resolved("${aws:PrincipalTag/stage}", context), None, "an empty value is none");
        assert_eq!(resolved("${aws:PrincipalTag/stage, 'x'}", context), some("x"));
        assert_eq!(resolved("${aws:TagKeys}", context), None, "it has several values");
        assert_eq!(resolved("${aws:TagKeys, 'x'}", context), None, "a default is for what is absent");
        assert_eq!(resolved("${*}${?}${$}{}$", context), some("*?${}$"));
    }

    #[test]
    fn a_value_brings_no_wildcards() {
        let text = Text::new("${aws:username}/*", Wildcards::Kept, true).unwrap();
        let matches = |name: &str, asked: &str| {
            let values = [name];
            let entries = [("aws:username", values.as_slice())];
            text.with(&ContextList(&entries), |pattern| crate::glob::matches_marked(pattern, asked))
        };
        assert_eq!(matches("*", "*/x"), Some(true));
        assert_eq!(matches("*", "alice/x"), Some(false));
        let escaped = Text::new("a${*}b*", Wildcards::Kept, true).unwrap();
        let matches = |asked: &str| {
            escaped.with(&ContextList(&[]), |pattern| crate::glob::matches_marked(pattern, asked))
        };
        assert_eq!((matches("a*bc"), matches("axbc")), (Some(true), Some(false)));
    }

    #[test]
    fn what_is_no_variable_is_refused() {
        for bad in [
            "${aws:username",
            "${}",
            "${ aws:username}",
            "${aws:a, b}",
            "${aws:a, 'b}",
            "${a:${b:c}}",
            "${**}",
        ] {
            assert_eq!(Text::new(bad, Wildcards::Literal, true).unwrap_err(), Problem::Variable, "{bad}");
            assert!(Text::new(bad, Wildcards::Literal, false).is_ok(), "{bad}");
        }
    }
}
