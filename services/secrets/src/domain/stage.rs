//! Staging labels.

use std::fmt;

use super::storable::storable;
use crate::error::Error;

/// A staging label: one of AWS's three, or any other text of at most 256 characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Stage(Box<str>);

impl Stage {
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

    /// The label of the version that is in use.
    #[must_use]
    pub fn current() -> Self {
        Self::new(AWSCURRENT)
    }

    /// The label of the version that was in use before.
    #[must_use]
    pub fn previous() -> Self {
        Self::new(AWSPREVIOUS)
    }

    /// The label of the version that a rotation makes.
    #[must_use]
    pub fn pending() -> Self {
        Self::new(AWSPENDING)
    }

    /// Whether it is one of the three that rotation uses: a change of the KMS key reaches the versions which have them.
    #[must_use]
    pub fn is_of_rotation(&self) -> bool {
        matches!(self.as_str(), AWSCURRENT | AWSPREVIOUS | AWSPENDING)
    }

    /// The label.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

const AWSCURRENT: &str = "AWSCURRENT";
const AWSPREVIOUS: &str = "AWSPREVIOUS";
const AWSPENDING: &str = "AWSPENDING";
