//! `application/x-www-form-urlencoded`: the pairs of a body or a URL's query.

use std::borrow::Cow;

use percent_encoding::percent_decode;

use crate::shape::DecodeError;

/// The pairs of a form, decoded, in their order.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Form {
    pairs: Vec<(String, String)>,
}

impl Form {
    /// The most pairs a request may have.
    pub const MAX_PAIRS: usize = 2_000;

    /// Reads a body, or a URL's query without its question mark.
    ///
    /// # Errors
    /// [`DecodeError::Malformed`] for text that is not UTF-8, and for more than [`Form::MAX_PAIRS`] pairs.
    pub fn parse(encoded: &[u8]) -> Result<Self, DecodeError> {
        let mut pairs = Vec::new();
        for pair in encoded.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            if pairs.len() == Self::MAX_PAIRS {
                return Err(DecodeError::Malformed("it has too many parameters"));
            }
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let name = decode(halves.next().unwrap_or_default())?;
            let value = decode(halves.next().unwrap_or_default())?;
            pairs.push((name, value));
        }
        Ok(Self { pairs })
    }

    /// The value of the first pair with this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// The operation that the request asks for.
    pub fn action(&self) -> Option<&str> {
        self.get("Action")
    }

    /// The version of the API that the request was written for, `2011-06-15`.
    pub fn version(&self) -> Option<&str> {
        self.get("Version")
    }

    /// All pairs.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl std::fmt::Debug for Form {
    /// The names only: a value may be a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.pairs().map(|(name, _)| name)).finish()
    }
}

impl FromIterator<(String, String)> for Form {
    /// For tests and for pairs that were decoded elsewhere. The bound is then the caller's.
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        Self { pairs: pairs.into_iter().collect() }
    }
}

fn decode(text: &[u8]) -> Result<String, DecodeError> {
    let spaced: Cow<'_, [u8]> = if text.contains(&b'+') {
        text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect()
    } else {
        Cow::Borrowed(text)
    };
    let decoded =
        percent_decode(&spaced).decode_utf8().map_err(|_| DecodeError::Malformed("it is not UTF-8"))?;
    Ok(decoded.into_owned())
}
