//! [PutUserPolicy](https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPolicy.html).

use keywright_audit_log::Fields;
use keywright_aws_api::{Call, Input};
use keywright_service::PostgresWork;

use super::operation::{About, IamOperation};
use super::subjects::OfIdentity;
use crate::directory::Directory;
use crate::domain::identity::IdentityKind;
use crate::domain::names::PolicyName;
use crate::domain::policy::IdentityPolicyText;
use crate::error::IdentityError;
use crate::store::identities::StoredIdentity;
use crate::store::{changes, policies};

/// Sets an inline policy of a user.
pub struct PutUserPolicy;

/// Whose, and which.
#[derive(Input)]
pub struct PutUserPolicyInput {
    #[member(length = 1..=128, pattern = "[\\w+=,.@-]+")]
    user_name: String,
    #[member(length = 1..=128, pattern = "[\\w+=,.@-]+")]
    policy_name: String,
    #[member(length = 1..=131_072)]
    policy_document: String,
}

impl IamOperation for PutUserPolicy {
    type Input = PutUserPolicyInput;
    type Output = ();
    type Subject = StoredIdentity;

    const NAME: &'static str = "PutUserPolicy";
    const ACTION: &'static str = "iam:PutUserPolicy";
    const READ_ONLY: bool = false;

    fn name(_: &Call, input: &PutUserPolicyInput) -> Result<OfIdentity, IdentityError> {
        OfIdentity::named(IdentityKind::User, &input.user_name)
    }

    async fn run(
        _: &Directory,
        request: About<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<(), IdentityError> {
        let PutUserPolicyInput { policy_name, policy_document, .. } = request.input;
        let (name, document) = (PolicyName::parse(policy_name)?, IdentityPolicyText::parse(policy_document)?);
        let (transaction, user) = (work.transaction().await?, &request.subject.identity);
        policies::put_inline(transaction, user, &name, &document).await?;
        changes::note_identity(transaction, user).await?;
        Ok(())
    }

    fn show<'a>(request: &mut Fields<'a>, input: &'a PutUserPolicyInput) {
        request
            .push_str("userName", &*input.user_name)
            .push_str("policyName", &*input.policy_name)
            .push_str("policyDocument", &*input.policy_document);
    }
}
