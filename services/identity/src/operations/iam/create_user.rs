//! [CreateUser](https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html).

use keywright_aws_api::shape::Timestamp;
use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::{on_user, show_user};
use crate::directory::Directory;
use crate::domain::identity::Identity;
use crate::domain::names::{IdentityName, Path};
use crate::error::IdentityError;
use crate::store::identities;

/// Makes a user without any permission.
pub struct CreateUser;

/// Who is to be made.
#[derive(Input)]
pub struct CreateUserInput {
    #[member(length = 1..=64)]
    user_name: String,
    #[member(length = 1..=512)]
    path: Option<String>,
}

/// Who was made.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateUserOutput {
    user: UserOut,
}

/// A user as IAM shows it.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UserOut {
    path: String,
    user_name: String,
    user_id: String,
    arn: String,
    create_date: Timestamp,
}

impl Operation for CreateUser {
    type Service = Directory;
    type Input = CreateUserInput;
    type Output = CreateUserOutput;
    /// The user to be made, with its ARN.
    type Resource = (Identity, String);
    type Error = IdentityError;

    const NAME: &'static str = "CreateUser";
    const ACTION: &'static str = "iam:CreateUser";
    const READ_ONLY: bool = false;

    async fn load(
        directory: &Directory,
        call: &Call,
        input: &CreateUserInput,
    ) -> Result<(Identity, String), IdentityError> {
        let name = IdentityName::parse(&input.user_name)?;
        let path = input.path.as_deref().map_or_else(|| Ok(Path::root()), Path::parse)?;
        let user = directory.new_user(call.account(), &name, &path)?;
        let arn = user.arn();
        Ok((user, arn))
    }

    fn accesses(call: &Call, _: &CreateUserInput, (_, arn): &(Identity, String)) -> Accesses {
        on_user(Self::ACTION, call, arn.clone())
    }

    async fn run(
        directory: &Directory,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<CreateUserOutput, IdentityError> {
        let ((user, arn), now) = (request.resource, directory.clock.now());
        identities::insert(work.transaction().await?, user, now).await?;
        let user = UserOut {
            path: user.path.to_string(),
            user_name: user.name.to_string(),
            user_id: user.id.clone(),
            arn: arn.clone(),
            create_date: now.into(),
        };
        Ok(CreateUserOutput { user })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        call: &'a Call,
        input: &'a CreateUserInput,
        resource: Option<&'a (Identity, String)>,
        output: Option<&'a CreateUserOutput>,
    ) {
        shown.request.push_str("userName", &*input.user_name).push_opt_str("path", input.path.as_deref());
        if let Some(CreateUserOutput { user }) = output {
            shown.response.push_str("userId", &*user.user_id).push_str("arn", &*user.arn);
        }
        if let Some((user, arn)) = resource {
            show_user(shown, call, user, arn);
        }
    }
}
