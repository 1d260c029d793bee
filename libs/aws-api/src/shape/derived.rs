//! What the code written by `#[derive(Input)]` calls. Not an API for people.

use std::fmt;
use std::sync::OnceLock;

use serde::de::{DeserializeSeed, Deserializer, Error, Visitor};

use super::{Constraints, Member, Place, Shape, Violations};

pub use serde;

/// Checks a member: its presence, then its value.
pub fn check_member<S: Shape>(
    wire: Option<&S::Wire>,
    member: &'static Member,
    place: Place<'_>,
    found: &mut Violations,
) {
    let place = place.member(member.name);
    match wire {
        Some(wire) => S::check(wire, &member.constraints, place, found),
        None if member.required => found.report_missing(place),
        None => {}
    }
}

/// `Some(None)` for an absent member.
#[allow(clippy::option_option, reason = "the outer one is the failure that `?` passes on")]
pub fn build_optional<S: Shape>(wire: Option<S::Wire>) -> Option<Option<S>> {
    match wire {
        None => Some(None),
        Some(wire) => S::build(wire).map(Some),
    }
}

/// Reads a member's name as its index, without copying the name.
pub struct MemberIndex(pub fn(&str) -> Option<usize>);

impl<'de> DeserializeSeed<'de> for MemberIndex {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for MemberIndex {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok((self.0)(name))
    }
}

/// A regular expression that is compiled when it is first needed and matches whole texts, as AWS's do. Its `\w`, `\d` and
/// `\s` are of ASCII, as in the language that AWS's patterns are written for; `\p{...}` is of Unicode.
pub struct Expression {
    pattern: &'static str,
    compiled: OnceLock<Option<regex::Regex>>,
}

impl Expression {
    /// The derive has checked that the pattern compiles.
    pub const fn new(pattern: &'static str) -> Self {
        Self { pattern, compiled: OnceLock::new() }
    }

    /// Whether all of `text` matches; never, should the pattern not compile after all.
    pub fn matches(&self, text: &str) -> bool {
        let compiled = self.compiled.get_or_init(|| {
            let pattern = of_ascii(self.pattern);
            regex::Regex::new(&format!("\\A(?:{pattern})\\z")).ok()
        });
        compiled.as_ref().is_some_and(|expression| expression.is_match(text))
    }
}

/// Writes the classes which are wider in Unicode as those of ASCII; within a class they nest.
fn of_ascii(pattern: &str) -> String {
    let mut written = String::with_capacity(pattern.len());
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        match (character, if character == '\\' { characters.next() } else { None }) {
            ('\\', Some('w')) => written.push_str("[0-9A-Za-z_]"),
            ('\\', Some('W')) => written.push_str("[^0-9A-Za-z_]"),
            ('\\', Some('d')) => written.push_str("[0-9]"),
            ('\\', Some('D')) => written.push_str("[^0-9]"),
            ('\\', Some('s')) => written.push_str("[\\t\\n\\x0B\\f\\r ]"),
            ('\\', Some('S')) => written.push_str("[^\\t\\n\\x0B\\f\\r ]"),
            (_, None) => written.push(character),
            (_, Some(escaped)) => written.extend([character, escaped]),
        }
    }
    written
}

/// The constraints of elements for which none are given.
pub(super) static UNCONSTRAINED: Constraints = Constraints::NONE;

#[cfg(test)]
mod tests {
    use super::Expression;

    #[test]
    fn classes_are_of_ascii_and_properties_of_unicode() {
        for (pattern, text, matches) in [
            ("[\\w+=,.@-]+", "a_1+@", true),
            ("[\\w+=,.@-]+", "\u{e4}", false),
            ("\\d{2}", "12", true),
            ("\\d{2}", "\u{0661}\u{0662}", false),
            ("[^\\s]+", "a b", false),
            ("[\\S]*\\D", "a\u{e4}", true),
            ("[\\p{L}\\-]+", "\u{e4}-", true),
            ("\\\\w", "\\w", true),
        ] {
            assert_eq!(Expression::new(pattern).matches(text), matches, "{pattern} of {text}");
        }
    }
}
