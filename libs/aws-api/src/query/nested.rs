//! Elements that hold others: structures, lists and maps.

use serde::ser::{Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant};

use super::xml::{Element, EncodeError, close, open};

/// An element that is open, with others inside.
pub(super) struct Nested<'w> {
    out: &'w mut String,
    name: &'w str,
    variant: Option<&'static str>,
}

impl<'w> Nested<'w> {
    pub(super) fn open(out: &'w mut String, name: &'w str) -> Self {
        open(out, name);
        Self { out, name, variant: None }
    }

    /// Opens a second element inside the first: the chosen member of a union.
    pub(super) fn in_variant(mut self, variant: &'static str) -> Self {
        open(self.out, variant);
        self.variant = Some(variant);
        self
    }

    fn write<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), EncodeError> {
        value.serialize(Element::new(self.out, name))
    }

    fn finish(self) {
        if let Some(variant) = self.variant {
            close(self.out, variant);
        }
        close(self.out, self.name);
    }
}

impl SerializeSeq for Nested<'_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.write("member", value)
    }

    fn end(self) -> Result<(), EncodeError> {
        self.finish();
        Ok(())
    }
}

impl SerializeMap for Nested<'_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), EncodeError> {
        open(self.out, "entry");
        self.write("key", key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.write("value", value)?;
        close(self.out, "entry");
        Ok(())
    }

    fn end(self) -> Result<(), EncodeError> {
        self.finish();
        Ok(())
    }
}

impl SerializeStruct for Nested<'_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), EncodeError> {
        self.write(name, value)
    }

    fn end(self) -> Result<(), EncodeError> {
        self.finish();
        Ok(())
    }
}

impl SerializeStructVariant for Nested<'_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), EncodeError> {
        self.write(name, value)
    }

    fn end(self) -> Result<(), EncodeError> {
        self.finish();
        Ok(())
    }
}
