//! Forward tokens: by which one of our services shows another for whom it acts.
//!
//! A token is a sealed box which only identity can open. It names the access key whose signature was verified, the
//! service it was issued to (only that service may use it) and when it ends. It says nothing of what is allowed: that
//! is looked up when it is shown, so that a key made inactive takes its tokens with it.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::access_key::AccessKeyId;
use super::names::ServiceName;
use super::session::Session;

/// What a forward token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForwardClaims {
    /// For whom.
    pub subject: Subject,
    /// The only service that may show it.
    pub audience: ServiceName,
    /// When it ends.
    pub expires_at: OffsetDateTime,
}

/// For whom a forward token is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Subject {
    /// The owner of an access key.
    #[serde(rename = "k")]
    Owner {
        /// The access key that signed the request.
        #[serde(rename = "k")]
        access_key_id: AccessKeyId,
        /// Its owner at that time: a key id that is given to somebody else must not revive the token.
        #[serde(rename = "p")]
        principal_id: String,
    },
    /// A session.
    #[serde(rename = "s")]
    Session(Box<Session>),
}

/// Whether `receiver` may act further on for whom `sender` acts at it, so that identity gives it a token of its own: for
/// the same caller, until the same time. Only the chains that are listed exist, and none of them is a part of another.
#[must_use]
pub fn goes_on(sender: &ServiceName, receiver: &ServiceName) -> bool {
    CHAINS.contains(&(sender.as_str(), receiver.as_str()))
}

/// Parameter Store fetches secrets, which Secrets Manager has KMS decrypt.
const CHAINS: [(&str, &str); 1] = [("ssm.amazonaws.com", "secretsmanager.amazonaws.com")];

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
    /// What is sealed as the token.
    ///
    /// # Errors
    /// Never, in practice: claims are texts and numbers.
    pub fn encode(&self) -> Result<Vec<u8>, serde_json::Error> {
        let audience = self.audience.as_str();
        serde_json::to_vec(&(&self.subject, audience, self.expires_at.unix_timestamp()))
    }

    /// Reads what `sender` showed at `now`.
    ///
    /// # Errors
    /// [`ForwardTokenError`] for every token that `sender` may not show now.
    pub fn decode_at(
        opened: &[u8],
        sender: &ServiceName,
        now: OffsetDateTime,
    ) -> Result<Self, ForwardTokenError> {
        let (subject, audience, expires_at): (Subject, &str, i64) =
            serde_json::from_slice(opened).map_err(|_| ForwardTokenError::Invalid)?;
        if audience != sender.as_str() {
            return Err(ForwardTokenError::OtherAudience);
        }
        let expires_at =
            OffsetDateTime::from_unix_timestamp(expires_at).map_err(|_| ForwardTokenError::Invalid)?;
        if expires_at <= now {
            return Err(ForwardTokenError::Expired);
        }
        Ok(Self { subject, audience: sender.clone(), expires_at })
    }
}

#[cfg(test)]
mod tests {
    use time::Duration;
    use time::macros::datetime;

    use super::*;
    use crate::domain::session::{SessionOf, tests::session};

    const NOW: OffsetDateTime = datetime!(2026-01-02 03:04:05 UTC);

    fn claims(subject: Subject) -> ForwardClaims {
        let audience = ServiceName::parse("ssm.amazonaws.com").unwrap();
        ForwardClaims { subject, audience, expires_at: NOW + Duration::minutes(10) }
    }

    #[test]
    fn the_service_it_was_issued_to_may_show_it_until_it_ends() {
        let owner = Subject::Owner {
            access_key_id: AccessKeyId::parse("AKIAAAAAAAAAAAAAAAAA").unwrap(),
            principal_id: "AIDA".to_owned(),
        };
        let of = SessionOf::Role { role_id: "AROA".to_owned(), session_name: "pod".to_owned() };
        let [ssm, kms] =
            ["ssm.amazonaws.com", "kms.amazonaws.com"].map(|name| ServiceName::parse(name).unwrap());
        for subject in [owner, Subject::Session(Box::new(session(of)))] {
            let claims = claims(subject);
            let token = claims.encode().unwrap();
            let (end, last) = (claims.expires_at, claims.expires_at - Duration::SECOND);
            assert_eq!(ForwardClaims::decode_at(&token, &ssm, last), Ok(claims));
            assert_eq!(ForwardClaims::decode_at(&token, &ssm, end), Err(ForwardTokenError::Expired));
            let elsewhere = ForwardClaims::decode_at(&token, &kms, NOW);
            assert_eq!(elsewhere, Err(ForwardTokenError::OtherAudience));
        }
    }

    #[test]
    fn no_chain_goes_on_from_its_end() {
        for (sender, receiver) in CHAINS {
            let [sender, receiver] = [sender, receiver].map(|name| ServiceName::parse(name).unwrap());
            assert!(goes_on(&sender, &receiver));
            assert!(!goes_on(&receiver, &sender) && !goes_on(&sender, &sender));
            assert!(CHAINS.iter().all(|(further, _)| *further != receiver.as_str()));
        }
    }

    #[test]
    fn what_is_no_token_is_invalid() {
        let ssm = ServiceName::parse("ssm.amazonaws.com").unwrap();
        for other in ["", "{}", "[]", "[{},\"ssm.amazonaws.com\",0]"] {
            let read = ForwardClaims::decode_at(other.as_bytes(), &ssm, NOW);
            assert_eq!(read, Err(ForwardTokenError::Invalid), "{other}");
        }
    }
}
