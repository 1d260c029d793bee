//! [GetSessionToken](https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html).

use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;
use time::Duration;

use super::credentials::{CredentialsOut, NewSession};
use super::long_term::{LongTerm, no_second_factor};
use crate::directory::Directory;
use crate::domain::session::SessionOf;
use crate::error::IdentityError;

/// Gives a user, or a root user, temporary credentials of its own. Nobody needs a permission for it, and no policy can
/// forbid it.
pub struct GetSessionToken;

/// For how long.
#[derive(Input)]
pub struct GetSessionTokenInput {
    #[member(range = 900..=129600)]
    duration_seconds: Option<i32>,
    #[member(length = 9..=256, pattern = "[0-9A-Za-z_+=/:,.@-]*")]
    serial_number: Option<String>,
    #[member(length = 6..=6, pattern = "[0-9]*")]
    token_code: Option<String>,
}

/// The session.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetSessionTokenOutput {
    credentials: CredentialsOut,
}

impl Operation for GetSessionToken {
    type Service = Directory;
    type Input = GetSessionTokenInput;
    type Output = GetSessionTokenOutput;
    type Resource = LongTermCaller;
    type Error = IdentityError;

    const NAME: &'static str = "GetSessionToken";
    const ACTION: &'static str = "sts:GetSessionToken";
    const READ_ONLY: bool = true;

    async fn load(
        _: &Directory,
        call: &Call,
        input: &GetSessionTokenInput,
    ) -> Result<LongTermCaller, IdentityError> {
        no_second_factor(input.serial_number.as_ref(), input.token_code.as_ref())?;
        LongTerm::of(call, Self::NAME).map(LongTermCaller)
    }

    fn accesses(_: &Call, _: &GetSessionTokenInput, _: &LongTermCaller) -> Accesses {
        Accesses::new()
    }

    fn accesses_unloaded(_: &Call, _: &GetSessionTokenInput) -> Accesses {
        Accesses::new()
    }

    async fn run(
        directory: &Directory,
        request: Authorized<'_, Self>,
        _: &mut PostgresWork,
    ) -> Result<GetSessionTokenOutput, IdentityError> {
        let LongTermCaller(owner) = request.resource;
        let of = SessionOf::Owner { issuing_key: owner.access_key_id.clone() };
        let duration = Duration::seconds(owner.seconds(request.input.duration_seconds));
        let session = NewSession::of(of, owner.account, duration);
        let credentials = session.issue_at(directory, request.call.received_at).await?;
        Ok(GetSessionTokenOutput { credentials })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _: &'a Call,
        input: &'a GetSessionTokenInput,
        _: Option<&'a LongTermCaller>,
        output: Option<&'a GetSessionTokenOutput>,
    ) {
        if let Some(seconds) = input.duration_seconds {
            shown.request.push_i64("durationSeconds", i64::from(seconds));
        }
        shown.request.push_opt_str("serialNumber", input.serial_number.as_deref());
        if let Some(output) = output {
            shown.response.push_object("credentials", output.credentials.show());
        }
    }
}

/// Who gets the session.
pub struct LongTermCaller(LongTerm);
