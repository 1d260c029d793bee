//! DeleteParameter.

use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::access::{on_arn, show_parameter};
use super::named_parameter::NamedParameter;
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

impl Operation for DeleteParameter {
    type Service = Params;
    type Input = DeleteParameterInput;
    type Output = DeleteParameterOutput;
    type Resource = NamedParameter;
    type Error = Error;

    const NAME: &'static str = "DeleteParameter";
    const ACTION: &'static str = "ssm:DeleteParameter";
    const READ_ONLY: bool = false;

    async fn load(
        service: &Params,
        call: &Call,
        input: &DeleteParameterInput,
    ) -> Result<NamedParameter, Error> {
        NamedParameter::load(service, &input.name, call).await
    }

    fn accesses(_call: &Call, _input: &DeleteParameterInput, target: &NamedParameter) -> Accesses {
        on_arn(Self::ACTION, target.account, &target.arn).into()
    }

    /// Loading fails only where the text is no name, which tells nothing.
    fn accesses_unloaded(_call: &Call, _input: &DeleteParameterInput) -> Accesses {
        Accesses::new()
    }

    fn condition_key(
        _call: &Call,
        _input: &DeleteParameterInput,
        target: Option<&NamedParameter>,
        _access: usize,
        key: &str,
        each: &mut dyn FnMut(&str),
    ) -> bool {
        target.is_some_and(|target| target.condition_key(key, each))
    }

    async fn run(
        service: &Params,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<DeleteParameterOutput, Error> {
        let target = request.resource;
        let scope = Scope::new(&request.call.region, target.account);
        service.directory.forget_after(work, target.account, target.name.path());
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
        resource: Option<&'a NamedParameter>,
        _output: Option<&'a DeleteParameterOutput>,
    ) {
        shown.request.push_str("name", &input.name);
        if let Some(target) = resource {
            show_parameter(shown, &target.account, &target.arn);
        }
    }
}
