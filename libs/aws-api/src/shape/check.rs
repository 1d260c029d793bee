//! Which constraints a value breaks.

use super::violation::Broken;
use super::{Bounds, Constraints};

/// The sides of a value that constraints speak of.
#[derive(Debug, Clone, Copy)]
pub struct Facets<'a> {
    /// Text, whose length is counted in code points.
    pub text: Option<&'a str>,
    /// The length of anything else that has one.
    pub length: Option<u64>,
    /// A number.
    pub number: Option<i64>,
}

impl<'a> Facets<'a> {
    /// Nothing that could be constrained.
    pub const NONE: Self = Self { text: None, length: None, number: None };

    /// The facets of text.
    pub fn of_text(text: &'a str) -> Self {
        Self { text: Some(text), ..Self::NONE }
    }

    /// The facets of a number.
    pub fn of_number(number: i64) -> Self {
        Self { number: Some(number), ..Self::NONE }
    }

    /// The facets of what has a length: bytes, or entries.
    pub fn of_length(length: usize) -> Self {
        Self { length: u64::try_from(length).ok(), ..Self::NONE }
    }
}

/// Calls `report` for each of the value's own constraints that it breaks, in AWS's order.
pub(super) fn broken(
    facets: &Facets<'_>,
    constraints: &Constraints,
    values: &'static [&'static str],
    mut report: impl FnMut(Broken),
) {
    if let Some(length) = facets.length {
        broken_length(constraints.length, length, &mut report);
    }
    if let Some(number) = facets.number {
        if let Some(max) = constraints.range.max.filter(|max| number > *max) {
            report(Broken::MaxValue(max));
        }
        if let Some(min) = constraints.range.min.filter(|min| number < *min) {
            report(Broken::MinValue(min));
        }
    }
    if let Some(text) = facets.text {
        broken_text_length(constraints.length, text, &mut report);
        if let Some(pattern) = constraints.pattern
            && !(pattern.matches)(text)
        {
            report(Broken::Pattern(pattern.text));
        }
        for values in [values, constraints.one_of] {
            if !values.is_empty() && !values.contains(&text) {
                report(Broken::OneOf(values));
            }
        }
    }
}

fn broken_length(bounds: Bounds<u64>, length: u64, report: &mut impl FnMut(Broken)) {
    if let Some(max) = bounds.max.filter(|max| length > *max) {
        report(Broken::MaxLength(max));
    }
    if let Some(min) = bounds.min.filter(|min| length < *min) {
        report(Broken::MinLength(min));
    }
}

/// Counts code points only where the number of bytes, which is never smaller and at most four times as large, leaves
/// the answer open.
fn broken_text_length(bounds: Bounds<u64>, text: &str, report: &mut impl FnMut(Broken)) {
    let Ok(bytes) = u64::try_from(text.len()) else { return };
    let surely_short = bounds.max.is_none_or(|max| bytes <= max);
    let surely_long = bounds.min.is_none_or(|min| bytes.div_ceil(4) >= min);
    if surely_short && surely_long {
        return;
    }
    let points = u64::try_from(text.chars().count()).unwrap_or(bytes);
    broken_length(bounds, points, report);
}
