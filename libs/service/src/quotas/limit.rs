//! How many of something there may be.

use serde::Deserialize;

/// A number, or `unlimited`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Written")]
pub struct Limit(Option<u32>);

impl Limit {
    /// No limit.
    pub const UNLIMITED: Self = Self(None);

    /// This many.
    #[must_use]
    pub const fn of(count: u32) -> Self {
        Self(Some(count))
    }

    /// How many there may be, if that is limited.
    #[must_use]
    pub fn count(self) -> Option<i64> {
        self.0.map(i64::from)
    }
}

/// A limit as settings have it; the environment has texts only.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Number(u32),
    Text(String),
}

impl TryFrom<Written> for Limit {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        match written {
            Written::Number(count) => Ok(Self::of(count)),
            Written::Text(text) if text == "unlimited" => Ok(Self::UNLIMITED),
            Written::Text(text) => {
                let count = text.parse().map_err(|_| format!("{text} is neither a number nor \"unlimited\""));
                count.map(Self::of)
            }
        }
    }
}
