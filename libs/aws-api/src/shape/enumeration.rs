//! Enums with AWS's strings.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// An enum of the wire, made by [`wire_enum!`](crate::wire_enum).
pub trait Enumeration: Copy + 'static {
    /// AWS's strings, in the order of the variants.
    const VALUES: &'static [&'static str];

    /// AWS's string.
    fn as_str(self) -> &'static str;

    /// The variant of AWS's string; `None` for any other text.
    fn from_name(name: &str) -> Option<Self>;
}

/// Text that is none of an enum's values. It does not hold the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a value of {0}")]
pub struct UnknownValue(pub &'static str);

/// An enum's wire form: an unknown value is kept, so that the answer can name it beside the request's other faults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Term<E> {
    /// One of the values.
    Known(E),
    /// Any other text.
    Unknown(String),
}

impl<E: Enumeration> Term<E> {
    /// The text of the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Known(value) => value.as_str(),
            Self::Unknown(text) => text,
        }
    }

    /// The value, if it is one.
    pub fn known(self) -> Option<E> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown(_) => None,
        }
    }
}

impl<'de, E: Enumeration> Deserialize<'de> for Term<E> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TermVisitor(PhantomData))
    }
}

struct TermVisitor<E>(PhantomData<E>);

impl<E: Enumeration> Visitor<'_> for TermVisitor<E> {
    type Value = Term<E>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<F: Error>(self, text: &str) -> Result<Term<E>, F> {
        Ok(E::from_name(text).map_or_else(|| Term::Unknown(text.to_owned()), Term::Known))
    }
}

/// Defines an enum whose variants have AWS's strings.
///
/// It is a member type (an unknown value is answered with AWS's list of the values), prints and serializes as AWS's
/// string, and is parsed from it by `FromStr` and `Deserialize`.
///
/// ```
/// keywright_aws_api::wire_enum! {
///     /// What a key is for.
///     pub enum KeyUsageType {
///         /// Encryption and decryption.
///         EncryptDecrypt = "ENCRYPT_DECRYPT",
///         /// Signatures.
///         SignVerify = "SIGN_VERIFY",
///     }
/// }
/// assert_eq!(KeyUsageType::EncryptDecrypt.as_str(), "ENCRYPT_DECRYPT");
/// assert_eq!("SIGN_VERIFY".parse(), Ok(KeyUsageType::SignVerify));
/// ```
#[macro_export]
macro_rules! wire_enum {
    (
        $(#[$attribute:meta])*
        $visibility:vis enum $name:ident {
            $( $(#[$variant_attribute:meta])* $variant:ident = $text:literal ),+ $(,)?
        }
    ) => {
        $(#[$attribute])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $visibility enum $name {
            $( $(#[$variant_attribute])* $variant, )+
        }

        impl $name {
            /// Every variant, in order.
            #[allow(dead_code, reason = "not every enum is listed")]
            $visibility const ALL: &'static [Self] = &[$( Self::$variant, )+];

            /// AWS's string.
            #[must_use]
            $visibility const fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $text, )+ }
            }
        }

        impl $crate::shape::Enumeration for $name {
            const VALUES: &'static [&'static str] = &[$( $text, )+];

            fn as_str(self) -> &'static str {
                self.as_str()
            }

            fn from_name(name: &str) -> ::core::option::Option<Self> {
                match name {
                    $( $text => ::core::option::Option::Some(Self::$variant), )+
                    _ => ::core::option::Option::None,
                }
            }
        }

        impl $crate::shape::Shape for $name {
            type Wire = $crate::shape::Term<Self>;
            const KIND: $crate::shape::Kind = $crate::shape::Kind::String;
            const VALUES: &'static [&'static str] = <Self as $crate::shape::Enumeration>::VALUES;

            fn facets(wire: &Self::Wire) -> $crate::shape::Facets<'_> {
                $crate::shape::Facets::of_text(wire.as_str())
            }

            fn build(wire: Self::Wire) -> ::core::option::Option<Self> {
                wire.known()
            }

            fn show(wire: &Self::Wire, out: &mut $crate::shape::Excerpt) -> bool {
                out.add(wire.as_str());
                true
            }
        }

        impl ::core::fmt::Display for $name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl ::core::str::FromStr for $name {
            type Err = $crate::shape::UnknownValue;

            fn from_str(text: &str) -> ::core::result::Result<Self, Self::Err> {
                <Self as $crate::shape::Enumeration>::from_name(text)
                    .ok_or($crate::shape::UnknownValue(stringify!($name)))
            }
        }

        impl $crate::shape::derived::serde::Serialize for $name {
            fn serialize<S: $crate::shape::derived::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> $crate::shape::derived::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::shape::derived::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                use $crate::shape::derived::serde::de::Error as _;
                let term = <$crate::shape::Term<Self> as $crate::shape::derived::serde::Deserialize>::deserialize(
                    deserializer,
                )?;
                term.known().ok_or_else(|| {
                    D::Error::custom($crate::shape::UnknownValue(stringify!($name)))
                })
            }
        }
    };
}
