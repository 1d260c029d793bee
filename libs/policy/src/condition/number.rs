//! Numbers of conditions: integers and decimals.

use std::cmp::Ordering;

/// A number as it was written. Integers are kept exactly.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Number {
    Integer(i64),
    Decimal(f64),
}

impl Number {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if let Ok(integer) = text.parse() {
            return Some(Self::Integer(integer));
        }
        // `f64` would also read `inf`, `nan` and the like.
        let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
        let decimal = text.parse().ok().filter(|number: &f64| plain && number.is_finite())?;
        Some(Self::Decimal(decimal))
    }

    pub(crate) fn compare(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Integer(a), Self::Integer(b)) => Some(a.cmp(&b)),
            (a, b) => a.as_decimal().partial_cmp(&b.as_decimal()),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "the other side of the comparison is not exact either")]
    fn as_decimal(self) -> f64 {
        match self {
            Self::Integer(integer) => integer as f64,
            Self::Decimal(decimal) => decimal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_compare_by_value() {
        let compare = |a, b| Number::parse(a).unwrap().compare(Number::parse(b).unwrap()).unwrap();
        assert_eq!(compare("10", "9"), Ordering::Greater);
        assert_eq!(compare("-1", "1.5"), Ordering::Less);
        assert_eq!(compare("2.50", "2.5"), Ordering::Equal);
        assert_eq!(compare("9007199254740993", "9007199254740992"), Ordering::Greater);
    }

    #[test]
    fn other_texts_are_no_numbers() {
        for bad in ["", " 1", "1 ", "0x10", "nan", "inf", "-infinity", "1e999", "ten"] {
            assert_eq!(Number::parse(bad), None, "{bad}");
        }
    }
}
