//! GetParameters.

use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::output::ParameterOutput;
use super::readable::{self, Readable};
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
    type Resource = Vec<Readable>;
    type Error = Error;

    const NAME: &'static str = "GetParameters";
    const ACTION: &'static str = "ssm:GetParameters";
    const READ_ONLY: bool = true;

    async fn load(service: &Params, call: &Call, input: &GetParametersInput) -> Result<Vec<Readable>, Error> {
        service.throughput.learn(&service.store, call).await?;
        readable::load_all(service, call, &input.unique_names()).await
    }

    fn accesses(call: &Call, _input: &GetParametersInput, targets: &Vec<Readable>) -> Accesses {
        targets.iter().map(|target| target.access(Self::ACTION, call)).collect()
    }

    fn accesses_unloaded(call: &Call, input: &GetParametersInput) -> Accesses {
        input.names.iter().flat_map(|name| readable::unloaded(Self::ACTION, call, name)).collect()
    }

    fn condition_key(
        _call: &Call,
        _input: &GetParametersInput,
        targets: Option<&Vec<Readable>>,
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
        let with_decryption = input.with_decryption == Some(true);
        let names = input.unique_names();
        let asked = names.iter().zip(targets);
        let read = readable::read_all(service, request.call, asked, with_decryption).await?;
        let (mut parameters, mut invalid_parameters) = (Vec::new(), Vec::new());
        for (name, read) in names.into_iter().zip(read) {
            match read {
                Ok(parameter) => parameters.push(parameter),
                Err(Error::NotFound(_) | Error::VersionNotFound { .. }) => invalid_parameters.push(name),
                Err(Error::Secrets(error)) if error.is_missing() => invalid_parameters.push(name),
                Err(error) => return Err(error),
            }
        }
        Ok(GetParametersOutput { parameters, invalid_parameters })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        call: &'a Call,
        input: &'a GetParametersInput,
        resource: Option<&'a Vec<Readable>>,
        _output: Option<&'a GetParametersOutput>,
    ) {
        shown.request.push_list("names", input.names.iter().map(String::as_str));
        if let Some(with_decryption) = input.with_decryption {
            shown.request.push_bool("withDecryption", with_decryption);
        }
        for target in resource.into_iter().flatten() {
            target.show(shown, call);
        }
    }
}
