//! The traits that tie a Rust type to a shape of the wire.

use serde::de::DeserializeOwned;

use super::bounded::Excerpt;
use super::check::{Facets, broken};
use super::{Constraints, Kind, Member, Place, Violations};

/// A type that a member can have.
///
/// Checking and building are apart: a value is built only when the whole request has passed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the type of a wire member",
    note = "derive `Input` for a structure, write an enum with `wire_enum!`, and call `plain_shape!(YourType)` for a \
            type whose own `Deserialize` decides"
)]
pub trait Shape: Sized {
    /// What the wire is decoded into.
    type Wire: DeserializeOwned;
    /// The kind of the type in AWS's model.
    const KIND: Kind;
    /// The values of an enum.
    const VALUES: &'static [&'static str] = &[];
    /// Whether a value is never shown in a message.
    const SENSITIVE: bool = false;
    /// The members of a structure, or of the structures that a list or map holds.
    const NESTED: Option<fn() -> &'static [Member]> = None;

    /// What constraints can be checked against.
    fn facets(wire: &Self::Wire) -> Facets<'_>;

    /// Reports each constraint that the value breaks.
    fn check(wire: &Self::Wire, constraints: &'static Constraints, place: Place<'_>, found: &mut Violations) {
        broken(&Self::facets(wire), constraints, Self::VALUES, |constraint| {
            found.report::<Self>(wire, constraints, place, constraint);
        });
    }

    /// The value, or `None` where [`check`](Self::check) reports a violation.
    fn build(wire: Self::Wire) -> Option<Self>;

    /// Writes the value as a message may show it; false when it must not be shown.
    fn show(_wire: &Self::Wire, _out: &mut Excerpt) -> bool {
        false
    }
}

/// The input of an operation, or a structure inside one. Derived: `#[derive(Input)]`.
pub trait Input: Shape {
    /// The members, in the order of the struct.
    const MEMBERS: &'static [Member];

    /// Checks all members and builds the input.
    ///
    /// # Errors
    /// Every violation that was found.
    fn from_wire(wire: Self::Wire) -> Result<Self, Violations> {
        let mut found = Violations::default();
        Self::check(&wire, &Constraints::NONE, Place::ROOT, &mut found);
        if !found.is_empty() {
            return Err(found);
        }
        Self::build(wire).ok_or(found)
    }
}

/// Makes a type with its own `Deserialize` usable as a member; its `Deserialize` is all that checks it.
///
/// The type must never quote the value in a decoding error: it may be a secret.
#[macro_export]
macro_rules! plain_shape {
    ($type:ty, $kind:ident) => {
        impl $crate::shape::Shape for $type {
            type Wire = Self;
            const KIND: $crate::shape::Kind = $crate::shape::Kind::$kind;
            fn facets(_wire: &Self) -> $crate::shape::Facets<'_> {
                $crate::shape::Facets::NONE
            }
            fn build(wire: Self) -> Option<Self> {
                Some(wire)
            }
        }
    };
    ($type:ty) => {
        $crate::plain_shape!($type, Map);
    };
}
