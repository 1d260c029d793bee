//! [DecodeAuthorizationMessage](https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html).

use keywright_aws_api::{Access, Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_crypto::SecretString;
use keywright_service::PostgresWork;
use serde::Serialize;

use crate::directory::Directory;
use crate::domain::sts_refusal::StsRefusal;
use crate::error::IdentityError;

/// Tells what an encoded message about a refusal says, to whom may know it. Messages are sealed for one account by
/// [`Directory::encode_authorization_message`]. In AWS it is EC2 and the like that put one into their refusals, and none of
/// the APIs that are served here; so no answer of ours has one yet.
pub struct DecodeAuthorizationMessage;

/// Which message.
#[derive(Input)]
pub struct DecodeAuthorizationMessageInput {
    #[member(length = 1..=10240)]
    encoded_message: SecretString,
}

/// What it says.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DecodeAuthorizationMessageOutput {
    decoded_message: String,
}

impl Operation for DecodeAuthorizationMessage {
    type Service = Directory;
    type Input = DecodeAuthorizationMessageInput;
    type Output = DecodeAuthorizationMessageOutput;
    type Resource = ();
    type Error = IdentityError;

    const NAME: &'static str = "DecodeAuthorizationMessage";
    const ACTION: &'static str = "sts:DecodeAuthorizationMessage";
    const READ_ONLY: bool = true;

    async fn load(_: &Directory, _: &Call, _: &DecodeAuthorizationMessageInput) -> Result<(), IdentityError> {
        Ok(())
    }

    fn accesses(_: &Call, _: &DecodeAuthorizationMessageInput, (): &()) -> Accesses {
        Access::any(Self::ACTION).into()
    }

    async fn run(
        directory: &Directory,
        request: Authorized<'_, Self>,
        _: &mut PostgresWork,
    ) -> Result<DecodeAuthorizationMessageOutput, IdentityError> {
        let (call, encoded) = (request.call, request.input.encoded_message.expose_secret());
        let decoded =
            directory.decode_authorization_message(call.account(), encoded, call.received_at).await?;
        let decoded_message = decoded.ok_or(StsRefusal::AuthorizationMessage)?;
        Ok(DecodeAuthorizationMessageOutput { decoded_message })
    }

    fn show<'a>(
        _: &mut Shown<'a>,
        _: &'a Call,
        _: &'a DecodeAuthorizationMessageInput,
        _: Option<&'a ()>,
        _: Option<&'a DecodeAuthorizationMessageOutput>,
    ) {
    }
}
