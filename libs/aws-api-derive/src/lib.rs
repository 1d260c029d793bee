//! `#[derive(Input)]`: a request shape with AWS's constraints, checked on decoding.
//!
//! The derive reads a struct that mirrors a shape of the API reference and writes what `keywright_aws_api::shape`
//! needs of it: a wire form in which every member may be absent, the checks in AWS's words, and a table of the
//! members that a test can hold against AWS's published model.
//!
//! ```ignore
//! #[derive(Input)]
//! pub struct GenerateDataKeyInput {
//!     #[member(length = 1..=2048)]
//!     pub key_id: String,                       // not an Option: the member is required
//!     #[member(range = 1..=1024)]
//!     pub number_of_bytes: Option<i32>,
//!     pub key_spec: Option<DataKeySpec>,        // made by `wire_enum!`
//!     #[member(length = 0..=10, each(length = 1..=8192))]
//!     pub grant_tokens: Option<Vec<String>>,
//!     #[member(shape)]
//!     pub recipient: Option<RecipientInfo>,     // derives `Input` too
//! }
//! ```
//!
//! The member attribute knows:
//! - `name = "KMSKeyId"`: the wire name where it is not the field's name in PascalCase;
//! - `length = a..=b`: code points of a string, bytes of a blob, entries of a list or a map;
//! - `range = a..=b`: bounds of a number (one side may be left open: `1..`, `..=5`);
//! - `pattern = "..."`: a regular expression that the whole text must match;
//! - `one_of("A", "B")`: the values a plain `String` may have;
//! - `each(...)`: the same constraints, for the elements of a list or the values of a map;
//! - `keys(...)`: the same constraints, for the keys of a map;
//! - `sensitive`: never show the value in a message;
//! - `default`: an absent member becomes `Default::default()` instead of being refused;
//! - `shape`: the type (or the element type) derives `Input`; a note to the reader, checked when compiled.

mod attributes;
mod expand;
mod names;
mod tables;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Derives `keywright_aws_api::shape::Input` for a struct with named fields.
///
/// Inside `keywright_aws_api` itself the struct says `#[input(crate = "crate")]`.
#[proc_macro_derive(Input, attributes(input, member))]
pub fn derive_input(item: TokenStream) -> TokenStream {
    let input = parse_macro_input!(item as DeriveInput);
    expand::expand(&input).unwrap_or_else(|error| error.into_compile_error()).into()
}
