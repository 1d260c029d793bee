//! Credentials that were given, kept for the token that they were given for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use keywright_crypto::sha256;
use time::{Duration, OffsetDateTime};

use super::exchange::Credentials;

/// Credentials by the hash of the token.
#[derive(Default)]
pub(crate) struct Cache {
    kept: Mutex<HashMap<[u8; 32], Kept>>,
}

struct Kept {
    credentials: Arc<Credentials>,
    usable_until: OffsetDateTime,
}

impl Cache {
    /// What is kept for a token.
    pub(crate) fn get_at(&self, token: &str, now: OffsetDateTime) -> Option<Arc<Credentials>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.get(&sha256(token.as_bytes()))?;
        (now < found.usable_until).then(|| Arc::clone(&found.credentials))
    }

    /// Keeps credentials until shortly before their end: an SDK asks for new ones in the last quarter of an hour. Nothing is
    /// given for a token that has ended.
    pub(crate) fn keep_at(
        &self,
        token: &str,
        token_ends_at: OffsetDateTime,
        credentials: Arc<Credentials>,
        now: OffsetDateTime,
    ) {
        let ahead = REFRESH_AHEAD.min((credentials.expires_at - now) / 3);
        let usable_until = (credentials.expires_at - ahead).min(token_ends_at);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, kept| now < kept.usable_until);
        if kept.len() < MAX_KEPT {
            kept.insert(sha256(token.as_bytes()), Kept { credentials, usable_until });
        }
    }
}

const REFRESH_AHEAD: Duration = Duration::minutes(20);
/// Far more than a node has pods.
const MAX_KEPT: usize = 4_096;

#[cfg(test)]
mod tests {
    use keywright_crypto::SecretString;
    use time::macros::datetime;

    use super::*;

    #[test]
    fn credentials_are_kept_until_shortly_before_their_end_and_never_beyond_the_tokens() {
        let now = datetime!(2026-01-01 00:00 UTC);
        let credentials = |minutes: i64| {
            Arc::new(Credentials {
                access_key_id: "ASIA".to_owned(),
                secret_access_key: SecretString::new("s".to_owned()),
                session_token: SecretString::new("t".to_owned()),
                expires_at: now + Duration::minutes(minutes),
            })
        };
        let cache = Cache::default();
        let kept_at =
            |token: &str, minutes: i64| cache.get_at(token, now + Duration::minutes(minutes)).is_some();
        cache.keep_at("hour", now + Duration::hours(2), credentials(60), now);
        assert!(kept_at("hour", 39) && !kept_at("hour", 40) && !kept_at("other", 0));
        cache.keep_at("short", now + Duration::hours(2), credentials(15), now);
        assert!(kept_at("short", 9) && !kept_at("short", 10));
        cache.keep_at("ending", now + Duration::minutes(5), credentials(60), now);
        assert!(kept_at("ending", 4) && !kept_at("ending", 5));
    }
}
