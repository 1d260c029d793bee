//! Branch keys of cases, in Parameter Store or Secrets Manager.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use keywright_encryption_sdk::{
    AwsParameterStore, AwsSecretsManager, BranchKeyKms, BranchKeyStorage, BranchKeyStore, EncryptionContext,
    HierarchicalKeyring, TextBranchKeyStorage,
};
use serde::Deserialize;

use super::Services;

/// One branch key, and where it is.
#[derive(Debug, Deserialize)]
pub struct BranchKeyOf {
    /// Its id.
    branch_key: String,
    /// The ARN of the key of KMS.
    key: String,
    region: String,
    /// The store's logical name.
    name: String,
    place: Place,
    /// What names in the place begin with.
    prefix: String,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Place {
    Parameters,
    Secrets,
}

impl BranchKeyOf {
    pub(super) fn keyring(&self, services: &Services) -> Result<HierarchicalKeyring> {
        Ok(HierarchicalKeyring::new(self.store(services)?, &self.branch_key, TIME_TO_LIVE)?)
    }

    /// Makes the branch key.
    pub(super) async fn create(&self, services: &Services, context: EncryptionContext) -> Result<()> {
        Ok(self.store(services)?.create_branch_key(&self.branch_key, context).await?)
    }

    /// Makes a new version of it.
    pub(super) async fn version(&self, services: &Services) -> Result<()> {
        Ok(self.store(services)?.version_branch_key(&self.branch_key).await?)
    }

    fn store(&self, services: &Services) -> Result<Arc<BranchKeyStore>> {
        let storage: Arc<dyn BranchKeyStorage> = match self.place {
            Place::Parameters => {
                let texts = AwsParameterStore::new(services.parameters(&self.region));
                Arc::new(TextBranchKeyStorage::new(texts, &self.prefix))
            }
            Place::Secrets => {
                let texts = AwsSecretsManager::new(services.secrets(&self.region));
                Arc::new(TextBranchKeyStorage::new(texts, &self.prefix))
            }
        };
        let key = BranchKeyKms::Key(self.key.clone());
        Ok(Arc::new(BranchKeyStore::new(&self.name, services.kms(&self.region)?, key, storage)?))
    }
}

const TIME_TO_LIVE: Duration = Duration::from_secs(600);
