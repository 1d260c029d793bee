//! Forward tokens: by which one of our services shows another for whom it acts.
//!
//! A token is a sealed box which only identity can open. It names the access key whose signature was verified, the
//! service it was issued to (only that service may use it) and when it ends. It says nothing of what is allowed: that
//! is looked up when it is shown, so that a key made inactive takes its tokens with it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keywright_crypto::Random;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use super::access_key::AccessKeyId;
use super::names::ServiceName;
use super::sealing::{OpenError, Purpose, SealError, SealingKeys};

/// What a forward token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForwardClaims {
    /// The access key that signed the request.
    pub access_key_id: AccessKeyId,
    /// Its owner at that time: a key id that is given to somebody else must not revive the token.
    pub principal_id: String,
    /// The only service that may show it.
    pub audience: ServiceName,
    /// When it ends.
    pub expires_at: OffsetDateTime,
}

/// Why a forward token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ForwardTokenError {
    /// It isn't one of ours, was altered, or its key is gone.
    #[error("not a valid forward token")]
    Invalid,
    /// It was issued to another service than the one that showed it.
    #[error("the forward token was issued to another service")]
    OtherAudience,
    /// It is past its time.
    #[error("the forward token has expired")]
    Expired,
}

impl ForwardClaims {
    /// Makes the token.
    ///
    /// # Errors
    /// [`SealError`] when there is no key or no randomness.
    pub fn issue(&self, keys: &SealingKeys, random: &dyn Random) -> Result<String, SealError> {
        let written = Written {
            k: self.access_key_id.as_str().into(),
            p: self.principal_id.as_str().into(),
            a: self.audience.as_str().into(),
            e: self.expires_at.unix_timestamp(),
        };
        // A struct of texts and a number always serializes.
        let plaintext = serde_json::to_vec(&written).unwrap_or_default();
        let sealed = keys.seal(Purpose::ForwardToken, b"", &plaintext, random)?;
        Ok(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// Reads a token shown by `sender` at `now`.
    ///
    /// # Errors
    /// [`ForwardTokenError`] for every token that `sender` may not show now.
    pub fn read_at(
        token: &str,
        sender: &ServiceName,
        keys: &SealingKeys,
        now: OffsetDateTime,
    ) -> Result<Self, ForwardTokenError> {
        let sealed = URL_SAFE_NO_PAD.decode(token).map_err(|_| ForwardTokenError::Invalid)?;
        let plaintext = keys.open(Purpose::ForwardToken, b"", &sealed).map_err(|error| match error {
            OpenError::Malformed | OpenError::UnknownKey(_) | OpenError::NotAuthentic => {
                ForwardTokenError::Invalid
            }
        })?;
        let written: Written<'_> =
            serde_json::from_slice(plaintext.expose_secret()).map_err(|_| ForwardTokenError::Invalid)?;
        let claims = written.claims().ok_or(ForwardTokenError::Invalid)?;
        if claims.audience != *sender {
            return Err(ForwardTokenError::OtherAudience);
        }
        if claims.expires_at <= now {
            return Err(ForwardTokenError::Expired);
        }
        Ok(claims)
    }
}

/// The sealed form, short as it travels with every call.
#[derive(Serialize, Deserialize)]
struct Written<'a> {
    k: std::borrow::Cow<'a, str>,
    p: std::borrow::Cow<'a, str>,
    a: std::borrow::Cow<'a, str>,
    e: i64,
}

impl Written<'_> {
    fn claims(&self) -> Option<ForwardClaims> {
        Some(ForwardClaims {
            access_key_id: AccessKeyId::parse(&self.k).ok()?,
            principal_id: self.p.to_string(),
            audience: ServiceName::parse(&self.a).ok()?,
            expires_at: OffsetDateTime::from_unix_timestamp(self.e).ok()?,
        })
    }
}

/// How long a forward token is good.
pub const FORWARD_TOKEN_LIFETIME: Duration = Duration::minutes(10);

#[cfg(test)]
mod tests {
    use keywright_crypto::{Key256, SystemRandom};
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-01-02 03:04:05 UTC);

    fn keys() -> SealingKeys {
        SealingKeys::new([(1, Key256::from_bytes([7; 32]))])
    }

    fn claims() -> ForwardClaims {
        ForwardClaims {
            access_key_id: AccessKeyId::parse("AKIAAAAAAAAAAAAAAAAA").unwrap(),
            principal_id: "AIDA".to_owned(),
            audience: ServiceName::parse("ssm.amazonaws.com").unwrap(),
            expires_at: NOW + FORWARD_TOKEN_LIFETIME,
        }
    }

    #[test]
    fn the_service_it_was_issued_to_may_show_it_until_it_ends() {
        let token = claims().issue(&keys(), &SystemRandom).unwrap();
        let ssm = ServiceName::parse("ssm.amazonaws.com").unwrap();
        let kms = ServiceName::parse("kms.amazonaws.com").unwrap();
        let last = NOW + FORWARD_TOKEN_LIFETIME - Duration::SECOND;
        assert_eq!(ForwardClaims::read_at(&token, &ssm, &keys(), last), Ok(claims()));
        assert_eq!(
            ForwardClaims::read_at(&token, &ssm, &keys(), NOW + FORWARD_TOKEN_LIFETIME),
            Err(ForwardTokenError::Expired)
        );
        assert_eq!(ForwardClaims::read_at(&token, &kms, &keys(), NOW), Err(ForwardTokenError::OtherAudience));
    }

    #[test]
    fn an_altered_or_foreign_token_is_invalid() {
        let token = claims().issue(&keys(), &SystemRandom).unwrap();
        let ssm = ServiceName::parse("ssm.amazonaws.com").unwrap();
        for at in 0..token.len() {
            let mut altered = token.clone().into_bytes();
            altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
            let altered = String::from_utf8(altered).unwrap();
            let read = ForwardClaims::read_at(&altered, &ssm, &keys(), NOW);
            assert_eq!(read, Err(ForwardTokenError::Invalid), "character {at}");
        }
        let foreign = SealingKeys::new([(1, Key256::from_bytes([8; 32]))]);
        for other in ["", "AAAA", &claims().issue(&foreign, &SystemRandom).unwrap()] {
            assert_eq!(ForwardClaims::read_at(other, &ssm, &keys(), NOW), Err(ForwardTokenError::Invalid));
        }
    }

    #[test]
    fn it_says_nothing_readable() {
        let token = claims().issue(&keys(), &SystemRandom).unwrap();
        let bytes = URL_SAFE_NO_PAD.decode(token).unwrap();
        assert!(!bytes.windows(4).any(|window| window == b"AKIA"));
    }
}
