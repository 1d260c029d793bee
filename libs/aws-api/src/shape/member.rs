//! The table of a shape's members: what the API reference says of each.

/// One member of a structure, as AWS's model describes it.
#[derive(Debug, Clone, Copy)]
pub struct Member {
    /// The name on the wire, `KeyId`.
    pub name: &'static str,
    /// Whether a request without it is refused.
    pub required: bool,
    /// The kind of its type.
    pub kind: Kind,
    /// The values of an enum type (or of a list's enum elements); empty for other types.
    pub values: &'static [&'static str],
    /// What its value must satisfy besides its type.
    pub constraints: Constraints,
    /// Whether its value is never shown.
    pub sensitive: bool,
    /// The members of a nested structure, also as the element of a list or the value of a map.
    pub nested: Option<fn() -> &'static [Member]>,
}

/// The kinds of types that AWS's models know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text, also of an enum.
    String,
    /// A whole number.
    Integer,
    /// A floating point number.
    Float,
    /// True or false.
    Boolean,
    /// Bytes, base64 on the wire.
    Blob,
    /// A point in time.
    Timestamp,
    /// A list.
    List,
    /// A map with text keys.
    Map,
    /// A structure with members.
    Structure,
}

impl Kind {
    /// Whether values of this kind hold others, which are then checked at a place of their own.
    pub(crate) fn holds_others(self) -> bool {
        matches!(self, Self::List | Self::Map | Self::Structure)
    }
}

/// What a value must satisfy.
#[derive(Debug, Clone, Copy)]
pub struct Constraints {
    /// Code points of a string, bytes of a blob, entries of a list or map.
    pub length: Bounds<u64>,
    /// Bounds of a number.
    pub range: Bounds<i64>,
    /// What the whole text must match.
    pub pattern: Option<Pattern>,
    /// The values that plain text may have; empty means any.
    pub one_of: &'static [&'static str],
    /// For the elements of a list and the values of a map.
    pub each: Option<&'static Constraints>,
    /// For the keys of a map.
    pub keys: Option<&'static Constraints>,
    /// Whether the value is never shown.
    pub sensitive: bool,
}

impl Constraints {
    /// No constraint at all.
    pub const NONE: Self = Self {
        length: Bounds::OPEN_LENGTH,
        range: Bounds::OPEN_RANGE,
        pattern: None,
        one_of: &[],
        each: None,
        keys: None,
        sensitive: false,
    };
}

/// The limits of a length or a number, both inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds<T> {
    /// The smallest value allowed.
    pub min: Option<T>,
    /// The largest value allowed.
    pub max: Option<T>,
}

impl Bounds<u64> {
    const OPEN_LENGTH: Self = Self { min: None, max: None };
}

impl Bounds<i64> {
    const OPEN_RANGE: Self = Self { min: None, max: None };
}

/// A regular expression of the API reference.
#[derive(Clone, Copy)]
pub struct Pattern {
    /// As the reference writes it.
    pub text: &'static str,
    /// Whether all of a text matches.
    pub matches: fn(&str) -> bool,
}

impl std::fmt::Debug for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Pattern").field(&self.text).finish()
    }
}
