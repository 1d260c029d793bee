//! What the operations of the internal API share: the resource they are decided on, and the seal of their answers.

use std::sync::Arc;

use keywright_aws_api::shape::Blob;
use keywright_aws_api::{Access, AccountId, Call, Target};
use keywright_crypto::SecretBytes;
use keywright_policy::{Policy, ResourcePolicyRule};
use keywright_service::identity::message::SealedAnswer;
use keywright_service::identity::{AnswerNonce, Question, seal_answer};
use keywright_store::Connection;

use crate::directory::Directory;
use crate::domain::names::ServiceName;
use crate::error::IdentityError;

/// A resource of the internal API. Only its own policy gives access to it: no policy of a user does.
pub struct InternalResource {
    arn: Arc<str>,
    home: AccountId,
    policy: Option<Arc<Policy>>,
}

impl InternalResource {
    pub(super) fn new(directory: &Directory, arn: String) -> Self {
        Self { arn: arn.into(), home: directory.home, policy: directory.internal_policy.clone() }
    }

    pub(super) fn access(&self, action: &'static str) -> Access {
        Access::new(
            action,
            Target {
                arn: Arc::clone(&self.arn),
                account: Some(self.home),
                policy: self.policy.clone(),
                rule: ResourcePolicyRule::Required,
            },
        )
    }
}

/// The service that asks, and what its answer is sealed by.
pub(super) struct Asking {
    pub(super) service: ServiceName,
    secret: keywright_crypto::SecretString,
    nonce: AnswerNonce,
}

impl Asking {
    pub(super) async fn find(
        directory: &Directory,
        connection: &Connection,
        call: &Call,
        nonce: &Blob,
    ) -> Result<Self, IdentityError> {
        let nonce = AnswerNonce::try_from(nonce.as_bytes()).map_err(|_| IdentityError::Nonce)?;
        let access_key_id = &call.caller.access_key_id;
        let (service, secret) =
            directory.service_secret(connection, access_key_id).await.map_err(|error| match error {
                // It signed this request: that it is gone by now says nothing of the key it asks for.
                IdentityError::UnknownAccessKey(_) => IdentityError::NotAService,
                error => error,
            })?;
        Ok(Self { service, secret, nonce })
    }

    pub(super) fn seal(
        &self,
        directory: &Directory,
        question: Question<'_>,
        answer: &SecretBytes,
    ) -> Result<SealedAnswer, IdentityError> {
        let sealed = seal_answer(&self.secret, question, &self.nonce, answer, directory.random.as_ref())?;
        Ok(SealedAnswer { sealed_answer: Blob(sealed) })
    }
}
