//! Sessions: what temporary credentials stand for. Each is told whole by its token, a sealed box that only identity can
//! open, so that there is no table of sessions. A token says nothing of what is allowed: that is looked up whenever it
//! is shown, so that a role that is deleted takes its sessions with it.

use keywright_aws_api::AccountId;
use keywright_crypto::{SecretBytes, SecretString};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::access_key::AccessKeyId;

/// A session, as its token tells it. The short names keep tokens short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The temporary access key, `ASIA...`.
    #[serde(rename = "k")]
    pub access_key_id: AccessKeyId,
    /// Whose it is.
    #[serde(rename = "o")]
    pub of: SessionOf,
    /// When it was issued.
    #[serde(rename = "i", with = "time::serde::timestamp")]
    pub issued_at: OffsetDateTime,
    /// When it ends.
    #[serde(rename = "e", with = "time::serde::timestamp")]
    pub expires_at: OffsetDateTime,
    /// What narrows it, if anything does.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub policies: Option<SessionPolicies>,
    /// Its tags.
    #[serde(rename = "t", default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<SessionTag>,
    /// Who was said to be behind it.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub source_identity: Option<String>,
    /// The ARN of the identity provider that vouched for whom it is.
    #[serde(rename = "f", default, skip_serializing_if = "Option::is_none")]
    pub federated_provider: Option<String>,
    /// Whether it was made by a session of a role: such a one is short.
    #[serde(rename = "c", default, skip_serializing_if = "std::ops::Not::not")]
    pub chained: bool,
}

/// Whose a session is. Users and root users are bound to the access key that asked for it: made inactive, it takes its
/// sessions with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SessionOf {
    /// A role.
    Role {
        /// The role's unique id.
        #[serde(rename = "r")]
        role_id: String,
        /// The session's name.
        #[serde(rename = "n")]
        session_name: String,
    },
    /// The user, or root user, who owns the access key.
    Owner {
        /// The access key.
        #[serde(rename = "a")]
        issuing_key: AccessKeyId,
    },
    /// Whom the owner of the access key named.
    Federated {
        /// The access key.
        #[serde(rename = "a")]
        issuing_key: AccessKeyId,
        /// The name.
        #[serde(rename = "n")]
        user_name: String,
    },
}

/// The policies that narrow a session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionPolicies {
    /// The text of one.
    #[serde(rename = "d", default, skip_serializing_if = "Option::is_none")]
    pub inline: Option<String>,
    /// The ARNs of managed ones.
    #[serde(rename = "m", default, skip_serializing_if = "Vec::is_empty")]
    pub arns: Vec<String>,
}

/// A tag of a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionTag {
    /// Its key.
    #[serde(rename = "k")]
    pub key: String,
    /// Its value.
    #[serde(rename = "v")]
    pub value: String,
    /// Whether it goes on to the sessions that are made by this one.
    #[serde(rename = "t", default, skip_serializing_if = "std::ops::Not::not")]
    pub transitive: bool,
}

impl SessionTag {
    /// How many tags a session has at most.
    pub const PER_SESSION: usize = 50;

    /// Whether a session may have a tag of this key and value.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html>
    #[must_use]
    pub fn is_valid(key: &str, value: &str) -> bool {
        let allowed =
            |c: char| c.is_alphanumeric() || "_.:/=+-@".contains(c) || (c.is_whitespace() && !c.is_control());
        (1..=128).contains(&key.chars().count())
            && value.chars().count() <= 256
            && key.chars().chain(value.chars()).all(allowed)
            && !Self::is_reserved(key)
    }

    /// Whether only AWS may set a tag of this key.
    #[must_use]
    pub fn is_reserved(key: &str) -> bool {
        key.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:"))
    }
}

/// A session with the secret access key, which its token carries, too.
pub struct SessionCredentials {
    /// The session.
    pub session: Session,
    /// The secret access key.
    pub secret_access_key: SecretString,
}

impl SessionCredentials {
    /// What is sealed as the token: the secret's length, the secret, the session as JSON.
    ///
    /// # Errors
    /// Never, in practice: a session is texts and numbers.
    pub fn encode(&self) -> Result<SecretBytes, serde_json::Error> {
        let session = serde_json::to_vec(&self.session)?;
        let secret = self.secret_access_key.expose_secret().as_bytes();
        let mut bytes = Vec::with_capacity(1 + secret.len() + session.len());
        // A secret access key has forty characters.
        bytes.push(u8::try_from(secret.len()).unwrap_or(u8::MAX));
        bytes.extend_from_slice(secret);
        bytes.extend_from_slice(&session);
        Ok(SecretBytes::new(bytes))
    }

    /// Reads that form.
    #[must_use]
    pub fn decode(bytes: &SecretBytes) -> Option<Self> {
        let (length, rest) = bytes.expose_secret().split_first()?;
        let (secret, session) = rest.split_at_checked(usize::from(*length))?;
        let secret = std::str::from_utf8(secret).ok()?.to_owned();
        let session = serde_json::from_slice(session).ok()?;
        Some(Self { session, secret_access_key: SecretString::new(secret) })
    }
}

impl Session {
    /// The ids by which an account's principal is known in a session: `AROA...:name` and the like, given the unique id of
    /// who is behind it.
    #[must_use]
    pub fn principal_id(&self, issuer_id: &str, account: AccountId) -> String {
        match &self.of {
            SessionOf::Role { session_name, .. } => format!("{issuer_id}:{session_name}"),
            SessionOf::Owner { .. } => issuer_id.to_owned(),
            SessionOf::Federated { user_name, .. } => format!("{account}:{user_name}"),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use time::macros::datetime;

    use super::*;

    pub(crate) fn session(of: SessionOf) -> Session {
        Session {
            access_key_id: AccessKeyId::parse("ASIAAAAAAAAAAAAAAAAA").unwrap(),
            of,
            issued_at: datetime!(2026-01-02 03:04:05 UTC),
            expires_at: datetime!(2026-01-02 04:04:05 UTC),
            policies: None,
            tags: Vec::new(),
            source_identity: None,
            federated_provider: None,
            chained: false,
        }
    }

    fn of_role() -> SessionOf {
        SessionOf::Role { role_id: "AROAAPP".to_owned(), session_name: "pod".to_owned() }
    }

    #[test]
    fn a_session_is_read_as_it_was_written() {
        let key = AccessKeyId::parse("AKIAAAAAAAAAAAAAAAAA").unwrap();
        let all = Session {
            policies: Some(SessionPolicies {
                inline: Some("{}".to_owned()),
                arns: vec!["arn:aws:iam::aws:policy/P".to_owned()],
            }),
            tags: vec![SessionTag { key: "team".to_owned(), value: "blue".to_owned(), transitive: true }],
            source_identity: Some("alice".to_owned()),
            federated_provider: Some("arn".to_owned()),
            chained: true,
            ..session(of_role())
        };
        for session in [
            all,
            session(of_role()),
            session(SessionOf::Owner { issuing_key: key.clone() }),
            session(SessionOf::Federated { issuing_key: key, user_name: "bob".to_owned() }),
        ] {
            let secret_access_key = SecretString::new("s".repeat(40));
            let credentials = SessionCredentials { session: session.clone(), secret_access_key };
            let read = SessionCredentials::decode(&credentials.encode().unwrap()).unwrap();
            assert_eq!(read.session, session);
            assert_eq!(read.secret_access_key.expose_secret(), "s".repeat(40));
        }
        assert!(SessionCredentials::decode(&SecretBytes::new(vec![40, 1, 2])).is_none());
    }

    #[test]
    fn each_kind_has_awss_user_id() {
        let account = AccountId::parse("111122223333").unwrap();
        let key = AccessKeyId::parse("AKIAAAAAAAAAAAAAAAAA").unwrap();
        let of_owner = SessionOf::Owner { issuing_key: key.clone() };
        let federated = SessionOf::Federated { issuing_key: key, user_name: "bob".to_owned() };
        for (of, issuer_id, expected) in [
            (of_role(), "AROAAPP", "AROAAPP:pod"),
            (of_owner, "AIDAALICE", "AIDAALICE"),
            (federated, "AIDAALICE", "111122223333:bob"),
        ] {
            assert_eq!(session(of).principal_id(issuer_id, account), expected);
        }
    }
}
