//! [PutUserPolicy](https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPolicy.html).

use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;

use super::{arn_by_name, on_user, show_user};
use crate::directory::Directory;
use crate::domain::names::{PolicyName, UserName};
use crate::domain::owner::User;
use crate::domain::policy::IdentityPolicyText;
use crate::error::IdentityError;
use crate::store::policies;

/// Sets an inline policy of a user.
pub struct PutUserPolicy;

/// Whose, and which.
#[derive(Input)]
pub struct PutUserPolicyInput {
    #[member(length = 1..=128)]
    user_name: String,
    #[member(length = 1..=128)]
    policy_name: String,
    #[member(length = 1..=131_072)]
    policy_document: String,
}

impl Operation for PutUserPolicy {
    type Service = Directory;
    type Input = PutUserPolicyInput;
    type Output = ();
    /// The user, with its ARN.
    type Resource = (User, String);
    type Error = IdentityError;

    const NAME: &'static str = "PutUserPolicy";
    const ACTION: &'static str = "iam:PutUserPolicy";
    const READ_ONLY: bool = false;

    async fn load(
        directory: &Directory,
        call: &Call,
        input: &PutUserPolicyInput,
    ) -> Result<(User, String), IdentityError> {
        let user = directory.user(call.account(), &UserName::parse(&input.user_name)?).await?;
        let arn = user.arn();
        Ok((user, arn))
    }

    fn accesses(call: &Call, _: &PutUserPolicyInput, (_, arn): &(User, String)) -> Accesses {
        on_user(Self::ACTION, call, arn.clone())
    }

    fn accesses_unloaded(call: &Call, input: &PutUserPolicyInput) -> Accesses {
        on_user(Self::ACTION, call, arn_by_name(call, &input.user_name))
    }

    async fn run(
        _: &Directory,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<(), IdentityError> {
        let PutUserPolicyInput { policy_name, policy_document, .. } = request.input;
        let (name, document) = (PolicyName::parse(policy_name)?, IdentityPolicyText::parse(policy_document)?);
        policies::put_inline(work.transaction().await?, &request.resource.0, &name, &document).await?;
        Ok(())
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        call: &'a Call,
        input: &'a PutUserPolicyInput,
        resource: Option<&'a (User, String)>,
        _: Option<&'a ()>,
    ) {
        shown
            .request
            .push_str("userName", &*input.user_name)
            .push_str("policyName", &*input.policy_name)
            .push_str("policyDocument", &*input.policy_document);
        if let Some((user, arn)) = resource {
            show_user(shown, call, user, arn);
        }
    }
}
