//! Finds parameters for who reads them: a current version in memory, if it can be relied on; else in the database.

use std::sync::Arc;

use keywright_aws_api::{AccountId, Region};
use keywright_policy::Policy;
use keywright_service::{Memory, PostgresWork, Remembered};
use keywright_store::Store;

use crate::domain::parameter::{Parameter, StoredValue};
use crate::domain::reference::ParameterReference;
use crate::domain::tags::ResourceTags;
use crate::error::Error;
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
            Found::Version(parameter) => bytes_of_version(parameter),
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
}

impl ParameterDirectory {
    /// With nothing in memory yet.
    #[must_use]
    pub fn new(region: Region, store: Store, memory: Memory<KnownParameter>) -> Self {
        Self { region, store, memory }
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

fn bytes_of_version(Parameter { metadata, value }: &Parameter) -> usize {
    let value = match value {
        StoredValue::Plain(text) => text.len(),
        StoredValue::Sealed(blob) => blob.len(),
    };
    let texts = [&metadata.description, &metadata.allowed_pattern, &metadata.key_id];
    let texts = texts.into_iter().flatten().map(String::len).sum::<usize>();
    value + texts + metadata.name.len() + metadata.data_type.len() + metadata.modified_by.len()
}

/// A path that no parameter has.
const NO_PATH: &str = "";
