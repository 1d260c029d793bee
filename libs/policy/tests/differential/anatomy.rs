//! The parts of a case, for those who look at it.

use serde_json::Value;

use crate::Question;

/// Where a statement stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Identity,
    Boundary,
    Session,
    Resource,
}

/// A statement in its place.
#[derive(Clone, Copy)]
pub(crate) struct Statement<'a> {
    pub(crate) place: Place,
    pub(crate) version: &'a str,
    pub(crate) body: &'a Value,
}

/// One operator on one key.
pub(crate) struct Condition<'a> {
    pub(crate) operator: &'a str,
    pub(crate) key: &'a str,
    pub(crate) values: Vec<&'a str>,
}

impl Question {
    pub(crate) fn statements(&self) -> Vec<Statement<'_>> {
        let policies = &self.policies;
        let identity = policies.identity.iter().map(|document| (Place::Identity, document));
        let boundary = policies.boundary.iter().map(|document| (Place::Boundary, document));
        let session = policies.session.iter().flatten().map(|document| (Place::Session, document));
        let resource = policies.resource.iter().map(|document| (Place::Resource, document));
        let documents = identity.chain(boundary).chain(session).chain(resource);
        documents
            .flat_map(|(place, document)| {
                let version = document["Version"].as_str().unwrap();
                let bodies = document["Statement"].as_array().unwrap();
                bodies.iter().map(move |body| Statement { place, version, body })
            })
            .collect()
    }

    /// The values of a key of the request; the name's case doesn't matter.
    pub(crate) fn values_of(&self, key: &str) -> Option<&[String]> {
        let found = self.request.context.iter().find(|(name, _)| name.eq_ignore_ascii_case(key));
        found.map(|(_, value)| value.values())
    }

    pub(crate) fn is_list(&self, key: &str) -> bool {
        let found = self.request.context.iter().find(|(name, _)| name.eq_ignore_ascii_case(key));
        found.is_some_and(|(_, value)| matches!(value, crate::case::OneOrMany::Many(_)))
    }

    /// Whether a text has a variable that has no value and no default.
    pub(crate) fn lacks_value(&self, text: &str) -> bool {
        variables(text).iter().any(|(key, default)| {
            let values =
                self.values_of(key).unwrap_or_default().iter().filter(|value| !value.is_empty()).count();
            values > 1 || (values == 0 && default.is_none())
        })
    }
}

impl<'a> Statement<'a> {
    pub(crate) fn denies(&self) -> bool {
        self.body["Effect"] == "Deny"
    }

    pub(crate) fn texts(&self, element: &str) -> Vec<&'a str> {
        self.body.get(element).map_or_else(Vec::new, texts)
    }

    pub(crate) fn conditions(&self) -> Vec<Condition<'a>> {
        let Some(operators) = self.body.get("Condition").and_then(Value::as_object) else {
            return Vec::new();
        };
        let of = |(operator, keys): (&'a String, &'a Value)| {
            let keys = keys.as_object().unwrap().iter();
            keys.map(move |(key, values)| Condition { operator, key, values: texts(values) })
        };
        operators.iter().flat_map(of).collect()
    }

    /// Every text in which variables may stand.
    pub(crate) fn variable_texts(&self) -> Vec<&'a str> {
        let conditions = self.conditions().into_iter().flat_map(|condition| condition.values);
        conditions.chain(self.texts("Resource")).chain(self.texts("NotResource")).collect()
    }
}

/// All texts in a value.
pub(crate) fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(entries) => entries.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

/// The variables in a text, escapes aside: their keys and defaults.
pub(crate) fn variables(text: &str) -> Vec<(&str, Option<&str>)> {
    let inside = text.split("${").skip(1).filter_map(|rest| rest.split_once('}')).map(|(inside, _)| inside);
    let named = inside.filter(|inside| inside.len() > 1);
    named
        .map(|inside| match inside.split_once(", ") {
            Some((key, default)) => (key, Some(default.trim_matches('\''))),
            None => (inside, None),
        })
        .collect()
}
