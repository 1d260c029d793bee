//! The tokens by which lists are continued: opaque to the caller, checked when they come back.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::error::Error;

/// The token that continues the list `list` behind `last`.
#[must_use]
pub fn encode(list: &'static str, last: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{VERSION}\n{list}\n{last}"))
}

/// The name behind which the list `list` is to be continued.
///
/// # Errors
/// [`Error::InvalidMarker`] for a token that was not made here, or for another list.
pub fn decode(list: &'static str, marker: Option<&str>) -> Result<Option<String>, Error> {
    let Some(marker) = marker else { return Ok(None) };
    let bytes = URL_SAFE_NO_PAD.decode(marker).map_err(|_| Error::InvalidMarker)?;
    let text = String::from_utf8(bytes).map_err(|_| Error::InvalidMarker)?;
    let mut parts = text.splitn(3, '\n');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(VERSION), Some(of), Some(last)) if of == list && !last.is_empty() => Ok(Some(last.to_owned())),
        _ => Err(Error::InvalidMarker),
    }
}

/// Cuts a list that was read one row too long to its page; gives the token for the rest where there is one.
pub fn page<T>(
    list: &'static str,
    rows: &mut Vec<T>,
    limit: usize,
    name: impl Fn(&T) -> String,
) -> Option<String> {
    if rows.len() <= limit {
        return None;
    }
    rows.truncate(limit);
    rows.last().map(|last| encode(list, &name(last)))
}

const VERSION: &str = "1";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_returns_for_its_own_list_only() {
        let token = encode("keys", "alias/a\nb");
        assert_eq!(decode("keys", Some(&token)).unwrap().as_deref(), Some("alias/a\nb"));
        assert!(decode("aliases", Some(&token)).is_err());
        assert_eq!(decode("keys", None).unwrap(), None);
    }

    #[test]
    fn made_up_tokens_are_refused() {
        for token in ["", "x", "!!!", "MQ", &encode("keys", "")] {
            assert!(matches!(decode("keys", Some(token)), Err(Error::InvalidMarker)), "{token}");
        }
    }

    #[test]
    fn a_page_is_cut_where_another_row_follows() {
        let mut rows = vec!["a".to_owned(), "b".to_owned(), "c".to_owned()];
        let token = page("keys", &mut rows, 2, Clone::clone).unwrap();
        assert_eq!(rows, ["a", "b"]);
        assert_eq!(decode("keys", Some(&token)).unwrap().as_deref(), Some("b"));
        assert_eq!(page("keys", &mut rows, 2, Clone::clone), None);
    }
}
