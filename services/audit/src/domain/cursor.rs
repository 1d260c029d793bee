//! Where a page of events ends, and the opaque token that tells it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keywright_crypto::Sha256;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// The place of an event in the list, which is ordered by time and id, newest first. A page begins behind it, so that
/// events which arrive meanwhile, and are newer, move nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The event's time.
    pub time: OffsetDateTime,
    /// The event's id.
    pub id: Uuid,
}

/// What was asked for, as a token remembers it: a token continues its own query only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueryDigest([u8; DIGEST_BYTES]);

/// A token that was not made here, or for another query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the token is not valid for this query")]
pub struct InvalidToken;

impl Cursor {
    /// Before all events up to `end`, inclusive.
    #[must_use]
    pub fn before_all_until(end: OffsetDateTime) -> Self {
        // Times have no finer parts than a microsecond in the database.
        Self { time: end.checked_add(Duration::MICROSECOND).unwrap_or(end), id: Uuid::nil() }
    }

    /// The token for what follows.
    #[must_use]
    pub fn to_token(self, query: QueryDigest) -> String {
        let mut bytes = Vec::with_capacity(TOKEN_BYTES);
        bytes.push(VERSION);
        bytes.extend_from_slice(&self.time.unix_timestamp_nanos().to_be_bytes());
        bytes.extend_from_slice(self.id.as_bytes());
        bytes.extend_from_slice(&query.0);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads a token.
    ///
    /// # Errors
    /// [`InvalidToken`] unless [`to_token`](Self::to_token) made it for the same query.
    pub fn from_token(token: &str, query: QueryDigest) -> Result<Self, InvalidToken> {
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| InvalidToken)?;
        let rest = bytes.strip_prefix(&[VERSION]).ok_or(InvalidToken)?;
        let (time, rest) = rest.split_first_chunk::<16>().ok_or(InvalidToken)?;
        let (id, digest) = rest.split_first_chunk::<16>().ok_or(InvalidToken)?;
        if digest != query.0 {
            return Err(InvalidToken);
        }
        let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from_be_bytes(*time));
        // Beyond these years there are no events, and times that Postgres does not know.
        let time = time.ok().filter(|time| (0..=9999).contains(&time.year())).ok_or(InvalidToken)?;
        Ok(Self { time, id: Uuid::from_bytes(*id) })
    }
}

impl QueryDigest {
    /// The digest of a query's parts, absent ones included.
    #[must_use]
    pub fn of<'a>(parts: impl IntoIterator<Item = Option<&'a str>>) -> Self {
        let mut digest = Sha256::new();
        for part in parts {
            // Lengths first, so that no two lists of parts look the same; an absent part has none.
            let length = part.map_or(u64::MAX, |part| part.len() as u64);
            digest.update(&length.to_be_bytes());
            digest.update(part.unwrap_or_default().as_bytes());
        }
        let mut short = [0; DIGEST_BYTES];
        short.iter_mut().zip(digest.finish()).for_each(|(to, from)| *to = from);
        Self(short)
    }
}

const VERSION: u8 = 1;
const DIGEST_BYTES: usize = 16;
const TOKEN_BYTES: usize = 1 + 16 + 16 + DIGEST_BYTES;

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const AT: Cursor = Cursor { time: datetime!(2026-01-31 09:26:53 UTC), id: Uuid::from_u128(7) };

    fn query(parts: &[Option<&str>]) -> QueryDigest {
        QueryDigest::of(parts.iter().copied())
    }

    #[test]
    fn a_token_returns_for_its_own_query_only() {
        let asked = query(&[Some("ab"), None, Some("c")]);
        let token = AT.to_token(asked);
        assert_eq!(Cursor::from_token(&token, asked), Ok(AT));
        for other in
            [&[Some("a"), None, Some("bc")][..], &[Some("ab"), Some(""), Some("c")], &[Some("ab"), None]]
        {
            assert_eq!(Cursor::from_token(&token, query(other)), Err(InvalidToken), "{other:?}");
        }
    }

    #[test]
    fn made_up_tokens_are_refused() {
        let asked = query(&[]);
        let token = AT.to_token(asked);
        for length in 0..token.len() {
            assert_eq!(Cursor::from_token(&token[..length], asked), Err(InvalidToken), "cut at {length}");
        }
        for bad in
            ["!", "AAAA", &format!("{token}AAAA"), &"A".repeat(token.len()), &token.replacen('A', "C", 1)]
        {
            assert_eq!(Cursor::from_token(bad, asked), Err(InvalidToken), "{bad}");
        }
        let far = Cursor { time: datetime!(-0001-01-01 00:00 UTC), ..AT };
        assert_eq!(Cursor::from_token(&far.to_token(asked), asked), Err(InvalidToken));
    }

    #[test]
    fn a_list_begins_with_what_happened_at_its_end_time() {
        assert!(Cursor::before_all_until(AT.time).time > AT.time);
        let last = datetime!(9999-12-31 23:59:59.999999999 UTC);
        assert_eq!(Cursor::before_all_until(last).time, last);
    }
}
