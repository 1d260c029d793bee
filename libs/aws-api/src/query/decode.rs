//! From a form to a checked input: the tree's texts become what the member's type asks for.

use std::str::FromStr;

use serde::de::value::StrDeserializer;
use serde::de::{Deserialize as _, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::Form;
use super::tree::Node;
use crate::shape::{DecodeError, Input, Mismatch, element_step, entry_step, member_step};

/// Decodes the members of a Query request and checks them. Parameters that are no member (`Action`, `Version`, those of a
/// presigned URL) are passed over.
///
/// # Errors
/// [`DecodeError::Malformed`] for names nested too deeply, [`DecodeError::WrongType`] where a text doesn't fit its
/// member, [`DecodeError::Violations`] where constraints are not met.
pub fn decode_query<T: Input>(form: &Form) -> Result<T, DecodeError> {
    let tree = Node::of(form)?;
    let wire = T::Wire::deserialize(Value(&tree)).map_err(DecodeError::WrongType)?;
    T::from_wire(wire).map_err(DecodeError::Violations)
}

#[derive(Clone, Copy)]
struct Value<'t, 'a>(&'t Node<'a>);

impl<'t, 'a> Value<'t, 'a> {
    fn members(self) -> Entries<'t, 'a> {
        Entries::new(self.0.children().map(|(name, node)| (name, Self(node))).collect(), member_step)
    }

    fn text(&self, expected: &str) -> Result<&str, Mismatch> {
        self.0.text().filter(|_| self.0.is_leaf()).ok_or_else(|| Mismatch::expected(expected))
    }

    fn parsed<T: FromStr>(&self, expected: &str) -> Result<T, Mismatch> {
        self.text(expected)?.parse().map_err(|_| Mismatch::expected(expected))
    }
}

macro_rules! parse_text {
    ($($method:ident => $visit:ident, $expected:literal;)*) => {
        $(
            fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
                visitor.$visit(self.parsed($expected)?)
            }
        )*
    };
}

impl<'de> Deserializer<'de> for Value<'_, '_> {
    type Error = Mismatch;

    parse_text! {
        deserialize_bool => visit_bool, "a boolean";
        deserialize_i8 => visit_i8, "an integer";
        deserialize_i16 => visit_i16, "an integer";
        deserialize_i32 => visit_i32, "an integer";
        deserialize_i64 => visit_i64, "a long integer";
        deserialize_u8 => visit_u8, "an integer";
        deserialize_u16 => visit_u16, "an integer";
        deserialize_u32 => visit_u32, "an integer";
        deserialize_u64 => visit_u64, "a long integer";
        deserialize_f32 => visit_f32, "a number";
        deserialize_f64 => visit_f64, "a number";
    }

    /// A type that takes anything gets the text, or the structure.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        if self.0.is_leaf() { self.deserialize_str(visitor) } else { visitor.visit_map(self.members()) }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        visitor.visit_str(self.text("a string")?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        self.deserialize_str(visitor)
    }

    /// What is absent has no node, so what has one is there.
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        if self.0.is_leaf() && self.0.text().is_some_and(|text| !text.is_empty()) {
            return Err(Mismatch::expected("a structure"));
        }
        visitor.visit_map(self.members())
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        let elements = self.0.numbered("member").ok_or_else(|| Mismatch::expected("a list"))?;
        visitor.visit_seq(Elements { rest: elements.into_iter(), number: 0 })
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        let mismatch = || Mismatch::expected("a map");
        let mut entries = Vec::new();
        for node in self.0.numbered("entry").ok_or_else(mismatch)? {
            let key = node.child("key").and_then(Node::text).ok_or_else(mismatch)?;
            let value = node.child("value").ok_or_else(mismatch)?;
            entries.push((key, Self(value)));
        }
        visitor.visit_map(Entries::new(entries, entry_step))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        i128 u128 char bytes byte_buf unit unit_struct tuple tuple_struct enum identifier
    }
}

struct Elements<'t, 'a> {
    rest: std::vec::IntoIter<&'t Node<'a>>,
    number: usize,
}

impl<'de> SeqAccess<'de> for Elements<'_, '_> {
    type Error = Mismatch;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Mismatch> {
        let Some(node) = self.rest.next() else { return Ok(None) };
        self.number += 1;
        seed.deserialize(Value(node)).map(Some).map_err(|error| error.within(element_step(self.number)))
    }
}

struct Entries<'t, 'a> {
    rest: std::vec::IntoIter<(&'a str, Value<'t, 'a>)>,
    current: Option<(&'a str, Value<'t, 'a>)>,
    step: fn(&str) -> String,
}

impl<'t, 'a> Entries<'t, 'a> {
    fn new(entries: Vec<(&'a str, Value<'t, 'a>)>, step: fn(&str) -> String) -> Self {
        Self { rest: entries.into_iter(), current: None, step }
    }
}

impl<'de> MapAccess<'de> for Entries<'_, '_> {
    type Error = Mismatch;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Mismatch> {
        self.current = self.rest.next();
        let Some((name, _)) = self.current else { return Ok(None) };
        seed.deserialize(StrDeserializer::new(name)).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Mismatch> {
        let Some((name, value)) = self.current.take() else { return Err(Mismatch::expected("a structure")) };
        seed.deserialize(value).map_err(|error| error.within((self.step)(name)))
    }
}
