//! Advanced event selectors: which events are in a store.
//!
//! <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedFieldSelector.html>

use keywright_aws_api::Input;
use serde::{Deserialize, Serialize};

use super::sql::literal;
use crate::error::AuditError;

/// One selection; an event is in a store when any of its selectors has it.
#[derive(Clone, Debug, Deserialize, Input, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AdvancedEventSelector {
    /// A name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[member(length = 0..=1000, pattern = ".*")]
    pub name: Option<String>,
    /// All must be met.
    #[member(shape, length = 1..)]
    pub field_selectors: Vec<AdvancedFieldSelector>,
}

/// A condition on a field.
#[derive(Clone, Debug, Deserialize, Input, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AdvancedFieldSelector {
    /// The field.
    #[member(length = 1..=1000, pattern = r"[\w|\d|\.|_]+")]
    pub field: String,
    /// It is one of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[member(length = 1.., each(length = 1..=2048, pattern = ".+"))]
    pub equals: Option<Vec<String>>,
    /// It begins with one of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[member(length = 1.., each(length = 1..=2048, pattern = ".+"))]
    pub starts_with: Option<Vec<String>>,
    /// It ends with one of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[member(length = 1.., each(length = 1..=2048, pattern = ".+"))]
    pub ends_with: Option<Vec<String>>,
    /// It is none of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[member(length = 1.., each(length = 1..=2048, pattern = ".+"))]
    pub not_equals: Option<Vec<String>>,
    /// It begins with none of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[member(length = 1.., each(length = 1..=2048, pattern = ".+"))]
    pub not_starts_with: Option<Vec<String>>,
    /// It ends with none of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[member(length = 1.., each(length = 1..=2048, pattern = ".+"))]
    pub not_ends_with: Option<Vec<String>>,
}

/// What a store has that is made without selectors: everything.
#[must_use]
pub fn all_events() -> Vec<AdvancedEventSelector> {
    let category = AdvancedFieldSelector {
        field: "eventCategory".to_owned(),
        equals: Some(vec![MANAGEMENT.to_owned()]),
        starts_with: None,
        ends_with: None,
        not_equals: None,
        not_starts_with: None,
        not_ends_with: None,
    };
    vec![AdvancedEventSelector {
        name: Some("Default management events".to_owned()),
        field_selectors: vec![category],
    }]
}

/// The condition that these are, on the views' columns of `e`.
///
/// # Errors
/// [`AuditError::InvalidEventSelectors`] for what can't be told of our events.
pub fn condition(selectors: &[AdvancedEventSelector]) -> Result<String, AuditError> {
    if selectors.is_empty() {
        return Err(AuditError::InvalidEventSelectors(
            "an event data store needs an event selector".to_owned(),
        ));
    }
    let selections = selectors.iter().map(|selector| {
        if !selector.field_selectors.iter().any(|field| field.field == CATEGORY) {
            let message = "a selector must say which eventCategory it is for".to_owned();
            return Err(AuditError::InvalidEventSelectors(message));
        }
        let fields = selector.field_selectors.iter().map(AdvancedFieldSelector::condition);
        Ok(format!("({})", fields.collect::<Result<Vec<_>, _>>()?.join(" AND ")))
    });
    Ok(selections.collect::<Result<Vec<_>, _>>()?.join(" OR "))
}

impl AdvancedFieldSelector {
    fn condition(&self) -> Result<String, AuditError> {
        match self.field.as_str() {
            CATEGORY => self.category(),
            "readOnly" => self.read_only(),
            "eventName" => self.on("e.event_name"),
            "eventSource" => self.on("e.event_source"),
            "userIdentity.arn" => self.on("e.principal_arn"),
            "resources.ARN" => self.of_resources("resource_name"),
            "resources.type" => self.of_resources("resource_type"),
            other => Err(AuditError::InvalidEventSelectors(format!("events cannot be selected by {other}"))),
        }
    }

    fn category(&self) -> Result<String, AuditError> {
        match (self.only_equals(), self.equals.as_deref()) {
            (true, Some([category])) if category == MANAGEMENT => Ok("true".to_owned()),
            _ => Err(AuditError::InvalidEventSelectors(
                "eventCategory must equal Management: all events that are recorded here are of this category"
                    .to_owned(),
            )),
        }
    }

    fn read_only(&self) -> Result<String, AuditError> {
        match (self.only_equals(), self.equals.as_deref()) {
            (true, Some([value])) if value == "true" => Ok("e.read_only".to_owned()),
            (true, Some([value])) if value == "false" => Ok("NOT e.read_only".to_owned()),
            _ => Err(AuditError::InvalidEventSelectors("readOnly must equal true or false".to_owned())),
        }
    }

    fn only_equals(&self) -> bool {
        self.starts_with.is_none()
            && self.ends_with.is_none()
            && self.not_equals.is_none()
            && self.not_starts_with.is_none()
            && self.not_ends_with.is_none()
    }

    fn on(&self, column: &str) -> Result<String, AuditError> {
        let mut conditions = Vec::new();
        let mut add = |values: &Option<Vec<String>>, one: fn(&str, &str) -> String, negated: bool| {
            if let Some(values) = values {
                let any: Vec<_> = values.iter().map(|value| one(column, value)).collect();
                let any = any.join(" OR ");
                conditions.push(if negated {
                    format!("({column} IS NULL OR NOT ({any}))")
                } else {
                    format!("({any})")
                });
            }
        };
        add(&self.equals, equals, false);
        add(&self.starts_with, starts_with, false);
        add(&self.ends_with, ends_with, false);
        add(&self.not_equals, equals, true);
        add(&self.not_starts_with, starts_with, true);
        add(&self.not_ends_with, ends_with, true);
        if conditions.is_empty() {
            let message = format!("the selector of {} has no operator", self.field);
            return Err(AuditError::InvalidEventSelectors(message));
        }
        Ok(conditions.join(" AND "))
    }

    /// Positive operators ask for one resource that meets them, negative ones for none that doesn't.
    fn of_resources(&self, column: &str) -> Result<String, AuditError> {
        let positive = Self { not_equals: None, not_starts_with: None, not_ends_with: None, ..self.clone() };
        let negative = Self {
            field: self.field.clone(),
            equals: self.not_equals.clone(),
            starts_with: self.not_starts_with.clone(),
            ends_with: self.not_ends_with.clone(),
            not_equals: None,
            not_starts_with: None,
            not_ends_with: None,
        };
        let any = |selector: &Self| {
            let (first, other) = (selector.on(&format!("e.{column}")), selector.on(&format!("r.{column}")));
            let same = "r.event_time = e.event_time AND r.event_id = e.event_id";
            Ok::<_, AuditError>(format!(
                "(({}) OR EXISTS (SELECT FROM lake_resources AS r WHERE {same} AND {}))",
                first?, other?
            ))
        };
        match (!positive.only_equals() || positive.equals.is_some(), negative) {
            (false, negative) => Ok(format!("{} IS NOT TRUE", any(&negative)?)),
            (true, negative) if negative.only_equals() && negative.equals.is_none() => any(&positive),
            (true, negative) => Ok(format!("{} AND {} IS NOT TRUE", any(&positive)?, any(&negative)?)),
        }
    }
}

fn equals(column: &str, value: &str) -> String {
    format!("{column} = {}", literal(value))
}

fn starts_with(column: &str, value: &str) -> String {
    format!("starts_with({column}, {})", literal(value))
}

fn ends_with(column: &str, value: &str) -> String {
    format!("right({column}, {}) = {}", value.chars().count(), literal(value))
}

const CATEGORY: &str = "eventCategory";
const MANAGEMENT: &str = "Management";

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn made(selectors: Value) -> Result<String, AuditError> {
        condition(&serde_json::from_value::<Vec<AdvancedEventSelector>>(selectors).unwrap())
    }

    fn one(fields: Value) -> Result<String, AuditError> {
        let mut all = vec![json!({"Field": "eventCategory", "Equals": ["Management"]})];
        all.extend(fields.as_array().unwrap().clone());
        made(json!([{"FieldSelectors": all}]))
    }

    #[test]
    fn selectors_become_conditions() {
        assert_eq!(condition(&all_events()).unwrap(), "(true)");
        let found = one(json!([
            {"Field": "readOnly", "Equals": ["false"]},
            {"Field": "eventName", "Equals": ["A'", "B"], "NotStartsWith": ["Get"]},
        ]));
        assert_eq!(
            found.unwrap(),
            "(true AND NOT e.read_only AND (e.event_name = 'A''' OR e.event_name = 'B') AND \
             (e.event_name IS NULL OR NOT (starts_with(e.event_name, 'Get'))))"
        );
        let found = one(json!([{"Field": "resources.ARN", "NotEndsWith": ["x"]}])).unwrap();
        assert!(
            found.contains("(right(e.resource_name, 1) = 'x')") && found.contains("IS NOT TRUE"),
            "{found}"
        );
    }

    #[test]
    fn what_cannot_be_told_is_refused() {
        for fields in [
            json!([{"Field": "eventName"}]),
            json!([{"Field": "readOnly", "Equals": ["yes"]}]),
            json!([{"Field": "readOnly", "NotEquals": ["true"]}]),
            json!([{"Field": "sessionCredentialFromConsole", "Equals": ["true"]}]),
            json!([{"Field": "resources.type"}]),
        ] {
            assert!(matches!(one(fields.clone()), Err(AuditError::InvalidEventSelectors(_))), "{fields}");
        }
        for selectors in [
            json!([]),
            json!([{"FieldSelectors": [{"Field": "eventName", "Equals": ["A"]}]}]),
            json!([{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Data"]}]}]),
        ] {
            assert!(
                matches!(made(selectors.clone()), Err(AuditError::InvalidEventSelectors(_))),
                "{selectors}"
            );
        }
    }
}
