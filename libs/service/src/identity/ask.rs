//! Asking identity, however it is reached.

use std::error::Error as StdError;
use std::sync::Arc;

use futures::future::BoxFuture;
use keywright_aws_api::CredentialError;
use keywright_crypto::{SecretBytes, SecretString};
use keywright_sigv4::{CredentialScope, SigningKey};
use serde::{Deserialize, Serialize};

use super::message::Facts;
use super::sealing::Question;

/// Whoever answers for identity: over the network [`RemoteIdentity`](super::RemoteIdentity), within the identity
/// service its own store.
pub trait AskIdentity: Send + Sync + 'static {
    /// The derived signing key of an access key, and its owner.
    fn credential<'a>(
        &'a self,
        question: &'a CredentialQuestion,
    ) -> BoxFuture<'a, Result<CredentialAnswer, NotAnswered>>;

    /// For whom a service acts.
    fn forwarded<'a>(&'a self, question: &'a ForwardQuestion) -> BoxFuture<'a, Result<Facts, NotAnswered>>;

    /// What has changed behind the change of this number; waits for one for a while. Without a number, the last one's.
    fn changes(&self, after: Option<i64>) -> BoxFuture<'_, Result<Changes, NotAnswered>>;
}

/// What has changed at identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Changes {
    /// The number of the last change.
    pub cursor: i64,
    /// Of whom: unique ids of users and roles, `account:` and an account's id, or `*`.
    pub subjects: Vec<String>,
    /// Changes may have been missed: all that is known must be asked for again.
    pub everything: bool,
}

/// A question for a credential.
pub struct CredentialQuestion {
    /// The access key.
    pub access_key_id: String,
    /// The scope that its signing key is asked for.
    pub scope: CredentialScope,
    /// The session token beside it.
    pub session_token: Option<SecretString>,
}

impl CredentialQuestion {
    /// The question, as an answer is bound to it.
    #[must_use]
    pub fn as_question(&self) -> Question<'_> {
        Question::Credential {
            access_key_id: &self.access_key_id,
            scope: &self.scope,
            session_token: self.session_token.as_ref().map(SecretString::expose_secret),
        }
    }
}

/// A question for whom a token stands.
pub struct ForwardQuestion {
    /// The token.
    pub token: SecretString,
    /// The access key of the service that showed it.
    pub sender_access_key_id: String,
}

impl ForwardQuestion {
    /// The question, as an answer is bound to it.
    #[must_use]
    pub fn as_question(&self) -> Question<'_> {
        Question::ForwardToken {
            token: self.token.expose_secret(),
            sender_access_key_id: &self.sender_access_key_id,
        }
    }
}

/// An answer for a credential.
pub struct CredentialAnswer {
    /// Good for the scope that was asked for.
    pub signing_key: SigningKey,
    /// Who owns the access key.
    pub facts: Facts,
}

impl CredentialAnswer {
    /// The form behind the seal: the key's 32 bytes, then the facts as JSON.
    ///
    /// # Errors
    /// Never, in practice: the facts are texts and numbers.
    pub fn encode(&self) -> Result<SecretBytes, serde_json::Error> {
        let facts = serde_json::to_vec(&self.facts)?;
        let mut bytes = Vec::with_capacity(SIGNING_KEY_LEN + facts.len());
        bytes.extend_from_slice(self.signing_key.expose_secret());
        bytes.extend_from_slice(&facts);
        Ok(SecretBytes::new(bytes))
    }

    /// Reads that form.
    #[must_use]
    pub fn decode(bytes: &SecretBytes) -> Option<Self> {
        let (key, facts) = bytes.expose_secret().split_first_chunk::<SIGNING_KEY_LEN>()?;
        Some(Self { signing_key: SigningKey::from_bytes(*key), facts: serde_json::from_slice(facts).ok()? })
    }
}

/// Why identity gave no answer. Shared by all who waited for it.
#[derive(Clone, Debug, thiserror::Error)]
pub enum NotAnswered {
    /// No such access key, or an inactive one.
    #[error("the access key does not exist or is not active")]
    Unknown,
    /// The token isn't valid, or not for the one who showed it.
    #[error("the token is not valid")]
    InvalidToken,
    /// The token is past its time.
    #[error("the token has expired")]
    Expired,
    /// It can't be asked, or doesn't answer this service.
    #[error("identity did not answer")]
    Unavailable(#[source] Arc<dyn StdError + Send + Sync>),
}

impl NotAnswered {
    /// Nobody answers, for this reason.
    pub fn unavailable(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Unavailable(Arc::from(cause.into()))
    }
}

impl From<NotAnswered> for CredentialError {
    fn from(error: NotAnswered) -> Self {
        match error {
            NotAnswered::Unknown => Self::Unknown,
            NotAnswered::InvalidToken => Self::InvalidToken,
            NotAnswered::Expired => Self::Expired,
            NotAnswered::Unavailable(cause) => Self::Unavailable(Box::new(cause)),
        }
    }
}

const SIGNING_KEY_LEN: usize = 32;
