//! The condition keys of a simulation: those given with the request, and those known of the caller.

use std::collections::BTreeMap;
use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keywright_aws_api::wire_enum;
use keywright_policy::ContextKeys;
use time::OffsetDateTime;
use time::format_description::well_known::Iso8601;

wire_enum! {
    /// [ContextKeyTypeEnum](https://docs.aws.amazon.com/IAM/latest/APIReference/API_ContextEntry.html).
    pub(crate) enum ContextValueType {
        /// One text.
        Text = "string",
        /// Texts.
        TextList = "stringList",
        /// One number.
        Numeric = "numeric",
        /// Numbers.
        NumericList = "numericList",
        /// True or false.
        Boolean = "boolean",
        /// Several of these.
        BooleanList = "booleanList",
        /// One address.
        Ip = "ip",
        /// Addresses.
        IpList = "ipList",
        /// Bytes in base64.
        Binary = "binary",
        /// Several of these.
        BinaryList = "binaryList",
        /// One date.
        Date = "date",
        /// Dates.
        DateList = "dateList",
    }
}

/// A value that isn't of the type that is said to be its.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ValueError {
    /// It isn't of its type.
    #[error("the value {value} of the context key {key} is no {of}")]
    Value {
        /// The key.
        key: String,
        /// The value.
        value: String,
        /// The type.
        of: &'static str,
    },
    /// There isn't just one.
    #[error("the context key {0} must have one value, or be of a list type")]
    Single(String),
}

impl ContextValueType {
    fn is_list(self) -> bool {
        self.as_str().ends_with("List")
    }

    fn admits(self, value: &str) -> bool {
        match self {
            Self::Text | Self::TextList => true,
            Self::Numeric | Self::NumericList => value.parse::<f64>().is_ok_and(f64::is_finite),
            Self::Boolean | Self::BooleanList => {
                value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false")
            }
            Self::Ip | Self::IpList => {
                value.split('/').next().is_some_and(|address| address.parse::<IpAddr>().is_ok())
            }
            Self::Binary | Self::BinaryList => STANDARD.decode(value).is_ok(),
            Self::Date | Self::DateList => is_date(value),
        }
    }
}

fn is_date(value: &str) -> bool {
    value.parse::<i64>().is_ok()
        || OffsetDateTime::parse(value, &Iso8601::DEFAULT).is_ok()
        || time::Date::parse(value, &Iso8601::DATE).is_ok()
}

/// The condition keys of a simulation.
#[derive(Clone, Debug, Default)]
pub(crate) struct SimulatedContext(BTreeMap<String, Vec<String>>);

impl SimulatedContext {
    /// Adds what is known without being given; what is given stands above it.
    pub(crate) fn know(&mut self, key: &str, value: impl Into<String>) {
        self.0.entry(key.to_ascii_lowercase()).or_insert_with(|| vec![value.into()]);
    }

    /// Adds a key with its values.
    ///
    /// # Errors
    /// [`ValueError`] for values that aren't of the type.
    pub(crate) fn give(
        &mut self,
        key: &str,
        values: Vec<String>,
        of: ContextValueType,
    ) -> Result<(), ValueError> {
        if !of.is_list() && values.len() != 1 {
            return Err(ValueError::Single(key.to_owned()));
        }
        if let Some(value) = values.iter().find(|value| !of.admits(value)) {
            return Err(ValueError::Value { key: key.to_owned(), value: value.clone(), of: of.as_str() });
        }
        self.0.insert(key.to_ascii_lowercase(), values);
        Ok(())
    }

    /// Whether a key has values, or none are needed.
    pub(super) fn has(&self, key: &str) -> bool {
        self.0.contains_key(&key.to_ascii_lowercase())
    }
}

impl ContextKeys for SimulatedContext {
    fn get(&self, key: &str, each: &mut dyn FnMut(&str)) -> bool {
        let found = self.0.get(&key.to_ascii_lowercase());
        found.inspect(|values| values.iter().for_each(|value| each(value))).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn give(of: ContextValueType, values: &[&str]) -> Result<(), ValueError> {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        SimulatedContext::default().give("aws:x", values, of)
    }

    #[test]
    fn values_are_of_their_type() {
        use ContextValueType as Type;
        for (of, good, bad) in [
            (Type::Numeric, "1.5", "x"),
            (Type::Boolean, "True", "yes"),
            (Type::Ip, "203.0.113.0/24", "203.0.113"),
            (Type::Ip, "2001:db8::1", "x"),
            (Type::Binary, "AAAA", "!"),
            (Type::Date, "2026-11-26T12:00:00Z", "tomorrow"),
            (Type::Date, "1795696215", "2026-13-01"),
        ] {
            assert_eq!(give(of, &[good]), Ok(()), "{good}");
            assert!(give(of, &[bad]).is_err(), "{bad}");
            assert_eq!(give(of, &[good, good]), Err(ValueError::Single("aws:x".to_owned())));
        }
        assert_eq!(give(Type::TextList, &[]), Ok(()));
        assert_eq!(give(Type::NumericList, &["1", "2"]), Ok(()));
    }

    #[test]
    fn what_is_given_stands_above_what_is_known() {
        let mut context = SimulatedContext::default();
        context.give("aws:UserName", vec!["given".to_owned()], ContextValueType::Text).unwrap();
        context.know("aws:username", "known");
        let mut found = Vec::new();
        assert!(context.get("AWS:username", &mut |value| found.push(value.to_owned())));
        assert_eq!(found, ["given"]);
        assert!(context.has("aws:USERNAME") && !context.has("aws:userid"));
    }
}
