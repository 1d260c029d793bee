//! Writes any serializable output as AWS's Query XML.

use std::borrow::Cow;
use std::fmt::Display;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::ser::{Impossible, Serialize, SerializeStruct, Serializer};

use super::nested::Nested;
use crate::shape::{TIMESTAMP_TOKEN, Timestamp};

/// An output that can't be written. It is a fault of the program, not of the request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the output can't be written as XML: {0}")]
pub struct EncodeError(String);

impl serde::ser::Error for EncodeError {
    fn custom<T: Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

/// `<name>text</name>`, escaped.
pub(super) fn write_leaf(out: &mut String, name: &str, text: &str) {
    open(out, name);
    out.push_str(&quick_xml::escape::escape(without_forbidden(text)));
    close(out, name);
}

/// XML 1.0 has no way to write most control characters; a parser would refuse the whole answer.
fn without_forbidden(text: &str) -> Cow<'_, str> {
    let forbidden = |character: char| matches!(character, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    if text.contains(forbidden) {
        Cow::Owned(text.replace(forbidden, "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}

pub(super) fn open(out: &mut String, name: &str) {
    out.push('<');
    out.push_str(name);
    out.push('>');
}

pub(super) fn close(out: &mut String, name: &str) {
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

/// One element to be written: the value decides whether it appears at all.
pub(super) struct Element<'w> {
    out: &'w mut String,
    name: &'w str,
    is_timestamp: bool,
}

impl<'w> Element<'w> {
    pub(super) fn new(out: &'w mut String, name: &'w str) -> Self {
        Self { out, name, is_timestamp: false }
    }

    fn leaf(self, text: &str) -> Result<(), EncodeError> {
        write_leaf(self.out, self.name, text);
        Ok(())
    }

    fn integer(self, number: impl itoa::Integer) -> Result<(), EncodeError> {
        self.leaf(itoa::Buffer::new().format(number))
    }

    fn timestamp(self, millis: Option<i64>) -> Result<(), EncodeError> {
        let timestamp = millis.and_then(Timestamp::from_unix_millis);
        let timestamp = timestamp.ok_or_else(|| EncodeError("a timestamp is out of range".to_owned()))?;
        self.leaf(&timestamp.to_iso8601())
    }

    fn nest(self) -> Nested<'w> {
        Nested::open(self.out, self.name)
    }
}

macro_rules! integers {
    ($($method:ident($type:ty))*) => {
        $(
            fn $method(self, number: $type) -> Result<(), EncodeError> {
                self.integer(number)
            }
        )*
    };
}

impl<'w> Serializer for Element<'w> {
    type Ok = ();
    type Error = EncodeError;
    type SerializeSeq = Nested<'w>;
    type SerializeTuple = Impossible<(), EncodeError>;
    type SerializeTupleStruct = Impossible<(), EncodeError>;
    type SerializeTupleVariant = Impossible<(), EncodeError>;
    type SerializeMap = Nested<'w>;
    type SerializeStruct = Nested<'w>;
    type SerializeStructVariant = Nested<'w>;

    integers! {
        serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_u8(u8) serialize_u16(u16)
        serialize_u32(u32) serialize_u64(u64)
    }

    fn serialize_i64(self, number: i64) -> Result<(), EncodeError> {
        if self.is_timestamp { self.timestamp(number.checked_mul(1000)) } else { self.integer(number) }
    }

    fn serialize_f32(self, number: f32) -> Result<(), EncodeError> {
        self.serialize_f64(f64::from(number))
    }

    fn serialize_f64(self, number: f64) -> Result<(), EncodeError> {
        if self.is_timestamp {
            // A timestamp is within four-digit years, whose milliseconds fit many times over.
            self.timestamp(Some((number * 1000.0).round() as i64))
        } else {
            self.leaf(&number.to_string())
        }
    }

    fn serialize_bool(self, value: bool) -> Result<(), EncodeError> {
        self.leaf(if value { "true" } else { "false" })
    }

    fn serialize_char(self, value: char) -> Result<(), EncodeError> {
        self.leaf(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, text: &str) -> Result<(), EncodeError> {
        self.leaf(text)
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), EncodeError> {
        self.leaf(&STANDARD.encode(bytes))
    }

    fn serialize_none(self) -> Result<(), EncodeError> {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), EncodeError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), EncodeError> {
        Ok(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), EncodeError> {
        Ok(())
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<(), EncodeError> {
        self.leaf(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), EncodeError> {
        self.is_timestamp = name == TIMESTAMP_TOKEN;
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), EncodeError> {
        let mut nested = self.nest();
        SerializeStruct::serialize_field(&mut nested, variant, value)?;
        SerializeStruct::end(nested)
    }

    fn serialize_seq(self, _len: Option<usize>) -> Result<Nested<'w>, EncodeError> {
        Ok(self.nest())
    }

    fn serialize_tuple(self, _len: usize) -> Result<Self::SerializeTuple, EncodeError> {
        Err(EncodeError(NO_TUPLES.to_owned()))
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        _len: usize,
    ) -> Result<Self::SerializeTupleStruct, EncodeError> {
        Err(EncodeError(NO_TUPLES.to_owned()))
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _len: usize,
    ) -> Result<Self::SerializeTupleVariant, EncodeError> {
        Err(EncodeError(NO_TUPLES.to_owned()))
    }

    fn serialize_map(self, _len: Option<usize>) -> Result<Nested<'w>, EncodeError> {
        Ok(self.nest())
    }

    fn serialize_struct(self, _name: &'static str, _len: usize) -> Result<Nested<'w>, EncodeError> {
        Ok(self.nest())
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Nested<'w>, EncodeError> {
        Ok(self.nest().in_variant(variant))
    }
}

const NO_TUPLES: &str = "AWS's shapes have no tuples";
