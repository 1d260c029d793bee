//! Identity's own credentials: asked of its store, and kept for a moment.

use std::sync::Arc;

use futures::future::BoxFuture;
use keywright_crypto::SecretString;
use keywright_service::identity::message::{Facts, Keep};
use keywright_service::identity::{
    AskIdentity, Changes, CredentialAnswer, CredentialQuestion, ForwardQuestion, NotAnswered,
};
use keywright_sigv4::SigningKey;

use crate::directory::Directory;
use crate::domain::forward_token::ForwardTokenError;
use crate::error::IdentityError;

/// The directory, as who verifies the callers of identity's own APIs.
pub(crate) struct LocalIdentity(pub(crate) Arc<Directory>);

impl AskIdentity for LocalIdentity {
    fn credential<'a>(
        &'a self,
        question: &'a CredentialQuestion,
    ) -> BoxFuture<'a, Result<CredentialAnswer, NotAnswered>> {
        Box::pin(async move { self.find(question).await.map_err(not_answered) })
    }

    fn forwarded<'a>(&'a self, question: &'a ForwardQuestion) -> BoxFuture<'a, Result<Facts, NotAnswered>> {
        Box::pin(async move {
            let directory = &self.0;
            let (token, sender) = (question.token.expose_secret(), &question.sender_access_key_id);
            let now = directory.clock.now();
            let connection =
                directory.store.connection().await.map_err(|error| not_answered(error.into()))?;
            let facts =
                directory.forwarded(&connection, token, sender, None, now).await.map_err(not_answered)?;
            Ok(Facts { keep: Keep { ends_at: facts.keep.ends_at, ..KEEP }, ..facts })
        })
    }

    fn changes(&self, after: Option<i64>) -> BoxFuture<'_, Result<Changes, NotAnswered>> {
        Box::pin(async move { self.0.changes.behind(after).await.map_err(not_answered) })
    }
}

impl LocalIdentity {
    async fn find(&self, question: &CredentialQuestion) -> Result<CredentialAnswer, IdentityError> {
        let directory = &self.0;
        let connection = directory.store.connection().await?;
        let token = question.session_token.as_ref().map(SecretString::expose_secret);
        let now = directory.clock.now();
        let key = directory.usable(&connection, &question.access_key_id, token, now).await?;
        let facts = directory.facts(&connection, &key.access_key_id, &key.holder, KEEP).await?;
        let scope = &question.scope;
        directory.last_use.note(&key.access_key_id, &key.holder, scope, now);
        let signing_key = SigningKey::derive(&key.secret, scope.date, &scope.region, &scope.service);
        Ok(CredentialAnswer { signing_key, facts })
    }
}

fn not_answered(error: IdentityError) -> NotAnswered {
    match error {
        IdentityError::UnknownAccessKey(_) => NotAnswered::Unknown,
        IdentityError::SessionToken
        | IdentityError::NotAService
        | IdentityError::ForwardToken(ForwardTokenError::Invalid | ForwardTokenError::OtherAudience) => {
            NotAnswered::InvalidToken
        }
        IdentityError::SessionExpired | IdentityError::ForwardToken(ForwardTokenError::Expired) => {
            NotAnswered::Expired
        }
        error => NotAnswered::unavailable(error),
    }
}

/// Short: a change is to be felt by identity itself at once, and its store is near.
const KEEP: Keep = Keep { refresh_after_seconds: 1, fresh_seconds: 1, outage_seconds: 1, ends_at: None };
