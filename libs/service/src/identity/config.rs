//! How a service reaches identity.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use crate::base::read_secret;
use crate::client::ServiceKey;
use crate::error::ServiceError;

/// `[identity]`: where identity is, and by which access key this service asks.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityClientConfig {
    /// Its base URL.
    pub endpoint: String,
    /// This service's own access key.
    pub access_key_id: String,
    /// The file with that key's secret.
    pub secret_access_key_file: PathBuf,
    /// How many credentials are kept, and as many forward tokens.
    #[serde(default = "default_cache_entries")]
    pub cache_entries: usize,
    /// How long the answer that an access key is unknown is kept, in milliseconds.
    #[serde(default = "default_unknown_ms")]
    pub unknown_ms: u64,
}

impl IdentityClientConfig {
    /// This service's own access key, with its secret read from the file.
    ///
    /// # Errors
    /// [`ServiceError::SecretFile`] when the file can't be read or is empty.
    pub fn service_key(&self) -> Result<ServiceKey, ServiceError> {
        let secret = read_secret(&self.secret_access_key_file)?;
        Ok(ServiceKey { access_key_id: self.access_key_id.clone(), secret })
    }

    /// How long an unknown access key stays unknown without asking again.
    #[must_use]
    pub fn unknown_for(&self) -> Duration {
        Duration::from_millis(self.unknown_ms)
    }
}

fn default_cache_entries() -> usize {
    10_000
}

fn default_unknown_ms() -> u64 {
    2_000
}
