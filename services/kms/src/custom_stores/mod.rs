//! Custom key stores at work: what backs each, who connects them, how their keys encrypt.

mod backends;
mod cloud_hsm;
mod cluster_settings;
mod clusters;
mod connector;
mod destroyer;
mod error;
mod external;
mod hsm_error;
mod refusals;
mod trust_anchor;

pub use backends::{Backend, Backends, StoreEntry};
pub use cloud_hsm::HsmStore;
pub use cluster_settings::HsmClusterSection;
pub use clusters::{Cluster, Clusters};
pub use connector::{connect_pending, run as run_connector};
pub use destroyer::{destroy_due_keys, run as run_destroyer};
pub use error::CustomStoreError;
pub use external::Requester;
pub use hsm_error::HsmStoreError;
pub use trust_anchor::TrustAnchor;
