//! DeleteParameter.

use keywright_aws_api::{Accesses, AccountId, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::access::{on_arn, show_parameter};
use crate::domain::name::ParameterName;
use crate::error::Error;
use crate::service::Params;
use crate::store::{Scope, changes};

/// [DeleteParameter](https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DeleteParameter.html).
pub struct DeleteParameter;

/// What DeleteParameter takes.
#[derive(Input)]
pub struct DeleteParameterInput {
    /// The name.
    #[member(length = 1..=2048)]
    pub name: String,
}

/// What DeleteParameter answers.
#[derive(Debug, Serialize)]
pub struct DeleteParameterOutput {}

/// What is to be deleted.
pub struct Target {
    /// Its name.
    pub name: ParameterName,
    /// Its account.
    pub account: AccountId,
    /// Its ARN.
    pub arn: String,
}

impl Target {
    /// The caller's parameter of this name.
    ///
    /// # Errors
    /// [`Error::Name`].
    pub fn parse(name: &str, call: &Call) -> Result<Self, Error> {
        let parsed = ParameterName::parse(name).map_err(|reason| Error::name(name, reason))?;
        let account = call.account();
        Ok(Self { arn: parsed.arn(&call.region, account), name: parsed, account })
    }
}

impl Operation for DeleteParameter {
    type Service = Params;
    type Input = DeleteParameterInput;
    type Output = DeleteParameterOutput;
    type Resource = Target;
    type Error = Error;

    const NAME: &'static str = "DeleteParameter";
    const ACTION: &'static str = "ssm:DeleteParameter";
    const READ_ONLY: bool = false;

    async fn load(_service: &Params, call: &Call, input: &DeleteParameterInput) -> Result<Target, Error> {
        Target::parse(&input.name, call)
    }

    fn accesses(_call: &Call, _input: &DeleteParameterInput, target: &Target) -> Accesses {
        on_arn(Self::ACTION, target.account, &target.arn).into()
    }

    /// Loading fails only where the text is no name, which tells nothing.
    fn accesses_unloaded(_call: &Call, _input: &DeleteParameterInput) -> Accesses {
        Accesses::new()
    }

    async fn run(
        _service: &Params,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<DeleteParameterOutput, Error> {
        let target = request.resource;
        let scope = Scope::new(&request.call.region, target.account);
        let deleted =
            changes::delete(work.transaction().await?, &scope, std::slice::from_ref(&target.name)).await?;
        if deleted.is_empty() {
            return Err(Error::NotFound(request.input.name.clone()));
        }
        Ok(DeleteParameterOutput {})
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a DeleteParameterInput,
        resource: Option<&'a Target>,
        _output: Option<&'a DeleteParameterOutput>,
    ) {
        shown.request.push_str("name", &input.name);
        if let Some(target) = resource {
            show_parameter(shown, &target.account, &target.arn);
        }
    }
}
