//! `ResolveForwardToken`: for whom a service acts, asked by the service that it called.

use keywright_aws_api::shape::Blob;
use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_crypto::SecretBytes;
use keywright_service::PostgresWork;
use keywright_service::identity::Question;
use keywright_service::identity::message::SealedAnswer;

use super::answer::{Asking, InternalResource};
use crate::directory::Directory;
use crate::domain::policy::{RESOLVE_FORWARD_TOKEN, forward_tokens_arn};
use crate::error::IdentityError;

/// Answers a service that was shown a forward token.
pub struct ResolveForwardToken;

/// Which token, and who showed it.
#[derive(Input)]
pub struct ResolveForwardTokenInput {
    /// The token.
    #[member(length = 1..=16384, sensitive)]
    pub token: String,
    /// The access key of the service that showed it, which the asking service has verified.
    #[member(length = 1..=128, pattern = "[0-9A-Za-z_]+")]
    pub sender_access_key_id: String,
    /// Fresh random bytes, to which the answer is bound.
    #[member(length = 16..=16)]
    pub nonce: Blob,
}

impl Operation for ResolveForwardToken {
    type Service = Directory;
    type Input = ResolveForwardTokenInput;
    type Output = SealedAnswer;
    type Resource = InternalResource;
    type Error = IdentityError;

    const NAME: &'static str = "ResolveForwardToken";
    const ACTION: &'static str = RESOLVE_FORWARD_TOKEN;
    const READ_ONLY: bool = true;

    async fn load(
        directory: &Directory,
        _: &Call,
        _: &ResolveForwardTokenInput,
    ) -> Result<InternalResource, IdentityError> {
        Ok(InternalResource::new(directory, forward_tokens_arn(directory.home)))
    }

    fn accesses(_: &Call, _: &ResolveForwardTokenInput, tokens: &InternalResource) -> Accesses {
        tokens.access(Self::ACTION).into()
    }

    async fn run(
        directory: &Directory,
        request: Authorized<'_, Self>,
        _: &mut PostgresWork,
    ) -> Result<SealedAnswer, IdentityError> {
        let (call, input) = (request.call, request.input);
        let connection = directory.store.connection().await?;
        let asking = Asking::find(directory, &connection, call, &input.nonce).await?;
        let sender = &input.sender_access_key_id;
        let facts = directory
            .forwarded(&connection, &input.token, sender, Some(&asking.service), call.received_at)
            .await?;
        let answer = serde_json::to_vec(&facts).map_err(|_| IdentityError::Encode)?;
        let question = Question::ForwardToken { token: &input.token, sender_access_key_id: sender };
        asking.seal(directory, question, &SecretBytes::new(answer))
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _: &'a Call,
        input: &'a ResolveForwardTokenInput,
        _: Option<&'a InternalResource>,
        _: Option<&'a SealedAnswer>,
    ) {
        shown.request.push_str("senderAccessKeyId", &input.sender_access_key_id);
    }
}
