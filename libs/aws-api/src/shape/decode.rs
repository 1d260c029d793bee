//! From a JSON body to a checked input.

use serde::Deserialize as _;
use serde_json::Value;
use serde_json::error::Category;

use super::located::Located;
use super::{Input, Mismatch, Violations};

/// Why a request could not be decoded. No text of it quotes a value that may be secret.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Not JSON, or not a form body. AWS answers `SerializationException` (JSON) or `MalformedInput` (Query).
    #[error("the request is malformed: {0}")]
    Malformed(&'static str),
    /// A value whose type is not the member's. AWS answers `SerializationException`.
    #[error("{0}")]
    WrongType(Mismatch),
    /// Constraints that are not met. AWS answers `ValidationException`.
    #[error("{0}")]
    Violations(Violations),
}

/// Decodes a JSON body and checks it. An empty body is an empty object, as it is to AWS.
///
/// # Errors
/// [`DecodeError::Malformed`] where the body is not JSON (or nested deeper than 128 levels), [`DecodeError::WrongType`] where a
/// value doesn't fit its member, [`DecodeError::Violations`] where constraints are not met.
pub fn decode_json<T: Input>(body: &[u8]) -> Result<T, DecodeError> {
    let body = if body.trim_ascii().is_empty() { b"{}" } else { body };
    let wire = serde_json::from_slice::<T::Wire>(body).map_err(|error| explain::<T>(body, &error))?;
    T::from_wire(wire).map_err(DecodeError::Violations)
}

/// Finds the place of a wrong type; `error` itself may quote a value, so only its category is looked at.
fn explain<T: Input>(body: &[u8], error: &serde_json::Error) -> DecodeError {
    if error.classify() != Category::Data {
        return DecodeError::Malformed(NOT_JSON);
    }
    let Ok(value) = serde_json::from_slice::<Value>(body) else {
        return DecodeError::Malformed(NOT_JSON);
    };
    match T::Wire::deserialize(Located(&value)) {
        Err(mismatch) => DecodeError::WrongType(mismatch),
        // The two ways of decoding disagree, as they may over a name that occurs twice.
        Ok(_) => DecodeError::WrongType(Mismatch::expected("a structure whose members have the right types")),
    }
}

const NOT_JSON: &str = "it is not valid JSON";
