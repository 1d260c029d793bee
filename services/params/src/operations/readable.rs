//! What GetParameter and GetParameters read: stored parameters, secrets by reference, and public parameters.

use futures::{StreamExt as _, stream};
use keywright_aws_api::{Access, Accesses, Call, Shown};

use super::access::{on_arn, on_reference, show_parameter};
use super::get_parameter::{Target, load_all as load_stored};
use super::output::{ParameterOutput, outputs};
use crate::domain::parameter::Parameter;
use crate::domain::reference::{ParameterReference, Selector};
use crate::domain::secret_reference::SecretReference;
use crate::error::Error;
use crate::public_parameters::{PublicTree, public_arn, public_path};
use crate::service::Params;

/// What a name means.
pub enum Readable {
    /// A parameter of an account.
    Stored(Box<Target>),
    /// A secret of Secrets Manager, which is not asked before the caller may use the reference.
    Secret {
        /// Which.
        reference: SecretReference,
        /// The ARN of the reference.
        arn: String,
    },
    /// A public parameter.
    Public(PublicTarget),
}

/// A public parameter that is asked for.
pub struct PublicTarget {
    /// Its path.
    pub path: String,
    /// Its ARN.
    pub arn: String,
    selector: Option<Selector>,
}

impl Readable {
    /// What must be allowed.
    #[must_use]
    pub fn access(&self, action: &'static str, call: &Call) -> Access {
        match self {
            Self::Stored(target) => target.access(action),
            Self::Secret { arn, .. } | Self::Public(PublicTarget { arn, .. }) => {
                on_arn(action, call.account(), arn)
            }
        }
    }

    /// The condition keys of its tags.
    pub fn condition_key(&self, key: &str, each: &mut dyn FnMut(&str)) -> bool {
        match self {
            Self::Stored(target) => target.condition_key(key, each),
            Self::Secret { .. } | Self::Public(_) => false,
        }
    }

    /// Names it in the record.
    pub fn show<'a>(&'a self, shown: &mut Shown<'a>, call: &'a Call) {
        match self {
            Self::Stored(target) => show_parameter(shown, &target.reference.account, &target.arn),
            Self::Secret { arn, .. } | Self::Public(PublicTarget { arn, .. }) => {
                if let Some(account) = &call.caller.account {
                    show_parameter(shown, account, arn);
                }
            }
        }
    }
}

impl PublicTarget {
    fn parse(text: &str, call: &Call) -> Option<Result<Self, Error>> {
        let path = public_path(text, &call.region)?;
        let reference = ParameterReference::parse(&format!("/{path}"), &call.region, call.account());
        Some(reference.map_err(|reason| Error::name(text, reason)).map(|reference| Self {
            path: reference.path().to_owned(),
            arn: public_arn(reference.path(), &call.region),
            selector: reference.selector,
        }))
    }

    /// The version that is meant, of what is published now.
    ///
    /// # Errors
    /// [`Error::NotFound`] or [`Error::VersionNotFound`].
    pub fn find<'a>(&self, tree: &'a PublicTree) -> Result<&'a Parameter, Error> {
        let name = || format!("/{}", self.path);
        if !tree.has(&self.path) {
            return Err(Error::NotFound(name()));
        }
        let found = match &self.selector {
            None => tree.find(&self.path, None),
            Some(Selector::Version(version)) => tree.find(&self.path, Some(*version)),
            Some(Selector::Label(_)) => None,
        };
        match (found, &self.selector) {
            (Some(found), _) => Ok(found),
            (None, Some(selector)) => {
                Err(Error::VersionNotFound { name: name(), selector: selector.clone() })
            }
            (None, None) => Err(Error::NotFound(name())),
        }
    }
}

/// What names mean; what is stored is found in one query.
///
/// # Errors
/// [`Error::Name`] when one is no name; [`Error::Store`].
pub async fn load_all(service: &Params, call: &Call, names: &[String]) -> Result<Vec<Readable>, Error> {
    let elsewhere = names.iter().map(|name| elsewhere(call, name)).collect::<Result<Vec<_>, _>>()?;
    let stored = names.iter().zip(&elsewhere).filter(|(_, elsewhere)| elsewhere.is_none());
    let stored = stored.map(|(name, _)| name.clone()).collect::<Vec<_>>();
    let stored = if stored.is_empty() { Vec::new() } else { load_stored(service, call, &stored).await? };
    let mut stored = stored.into_iter().map(|target| Readable::Stored(Box::new(target)));
    let all = elsewhere.into_iter().map(|elsewhere| elsewhere.or_else(|| stored.next()));
    all.collect::<Option<_>>().ok_or(Error::Corrupt("position"))
}

/// What isn't in the database.
fn elsewhere(call: &Call, name: &str) -> Result<Option<Readable>, Error> {
    if let Some(reference) = SecretReference::parse(name, &call.region, call.account()) {
        let reference = reference.map_err(|reason| Error::name(name, reason))?;
        let arn = reference.arn(&call.region, call.account());
        return Ok(Some(Readable::Secret { reference, arn }));
    }
    PublicTarget::parse(name, call).map(|public| public.map(Readable::Public)).transpose()
}

/// What must be allowed to hear why a name could not be loaded.
#[must_use]
pub fn unloaded(action: &'static str, call: &Call, name: &str) -> Accesses {
    match elsewhere(call, name) {
        Ok(Some(readable)) => readable.access(action, call).into(),
        Ok(None) | Err(_) => on_reference(action, call, name),
    }
}

/// Reads all, each for itself, in their order. Secrets are fetched, and SecureStrings decrypted, several at a time.
///
/// # Errors
/// As [`outputs`], for what is stored as a whole.
pub async fn read_all<'a>(
    service: &Params,
    call: &Call,
    asked: impl IntoIterator<Item = (&'a String, &'a Readable)>,
    with_decryption: bool,
) -> Result<Vec<Result<ParameterOutput, Error>>, Error> {
    let (mut stored, mut secrets) = (Vec::new(), Vec::new());
    let mut results = Vec::new();
    for (place, (name, readable)) in asked.into_iter().enumerate() {
        let result = match readable {
            Readable::Stored(target) => target.parameter(name).map(|parameter| {
                stored.push((place, (parameter, target.arn.clone(), target.selector())));
                None
            }),
            Readable::Secret { .. } if !with_decryption => Err(Error::SecretUndecrypted),
            Readable::Secret { reference, .. } => {
                secrets.push((place, reference));
                Ok(None)
            }
            Readable::Public(target) => {
                let tree = service.public.tree();
                let selector = target.selector.as_ref().map(Selector::to_string);
                target
                    .find(&tree)
                    .map(|found| Some(ParameterOutput::of_public(found, target.arn.clone(), selector)))
            }
        };
        results.push(result.map_or_else(|error| Some(Err(error)), |output| output.map(Ok)));
    }
    let (places, stored): (Vec<_>, Vec<_>) = stored.into_iter().unzip();
    let (of_stored, of_secrets) =
        futures::join!(outputs(service, call, stored, with_decryption), fetch_all(service, call, secrets),);
    let of_stored = places.into_iter().zip(of_stored?.into_iter().map(Ok));
    for (place, result) in of_stored.chain(of_secrets) {
        *results.get_mut(place).ok_or(Error::Corrupt("position"))? = Some(result);
    }
    results.into_iter().collect::<Option<_>>().ok_or(Error::Corrupt("position"))
}

async fn fetch_all(
    service: &Params,
    call: &Call,
    references: Vec<(usize, &SecretReference)>,
) -> Vec<(usize, Result<ParameterOutput, Error>)> {
    let fetched = references.into_iter().map(|(place, reference)| async move {
        let fetched = service.secrets.fetch(&call.caller, reference).await;
        (place, fetched.map(|secret| ParameterOutput::of_secret(reference, secret)).map_err(Error::Secrets))
    });
    let fetched = fetched.collect::<Vec<_>>();
    stream::iter(fetched).buffered(FETCHED_AT_ONCE).collect().await
}

/// As many as GetParameters takes.
const FETCHED_AT_ONCE: usize = 10;
