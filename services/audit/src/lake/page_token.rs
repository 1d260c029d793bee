//! The opaque token that says where a page begins.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keywright_crypto::Sha256;

use crate::domain::cursor::InvalidToken;

/// A token for what follows `last`, in the list that `list` tells.
#[must_use]
pub fn to_token(last: &str, list: &[&str]) -> String {
    let mut bytes = digest(last, list).to_vec();
    bytes.extend_from_slice(last.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What [`to_token`] was given.
///
/// # Errors
/// [`InvalidToken`] unless it was made for the same list.
pub fn from_token(token: &str, list: &[&str]) -> Result<String, InvalidToken> {
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| InvalidToken)?;
    let (made, last) = bytes.split_first_chunk::<DIGEST_BYTES>().ok_or(InvalidToken)?;
    let last = std::str::from_utf8(last).map_err(|_| InvalidToken)?;
    if digest(last, list) == *made { Ok(last.to_owned()) } else { Err(InvalidToken) }
}

/// It hides nothing, but lists aren't confused.
fn digest(last: &str, list: &[&str]) -> [u8; DIGEST_BYTES] {
    let mut digest = Sha256::new();
    for part in list.iter().chain([&last]) {
        digest.update(&(part.len() as u64).to_be_bytes());
        digest.update(part.as_bytes());
    }
    let mut short = [0; DIGEST_BYTES];
    short.iter_mut().zip(digest.finish()).for_each(|(to, from)| *to = from);
    short
}

const DIGEST_BYTES: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_returns_for_its_own_list_only() {
        let token = to_token("12", &["query", "ab"]);
        assert_eq!(from_token(&token, &["query", "ab"]).as_deref(), Ok("12"));
        for (token, list) in [
            (token.as_str(), &["query", "ac"][..]),
            (&token, &["querya", "b"]),
            (&token[..20], &["query", "ab"]),
            ("!!", &["query", "ab"]),
        ] {
            assert_eq!(from_token(token, list), Err(InvalidToken));
        }
    }
}
