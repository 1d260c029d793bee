//! `NextToken`: where a list goes on, opaque to callers.
//!
//! URL-safe base64 of a version, the list it belongs to, and the key of the last item that was given out. It isn't
//! secret and grants nothing: all it can do is to begin a list elsewhere.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// A text that is no token of the list it was given to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a token of this list")]
pub struct PageTokenError;

/// The lists that have pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// GetParametersByPath.
    ByPath,
    /// DescribeParameters.
    Described,
    /// GetParameterHistory.
    History,
}

impl List {
    fn tag(self) -> u8 {
        match self {
            Self::ByPath => b'p',
            Self::Described => b'd',
            Self::History => b'h',
        }
    }
}

/// The token by which `list` goes on behind `last`.
#[must_use]
pub fn encode(list: List, last: &str) -> String {
    URL_SAFE_NO_PAD.encode([&[VERSION, list.tag()], last.as_bytes()].concat())
}

/// The key behind which `list` goes on.
///
/// # Errors
/// [`PageTokenError`] when it isn't a token of this list.
pub fn decode(list: List, token: &str) -> Result<String, PageTokenError> {
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| PageTokenError)?;
    let key = bytes.strip_prefix(&[VERSION, list.tag()]).ok_or(PageTokenError)?;
    let is_key = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.-/".contains(byte);
    if key.is_empty() || !key.iter().all(is_key) {
        return Err(PageTokenError);
    }
    String::from_utf8(key.to_vec()).map_err(|_| PageTokenError)
}

/// Cuts a list that was asked for with one item more than fits on the page; says behind which item the next one begins.
pub fn cut_page<T>(items: &mut Vec<T>, page: usize, key: impl FnOnce(&T) -> String) -> Option<String> {
    if items.len() <= page {
        return None;
    }
    items.truncate(page);
    items.last().map(key)
}

const VERSION: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_takes_its_own_tokens_only() {
        let token = encode(List::ByPath, "prod/a-b_c.d");
        assert_eq!(decode(List::ByPath, &token).unwrap(), "prod/a-b_c.d");
        assert_eq!(decode(List::Described, &token), Err(PageTokenError));
        assert_eq!(decode(List::History, &token), Err(PageTokenError));
    }

    #[test]
    fn other_texts_are_refused() {
        for bad in ["", "x", "AQ", "AQA", "????", &encode(List::ByPath, ""), &encode(List::ByPath, "a\0")] {
            assert_eq!(decode(List::ByPath, bad), Err(PageTokenError), "{bad}");
        }
        let later_version = URL_SAFE_NO_PAD.encode(b"\x02pprod");
        assert_eq!(decode(List::ByPath, &later_version), Err(PageTokenError));
    }
}
