//! Request shapes: decoded from the wire, checked against AWS's constraints, refused in AWS's words.
//!
//! An operation's input is a struct that mirrors its shape in the API reference and derives [`Input`]. Decoding has two
//! steps, so that a request with several faults hears of all of them, as it does from AWS: the body becomes a wire form
//! in which every member may be absent, then the members are checked, and only what passed is built.
//!
//! A member has one of these types: `String`, `bool`, `i32`, `i64`, `f64`, [`Blob`], [`SecretBlob`],
//! [`SecretString`](keywright_crypto::SecretString), [`Timestamp`], an enum made by [`wire_enum!`](crate::wire_enum), a
//! `Vec` or a `BTreeMap<String, _>` of these, another struct that derives [`Input`], or a service's own type for which
//! [`plain_shape!`](crate::plain_shape) has been called.
//!
//! ```
//! use keywright_aws_api::Input;
//! use keywright_aws_api::shape::decode_json;
//!
//! /// Input of [GenerateRandom](https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateRandom.html).
//! #[derive(Debug, Input)]
//! pub struct GenerateRandomInput {
//!     #[member(range = 1..=1024)]
//!     pub number_of_bytes: Option<i32>,
//!     #[member(length = 1..=64, pattern = "cks-[a-z0-9]+")]
//!     pub custom_key_store_id: Option<String>,
//! }
//!
//! let refused = decode_json::<GenerateRandomInput>(br#"{"NumberOfBytes": 4096}"#).unwrap_err();
//! assert_eq!(
//!     refused.to_string(),
//!     "1 validation error detected: Value '4096' at 'numberOfBytes' failed to satisfy constraint: \
//!      Member must have value less than or equal to 1024",
//! );
//! ```

mod blob;
mod bounded;
mod check;
mod collection;
mod decode;
#[doc(hidden)]
pub mod derived;
mod enumeration;
mod input;
mod located;
mod member;
mod mismatch;
mod scalar;
mod secret;
mod timestamp;
mod violation;

#[cfg(test)]
mod tests;

pub use blob::Blob;
pub use bounded::Excerpt;
pub use check::Facets;
pub use decode::{DecodeError, decode_json};
pub use enumeration::{Enumeration, Term, UnknownValue};
pub use input::{Input, Shape};
pub use member::{Bounds, Constraints, Kind, Member, Pattern};
pub use mismatch::Mismatch;
pub use secret::{PlaintextOut, SecretBlob, SecretTextOut};
pub use timestamp::Timestamp;
pub use violation::{Broken, Place, Violation, Violations};

pub(crate) use located::{element_step, entry_step, member_step};
pub(crate) use timestamp::TIMESTAMP_TOKEN;
