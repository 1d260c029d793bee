//! A value of the wrong type: where it is and what was expected, never the value.

use std::fmt;

use serde::de::{Expected, Unexpected};

/// A value whose type does not fit its member.
///
/// The text holds nothing of the request but the names of members and the keys of maps on the way to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The steps to the value, the last one first.
    steps: Vec<String>,
    expected: String,
}

impl Mismatch {
    /// A mismatch at the place being decoded.
    pub(crate) fn expected(expected: impl Into<String>) -> Self {
        Self { steps: Vec::new(), expected: expected.into() }
    }

    /// The same mismatch, seen from one step further out.
    #[must_use]
    pub(crate) fn within(mut self, step: String) -> Self {
        self.steps.push(step);
        self
    }

    /// Where the value is, as AWS writes it: `tags.1.member.tagKey`; empty for the request itself.
    pub fn path(&self) -> String {
        self.steps.iter().rev().map(String::as_str).collect::<Vec<_>>().join(".")
    }
}

impl std::error::Error for Mismatch {}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let expected = &self.expected;
        if self.steps.is_empty() {
            write!(f, "the request must be {expected}")
        } else {
            write!(f, "the value at '{}' must be {expected}", self.path())
        }
    }
}

impl serde::de::Error for Mismatch {
    /// The text may quote the value, so it is dropped.
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::expected("a valid value")
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::expected(in_words(&expected.to_string()))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::expected(in_words(&expected.to_string()))
    }

    fn invalid_length(_: usize, expected: &dyn Expected) -> Self {
        Self::expected(in_words(&expected.to_string()))
    }

    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Self {
        Self::expected("a known value")
    }

    fn unknown_field(_: &str, _: &'static [&'static str]) -> Self {
        Self::expected("a structure without unknown members")
    }
}

/// Rust's names of types as words.
fn in_words(expected: &str) -> &str {
    match expected {
        "i8" | "i16" | "i32" | "u8" | "u16" | "u32" => "an integer",
        "i64" | "u64" => "a long integer",
        "f32" | "f64" => "a number",
        "a sequence" => "a list",
        other => other,
    }
}
