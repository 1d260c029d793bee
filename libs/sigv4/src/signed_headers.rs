//! The list of the headers that a signature covers.

use std::fmt;

use crate::Malformed;

/// Lower-case header names, each once, in ascending order; at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedHeaders(String);

impl SignedHeaders {
    /// Reads `host;x-amz-date`.
    ///
    /// # Errors
    /// [`Malformed::SignedHeaders`] where a name is empty, has other than lower-case token characters or is out of order.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let mut previous = "";
        for name in text.split(';') {
            if name <= previous || !name.bytes().all(is_name_byte) {
                return Err(Malformed::SignedHeaders);
            }
            previous = name;
        }
        Ok(Self(text.to_owned()))
    }

    /// The list of these names, lower-cased, ordered and each once.
    pub(crate) fn of<'n>(names: impl Iterator<Item = &'n str>) -> Self {
        let mut names: Vec<String> = names.map(str::to_ascii_lowercase).collect();
        names.sort_unstable();
        names.dedup();
        Self(names.join(";"))
    }

    /// The names in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.split(';')
    }

    /// Whether a header is covered; the name is compared without regard to case.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.iter().any(|signed| signed.eq_ignore_ascii_case(name))
    }

    /// The list as written, joined by semicolons.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SignedHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A token character (RFC 9110, section 5.6.2) that is no upper-case letter.
fn is_name_byte(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-')
        || matches!(
            byte,
            b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_ordered_list_of_lower_case_names_is_taken() {
        assert!(SignedHeaders::parse("host").is_ok());
        assert!(SignedHeaders::parse("content-type;host;x-amz-date").is_ok());
        for wrong in
            ["", ";", "Host", "host;", ";host", "x-amz-date;host", "host;host", "host; x-amz-date", "a b"]
        {
            assert_eq!(SignedHeaders::parse(wrong), Err(Malformed::SignedHeaders), "{wrong:?}");
        }
    }
}
