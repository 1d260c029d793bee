//! The clusters that the operator has configured, and who uses which.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

use keywright_aws_api::AccountId;
use keywright_crypto::{Random, SecretString};
use keywright_service::ServiceError;
use parking_lot::Mutex;
use tokio::sync::Mutex as Turn;

use super::cloud_hsm::HsmStore;
use super::cluster_settings::HsmClusterSection;
use super::refusals::Refusals;
use super::trust_anchor::TrustAnchor;
use crate::domain::custom_store::StoreName;

/// All clusters, by their ids.
pub struct Clusters {
    by_id: BTreeMap<String, Arc<Cluster>>,
    /// The installation's first account, which has the clusters that name no other.
    home: AccountId,
    random: Arc<dyn Random>,
    /// Whom their tokens have refused.
    pub(super) refusals: Arc<Refusals>,
}

/// A token as it is configured.
#[derive(Debug)]
pub struct Cluster {
    /// What the operator says of it.
    pub(super) section: HsmClusterSection,
    /// Its certificate.
    trust_anchor: TrustAnchor,
    /// Who logs in to it waits until the one before has logged out: a login is the whole process's, so a token that is
    /// logged in to doesn't look at a password.
    pub(super) turn: Arc<Turn<()>>,
    /// The store that uses it, as of its last attempt to connect.
    current: Mutex<Weak<HsmStore>>,
}

impl Cluster {
    /// Its certificate.
    #[must_use]
    pub fn trust_anchor(&self) -> &TrustAnchor {
        &self.trust_anchor
    }
}

impl Clusters {
    /// What the operator has configured. No module is loaded yet: one that can't be is no reason not to start.
    ///
    /// # Errors
    /// [`ServiceError`] with what to set.
    pub fn new(
        sections: &[HsmClusterSection],
        home: AccountId,
        random: Arc<dyn Random>,
    ) -> Result<Self, ServiceError> {
        let mut by_id = BTreeMap::new();
        for section in sections {
            let trust_anchor = section.trust_anchor()?;
            let (turn, current) = (Arc::default(), Mutex::default());
            let cluster = Cluster { section: section.clone(), trust_anchor, turn, current };
            by_id.insert(section.id.clone(), Arc::new(cluster));
        }
        Ok(Self { by_id, home, random, refusals: Arc::default() })
    }

    /// An account's cluster; of those of others nobody hears.
    #[must_use]
    pub fn find(&self, account: AccountId, id: &str) -> Option<&Arc<Cluster>> {
        let cluster = self.by_id.get(id)?;
        (cluster.section.account.unwrap_or(self.home) == account).then_some(cluster)
    }

    /// A store's way to its token, as of an attempt to connect it. It is the same one while that lasts, so that what one
    /// request heard of a refused password, no other one tries again.
    pub fn open(
        &self,
        store: &StoreName,
        cluster_id: &str,
        attempt: i64,
        password: SecretString,
    ) -> Arc<HsmStore> {
        let Some(cluster) = self.find(store.account, cluster_id) else {
            return Arc::new(HsmStore::without_cluster(store.clone(), attempt));
        };
        let mut current = cluster.current.lock();
        if let Some(known) = current.upgrade().filter(|known| known.is_of(store, attempt)) {
            return known;
        }
        let with = (&self.random, &self.refusals);
        let opened = Arc::new(HsmStore::new(store.clone(), attempt, Arc::clone(cluster), password, with));
        *current = Arc::downgrade(&opened);
        opened
    }

    /// Waits until all tokens are closed, once nobody uses them any more: libraries crash when a process ends while they
    /// close a session.
    pub async fn closed(&self) {
        for cluster in self.by_id.values() {
            // One that hangs is left alone.
            _ = tokio::time::timeout(cluster.section.time_limit(), cluster.turn.lock()).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use keywright_crypto::SystemRandom;
    use keywright_hsm::HsmError;

    use super::*;
    use crate::custom_stores::HsmStoreError;

    const ID: &str = "cluster-abcdefghijk";

    fn account(id: &str) -> AccountId {
        AccountId::parse(id).unwrap()
    }

    fn store(of: &str) -> StoreName {
        StoreName { account: account(of), id: "cks-1".into() }
    }

    /// Of a module that is nowhere.
    fn clusters(owner: Option<&str>) -> Clusters {
        let section = HsmClusterSection {
            id: ID.to_owned(),
            account: owner.map(account),
            module: "/nowhere/libhsm.so".into(),
            token: Some("store".to_owned()),
            token_serial: None,
            user: None,
            trust_anchor_certificate_file: "/nowhere/cluster.pem".into(),
            sessions: 1,
            time_limit_ms: 5_000,
        };
        let pem = "-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----\n";
        let cluster = Cluster {
            section,
            trust_anchor: TrustAnchor::from_pem(pem).unwrap(),
            turn: Arc::default(),
            current: Mutex::default(),
        };
        Clusters {
            by_id: [(ID.to_owned(), Arc::new(cluster))].into(),
            home: account("111122223333"),
            random: Arc::new(SystemRandom),
            refusals: Arc::default(),
        }
    }

    fn open(clusters: &Clusters, attempt: i64) -> Arc<HsmStore> {
        clusters.open(&store("111122223333"), ID, attempt, SecretString::new("the password".to_owned()))
    }

    #[test]
    fn a_cluster_is_its_accounts_only() {
        for (owner, first, other) in
            [(None, true, false), (Some("111122223333"), true, false), (Some("444455556666"), false, true)]
        {
            let clusters = clusters(owner);
            assert_eq!(clusters.find(account("111122223333"), ID).is_some(), first, "{owner:?}");
            assert_eq!(clusters.find(account("444455556666"), ID).is_some(), other, "{owner:?}");
            assert!(clusters.find(account("111122223333"), "cluster-none").is_none());
        }
    }

    #[tokio::test]
    async fn one_attempt_has_one_way_to_the_token() {
        let clusters = clusters(None);
        let first = open(&clusters, 1);
        assert!(Arc::ptr_eq(&first, &open(&clusters, 1)));
        assert!(!Arc::ptr_eq(&first, &open(&clusters, 2)));
        drop(first);
        assert!(!format!("{:?}", open(&clusters, 1)).contains("password"));
    }

    #[tokio::test]
    async fn a_module_that_can_not_be_loaded_is_not_tried_by_everybody() {
        let clusters = clusters(None);
        let store = open(&clusters, 1);
        let (first, second) = futures::future::join(store.connect(), store.connect()).await;
        let (Err(HsmStoreError::Token(first)), Err(HsmStoreError::Token(second))) = (first, second) else {
            panic!("it was loaded");
        };
        assert!(matches!(*first, HsmError::ModuleNotLoadable { .. }), "{first:?}");
        assert!(Arc::ptr_eq(&first, &second));
    }

    #[tokio::test]
    async fn a_store_of_another_accounts_cluster_has_none() {
        let store = clusters(Some("444455556666")).open(
            &store("111122223333"),
            ID,
            1,
            SecretString::new("the password".to_owned()),
        );
        assert!(matches!(store.connect().await, Err(HsmStoreError::NoCluster)));
    }
}
