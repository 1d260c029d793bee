//! Parameter policies: what is to happen to a parameter in time, or when it isn't changed for too long.
//!
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-policies.html>

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{Duration, OffsetDateTime};

keywright_aws_api::wire_enum! {
    /// What a policy does.
    pub enum PolicyType {
        /// Deletes the parameter.
        Expiration = "Expiration",
        /// Tells that the parameter is going to be deleted.
        ExpirationNotification = "ExpirationNotification",
        /// Tells that the parameter has not been changed.
        NoChangeNotification = "NoChangeNotification",
    }
}

/// The policies of a request, checked, in its order; none takes back those that there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterPolicies(Vec<ParameterPolicy>);

/// One policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterPolicy {
    /// What it does.
    pub policy_type: PolicyType,
    /// Its JSON, as it was given.
    pub text: String,
    /// When.
    pub due: Due,
}

/// When a policy is to be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// At this time.
    At(OffsetDateTime),
    /// So long after the last change of the parameter.
    AfterChange(Duration),
}

/// Why policies are refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// Not an array of policies.
    #[error("the policies are not an array of policies")]
    Malformed(String),
    /// More than [`MAX_POLICIES`].
    #[error("there are too many policies")]
    TooMany,
    /// A type that isn't known.
    #[error("the policy type is not supported, type={0}")]
    Type(String),
    /// A version other than 1.0.
    #[error("the policy version is not supported, version={0}")]
    Version(String),
    /// An attribute that is missing, unknown, or has a value that can't be.
    #[error("a policy attribute is not valid, attribute={attribute}")]
    Attribute {
        /// The policy's type.
        policy_type: PolicyType,
        /// The attribute.
        attribute: String,
    },
    /// Two that delete.
    #[error("there is more than one expiration")]
    TwoExpirations,
    /// A notification of an expiration that there is none of.
    #[error("there is no expiration to be notified of")]
    NoExpiration,
    /// Policies of a standard parameter.
    #[error("only advanced parameters have policies")]
    StandardTier,
}

impl ParameterPolicies {
    /// Reads what a request has, which came at `now`.
    ///
    /// # Errors
    /// Any [`PolicyError`] but [`PolicyError::StandardTier`].
    pub fn parse(text: &str, now: OffsetDateTime) -> Result<Self, PolicyError> {
        let malformed = || PolicyError::Malformed(text.to_owned());
        let given = serde_json::from_str::<Vec<&RawValue>>(text).map_err(|_| malformed())?;
        if given.len() > MAX_POLICIES {
            return Err(PolicyError::TooMany);
        }
        if Self::is_none(text) {
            return Ok(Self(Vec::new()));
        }
        let parts = given.iter().map(|given| {
            let written = serde_json::from_str::<Written>(given.get()).map_err(|_| malformed())?;
            Ok((given.get().to_owned(), Rule::read(written, now)?))
        });
        let parts = parts.collect::<Result<Vec<_>, PolicyError>>()?;
        let mut ends = parts.iter().filter_map(|(_, rule)| match rule {
            Rule::DeleteAt(end) => Some(*end),
            Rule::TellBeforeEnd(_) | Rule::TellAfterChange(_) => None,
        });
        let end = ends.next();
        if ends.next().is_some() {
            return Err(PolicyError::TwoExpirations);
        }
        let policies = parts.into_iter().map(|(text, rule)| rule.policy(text, end));
        Ok(Self(policies.collect::<Result<_, _>>()?))
    }

    /// Whether a request takes policies back: by `[{}]`, as AWS's guide has it, or by `[]`.
    #[must_use]
    pub fn is_none(text: &str) -> bool {
        serde_json::from_str::<Vec<Nothing>>(text).is_ok_and(|nothing| nothing.len() <= 1)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, ParameterPolicy> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a ParameterPolicies {
    type Item = &'a ParameterPolicy;
    type IntoIter = std::slice::Iter<'a, ParameterPolicy>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// How long before or after something, in the words of a policy that was set: `2 hours`.
#[must_use]
pub fn period(text: &str) -> Option<String> {
    let mut written = serde_json::from_str::<Written>(text).ok()?;
    let amount = BEFORE_OR_AFTER.iter().find_map(|name| written.attributes.remove(*name))?;
    let unit = written.attributes.remove(UNIT)?;
    let amount = amount.as_str().map_or_else(|| amount.to_string(), str::to_owned);
    Some(format!("{amount} {}", unit.as_str()?.to_lowercase()))
}

/// A policy as it is written.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Written {
    r#type: String,
    version: String,
    attributes: BTreeMap<String, Value>,
}

/// `{}`, by which policies are taken back.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

enum Rule {
    DeleteAt(OffsetDateTime),
    TellBeforeEnd(Duration),
    TellAfterChange(Duration),
}

impl Rule {
    fn read(written: Written, now: OffsetDateTime) -> Result<Self, PolicyError> {
        let Written { r#type, version, attributes } = written;
        let policy_type = r#type.parse::<PolicyType>().map_err(|_| PolicyError::Type(r#type))?;
        if version != VERSION {
            return Err(PolicyError::Version(version));
        }
        let mut attributes = Attributes { policy_type, left: attributes };
        let rule = match policy_type {
            PolicyType::Expiration => Self::DeleteAt(attributes.future("Timestamp", now)?),
            PolicyType::ExpirationNotification => Self::TellBeforeEnd(attributes.period("Before", now)?),
            PolicyType::NoChangeNotification => Self::TellAfterChange(attributes.period("After", now)?),
        };
        attributes.end()?;
        Ok(rule)
    }

    fn policy(self, text: String, end: Option<OffsetDateTime>) -> Result<ParameterPolicy, PolicyError> {
        let (policy_type, due) = match self {
            Self::DeleteAt(at) => (PolicyType::Expiration, Due::At(at)),
            Self::TellAfterChange(after) => (PolicyType::NoChangeNotification, Due::AfterChange(after)),
            Self::TellBeforeEnd(before) => {
                let end = end.ok_or(PolicyError::NoExpiration)?;
                (PolicyType::ExpirationNotification, Due::At(end.saturating_sub(before)))
            }
        };
        Ok(ParameterPolicy { policy_type, text, due })
    }
}

/// The attributes of a policy that were not looked at yet.
struct Attributes {
    policy_type: PolicyType,
    left: BTreeMap<String, Value>,
}

impl Attributes {
    fn invalid(&self, attribute: &str) -> PolicyError {
        PolicyError::Attribute { policy_type: self.policy_type, attribute: attribute.to_owned() }
    }

    /// The text of an attribute; numbers may be written as such.
    fn take(&mut self, name: &str) -> Result<String, PolicyError> {
        match self.left.remove(name) {
            Some(Value::String(text)) => Ok(text),
            Some(Value::Number(number)) => Ok(number.to_string()),
            _ => Err(self.invalid(name)),
        }
    }

    fn future(&mut self, name: &str, now: OffsetDateTime) -> Result<OffsetDateTime, PolicyError> {
        let text = self.take(name)?;
        let time = timestamp(&text).filter(|time| *time > now);
        time.ok_or_else(|| self.invalid(name))
    }

    fn period(&mut self, name: &str, now: OffsetDateTime) -> Result<Duration, PolicyError> {
        let amount = self.take(name)?;
        let amount = amount.parse::<u32>().ok().filter(|amount| *amount > 0);
        let amount = i64::from(amount.ok_or_else(|| self.invalid(name))?);
        let period = match self.take(UNIT)?.as_str() {
            "Days" => Duration::days(amount),
            "Hours" => Duration::hours(amount),
            _ => return Err(self.invalid(UNIT)),
        };
        // What is never due is a mistake.
        now.checked_add(period).map(|_| period).ok_or_else(|| self.invalid(name))
    }

    fn end(self) -> Result<(), PolicyError> {
        self.left.keys().next().map_or(Ok(()), |unknown| Err(self.invalid(unknown)))
    }
}

/// ISO_INSTANT, or ISO_OFFSET_DATE_TIME, whose offset may have seconds.
fn timestamp(text: &str) -> Option<OffsetDateTime> {
    let with_offset = text.strip_suffix('Z').map(|text| format!("{text}+00:00"));
    OffsetDateTime::parse(with_offset.as_deref().unwrap_or(text), TIMESTAMP).ok()
}

const TIMESTAMP: &[BorrowedFormatItem<'_>] = format_description!(
    version = 2,
    "[year]-[month]-[day]T[hour]:[minute][optional [:[second][optional [.[subsecond]]]]][offset_hour sign:mandatory][optional [:[offset_minute][optional [:[offset_second]]]]]"
);
/// The most policies of a parameter.
pub const MAX_POLICIES: usize = 10;
/// The one version that there is.
const VERSION: &str = "1.0";
const UNIT: &str = "Unit";
const BEFORE_OR_AFTER: [&str; 2] = ["Before", "After"];

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-01-01 00:00 UTC);

    fn policy(policy_type: &str, attributes: Value) -> Value {
        json!({ "Type": policy_type, "Version": "1.0", "Attributes": attributes })
    }

    fn expiration(timestamp: &str) -> Value {
        policy("Expiration", json!({ "Timestamp": timestamp }))
    }

    fn parse(policies: Value) -> Result<ParameterPolicies, PolicyError> {
        ParameterPolicies::parse(&policies.to_string(), NOW)
    }

    #[test]
    fn each_policy_knows_when_it_is_due() {
        let policies = parse(json!([
            policy("ExpirationNotification", json!({ "Before": "15", "Unit": "Days" })),
            expiration("2026-12-02T21:34:33.000Z"),
            policy("NoChangeNotification", json!({ "After": 20, "Unit": "Hours" })),
        ]));
        let policies = policies.unwrap();
        let due = policies.iter().map(|policy| (policy.policy_type, policy.due)).collect::<Vec<_>>();
        assert_eq!(
            due,
            [
                (PolicyType::ExpirationNotification, Due::At(datetime!(2026-11-17 21:34:33 UTC))),
                (PolicyType::Expiration, Due::At(datetime!(2026-12-02 21:34:33 UTC))),
                (PolicyType::NoChangeNotification, Due::AfterChange(Duration::hours(20))),
            ]
        );
        assert_eq!(period(&policies.0[0].text).as_deref(), Some("15 days"));
        assert_eq!(period(&policies.0[2].text).as_deref(), Some("20 hours"));
        assert_eq!(period(&policies.0[1].text), None);
    }

    #[test]
    fn the_text_of_each_stays_as_it_was_given() {
        let given =
            r#"{ "Type" : "Expiration","Version":"1.0", "Attributes":{"Timestamp":"2030-01-01T00:00:00Z"} }"#;
        let policies = ParameterPolicies::parse(&format!("[ {given} ]"), NOW).unwrap();
        assert_eq!(policies.0[0].text, given);
    }

    #[test]
    fn timestamps_are_instants_or_have_an_offset() {
        for (text, expected) in [
            ("2026-12-02T21:34:33.000Z", datetime!(2026-12-02 21:34:33 UTC)),
            ("2026-12-02T21:34:33Z", datetime!(2026-12-02 21:34:33 UTC)),
            ("2026-11-01T22:13:48.87+10:30:00", datetime!(2026-11-01 22:13:48.87 +10:30)),
            ("2026-11-01T22:13:48-01:00", datetime!(2026-11-01 22:13:48 -1)),
            ("2026-11-01T22:13+02:00", datetime!(2026-11-01 22:13 +2)),
        ] {
            assert_eq!(timestamp(text), Some(expected), "{text}");
        }
        for bad in ["", "2026-12-02", "2026-12-02T21:34:33", "1764711273", "2026-13-02T21:34:33Z", "tomorrow"]
        {
            assert_eq!(timestamp(bad), None, "{bad}");
        }
    }

    #[test]
    fn nothing_takes_back_what_there_is() {
        for nothing in ["[]", "[{}]", " [ { } ] "] {
            assert!(ParameterPolicies::parse(nothing, NOW).unwrap().is_empty(), "{nothing}");
        }
        assert!(matches!(parse(json!([{}, {}])), Err(PolicyError::Malformed(_))));
    }

    #[test]
    fn what_is_no_array_of_policies_is_malformed() {
        let good = expiration("2030-01-01T00:00:00Z");
        let mut more = good.clone();
        more["More"] = json!(1);
        for bad in
            [json!({}), good, json!([1]), json!(["x"]), json!([{ "Type": "Expiration" }]), json!([more])]
        {
            assert_eq!(parse(bad.clone()), Err(PolicyError::Malformed(bad.to_string())), "{bad}");
        }
        assert!(matches!(ParameterPolicies::parse("nonsense", NOW), Err(PolicyError::Malformed(_))));
    }

    #[test]
    fn types_versions_and_attributes_are_the_known_ones() {
        assert_eq!(
            parse(json!([policy("Rotation", json!({}))])),
            Err(PolicyError::Type("Rotation".to_owned()))
        );
        let mut later = expiration("2030-01-01T00:00:00Z");
        later["Version"] = json!("2.0");
        assert_eq!(parse(json!([later])), Err(PolicyError::Version("2.0".to_owned())));
        let after = |amount: Value, unit: &str| {
            policy("NoChangeNotification", json!({ "After": amount, "Unit": unit }))
        };
        for (bad, attribute) in [
            (expiration("soon"), "Timestamp"),
            (expiration("2025-12-31T23:59:59Z"), "Timestamp"),
            (policy("Expiration", json!({})), "Timestamp"),
            (policy("Expiration", json!({ "Timestamp": "2030-01-01T00:00:00Z", "Unit": "Days" })), "Unit"),
            (after(json!("0"), "Days"), "After"),
            (after(json!("-1"), "Days"), "After"),
            (after(json!("1.5"), "Days"), "After"),
            (after(json!("4294967295"), "Days"), "After"),
            (after(json!([1]), "Days"), "After"),
            (after(json!("1"), "Minutes"), "Unit"),
            (policy("NoChangeNotification", json!({ "Before": "1", "Unit": "Days" })), "After"),
        ] {
            match parse(json!([bad])) {
                Err(PolicyError::Attribute { attribute: found, .. }) => assert_eq!(found, attribute, "{bad}"),
                other => panic!("{bad}: {other:?}"),
            }
        }
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        let end = expiration("2030-01-01T00:00:00Z");
        assert_eq!(parse(json!([end, end])), Err(PolicyError::TwoExpirations));
        let tell = policy("ExpirationNotification", json!({ "Before": "1", "Unit": "Days" }));
        assert_eq!(parse(json!([tell])), Err(PolicyError::NoExpiration));
        let many = |count: usize| {
            let mut policies = vec![tell.clone(); count - 1];
            policies.push(end.clone());
            parse(Value::Array(policies))
        };
        assert_eq!(many(10).unwrap().iter().count(), 10);
        assert_eq!(many(11), Err(PolicyError::TooMany));
    }
}
