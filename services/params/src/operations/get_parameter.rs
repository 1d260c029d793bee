//! GetParameter.

use std::sync::Arc;

use keywright_aws_api::{Access, Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_policy::Policy;
use keywright_service::PostgresWork;
use serde::Serialize;

use super::access::{compile, on_shared};
use super::output::ParameterOutput;
use super::readable::{self, Readable};
use crate::domain::parameter::Parameter;
use crate::domain::reference::{ParameterReference, Selector};
use crate::domain::tags::ResourceTags;
use crate::error::Error;
use crate::service::Params;
use crate::store::parameters::{self, Asked, Found, Tagged};

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
    found: Found,
    tags: ResourceTags,
    policy: Option<Arc<Policy>>,
}

impl Target {
    fn new(reference: ParameterReference, tagged: Tagged) -> Result<Self, Error> {
        let is_meant = match &tagged.found {
            Found::Version(parameter) => reference.means(&parameter.metadata.name),
            Found::NoSuchVersion { name, .. } => reference.means(name),
            Found::Missing => true,
        };
        let Tagged { found, tags, policy } = if is_meant { tagged } else { Tagged::missing() };
        let arn = reference.arn();
        let policy = policy.map(|policy| compile(&policy, &arn)).transpose()?;
        Ok(Self { arn, reference, found, tags, policy })
    }

    /// An action on it, as its resource policy has it.
    #[must_use]
    pub fn access(&self, action: &'static str) -> Access {
        on_shared(action, self.reference.account, &self.arn, self.policy.clone())
    }

    /// The condition keys of its tags.
    pub fn condition_key(&self, key: &str, each: &mut dyn FnMut(&str)) -> bool {
        self.tags.condition_key(key, each)
    }

    /// The version that was asked for.
    ///
    /// # Errors
    /// [`Error::NotFound`] or [`Error::VersionNotFound`]; `asked` is the caller's text.
    pub fn parameter(&self, asked: &str) -> Result<&Parameter, Error> {
        match (&self.found, &self.reference.selector) {
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

/// Finds what `names` mean, in one query: of any account, but in this Region.
///
/// # Errors
/// [`Error::Name`] when one is no name; [`Error::Store`].
pub async fn load_all(service: &Params, call: &Call, names: &[String]) -> Result<Vec<Target>, Error> {
    let parse = |name: &String| {
        ParameterReference::parse(name, &call.region, call.account())
            .map_err(|reason| Error::name(name, reason))
    };
    let references = names.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    let asked = references.iter().map(|reference| Asked {
        account: reference.account.as_str(),
        path: if reference.region == call.region { reference.path() } else { NO_PATH },
        selector: reference.selector.as_ref(),
    });
    let asked = asked.collect::<Vec<_>>();
    let connection = service.store.connection().await?;
    let found = parameters::find(&connection, call.region.as_str(), &asked).await?;
    drop(asked);
    references.into_iter().zip(found).map(|(reference, found)| Target::new(reference, found)).collect()
}

/// A path that no parameter has.
const NO_PATH: &str = "";
