//! [GetCallerIdentity](https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html).

use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use crate::directory::Directory;
use crate::error::IdentityError;

/// Tells who asks. Nobody needs a permission for it, and no policy can forbid it.
pub struct GetCallerIdentity;

/// Nothing is asked with.
#[derive(Input)]
pub struct GetCallerIdentityInput {}

/// Who asked.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetCallerIdentityOutput {
    /// The caller's ARN.
    pub arn: String,
    /// The unique id of the caller.
    pub user_id: String,
    /// The caller's account.
    pub account: String,
}

impl Operation for GetCallerIdentity {
    type Service = Directory;
    type Input = GetCallerIdentityInput;
    type Output = GetCallerIdentityOutput;
    type Resource = ();
    type Error = IdentityError;

    const NAME: &'static str = "GetCallerIdentity";
    const ACTION: &'static str = "sts:GetCallerIdentity";
    const READ_ONLY: bool = true;

    async fn load(_: &Directory, _: &Call, _: &GetCallerIdentityInput) -> Result<(), IdentityError> {
        Ok(())
    }

    fn accesses(_: &Call, _: &GetCallerIdentityInput, (): &()) -> Accesses {
        Accesses::new()
    }

    async fn run(
        _: &Directory,
        request: Authorized<'_, Self>,
        _: &mut PostgresWork,
    ) -> Result<GetCallerIdentityOutput, IdentityError> {
        let call = request.call;
        Ok(GetCallerIdentityOutput {
            user_id: call.caller.principal_id.clone(),
            account: call.account().to_string(),
            arn: call.caller.principal.arn.clone(),
        })
    }

    fn show<'a>(
        _: &mut Shown<'a>,
        _: &'a Call,
        _: &'a GetCallerIdentityInput,
        _: Option<&'a ()>,
        _: Option<&'a GetCallerIdentityOutput>,
    ) {
    }
}
