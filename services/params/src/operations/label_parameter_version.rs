//! LabelParameterVersion.

use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::access::{on_arn, show_parameter};
use super::named_parameter::NamedParameter;
use crate::domain::label::{MAX_LABELS, is_label};
use crate::domain::reference::Selector;
use crate::error::Error;
use crate::service::Params;
use crate::store::labels;

/// [LabelParameterVersion](https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_LabelParameterVersion.html).
pub struct LabelParameterVersion;

/// What LabelParameterVersion takes.
#[derive(Input)]
pub struct LabelParameterVersionInput {
    /// The name, not an ARN.
    #[member(length = 1..=2048)]
    pub name: String,
    /// The version, or else the current one.
    pub parameter_version: Option<i64>,
    /// The labels that it is to have.
    #[member(length = 1..=10, each(length = 1..=100))]
    pub labels: Vec<String>,
}

/// What LabelParameterVersion answers.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct LabelParameterVersionOutput {
    invalid_labels: Vec<String>,
    parameter_version: i64,
}

impl Operation for LabelParameterVersion {
    type Service = Params;
    type Input = LabelParameterVersionInput;
    type Output = LabelParameterVersionOutput;
    type Resource = NamedParameter;
    type Error = Error;

    const NAME: &'static str = "LabelParameterVersion";
    const ACTION: &'static str = "ssm:LabelParameterVersion";
    const READ_ONLY: bool = false;

    async fn load(
        service: &Params,
        call: &Call,
        input: &LabelParameterVersionInput,
    ) -> Result<NamedParameter, Error> {
        NamedParameter::load(service, &input.name, call).await
    }

    fn accesses(_call: &Call, _input: &LabelParameterVersionInput, named: &NamedParameter) -> Accesses {
        on_arn(Self::ACTION, named.account, &named.arn).into()
    }

    /// Loading fails only where the text is no name, which tells nothing.
    fn accesses_unloaded(_call: &Call, _input: &LabelParameterVersionInput) -> Accesses {
        Accesses::new()
    }

    fn condition_key(
        _call: &Call,
        _input: &LabelParameterVersionInput,
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
    ) -> Result<LabelParameterVersionOutput, Error> {
        let (input, named) = (request.input, request.resource);
        let locked = named.lock(work, request.call).await?;
        let version = input.parameter_version.unwrap_or(locked.version);
        let transaction = work.transaction().await?;
        if !labels::has_version(transaction, locked.id, version).await? {
            return Err(Error::VersionNotFound { name: locked.name, selector: Selector::Version(version) });
        }
        let (mut valid, invalid): (Vec<_>, Vec<_>) =
            input.labels.iter().map(String::as_str).partition(|label| is_label(label));
        valid.sort_unstable();
        valid.dedup();
        if labels::put(transaction, locked.id, version, &valid).await? > MAX_LABELS {
            return Err(Error::TooManyLabels(locked.name));
        }
        let invalid_labels = invalid.into_iter().map(str::to_owned).collect();
        Ok(LabelParameterVersionOutput { invalid_labels, parameter_version: version })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a LabelParameterVersionInput,
        resource: Option<&'a NamedParameter>,
        output: Option<&'a LabelParameterVersionOutput>,
    ) {
        let request = &mut shown.request;
        request.push_str("name", &input.name);
        if let Some(version) = input.parameter_version {
            request.push_i64("parameterVersion", version);
        }
        request.push_list("labels", input.labels.iter().map(String::as_str));
        if let Some(output) = output {
            let response = &mut shown.response;
            response.push_list("invalidLabels", output.invalid_labels.iter().map(String::as_str));
            response.push_i64("parameterVersion", output.parameter_version);
        }
        if let Some(named) = resource {
            show_parameter(shown, &named.account, &named.arn);
        }
    }
}
