//! Finds parameters for who reads them: a current version, or a page of them, in memory, if that can be relied on; else in
//! the database.

use std::sync::Arc;

use keywright_aws_api::{AccountId, Region};
use keywright_policy::Policy;
use keywright_service::{Lists, Memory, PostgresWork, Remembered};
use keywright_store::Store;

use crate::domain::filter::Conditions;
use crate::domain::reference::ParameterReference;
use crate::domain::tags::ResourceTags;
use crate::error::Error;
use crate::pages::{Page, PageRequest};
use crate::store::Scope;
use crate::store::parameters::{self, Asked, Found, Tagged};
use crate::store::sharing::compile;

/// What was asked for, as it was found, and what decides who may read it.
pub struct KnownParameter {
    /// The version.
    pub found: Found,
    /// The parameter's tags.
    pub tags: ResourceTags,
    /// The parameter's resource policy, where it has one.
    pub policy: Option<Arc<Policy>>,
    policy_length: usize,
}

impl KnownParameter {
    /// No such parameter.
    #[must_use]
    pub fn missing() -> Self {
        Self { found: Found::Missing, tags: ResourceTags::default(), policy: None, policy_length: 0 }
    }

    fn new(tagged: Tagged, reference: &ParameterReference) -> Result<Self, Error> {
        let Tagged { found, tags, policy } = tagged;
        let policy_length = policy.as_ref().map_or(0, String::len);
        let policy = policy.map(|policy| compile(&policy, &reference.arn())).transpose()?;
        Ok(Self { found, tags, policy, policy_length })
    }
}

impl Remembered for KnownParameter {
    fn bytes(&self) -> usize {
        let version = match &self.found {
            Found::Version(parameter) => parameter.bytes(),
            Found::NoSuchVersion { name, .. } => name.len(),
            Found::Missing => 0,
        };
        // A compiled policy takes a few times its text.
        version + self.tags.bytes() + 4 * self.policy_length
    }
}

/// The parameters of one Region.
pub struct ParameterDirectory {
    region: Region,
    store: Store,
    memory: Memory<KnownParameter>,
    pages: Lists<PageRequest, Page>,
}

impl ParameterDirectory {
    /// With nothing in memory yet.
    #[must_use]
    pub fn new(
        region: Region,
        store: Store,
        memory: Memory<KnownParameter>,
        pages: Lists<PageRequest, Page>,
    ) -> Self {
        Self { region, store, memory, pages }
    }

    /// What references mean, in their order; what isn't in memory, in one query. Nothing is found in other Regions.
    ///
    /// # Errors
    /// [`Error::Store`]; [`Error::Corrupt`] for a row that can't be.
    pub async fn find_all(
        &self,
        references: &[ParameterReference],
    ) -> Result<Vec<Arc<KnownParameter>>, Error> {
        let remembered = references.iter().map(|reference| self.remembered(reference)).collect::<Vec<_>>();
        let asked = references.iter().zip(&remembered).filter(|(_, remembered)| remembered.is_none());
        let asked = asked.map(|(reference, _)| reference).collect::<Vec<_>>();
        let read = if asked.is_empty() { Vec::new() } else { self.read(&asked).await? };
        let mut read = read.into_iter();
        let all = remembered.into_iter().map(|remembered| remembered.or_else(|| read.next()));
        all.collect::<Option<_>>().ok_or(Error::Corrupt("position"))
    }

    /// A page of what is below a path and satisfies the conditions. One without conditions is kept.
    ///
    /// # Errors
    /// As [`Page::read`].
    pub async fn page(&self, asked: PageRequest, conditions: &Conditions) -> Result<Arc<Page>, Error> {
        let scope = Scope::new(&self.region, asked.account);
        if !conditions.are_none() {
            return Page::read(&self.store, &scope, &asked, conditions).await.map(Arc::new);
        }
        let now = self.memory.now_below(asked.account, asked.path.as_parent());
        if let Some(page) = self.pages.get(&asked, now) {
            return Ok(page);
        }
        let page = Arc::new(Page::read(&self.store, &scope, &asked, conditions).await?);
        if let Some(moment) = now {
            self.pages.keep(asked, moment, Arc::clone(&page));
        }
        Ok(page)
    }

    /// Forgets a parameter that a request changes when that commits.
    pub fn forget_after(&self, work: &mut PostgresWork, account: AccountId, path: &str) {
        self.memory.forget_after(work, account, path);
    }

    /// Forgets a parameter that has just been changed here.
    pub fn forget(&self, account: AccountId, path: &str) {
        self.memory.forget(account, path);
    }

    fn remembered(&self, reference: &ParameterReference) -> Option<Arc<KnownParameter>> {
        let is_kept = reference.selector.is_none() && reference.region == self.region;
        if is_kept { self.memory.get(reference.account, reference.path()) } else { None }
    }

    async fn read(&self, references: &[&ParameterReference]) -> Result<Vec<Arc<KnownParameter>>, Error> {
        let asked = references.iter().map(|reference| Asked {
            account: reference.account.as_str(),
            path: if reference.region == self.region { reference.path() } else { NO_PATH },
            selector: reference.selector.as_ref(),
        });
        let asked = asked.collect::<Vec<_>>();
        let since = self.memory.now();
        let connection = self.store.connection().await?;
        let found = parameters::find(&connection, self.region.as_str(), &asked).await?;
        drop((connection, asked));
        let known = references.iter().zip(found);
        let known = known.map(|(reference, found)| KnownParameter::new(found, reference).map(Arc::new));
        let known = known.collect::<Result<Vec<_>, _>>()?;
        let current = references.iter().zip(&known).filter(|(reference, known)| {
            reference.selector.is_none() && matches!(known.found, Found::Version(_))
        });
        let current =
            current.map(|(reference, known)| (reference.account, reference.path(), Arc::clone(known)));
        self.memory.keep(since, current);
        Ok(known)
    }
}

/// A path that no parameter has.
const NO_PATH: &str = "";
