//! One value of a condition, ready to be compared.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::date::Moment;
use super::network::Network;
use super::number::Number;
use super::operator::{Comparison, Operator, Order};
use crate::arn::{self, ArnPattern};
use crate::text::{Text, Wildcards};
use crate::{ContextKeys, Problem, glob};

/// A value as it was written in the policy, of its operator's type.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Exact(Text),
    IgnoringCase(Text),
    Like(Text),
    Number(Order, Number),
    Date(Order, Moment),
    Bool(bool),
    Bytes(Box<[u8]>),
    Network(Network),
    Arn(ArnPattern),
    /// Whether the key is to be absent.
    Null(bool),
}

impl Value {
    /// Reads a value for an operator; `variables` says whether the document's version has them.
    pub(crate) fn new(operator: Operator, text: &str, variables: bool) -> Result<Self, Problem> {
        if variables && text.contains("${") && !operator.takes_variables() {
            return Err(Problem::VariableNotAllowed);
        }
        let literal = |kind: fn(Text) -> Self| Text::new(text, Wildcards::Literal, variables).map(kind);
        match operator.comparison {
            Comparison::String => literal(Self::Exact),
            Comparison::StringIgnoreCase => literal(Self::IgnoringCase),
            Comparison::StringLike => Text::new(text, Wildcards::Kept, variables).map(Self::Like),
            Comparison::Arn => ArnPattern::new(text, variables).map(Self::Arn),
            Comparison::Numeric(order) => {
                Number::parse(text).map(|number| Self::Number(order, number)).ok_or(value("a number"))
            }
            Comparison::Date(order) => {
                Moment::parse(text).map(|moment| Self::Date(order, moment)).ok_or(value("a date"))
            }
            Comparison::Bool => boolean(text).map(Self::Bool).ok_or(value("true or false")),
            Comparison::Null => boolean(text).map(Self::Null).ok_or(value("true or false")),
            Comparison::Binary => match STANDARD.decode(text) {
                Ok(bytes) => Ok(Self::Bytes(bytes.into())),
                Err(_) => Err(value("in base64")),
            },
            Comparison::Ip => {
                Network::parse(text).map(Self::Network).ok_or(value("an ip address or a range of them"))
            }
        }
    }

    /// Whether the request's value is what is written here; not if a variable in it has no value.
    pub(crate) fn matches(&self, actual: &str, context: &dyn ContextKeys) -> bool {
        let with =
            |text: &Text, matches: &dyn Fn(&[u8]) -> bool| text.with(context, matches).unwrap_or(false);
        match self {
            Self::Exact(text) => with(text, &|written| written == actual.as_bytes()),
            Self::IgnoringCase(text) => with(text, &|written| equal_ignoring_case(written, actual)),
            Self::Like(text) => with(text, &|pattern| glob::matches_marked(pattern, actual)),
            Self::Arn(pattern) => {
                let segments = arn::split(actual).filter(|[prefix, ..]| *prefix == "arn");
                segments.is_some() && pattern.matches(actual, segments.as_ref(), context)
            }
            Self::Number(order, written) => Number::parse(actual)
                .and_then(|actual| actual.compare(*written))
                .is_some_and(|ordering| order.admits(ordering)),
            Self::Date(order, written) => {
                Moment::parse(actual).is_some_and(|actual| order.admits(actual.cmp(written)))
            }
            Self::Bool(written) => boolean(actual) == Some(*written),
            Self::Bytes(written) => STANDARD.decode(actual).is_ok_and(|actual| actual == **written),
            Self::Network(network) => actual.parse().is_ok_and(|address| network.contains(address)),
            Self::Null(absent) => !absent,
        }
    }
}

fn value(expected: &'static str) -> Problem {
    Problem::ConditionValue { expected }
}

fn boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

fn equal_ignoring_case(written: &[u8], actual: &str) -> bool {
    if written.eq_ignore_ascii_case(actual.as_bytes()) {
        return true;
    }
    let lower = |text: &str| text.chars().flat_map(char::to_lowercase).collect::<String>();
    let ascii = written.is_ascii() && actual.is_ascii();
    !ascii && std::str::from_utf8(written).is_ok_and(|written| lower(written) == lower(actual))
}
