//! What an event shows of an input or an output: an ordered JSON object, built field by field.

use std::borrow::Cow;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;

/// An ordered JSON object that borrows what it shows. Only what is pushed is ever recorded.
#[derive(Debug, Clone, Default)]
pub struct Fields<'a> {
    fields: Vec<(&'static str, Value<'a>)>,
}

#[derive(Debug, Clone)]
enum Value<'a> {
    Null,
    Bool(bool),
    I64(i64),
    Str(Cow<'a, str>),
    List(Vec<Cow<'a, str>>),
    Map(Vec<(Cow<'a, str>, Cow<'a, str>)>),
    Object(Fields<'a>),
    Objects(Vec<Fields<'a>>),
    Raw(Box<RawValue>),
}

impl<'a> Fields<'a> {
    /// No fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether nothing is shown.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The number of fields.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Shows a text.
    pub fn push_str(&mut self, name: &'static str, value: impl Into<Cow<'a, str>>) -> &mut Self {
        self.push(name, Value::Str(value.into()))
    }

    /// Shows a text where there is one.
    pub fn push_opt_str(&mut self, name: &'static str, value: Option<impl Into<Cow<'a, str>>>) -> &mut Self {
        match value {
            Some(value) => self.push_str(name, value),
            None => self,
        }
    }

    /// Shows a flag.
    pub fn push_bool(&mut self, name: &'static str, value: bool) -> &mut Self {
        self.push(name, Value::Bool(value))
    }

    /// Shows a whole number.
    pub fn push_i64(&mut self, name: &'static str, value: i64) -> &mut Self {
        self.push(name, Value::I64(value))
    }

    /// Shows that there is a value of nothing.
    pub fn push_null(&mut self, name: &'static str) -> &mut Self {
        self.push(name, Value::Null)
    }

    /// Shows a list of texts.
    pub fn push_list<T: Into<Cow<'a, str>>>(
        &mut self,
        name: &'static str,
        values: impl IntoIterator<Item = T>,
    ) -> &mut Self {
        self.push(name, Value::List(values.into_iter().map(Into::into).collect()))
    }

    /// Shows a map of texts, such as an encryption context, in the order given.
    pub fn push_map<K: Into<Cow<'a, str>>, V: Into<Cow<'a, str>>>(
        &mut self,
        name: &'static str,
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> &mut Self {
        self.push(name, Value::Map(pairs.into_iter().map(|(k, v)| (k.into(), v.into())).collect()))
    }

    /// Shows a nested object.
    pub fn push_object(&mut self, name: &'static str, object: Fields<'a>) -> &mut Self {
        self.push(name, Value::Object(object))
    }

    /// Shows a list of objects, such as tags.
    pub fn push_objects(
        &mut self,
        name: &'static str,
        objects: impl IntoIterator<Item = Fields<'a>>,
    ) -> &mut Self {
        self.push(name, Value::Objects(objects.into_iter().collect()))
    }

    /// Shows ready JSON.
    pub fn push_raw(&mut self, name: &'static str, value: Box<RawValue>) -> &mut Self {
        self.push(name, Value::Raw(value))
    }

    fn push(&mut self, name: &'static str, value: Value<'a>) -> &mut Self {
        self.fields.push((name, value));
        self
    }
}

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.fields.len()))?;
        for (name, value) in &self.fields {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_none(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::I64(value) => serializer.serialize_i64(*value),
            Self::Str(value) => serializer.serialize_str(value),
            Self::List(values) => values.serialize(serializer),
            Self::Map(pairs) => serializer.collect_map(pairs.iter().map(|(key, value)| (key, value))),
            Self::Object(object) => object.serialize(serializer),
            Self::Objects(objects) => objects.serialize(serializer),
            Self::Raw(value) => value.serialize(serializer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keep_their_order_and_escape_their_texts() {
        let mut tag = Fields::new();
        tag.push_str("tagKey", "team").push_str("tagValue", "a\"b");
        let mut fields = Fields::new();
        fields
            .push_str("keyId", "alias/app")
            .push_opt_str("description", None::<&str>)
            .push_map("encryptionContext", [("z", "1"), ("a", "\u{1}")])
            .push_bool("dryRun", true)
            .push_i64("numberOfBytes", -7)
            .push_null("policy")
            .push_list("grantTokens", ["x", "y"])
            .push_objects("tags", [tag.clone()])
            .push_object("one", tag)
            .push_raw("raw", RawValue::from_string("[1,2]".to_owned()).unwrap());
        assert_eq!(fields.len(), 9);
        assert_eq!(
            serde_json::to_string(&fields).unwrap(),
            concat!(
                r#"{"keyId":"alias/app","encryptionContext":{"z":"1","a":"\u0001"},"dryRun":true,"#,
                r#""numberOfBytes":-7,"policy":null,"grantTokens":["x","y"],"#,
                r#""tags":[{"tagKey":"team","tagValue":"a\"b"}],"one":{"tagKey":"team","tagValue":"a\"b"},"raw":[1,2]}"#
            )
        );
    }

    #[test]
    fn without_any_are_an_empty_object() {
        let fields = Fields::new();
        assert!(fields.is_empty());
        assert_eq!(serde_json::to_string(&fields).unwrap(), "{}");
    }
}
