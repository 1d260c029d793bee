//! GetParameters.

use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::access::{on_reference, show_parameter};
use super::get_parameter::{Target, load_all};
use super::output::{ParameterOutput, outputs};
use crate::error::Error;
use crate::service::Params;

/// [GetParameters](https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html).
pub struct GetParameters;

/// What GetParameters takes.
#[derive(Input)]
pub struct GetParametersInput {
    /// Names or ARNs, perhaps with versions or labels.
    #[member(length = 1..=10, each(length = 1..=2048))]
    pub names: Vec<String>,
    /// Whether SecureStrings are decrypted.
    pub with_decryption: Option<bool>,
}

/// What GetParameters answers.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetParametersOutput {
    parameters: Vec<ParameterOutput>,
    invalid_parameters: Vec<String>,
}

impl GetParametersInput {
    /// In alphabetical order, which is that of the answer, and each once.
    fn unique_names(&self) -> Vec<String> {
        let mut names = self.names.clone();
        names.sort();
        names.dedup();
        names
    }
}

impl Operation for GetParameters {
    type Service = Params;
    type Input = GetParametersInput;
    type Output = GetParametersOutput;
    type Resource = Vec<Target>;
    type Error = Error;

    const NAME: &'static str = "GetParameters";
    const ACTION: &'static str = "ssm:GetParameters";
    const READ_ONLY: bool = true;

    async fn load(service: &Params, call: &Call, input: &GetParametersInput) -> Result<Vec<Target>, Error> {
        service.throughput.learn(&service.store, call).await?;
        load_all(service, call, &input.unique_names()).await
    }

    fn accesses(_call: &Call, _input: &GetParametersInput, targets: &Vec<Target>) -> Accesses {
        targets.iter().map(|target| target.access(Self::ACTION)).collect()
    }

    fn accesses_unloaded(call: &Call, input: &GetParametersInput) -> Accesses {
        input.names.iter().flat_map(|name| on_reference(Self::ACTION, call, name)).collect()
    }

    fn condition_key(
        _call: &Call,
        _input: &GetParametersInput,
        targets: Option<&Vec<Target>>,
        access: usize,
        key: &str,
        each: &mut dyn FnMut(&str),
    ) -> bool {
        targets.and_then(|targets| targets.get(access)).is_some_and(|target| target.condition_key(key, each))
    }

    async fn run(
        service: &Params,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<GetParametersOutput, Error> {
        let (input, targets) = (request.input, request.resource);
        let mut found = Vec::new();
        let mut invalid_parameters = Vec::new();
        for (name, target) in input.unique_names().into_iter().zip(targets) {
            match target.parameter(&name) {
                Ok(parameter) => found.push((parameter, target.arn.clone(), target.selector())),
                Err(Error::NotFound(_) | Error::VersionNotFound { .. }) => invalid_parameters.push(name),
                Err(error) => return Err(error),
            }
        }
        let with_decryption = input.with_decryption == Some(true);
        let parameters = outputs(service, request.call, found, with_decryption).await?;
        Ok(GetParametersOutput { parameters, invalid_parameters })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a GetParametersInput,
        resource: Option<&'a Vec<Target>>,
        _output: Option<&'a GetParametersOutput>,
    ) {
        shown.request.push_list("names", input.names.iter().map(String::as_str));
        if let Some(with_decryption) = input.with_decryption {
            shown.request.push_bool("withDecryption", with_decryption);
        }
        for target in resource.into_iter().flatten() {
            show_parameter(shown, &target.reference.account, &target.arn);
        }
    }
}
