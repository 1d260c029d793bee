//! `AwaitChanges`: what has changed of principals, asked by the services that keep something of them.

use keywright_aws_api::shape::Blob;
use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_crypto::SecretBytes;
use keywright_service::PostgresWork;
use keywright_service::identity::Question;
use keywright_service::identity::message::SealedAnswer;

use super::answer::{Asking, InternalResource};
use crate::directory::Directory;
use crate::domain::policy::{AWAIT_CHANGES, changes_arn};
use crate::error::IdentityError;

/// Answers when there is a change, or after a while.
pub struct AwaitChanges;

/// Behind which one.
#[derive(Input)]
pub struct AwaitChangesInput {
    /// The number of the last change that is known. Without one, the answer is the number of the last one there is.
    #[member(range = 0..=9_223_372_036_854_775_807)]
    pub after: Option<i64>,
    /// Fresh random bytes, to which the answer is bound.
    #[member(length = 16..=16)]
    pub nonce: Blob,
}

impl Operation for AwaitChanges {
    type Service = Directory;
    type Input = AwaitChangesInput;
    type Output = SealedAnswer;
    type Resource = InternalResource;
    type Error = IdentityError;

    const NAME: &'static str = "AwaitChanges";
    const ACTION: &'static str = AWAIT_CHANGES;
    const READ_ONLY: bool = true;

    async fn load(
        directory: &Directory,
        _: &Call,
        _: &AwaitChangesInput,
    ) -> Result<InternalResource, IdentityError> {
        Ok(InternalResource::new(directory, changes_arn(directory.home)))
    }

    fn accesses(_: &Call, _: &AwaitChangesInput, changes: &InternalResource) -> Accesses {
        changes.access(Self::ACTION).into()
    }

    async fn run(
        directory: &Directory,
        request: Authorized<'_, Self>,
        _: &mut PostgresWork,
    ) -> Result<SealedAnswer, IdentityError> {
        let (call, input) = (request.call, request.input);
        let changes = directory.changes.behind(input.after).await?;
        let connection = directory.store.connection().await?;
        let asking = Asking::find(directory, &connection, call, &input.nonce).await?;
        let answer = serde_json::to_vec(&changes).map_err(|_| IdentityError::Encode)?;
        asking.seal(directory, Question::Changes { after: input.after }, &SecretBytes::new(answer))
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _: &'a Call,
        input: &'a AwaitChangesInput,
        _: Option<&'a InternalResource>,
        _: Option<&'a SealedAnswer>,
    ) {
        if let Some(after) = input.after {
            shown.request.push_i64("after", after);
        }
    }
}
