//! Ids of versions, which are the request tokens that made them.

use std::fmt;

use super::storable::storable;
use crate::error::Error;

/// The id of a version: 32 to 64 characters, a UUID usually.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VersionId(Box<str>);

impl VersionId {
    /// Takes a text that was stored.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// Takes a text of a request, whose length its shape has checked.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for text that can't be stored.
    pub fn parse(text: &str) -> Result<Self, Error> {
        storable(text).map(Self::new)
    }

    /// The id of the version that a request makes: its client request token.
    ///
    /// # Errors
    /// [`Error::TokenMissing`], or as [`parse`](Self::parse). The official clients make one up; others must, or a repeated request would make a
    /// second version.
    pub fn of_request(client_request_token: Option<&str>) -> Result<Self, Error> {
        client_request_token.ok_or(Error::TokenMissing).and_then(Self::parse)
    }

    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for VersionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
