//! GetParameter.

use std::sync::Arc;

use keywright_aws_api::{Access, Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::access::on_shared;
use super::output::ParameterOutput;
use super::readable::{self, Readable};
use crate::directory::KnownParameter;
use crate::domain::parameter::Parameter;
use crate::domain::reference::{ParameterReference, Selector};
use crate::error::Error;
use crate::service::Params;
use crate::store::parameters::Found;

/// [GetParameter](https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html).
pub struct GetParameter;

/// What GetParameter takes.
#[derive(Input)]
pub struct GetParameterInput {
    /// The name or ARN, perhaps with a version or a label.
    #[member(length = 1..=2048)]
    pub name: String,
    /// Whether a SecureString is decrypted.
    pub with_decryption: Option<bool>,
}

/// What GetParameter answers.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetParameterOutput {
    parameter: ParameterOutput,
}

/// What is asked for, and what there is.
pub struct Target {
    /// What is asked for.
    pub reference: ParameterReference,
    /// Its ARN.
    pub arn: String,
    known: Arc<KnownParameter>,
}

impl Target {
    fn new(reference: ParameterReference, known: Arc<KnownParameter>) -> Self {
        let is_meant = match &known.found {
            Found::Version(parameter) => reference.means(&parameter.metadata.name),
            Found::NoSuchVersion { name, .. } => reference.means(name),
            Found::Missing => true,
        };
        let known = if is_meant { known } else { Arc::new(KnownParameter::missing()) };
        Self { arn: reference.arn(), reference, known }
    }

    /// An action on it, as its resource policy has it.
    #[must_use]
    pub fn access(&self, action: &'static str) -> Access {
        on_shared(action, self.reference.account, &self.arn, self.known.policy.clone())
    }

    /// The condition keys of its tags.
    pub fn condition_key(&self, key: &str, each: &mut dyn FnMut(&str)) -> bool {
        self.known.tags.condition_key(key, each)
    }

    /// The version that was asked for.
    ///
    /// # Errors
    /// [`Error::NotFound`] or [`Error::VersionNotFound`]; `asked` is the caller's text.
    pub fn parameter(&self, asked: &str) -> Result<&Parameter, Error> {
        match (&self.known.found, &self.reference.selector) {
            (Found::Version(parameter), _) => Ok(parameter),
            (Found::NoSuchVersion { name, .. }, Some(selector)) => {
                Err(Error::VersionNotFound { name: name.clone(), selector: selector.clone() })
            }
            (Found::NoSuchVersion { .. }, None) => Err(Error::Corrupt("version")),
            (Found::Missing, _) => Err(Error::NotFound(asked.to_owned())),
        }
    }

    /// The selector as the answer repeats it.
    #[must_use]
    pub fn selector(&self) -> Option<String> {
        self.reference.selector.as_ref().map(Selector::to_string)
    }
}

impl Operation for GetParameter {
    type Service = Params;
    type Input = GetParameterInput;
    type Output = GetParameterOutput;
    type Resource = Readable;
    type Error = Error;

    const NAME: &'static str = "GetParameter";
    const ACTION: &'static str = "ssm:GetParameter";
    const READ_ONLY: bool = true;

    async fn load(service: &Params, call: &Call, input: &GetParameterInput) -> Result<Readable, Error> {
        service.throughput.learn(&service.store, call).await?;
        let mut targets = readable::load_all(service, call, std::slice::from_ref(&input.name)).await?;
        targets.pop().ok_or(Error::Corrupt("position"))
    }

    fn accesses(call: &Call, _input: &GetParameterInput, target: &Readable) -> Accesses {
        target.access(Self::ACTION, call).into()
    }

    fn accesses_unloaded(call: &Call, input: &GetParameterInput) -> Accesses {
        readable::unloaded(Self::ACTION, call, &input.name)
    }

    fn condition_key(
        _call: &Call,
        _input: &GetParameterInput,
        target: Option<&Readable>,
        _access: usize,
        key: &str,
        each: &mut dyn FnMut(&str),
    ) -> bool {
        target.is_some_and(|target| target.condition_key(key, each))
    }

    async fn run(
        service: &Params,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<GetParameterOutput, Error> {
        let (input, target) = (request.input, request.resource);
        let with_decryption = input.with_decryption == Some(true);
        let asked = [(&input.name, target)];
        let parameter = readable::read_all(service, request.call, asked, with_decryption).await?.pop();
        Ok(GetParameterOutput { parameter: parameter.ok_or(Error::Corrupt("value"))?? })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        call: &'a Call,
        input: &'a GetParameterInput,
        resource: Option<&'a Readable>,
        _output: Option<&'a GetParameterOutput>,
    ) {
        shown.request.push_str("name", &input.name);
        if let Some(with_decryption) = input.with_decryption {
            shown.request.push_bool("withDecryption", with_decryption);
        }
        if let Some(target) = resource {
            target.show(shown, call);
        }
    }
}

/// Finds what `names` mean: of any account, but in this Region.
///
/// # Errors
/// [`Error::Name`] when one is no name; [`Error::Store`].
pub async fn load_all(service: &Params, call: &Call, names: &[String]) -> Result<Vec<Target>, Error> {
    let parse = |name: &String| {
        ParameterReference::parse(name, &call.region, call.account())
            .map_err(|reason| Error::name(name, reason))
    };
    let references = names.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    let known = service.directory.find_all(&references).await?;
    Ok(references.into_iter().zip(known).map(|(reference, known)| Target::new(reference, known)).collect())
}
