//! All keys of an issuer.

use serde::Deserialize;

use super::error::WebIdentityError;
use super::key::{Jwk, VerificationKey};
use super::token::Token;

/// The keys that an issuer publishes, as far as they are of use.
#[derive(Default)]
pub(super) struct KeySet(Vec<VerificationKey>);

#[derive(Deserialize)]
struct Published {
    keys: Vec<serde_json::Value>,
}

impl KeySet {
    /// Reads a JWK set. Keys of other kinds are passed over, as the standard has it.
    pub(super) fn parse(json: &[u8]) -> Option<Self> {
        let published: Published = serde_json::from_slice(json).ok()?;
        let keys = published.keys.into_iter().take(MAX_KEYS);
        let keys = keys.filter_map(|key| serde_json::from_value::<Jwk>(key).ok());
        Some(Self(keys.filter_map(|jwk| VerificationKey::of(&jwk)).collect()))
    }

    /// Whether a key of this id is there; any, for a token that names none.
    pub(super) fn has(&self, id: Option<&str>) -> bool {
        self.0.iter().any(|key| id.is_none() || key.id() == id)
    }

    /// Accepts a token that one of these keys has signed: the one that it names.
    pub(super) fn verify(&self, token: &Token<'_>) -> Result<(), WebIdentityError> {
        let named = self.0.iter().filter(|key| token.key_id().is_none() || key.id() == token.key_id());
        let mut refused = WebIdentityError::UnknownKey;
        for key in named {
            match key.verify(token.algorithm(), token.signed(), token.signature()) {
                Ok(()) => return Ok(()),
                Err(error) => refused = error,
            }
        }
        Err(refused)
    }
}

/// More than any issuer has in use.
const MAX_KEYS: usize = 64;
