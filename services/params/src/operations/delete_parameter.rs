//! DeleteParameter.

use keywright_aws_api::{Accesses, AccountId, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::access::{on_arn, show_parameter};
use crate::domain::name::ParameterName;
use crate::domain::tags::ResourceTags;
use crate::error::Error;
use crate::service::Params;
use crate::store::parameters::{self, Asked, Found, Tagged};
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
    tags: ResourceTags,
}

impl Target {
    /// The caller's parameters of these names, with their tags.
    ///
    /// # Errors
    /// [`Error::Name`]; [`Error::Store`].
    pub async fn load_all(service: &Params, names: &[String], call: &Call) -> Result<Vec<Self>, Error> {
        let parse = |name: &String| ParameterName::parse(name).map_err(|reason| Error::name(name, reason));
        let parsed = names.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
        let asked = parsed.iter().map(|name| Asked { path: name.path(), version: None }).collect::<Vec<_>>();
        let account = call.account();
        let connection = service.store.connection().await?;
        let found = parameters::find(&connection, &Scope::new(&call.region, account), &asked).await?;
        drop(asked);
        let target = |(name, Tagged { found, tags }): (ParameterName, Tagged)| {
            let is_it = matches!(&found, Found::Version(it) if it.metadata.name == name.as_str());
            let tags = if is_it { tags } else { ResourceTags::default() };
            Self { arn: name.arn(&call.region, account), name, account, tags }
        };
        Ok(parsed.into_iter().zip(found).map(target).collect())
    }

    /// The condition keys of its tags.
    pub fn condition_key(&self, key: &str, each: &mut dyn FnMut(&str)) -> bool {
        self.tags.condition_key(key, each)
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

    async fn load(service: &Params, call: &Call, input: &DeleteParameterInput) -> Result<Target, Error> {
        let mut targets = Target::load_all(service, std::slice::from_ref(&input.name), call).await?;
        targets.pop().ok_or(Error::Corrupt("position"))
    }

    fn accesses(_call: &Call, _input: &DeleteParameterInput, target: &Target) -> Accesses {
        on_arn(Self::ACTION, target.account, &target.arn).into()
    }

    /// Loading fails only where the text is no name, which tells nothing.
    fn accesses_unloaded(_call: &Call, _input: &DeleteParameterInput) -> Accesses {
        Accesses::new()
    }

    fn condition_key(
        _call: &Call,
        _input: &DeleteParameterInput,
        target: Option<&Target>,
        _access: usize,
        key: &str,
        each: &mut dyn FnMut(&str),
    ) -> bool {
        target.is_some_and(|target| target.condition_key(key, each))
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
