//! The tokens by which lists are continued: opaque to the caller, checked when they come back.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::error::Error;

/// The token that continues the list `list` behind the row with these two keys.
#[must_use]
pub fn encode(list: &str, first: &str, second: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{VERSION}\n{list}\n{first}\n{second}"))
}

/// The two keys of the row behind which the list `list` is to be continued.
///
/// # Errors
/// [`Error::InvalidNextToken`] for a token that was not made here, or for another list.
pub fn decode(list: &str, token: &str) -> Result<(String, String), Error> {
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| Error::InvalidNextToken)?;
    let text = String::from_utf8(bytes).map_err(|_| Error::InvalidNextToken)?;
    let mut parts = text.splitn(4, '\n');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(VERSION), Some(of), Some(first), Some(second)) if of == list => {
            Ok((first.to_owned(), second.to_owned()))
        }
        _ => Err(Error::InvalidNextToken),
    }
}

const VERSION: &str = "1";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_returns_for_its_own_list_only() {
        let token = encode("secrets", "a", "b\nc");
        assert_eq!(decode("secrets", &token).unwrap(), ("a".to_owned(), "b\nc".to_owned()));
        assert!(matches!(decode("versions", &token), Err(Error::InvalidNextToken)));
    }

    #[test]
    fn made_up_tokens_are_refused() {
        for token in ["", "x", "!!!", "MQ"] {
            assert!(matches!(decode("secrets", token), Err(Error::InvalidNextToken)), "{token}");
        }
    }
}
