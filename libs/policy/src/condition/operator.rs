//! The names of condition operators:
//! `["ForAllValues:" | "ForAnyValue:"] operator ["IfExists"]`, or `Null`.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>

/// A condition operator with its modifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Operator {
    pub(crate) comparison: Comparison,
    /// It holds where the comparison does not: `StringNotEquals`.
    pub(crate) negated: bool,
    /// It holds where the key is absent.
    pub(crate) if_exists: bool,
    /// How the several values of a key count.
    pub(crate) set: Option<SetOperator>,
}

/// How the values of a multivalued key count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SetOperator {
    /// Each must hold; none at all is fine.
    ForAllValues,
    /// One must hold.
    ForAnyValue,
}

/// What is compared, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    String,
    StringIgnoreCase,
    StringLike,
    Numeric(Order),
    Date(Order),
    Bool,
    Binary,
    Ip,
    Arn,
    Null,
}

/// How the request's value must stand to the policy's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Order {
    /// Whether the request's value, which compares so to the policy's, fits.
    pub(crate) fn admits(self, actual_to_written: std::cmp::Ordering) -> bool {
        match self {
            Self::Equal => actual_to_written.is_eq(),
            Self::Less => actual_to_written.is_lt(),
            Self::LessOrEqual => actual_to_written.is_le(),
            Self::Greater => actual_to_written.is_gt(),
            Self::GreaterOrEqual => actual_to_written.is_ge(),
        }
    }
}

impl Operator {
    /// The operator of this name, if there is one.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        if name == "Null" {
            return Some(Self { comparison: Comparison::Null, negated: false, if_exists: false, set: None });
        }
        let (set, name) = if let Some(rest) = name.strip_prefix("ForAllValues:") {
            (Some(SetOperator::ForAllValues), rest)
        } else if let Some(rest) = name.strip_prefix("ForAnyValue:") {
            (Some(SetOperator::ForAnyValue), rest)
        } else {
            (None, name)
        };
        let (if_exists, name) = match name.strip_suffix("IfExists") {
            Some(rest) => (true, rest),
            None => (false, name),
        };
        let (_, comparison, negated) = OPERATORS.iter().find(|(known, ..)| *known == name)?;
        Some(Self { comparison: *comparison, negated: *negated, if_exists, set })
    }

    /// Variables are for strings and ARNs only.
    pub(crate) fn takes_variables(self) -> bool {
        match self.comparison {
            Comparison::String | Comparison::StringIgnoreCase | Comparison::StringLike | Comparison::Arn => {
                true
            }
            Comparison::Numeric(_)
            | Comparison::Date(_)
            | Comparison::Bool
            | Comparison::Binary
            | Comparison::Ip
            | Comparison::Null => false,
        }
    }
}

const OPERATORS: [(&str, Comparison, bool); 26] = [
    ("StringEquals", Comparison::String, false),
    ("StringNotEquals", Comparison::String, true),
    ("StringEqualsIgnoreCase", Comparison::StringIgnoreCase, false),
    ("StringNotEqualsIgnoreCase", Comparison::StringIgnoreCase, true),
    ("StringLike", Comparison::StringLike, false),
    ("StringNotLike", Comparison::StringLike, true),
    ("NumericEquals", Comparison::Numeric(Order::Equal), false),
    ("NumericNotEquals", Comparison::Numeric(Order::Equal), true),
    ("NumericLessThan", Comparison::Numeric(Order::Less), false),
    ("NumericLessThanEquals", Comparison::Numeric(Order::LessOrEqual), false),
    ("NumericGreaterThan", Comparison::Numeric(Order::Greater), false),
    ("NumericGreaterThanEquals", Comparison::Numeric(Order::GreaterOrEqual), false),
    ("DateEquals", Comparison::Date(Order::Equal), false),
    ("DateNotEquals", Comparison::Date(Order::Equal), true),
    ("DateLessThan", Comparison::Date(Order::Less), false),
    ("DateLessThanEquals", Comparison::Date(Order::LessOrEqual), false),
    ("DateGreaterThan", Comparison::Date(Order::Greater), false),
    ("DateGreaterThanEquals", Comparison::Date(Order::GreaterOrEqual), false),
    ("Bool", Comparison::Bool, false),
    ("BinaryEquals", Comparison::Binary, false),
    ("IpAddress", Comparison::Ip, false),
    ("NotIpAddress", Comparison::Ip, true),
    ("ArnEquals", Comparison::Arn, false),
    ("ArnNotEquals", Comparison::Arn, true),
    ("ArnLike", Comparison::Arn, false),
    ("ArnNotLike", Comparison::Arn, true),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modifiers_stand_before_and_behind_the_name() {
        let operator = Operator::parse("ForAllValues:StringNotLikeIfExists").unwrap();
        assert_eq!(operator.comparison, Comparison::StringLike);
        assert_eq!(
            (operator.negated, operator.if_exists, operator.set),
            (true, true, Some(SetOperator::ForAllValues))
        );
    }

    #[test]
    fn other_names_are_no_operators() {
        for bad in [
            "",
            "StringEqual",
            "stringEquals",
            "NullIfExists",
            "ForAnyValue:Null",
            "IfExists",
            "ForAllValues:",
        ] {
            assert_eq!(Operator::parse(bad), None, "{bad}");
        }
    }
}
