use std::collections::BTreeSet;
use std::fmt;
use std::future::ready;
use std::sync::Arc;

use super::arn::KeyArn;
use super::{KMS, unwrap, wrapped_by};
use crate::error::Error;
use crate::keyring::{Attempts, Keyring, refuse_data_key};
use crate::kms::KmsClient;
use crate::{BoxFuture, DecryptionMaterials, EncryptedDataKey, EncryptionMaterials};

/// Whose keys a discovery keyring may use. Without one, whoever wrote a message chooses whose KMS decrypts it.
#[derive(Debug, Clone)]
pub struct DiscoveryFilter {
    partition: String,
    accounts: BTreeSet<String>,
}

impl DiscoveryFilter {
    /// Keys of these accounts, in this partition (`aws`, `aws-cn`, `aws-us-gov`).
    ///
    /// # Errors
    /// [`Error::Configuration`] when that is nothing.
    pub fn new<A: Into<String>>(
        partition: impl Into<String>,
        accounts: impl IntoIterator<Item = A>,
    ) -> Result<Self, Error> {
        let filter =
            Self { partition: partition.into(), accounts: accounts.into_iter().map(Into::into).collect() };
        let has_nothing = filter.partition.is_empty() || filter.accounts.iter().any(String::is_empty);
        if has_nothing || filter.accounts.is_empty() {
            return Err(Error::Configuration("a discovery filter needs a partition and accounts"));
        }
        Ok(filter)
    }

    fn allows(&self, arn: &KeyArn) -> bool {
        self.partition == arn.partition && self.accounts.contains(&arn.account)
    }
}

/// Unwraps with whichever key of KMS the message names. It doesn't encrypt.
pub struct KmsDiscoveryKeyring {
    client: Arc<dyn KmsClient>,
    filter: Option<DiscoveryFilter>,
    multi_region_aware: bool,
    grant_tokens: Vec<String>,
}

impl KmsDiscoveryKeyring {
    /// Any key that the caller may use.
    pub fn new(client: Arc<dyn KmsClient>) -> Self {
        Self { client, filter: None, multi_region_aware: false, grant_tokens: Vec::new() }
    }

    /// Only keys that `filter` allows.
    #[must_use]
    pub fn filter(mut self, filter: DiscoveryFilter) -> Self {
        self.filter = Some(filter);
        self
    }

    /// Uses the client's Region's replica of a multi-Region key of any Region, and of other keys only those of the
    /// client's Region.
    #[must_use]
    pub fn multi_region_aware(mut self) -> Self {
        self.multi_region_aware = true;
        self
    }

    /// Sends these grant tokens with every call.
    #[must_use]
    pub fn grant_tokens(mut self, tokens: Vec<String>) -> Self {
        self.grant_tokens = tokens;
        self
    }

    /// The key to ask KMS for, if this keyring may use it.
    fn usable(&self, arn: &KeyArn) -> Option<String> {
        if self.filter.as_ref().is_some_and(|filter| !filter.allows(arn)) {
            return None;
        }
        if !self.multi_region_aware {
            return Some(arn.to_string());
        }
        let region = self.client.region();
        if arn.is_multi_region() {
            return Some(arn.in_region(region).to_string());
        }
        (arn.region == region).then(|| arn.to_string())
    }

    async fn decrypt(
        &self,
        materials: &mut DecryptionMaterials,
        data_keys: &[EncryptedDataKey],
    ) -> Result<(), Error> {
        refuse_data_key(materials)?;
        let mut attempts = Attempts::default();
        for encrypted in data_keys {
            let Some(arn) = wrapped_by(encrypted, KMS)? else { continue };
            if let Some(key_id) = self.usable(&arn) {
                let decrypted =
                    unwrap(&*self.client, &key_id, &self.grant_tokens, materials, encrypted).await;
                if attempts.settle(materials, decrypted) {
                    return Ok(());
                }
            }
        }
        attempts.failed()
    }
}

impl Keyring for KmsDiscoveryKeyring {
    fn on_encrypt<'a>(&'a self, _: &'a mut EncryptionMaterials) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(ready(Err(Error::Configuration("a discovery keyring does not encrypt"))))
    }

    fn on_decrypt<'a>(
        &'a self,
        materials: &'a mut DecryptionMaterials,
        data_keys: &'a [EncryptedDataKey],
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(self.decrypt(materials, data_keys))
    }
}

impl fmt::Debug for KmsDiscoveryKeyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KmsDiscoveryKeyring({:?})", self.filter)
    }
}
