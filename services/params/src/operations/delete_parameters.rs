//! DeleteParameters.

use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::access::{on_arn, show_parameter};
use super::named_parameter::NamedParameter;
use crate::error::Error;
use crate::service::Params;
use crate::store::{Scope, changes};

/// [DeleteParameters](https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DeleteParameters.html).
pub struct DeleteParameters;

/// What DeleteParameters takes.
#[derive(Input)]
pub struct DeleteParametersInput {
    /// The names.
    #[member(length = 1..=10, each(length = 1..=2048))]
    pub names: Vec<String>,
}

/// What DeleteParameters answers.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteParametersOutput {
    deleted_parameters: Vec<String>,
    invalid_parameters: Vec<String>,
}

impl Operation for DeleteParameters {
    type Service = Params;
    type Input = DeleteParametersInput;
    type Output = DeleteParametersOutput;
    type Resource = Vec<NamedParameter>;
    type Error = Error;

    const NAME: &'static str = "DeleteParameters";
    const ACTION: &'static str = "ssm:DeleteParameters";
    const READ_ONLY: bool = false;

    async fn load(
        service: &Params,
        call: &Call,
        input: &DeleteParametersInput,
    ) -> Result<Vec<NamedParameter>, Error> {
        NamedParameter::load_all(service, &input.names, call).await
    }

    fn accesses(_call: &Call, _input: &DeleteParametersInput, targets: &Vec<NamedParameter>) -> Accesses {
        targets.iter().map(|target| on_arn(Self::ACTION, target.account, &target.arn)).collect()
    }

    /// Loading fails only where a text is no name, which tells nothing.
    fn accesses_unloaded(_call: &Call, _input: &DeleteParametersInput) -> Accesses {
        Accesses::new()
    }

    fn condition_key(
        _call: &Call,
        _input: &DeleteParametersInput,
        targets: Option<&Vec<NamedParameter>>,
        access: usize,
        key: &str,
        each: &mut dyn FnMut(&str),
    ) -> bool {
        targets.and_then(|targets| targets.get(access)).is_some_and(|target| target.condition_key(key, each))
    }

    async fn run(
        service: &Params,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<DeleteParametersOutput, Error> {
        let scope = Scope::new(&request.call.region, request.call.account());
        let names = request.resource.iter().map(|target| target.name.clone()).collect::<Vec<_>>();
        for target in request.resource {
            service.directory.forget_after(work, target.account, target.name.path());
        }
        let deleted = changes::delete(work.transaction().await?, &scope, &names).await?;
        let mut asked = names.iter().map(|name| name.as_str().to_owned()).collect::<Vec<_>>();
        asked.sort();
        asked.dedup();
        let (deleted_parameters, invalid_parameters) =
            asked.into_iter().partition(|name| deleted.contains(name));
        Ok(DeleteParametersOutput { deleted_parameters, invalid_parameters })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a DeleteParametersInput,
        resource: Option<&'a Vec<NamedParameter>>,
        output: Option<&'a DeleteParametersOutput>,
    ) {
        shown.request.push_list("names", input.names.iter().map(String::as_str));
        if let Some(output) = output {
            shown
                .response
                .push_list("deletedParameters", output.deleted_parameters.iter().map(String::as_str));
            shown
                .response
                .push_list("invalidParameters", output.invalid_parameters.iter().map(String::as_str));
        }
        for target in resource.into_iter().flatten() {
            show_parameter(shown, &target.account, &target.arn);
        }
    }
}
