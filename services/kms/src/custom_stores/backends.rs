//! What backs a custom key store, ready for use.

use std::sync::Arc;

use keywright_aws_api::{AccountId, Clock, Region};
use keywright_crypto::{Random, SecretString};
use keywright_service::ServiceError;

use super::cloud_hsm::HsmStore;
use super::cluster_settings::HsmClusterSection;
use super::clusters::Clusters;
use super::error::CustomStoreError;
use crate::domain::custom_store::{Backing, CloudHsm, CustomKeyStore, ProxyAddress};
use crate::error::Error;
use crate::xks::{ExternalKeyStoresSection, XksClient, XksError, XksProxy};

/// Opens the way to what backs custom key stores.
pub struct Backends {
    xks: Arc<XksClient>,
    /// The tokens that are configured.
    pub clusters: Clusters,
}

/// A custom key store in memory.
#[derive(Debug)]
pub struct StoreEntry {
    /// What is known of it.
    pub store: CustomKeyStore,
    /// What backs it.
    pub backend: Backend,
}

/// What backs a custom key store, ready for use.
#[derive(Debug)]
pub enum Backend {
    /// An external key store proxy.
    External(Box<XksProxy>),
    /// A token.
    CloudHsm(Arc<HsmStore>),
}

impl Backends {
    /// The ways that are configured.
    ///
    /// # Errors
    /// [`ServiceError`] with what to set.
    pub fn new(
        xks: &ExternalKeyStoresSection,
        region: Region,
        clock: Arc<dyn Clock>,
        (clusters, home): (&[HsmClusterSection], AccountId),
        random: Arc<dyn Random>,
    ) -> Result<Arc<Self>, ServiceError> {
        let clusters = Clusters::new(clusters, home, random)?;
        Ok(Arc::new(Self { xks: XksClient::new(xks, region, clock)?, clusters }))
    }

    /// A stored custom key store with the way to what backs it. Nothing is connected yet.
    ///
    /// # Errors
    /// [`CustomStoreError`] for a proxy that can't be called.
    pub fn open(&self, store: CustomKeyStore, credential: SecretString) -> Result<StoreEntry, Error> {
        let backend = match &store.backing {
            Backing::External(address) => {
                Backend::External(Box::new(self.proxy(address, credential).map_err(CustomStoreError::Use)?))
            }
            Backing::CloudHsm(CloudHsm { cluster_id, .. }) => {
                Backend::CloudHsm(self.clusters.open(&store.name, cluster_id, store.attempt, credential))
            }
        };
        Ok(StoreEntry { store, backend })
    }

    /// A proxy at an address, which need not be a store's yet.
    ///
    /// # Errors
    /// [`XksError::Request`].
    pub fn proxy(&self, address: &ProxyAddress, secret: SecretString) -> Result<XksProxy, XksError> {
        self.xks.proxy(address, secret)
    }
}
