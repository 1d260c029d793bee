//! Violations of constraints, in the words of AWS's `ValidationException`.

use std::fmt;

use super::bounded::Excerpt;
use super::{Constraints, Shape};

/// Every violation of one request.
///
/// Prints as AWS does: `2 validation errors detected: Value null at 'keyId' failed to satisfy constraint: ...; ...`.
/// All are counted; the first [`Violations::MAX_SHOWN`] are named, so that an answer stays short.
#[derive(Debug, Default)]
pub struct Violations {
    named: Vec<Violation>,
    count: usize,
}

/// One constraint that one value broke.
#[derive(Debug)]
pub struct Violation {
    /// Where, as AWS writes it: `tags.1.member.tagKey`.
    pub path: String,
    /// The value as it may be shown; `None` when it must not be.
    value: Option<String>,
    /// Which constraint.
    pub broken: Broken,
}

/// A constraint that was broken.
#[derive(Debug, Clone, Copy)]
pub enum Broken {
    /// A required member was absent.
    Required,
    /// Too short.
    MinLength(u64),
    /// Too long.
    MaxLength(u64),
    /// Too small.
    MinValue(i64),
    /// Too large.
    MaxValue(i64),
    /// Does not match the regular expression.
    Pattern(&'static str),
    /// Not one of the values of an enum.
    OneOf(&'static [&'static str]),
    /// An element of a list, which must satisfy these constraints and be one of these values.
    Element(&'static Constraints, &'static [&'static str]),
    /// A value of a map.
    MapValue(&'static Constraints, &'static [&'static str]),
    /// A key of a map.
    MapKey(&'static Constraints),
}

impl Violations {
    /// How many violations are spelled out.
    pub const MAX_SHOWN: usize = 32;

    /// Whether the request broke nothing.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// How many there are, also those that are not spelled out.
    pub fn len(&self) -> usize {
        self.count
    }

    /// The violations that are spelled out.
    pub fn iter(&self) -> std::slice::Iter<'_, Violation> {
        self.named.iter()
    }

    /// Reports an absent member.
    pub fn report_missing(&mut self, place: Place<'_>) {
        self.push(place, Some("null".to_owned()), Broken::Required);
    }

    /// Reports a value that broke a constraint, with the value where it may be shown.
    pub fn report<S: Shape>(
        &mut self,
        wire: &S::Wire,
        constraints: &Constraints,
        place: Place<'_>,
        broken: Broken,
    ) {
        if self.named.len() >= Self::MAX_SHOWN {
            self.count += 1;
            return;
        }
        let mut shown = Excerpt::default();
        let may_show = !S::SENSITIVE && !constraints.sensitive && S::show(wire, &mut shown);
        self.push(place, may_show.then(|| format!("'{shown}'")), broken);
    }

    fn push(&mut self, place: Place<'_>, value: Option<String>, broken: Broken) {
        self.count += 1;
        if self.named.len() < Self::MAX_SHOWN {
            self.named.push(Violation { path: place.to_string(), value, broken });
        }
    }
}

impl std::error::Error for Violations {}

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.count == 1 { "" } else { "s" };
        write!(f, "{} validation error{plural} detected: ", self.count)?;
        separated(f, "; ", &self.named)
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Value ")?;
        if let Some(value) = &self.value {
            write!(f, "{value} ")?;
        }
        write!(f, "at '{}' failed to satisfy constraint: {}", self.path, self.broken)
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Required => f.write_str("Member must not be null"),
            Self::MinLength(min) => write!(f, "Member must have length greater than or equal to {min}"),
            Self::MaxLength(max) => write!(f, "Member must have length less than or equal to {max}"),
            Self::MinValue(min) => write!(f, "Member must have value greater than or equal to {min}"),
            Self::MaxValue(max) => write!(f, "Member must have value less than or equal to {max}"),
            Self::Pattern(pattern) => write!(f, "Member must satisfy regular expression pattern: {pattern}"),
            Self::OneOf(values) => {
                f.write_str("Member must satisfy enum value set: [")?;
                separated(f, ", ", values.iter())?;
                f.write_str("]")
            }
            Self::Element(constraints, values) => write_all(f, "Member", constraints, values),
            Self::MapValue(constraints, values) => write_all(f, "Map value", constraints, values),
            Self::MapKey(constraints) => write_all(f, "Map keys", constraints, &[]),
        }
    }
}

/// AWS names all constraints of an element, not only the broken one, and not which element it was.
fn write_all(
    f: &mut fmt::Formatter<'_>,
    subject: &str,
    constraints: &Constraints,
    values: &'static [&'static str],
) -> fmt::Result {
    let length = constraints.length;
    let range = constraints.range;
    let all = [
        length.max.map(Broken::MaxLength),
        length.min.map(Broken::MinLength),
        range.max.map(Broken::MaxValue),
        range.min.map(Broken::MinValue),
        constraints.pattern.map(|pattern| Broken::Pattern(pattern.text)),
        Some(values).filter(|values| !values.is_empty()).map(Broken::OneOf),
        Some(constraints.one_of).filter(|values| !values.is_empty()).map(Broken::OneOf),
    ];
    write!(f, "{subject} must satisfy constraint: [")?;
    separated(f, ", ", all.into_iter().flatten())?;
    f.write_str("]")
}

fn separated<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    separator: &str,
    items: impl IntoIterator<Item = T>,
) -> fmt::Result {
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            f.write_str(separator)?;
        }
        write!(f, "{item}")?;
    }
    Ok(())
}

/// A place in a request: a chain on the stack, which costs nothing until a violation prints it.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    parent: Option<&'a Place<'a>>,
    step: Step<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Step<'a> {
    Root,
    Member(&'static str),
    /// Counted from 1, as AWS does.
    Element(usize),
    Entry(&'a str),
}

impl<'a> Place<'a> {
    /// The request itself.
    pub const ROOT: Place<'static> = Place { parent: None, step: Step::Root };

    /// A member of the structure at this place.
    pub fn member(&'a self, name: &'static str) -> Self {
        Self { parent: Some(self), step: Step::Member(name) }
    }

    /// An element of the list at this place; the first is 0.
    pub fn element(&'a self, index: usize) -> Self {
        Self { parent: Some(self), step: Step::Element(index + 1) }
    }

    /// A value of the map at this place.
    pub fn entry(&'a self, key: &'a str) -> Self {
        Self { parent: Some(self), step: Step::Entry(key) }
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            write!(f, "{parent}")?;
            if !matches!(parent.step, Step::Root) {
                f.write_str(".")?;
            }
        }
        match self.step {
            Step::Root => Ok(()),
            Step::Member(name) => write_lower_camel(f, name),
            Step::Element(number) => write!(f, "{number}.member"),
            Step::Entry(key) => write!(f, "{}.member", Excerpt::of(key)),
        }
    }
}

/// `KeyId` as `keyId`: AWS lowers the first letter only (`KMSKeyArn` is `kMSKeyArn`).
pub(super) fn write_lower_camel(f: &mut impl fmt::Write, name: &str) -> fmt::Result {
    let mut letters = name.chars();
    if let Some(first) = letters.next() {
        f.write_char(first.to_ascii_lowercase())?;
    }
    f.write_str(letters.as_str())
}
