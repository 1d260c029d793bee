//! Identity over the network.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use keywright_aws_api::shape::Blob;
use keywright_aws_api::{Clock, Region};
use keywright_crypto::{Random, RandomExt as _, SecretBytes, SecretString};
use serde::Serialize;

use super::ask::{AskIdentity, Changes, CredentialAnswer, CredentialQuestion, ForwardQuestion, NotAnswered};
use super::config::IdentityClientConfig;
use super::message::{AwaitChanges, Facts, ResolveCredential, ResolveForwardToken, SealedAnswer};
use super::sealing::{AnswerNonce, Question, open_answer};
use super::{INVALID_TOKEN, SIGNING_NAME, TARGET_PREFIX, UNKNOWN_KEY, UNKNOWN_KEY_STATUS};
use crate::client::{CallError, Destination, ServiceClient};
use crate::error::ServiceError;

/// The identity service, asked by a service with its own access key.
pub struct RemoteIdentity {
    client: ServiceClient,
    /// For what changes, which is waited for.
    waiting: ServiceClient,
    /// By which identity seals its answers for this service.
    secret: SecretString,
    random: Arc<dyn Random>,
}

impl RemoteIdentity {
    /// A client that asks by the access key of `config`.
    ///
    /// # Errors
    /// [`ServiceError`] when the secret can't be read or the endpoint is no URL.
    pub fn new(
        config: &IdentityClientConfig,
        region: &Region,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, ServiceError> {
        let key = config.service_key()?;
        let destination = || Destination {
            endpoint: config.endpoint.clone(),
            signing_name: SIGNING_NAME,
            target_prefix: TARGET_PREFIX,
        };
        let client = ServiceClient::new(destination(), &key, region, Arc::clone(&clock));
        let waiting = ServiceClient::with_time_limit(destination(), &key, region, clock, CHANGES_TIME_LIMIT);
        let (client, waiting) = (client.map_err(ServiceError::own)?, waiting.map_err(ServiceError::own)?);
        Ok(Self { client, waiting, secret: key.secret, random })
    }

    async fn ask(
        &self,
        client: &ServiceClient,
        operation: &str,
        input: &(impl Serialize + Sync),
        question: Question<'_>,
        nonce: &AnswerNonce,
    ) -> Result<SecretBytes, NotAnswered> {
        let answer: SealedAnswer = client.call(operation, input, None).await.map_err(refused)?;
        open_answer(&self.secret, question, nonce, answer.sealed_answer.as_bytes())
            .map_err(NotAnswered::unavailable)
    }

    fn nonce(&self) -> Result<AnswerNonce, NotAnswered> {
        self.random.bytes().map_err(NotAnswered::unavailable)
    }
}

impl AskIdentity for RemoteIdentity {
    fn credential<'a>(
        &'a self,
        question: &'a CredentialQuestion,
    ) -> BoxFuture<'a, Result<CredentialAnswer, NotAnswered>> {
        Box::pin(async move {
            let nonce = self.nonce()?;
            let scope = question.scope.to_string();
            let input = ResolveCredential {
                access_key_id: &question.access_key_id,
                // The scope's text begins with the day.
                date: scope.split('/').next().unwrap_or_default(),
                region: &question.scope.region,
                service: &question.scope.service,
                session_token: question.session_token.as_ref().map(SecretString::expose_secret),
                nonce: Blob(nonce.to_vec()),
            };
            let answer =
                self.ask(&self.client, "ResolveCredential", &input, question.as_question(), &nonce).await?;
            CredentialAnswer::decode(&answer).ok_or_else(not_understood)
        })
    }

    fn forwarded<'a>(&'a self, question: &'a ForwardQuestion) -> BoxFuture<'a, Result<Facts, NotAnswered>> {
        Box::pin(async move {
            let nonce = self.nonce()?;
            let input = ResolveForwardToken {
                token: question.token.expose_secret(),
                sender_access_key_id: &question.sender_access_key_id,
                nonce: Blob(nonce.to_vec()),
            };
            let answer =
                self.ask(&self.client, "ResolveForwardToken", &input, question.as_question(), &nonce).await?;
            serde_json::from_slice(answer.expose_secret()).map_err(|_| not_understood())
        })
    }

    fn changes(&self, after: Option<i64>) -> BoxFuture<'_, Result<Changes, NotAnswered>> {
        Box::pin(async move {
            let nonce = self.nonce()?;
            let input = AwaitChanges { after, nonce: Blob(nonce.to_vec()) };
            let question = Question::Changes { after };
            let answer = self.ask(&self.waiting, "AwaitChanges", &input, question, &nonce).await?;
            serde_json::from_slice(answer.expose_secret()).map_err(|_| not_understood())
        })
    }
}

/// What an error answer says of the question. Whatever is about this service itself (its key, its scopes) or about
/// identity's own state says nothing of the principal.
fn refused(error: CallError) -> NotAnswered {
    match &error {
        CallError::Remote { status: UNKNOWN_KEY_STATUS, code, .. } if code == UNKNOWN_KEY => {
            NotAnswered::Unknown
        }
        CallError::Remote { code, .. } if code == INVALID_TOKEN => NotAnswered::InvalidToken,
        CallError::Remote { code, .. } if code == EXPIRED => NotAnswered::Expired,
        CallError::Remote { .. } | CallError::Unavailable(_) | CallError::Malformed(_) => {
            NotAnswered::unavailable(error)
        }
    }
}

fn not_understood() -> NotAnswered {
    NotAnswered::unavailable("the answer behind the seal was not understood")
}

/// Longer than identity waits for a change.
const CHANGES_TIME_LIMIT: Duration = Duration::from_secs(15);
const EXPIRED: &str = "ExpiredTokenException";

#[cfg(test)]
mod tests {
    use super::*;

    fn remote(status: u16, code: &str) -> CallError {
        CallError::Remote { status, code: code.to_owned(), message: String::new() }
    }

    #[test]
    fn only_an_answer_about_the_asked_key_makes_it_unknown() {
        assert!(matches!(refused(remote(404, UNKNOWN_KEY)), NotAnswered::Unknown));
        assert!(matches!(refused(remote(400, INVALID_TOKEN)), NotAnswered::InvalidToken));
        assert!(matches!(refused(remote(400, EXPIRED)), NotAnswered::Expired));
        for about_us in [remote(400, UNKNOWN_KEY), remote(400, "AccessDeniedException"), remote(503, "")] {
            assert!(matches!(refused(about_us), NotAnswered::Unavailable(_)));
        }
    }
}
