//! Finds secrets for who reads their current values: in memory, if that can be relied on; else in the database.
//!
//! Who names a version or a label is answered from the database. Functions that rotate do, and must not take a value for the
//! current one that another replica has just replaced: they would change the password that is in use.

use std::sync::Arc;

use keywright_aws_api::{AccountId, Region};
use keywright_service::{Memory, PostgresWork, Remembered};
use keywright_store::Store;

use crate::domain::name::SecretName;
use crate::domain::reference::SecretReference;
use crate::domain::secret::Secret;
use crate::domain::stage::Stage;
use crate::domain::version::Version;
use crate::error::Error;
use crate::store;

/// A secret that is to be read.
pub struct FoundSecret {
    /// The secret.
    pub secret: Secret,
    /// Its current version as it is stored, where that was looked for and is there.
    pub current: Option<Arc<Version>>,
}

impl From<Secret> for FoundSecret {
    fn from(secret: Secret) -> Self {
        Self { secret, current: None }
    }
}

impl Remembered for FoundSecret {
    fn bytes(&self) -> usize {
        let Secret { arn, name, description, tags, stages, policy, .. } = &self.secret;
        let value = self.current.as_ref().map_or(0, |version| {
            version.sealed_value.len() + version.data_key.encrypted.len() + version.data_key.kms_key_arn.len()
        });
        let tags = tags.iter().map(|tag| tag.key.len() + tag.value.len()).sum::<usize>();
        // A compiled policy takes a few times its text, a label about as much as its version's id.
        let policy = policy.as_ref().map_or(0, |policy| 4 * policy.text().len());
        let labels = stages.by_version().values().map(|labels| 128 * labels.len()).sum::<usize>();
        arn.len()
            + name.as_str().len()
            + description.as_ref().map_or(0, String::len)
            + value
            + tags
            + policy
            + labels
    }
}

/// The secrets of one Region.
pub struct SecretDirectory {
    region: Region,
    store: Store,
    memory: Memory<FoundSecret>,
}

impl SecretDirectory {
    /// With nothing in memory yet.
    #[must_use]
    pub fn new(region: Region, store: Store, memory: Memory<FoundSecret>) -> Self {
        Self { region, store, memory }
    }

    /// The secret that a request names, with its current version.
    ///
    /// # Errors
    /// [`Error::SecretNotFound`], [`Error::Store`]; [`Error::Corrupt`] for a row that can't be.
    pub async fn current(&self, reference: &SecretReference) -> Result<Arc<FoundSecret>, Error> {
        match self.remembered(reference) {
            Some(found) => Ok(found),
            None => self.read(reference).await,
        }
    }

    /// Forgets a secret that a request changes when that commits.
    pub fn forget_after(&self, work: &mut PostgresWork, account: AccountId, name: &SecretName) {
        self.memory.forget_after(work, account, name.as_str());
    }

    /// Forgets a secret that has just been changed here.
    pub fn forget(&self, secret: &Secret) {
        self.memory.forget(secret.account, secret.name.as_str());
    }

    fn remembered(&self, reference: &SecretReference) -> Option<Arc<FoundSecret>> {
        let SecretReference { account, complete, name } = reference;
        match complete {
            // Whether it means another secret, whose name ends like an ARN, the database tells.
            Some((name, suffix)) => self
                .memory
                .get(*account, name.as_str())
                .filter(|found| found.secret.arn.rsplit('-').next() == Some(suffix.as_str())),
            None => self.memory.get(*account, name.as_str()),
        }
    }

    async fn read(&self, reference: &SecretReference) -> Result<Arc<FoundSecret>, Error> {
        let since = self.memory.now();
        let connection = self.store.connection().await?;
        let secret = store::secrets::find(&connection, &self.region, reference).await?;
        let secret = secret.ok_or(Error::SecretNotFound)?;
        let current = match secret.stages.version(&Stage::current()) {
            Some(id) => store::versions::find(&connection, secret.id, id).await?,
            None => None,
        };
        drop(connection);
        let found = Arc::new(FoundSecret { secret, current: current.map(Arc::new) });
        let (account, name) = (found.secret.account, found.secret.name.as_str());
        self.memory.keep(since, [(account, name, Arc::clone(&found))]);
        Ok(found)
    }
}
