//! [CreateAccessKey](https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html).

use keywright_aws_api::shape::{SecretTextOut, Timestamp};
use keywright_aws_api::{Accesses, Authorized, Call, CallerKind, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::{arn_by_name, on_user, show_user};
use crate::directory::Directory;
use crate::domain::access_key::{AccessKeyStatus, NewAccessKey};
use crate::domain::identity::Identity;
use crate::domain::names::IdentityName;
use crate::domain::owner::Owner;
use crate::error::IdentityError;

/// Makes an access key of a user; its secret is shown this once.
pub struct CreateAccessKey;

/// Whose.
#[derive(Input)]
pub struct CreateAccessKeyInput {
    #[member(length = 1..=128)]
    user_name: Option<String>,
}

/// What was made.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateAccessKeyOutput {
    access_key: AccessKeyOut,
}

/// An access key as IAM shows it once.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AccessKeyOut {
    user_name: String,
    access_key_id: String,
    status: &'static str,
    secret_access_key: SecretTextOut,
    create_date: Timestamp,
}

impl CreateAccessKeyInput {
    /// The user's name; without one, the caller's own.
    fn name<'a>(&'a self, call: &'a Call) -> Result<&'a str, IdentityError> {
        match (&self.user_name, &call.caller.kind) {
            (Some(name), _) => Ok(name),
            (None, CallerKind::User { user_name }) => Ok(user_name),
            (None, _) => Err(IdentityError::UserNameMissing),
        }
    }
}

impl Operation for CreateAccessKey {
    type Service = Directory;
    type Input = CreateAccessKeyInput;
    type Output = CreateAccessKeyOutput;
    /// The user, with its ARN.
    type Resource = (Identity, String);
    type Error = IdentityError;

    const NAME: &'static str = "CreateAccessKey";
    const ACTION: &'static str = "iam:CreateAccessKey";
    const READ_ONLY: bool = false;

    async fn load(
        directory: &Directory,
        call: &Call,
        input: &CreateAccessKeyInput,
    ) -> Result<(Identity, String), IdentityError> {
        let user = directory.user(call.account(), &IdentityName::parse(input.name(call)?)?).await?;
        let arn = user.arn();
        Ok((user, arn))
    }

    fn accesses(call: &Call, _: &CreateAccessKeyInput, (_, arn): &(Identity, String)) -> Accesses {
        on_user(Self::ACTION, call, arn.clone())
    }

    fn accesses_unloaded(call: &Call, input: &CreateAccessKeyInput) -> Accesses {
        on_user(Self::ACTION, call, arn_by_name(call, input.name(call).unwrap_or("*")))
    }

    async fn run(
        directory: &Directory,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<CreateAccessKeyOutput, IdentityError> {
        let (user, now) = (&request.resource.0, directory.clock.now());
        let transaction = work.transaction().await?;
        let key = directory.insert_access_key(transaction, &Owner::User(user.clone()), now).await?;
        let NewAccessKey { access_key_id, secret_access_key } = key;
        let access_key = AccessKeyOut {
            user_name: user.name.to_string(),
            access_key_id: access_key_id.to_string(),
            status: AccessKeyStatus::Active.as_str(),
            secret_access_key: SecretTextOut(secret_access_key),
            create_date: now.into(),
        };
        Ok(CreateAccessKeyOutput { access_key })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        call: &'a Call,
        input: &'a CreateAccessKeyInput,
        resource: Option<&'a (Identity, String)>,
        output: Option<&'a CreateAccessKeyOutput>,
    ) {
        shown.request.push_opt_str("userName", input.user_name.as_deref());
        if let Some(CreateAccessKeyOutput { access_key }) = output {
            shown
                .response
                .push_str("accessKeyId", &*access_key.access_key_id)
                .push_str("status", access_key.status);
        }
        if let Some((user, arn)) = resource {
            show_user(shown, call, user, arn);
        }
    }
}
