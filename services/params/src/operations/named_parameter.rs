//! A parameter of the caller's account, by its name.

use keywright_aws_api::{AccountId, Call};
use keywright_service::PostgresWork;

use crate::domain::name::ParameterName;
use crate::domain::tags::ResourceTags;
use crate::error::Error;
use crate::service::Params;
use crate::store::changes::Locked;
use crate::store::parameters::{self, Asked, Found, Tagged};
use crate::store::{Scope, changes};

/// A parameter that is to be changed, whether there is one or not.
pub struct NamedParameter {
    /// Its name.
    pub name: ParameterName,
    /// Its account.
    pub account: AccountId,
    /// Its ARN.
    pub arn: String,
    tags: ResourceTags,
}

impl NamedParameter {
    /// The caller's parameter of this name, with its tags.
    ///
    /// # Errors
    /// [`Error::Name`]; [`Error::Store`].
    pub async fn load(service: &Params, name: &str, call: &Call) -> Result<Self, Error> {
        let mut loaded = Self::load_all(service, &[name], call).await?;
        loaded.pop().ok_or(Error::Corrupt("position"))
    }

    /// The same of several.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub async fn load_all(
        service: &Params,
        names: &[impl AsRef<str> + Sync],
        call: &Call,
    ) -> Result<Vec<Self>, Error> {
        let parse = |name: &str| ParameterName::parse(name).map_err(|reason| Error::name(name, reason));
        let parsed = names.iter().map(|name| parse(name.as_ref())).collect::<Result<Vec<_>, _>>()?;
        let account = call.account();
        let asked =
            parsed.iter().map(|name| Asked { account: account.as_str(), path: name.path(), selector: None });
        let asked = asked.collect::<Vec<_>>();
        let connection = service.store.connection().await?;
        let found = parameters::find(&connection, call.region.as_str(), &asked).await?;
        drop(asked);
        let named = |(name, Tagged { found, tags, .. }): (ParameterName, Tagged)| {
            let is_it = matches!(&found, Found::Version(it) if it.metadata.name == name.as_str());
            let tags = if is_it { tags } else { ResourceTags::default() };
            Self { arn: name.arn(&call.region, account), name, account, tags }
        };
        Ok(parsed.into_iter().zip(found).map(named).collect())
    }

    /// The condition keys of its tags.
    pub fn condition_key(&self, key: &str, each: &mut dyn FnMut(&str)) -> bool {
        self.tags.condition_key(key, each)
    }

    /// Locks it, so that no other request changes it until this one ends.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Store`].
    pub async fn lock(&self, work: &mut PostgresWork, call: &Call) -> Result<Locked, Error> {
        let scope = Scope::new(&call.region, self.account);
        let locked = changes::lock(work.transaction().await?, &scope, self.name.path()).await?;
        let locked = locked.filter(|locked| locked.name == self.name.as_str());
        locked.ok_or_else(|| Error::NotFound(self.name.as_str().to_owned()))
    }
}
