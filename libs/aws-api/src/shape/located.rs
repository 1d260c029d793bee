//! Decodes a JSON value a second time to find out which member has the wrong type.
//!
//! `serde_json`'s own errors quote the value, which may be a secret, and do not say where it was. This slow way is taken
//! only once a request has failed.

use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::Value;

use super::Excerpt;
use super::mismatch::Mismatch;
use super::violation::write_lower_camel;

/// A JSON value that is decoded with errors that know their place.
#[derive(Clone, Copy)]
pub(super) struct Located<'a>(pub(super) &'a Value);

impl<'de, 'a> Deserializer<'de> for Located<'a> {
    type Error = Mismatch;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Number(number) => {
                if let Some(value) = number.as_u64() {
                    visitor.visit_u64(value)
                } else if let Some(value) = number.as_i64() {
                    visitor.visit_i64(value)
                } else {
                    visitor.visit_f64(number.as_f64().unwrap_or(f64::NAN))
                }
            }
            Value::String(text) => visitor.visit_str(text),
            Value::Array(elements) => visitor.visit_seq(Elements { rest: elements.iter(), number: 0 }),
            Value::Object(members) => {
                visitor.visit_map(Members { rest: members.iter(), current: None, step: entry_step })
            }
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        match self.0 {
            Value::Object(members) => {
                visitor.visit_map(Members { rest: members.iter(), current: None, step: member_step })
            }
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq
        tuple tuple_struct map enum identifier ignored_any
    }
}

struct Elements<'a> {
    rest: std::slice::Iter<'a, Value>,
    number: usize,
}

impl<'de> SeqAccess<'de> for Elements<'_> {
    type Error = Mismatch;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Mismatch> {
        let Some(element) = self.rest.next() else { return Ok(None) };
        self.number += 1;
        seed.deserialize(Located(element)).map(Some).map_err(|error| error.within(element_step(self.number)))
    }
}

struct Members<'a> {
    rest: serde_json::map::Iter<'a>,
    current: Option<(&'a str, &'a Value)>,
    step: fn(&str) -> String,
}

impl<'de> MapAccess<'de> for Members<'_> {
    type Error = Mismatch;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Mismatch> {
        let Some((name, value)) = self.rest.next() else { return Ok(None) };
        self.current = Some((name, value));
        seed.deserialize(StrDeserializer::new(name)).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Mismatch> {
        let Some((name, value)) = self.current.take() else { return Err(Mismatch::expected("a structure")) };
        seed.deserialize(Located(value)).map_err(|error| error.within((self.step)(name)))
    }
}

/// The step to a member of a structure: `keyId`.
pub(crate) fn member_step(name: &str) -> String {
    let mut step = String::with_capacity(name.len());
    // Writing to a String can't fail.
    let _ = write_lower_camel(&mut step, name);
    step
}

/// The step to the value of a map's key.
pub(crate) fn entry_step(key: &str) -> String {
    format!("{}.member", Excerpt::of(key))
}

/// The step to an element of a list; the first is 1.
pub(crate) fn element_step(number: usize) -> String {
    format!("{number}.member")
}
