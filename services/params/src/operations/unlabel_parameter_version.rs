//! UnlabelParameterVersion.

use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::access::{on_arn, show_parameter};
use super::named_parameter::NamedParameter;
use crate::domain::reference::Selector;
use crate::error::Error;
use crate::service::Params;
use crate::store::labels;

/// [UnlabelParameterVersion](https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_UnlabelParameterVersion.html).
pub struct UnlabelParameterVersion;

/// What UnlabelParameterVersion takes.
#[derive(Input)]
pub struct UnlabelParameterVersionInput {
    /// The name, not an ARN.
    #[member(length = 1..=2048)]
    pub name: String,
    /// The version.
    pub parameter_version: i64,
    /// The labels that it is to have no longer.
    #[member(length = 1..=10, each(length = 1..=100))]
    pub labels: Vec<String>,
}

/// What UnlabelParameterVersion answers.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct UnlabelParameterVersionOutput {
    removed_labels: Vec<String>,
    invalid_labels: Vec<String>,
}

impl Operation for UnlabelParameterVersion {
    type Service = Params;
    type Input = UnlabelParameterVersionInput;
    type Output = UnlabelParameterVersionOutput;
    type Resource = NamedParameter;
    type Error = Error;

    const NAME: &'static str = "UnlabelParameterVersion";
    const ACTION: &'static str = "ssm:UnlabelParameterVersion";
    const READ_ONLY: bool = false;

    async fn load(
        service: &Params,
        call: &Call,
        input: &UnlabelParameterVersionInput,
    ) -> Result<NamedParameter, Error> {
        NamedParameter::load(service, &input.name, call).await
    }

    fn accesses(_call: &Call, _input: &UnlabelParameterVersionInput, named: &NamedParameter) -> Accesses {
        on_arn(Self::ACTION, named.account, &named.arn).into()
    }

    /// Loading fails only where the text is no name, which tells nothing.
    fn accesses_unloaded(_call: &Call, _input: &UnlabelParameterVersionInput) -> Accesses {
        Accesses::new()
    }

    fn condition_key(
        _call: &Call,
        _input: &UnlabelParameterVersionInput,
        named: Option<&NamedParameter>,
        _access: usize,
        key: &str,
        each: &mut dyn FnMut(&str),
    ) -> bool {
        named.is_some_and(|named| named.condition_key(key, each))
    }

    async fn run(
        _service: &Params,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<UnlabelParameterVersionOutput, Error> {
        let (input, named) = (request.input, request.resource);
        let locked = named.lock(work, request.call).await?;
        let transaction = work.transaction().await?;
        if !labels::has_version(transaction, locked.id, input.parameter_version).await? {
            let selector = Selector::Version(input.parameter_version);
            return Err(Error::VersionNotFound { name: locked.name, selector });
        }
        let removed = labels::delete(transaction, locked.id, input.parameter_version, &input.labels).await?;
        let mut asked = input.labels.clone();
        asked.sort();
        asked.dedup();
        let (removed_labels, invalid_labels) = asked.into_iter().partition(|label| removed.contains(label));
        Ok(UnlabelParameterVersionOutput { removed_labels, invalid_labels })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a UnlabelParameterVersionInput,
        resource: Option<&'a NamedParameter>,
        output: Option<&'a UnlabelParameterVersionOutput>,
    ) {
        let request = &mut shown.request;
        request.push_str("name", &input.name).push_i64("parameterVersion", input.parameter_version);
        request.push_list("labels", input.labels.iter().map(String::as_str));
        if let Some(output) = output {
            let response = &mut shown.response;
            response.push_list("removedLabels", output.removed_labels.iter().map(String::as_str));
            response.push_list("invalidLabels", output.invalid_labels.iter().map(String::as_str));
        }
        if let Some(named) = resource {
            show_parameter(shown, &named.account, &named.arn);
        }
    }
}
