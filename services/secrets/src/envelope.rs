//! Values on their way into and out of the database: sealed under data keys that only KMS can decrypt.

use std::sync::Arc;

use keywright_aws_api::Caller;
use keywright_crypto::{CryptoError, Random};
use time::OffsetDateTime;

use crate::domain::sealed_value::{self, ValueOwner};
use crate::domain::secret::MANAGED_KEY;
use crate::domain::value::SecretValue;
use crate::domain::version::{Version, WrappedDataKey};
use crate::domain::version_id::VersionId;
use crate::error::Error;
use crate::kms::Kms;

/// Seals and opens values for callers.
pub struct Envelope {
    kms: Kms,
    random: Arc<dyn Random>,
}

impl Envelope {
    /// An envelope by this KMS.
    #[must_use]
    pub fn new(kms: Kms, random: Arc<dyn Random>) -> Self {
        Self { kms, random }
    }

    /// A new version of the secret `arn`, sealed under a data key of its own.
    ///
    /// # Errors
    /// As of [`Kms::generate_data_key`]; [`Error::Crypto`].
    pub async fn seal(
        &self,
        caller: &Caller,
        arn: &str,
        kms_key_id: Option<&str>,
        id: VersionId,
        value: &SecretValue,
        created_at: OffsetDateTime,
    ) -> Result<Version, Error> {
        let owner = ValueOwner { arn, version: &id };
        let key_id = kms_key_id.unwrap_or(MANAGED_KEY);
        let (key, data_key) = self.kms.generate_data_key(caller, key_id, owner).await?;
        let sealed_value = sealed_value::seal(value, &key, owner, self.random.as_ref())?;
        Ok(Version { id, sealed_value, data_key, created_at, last_accessed_on: None })
    }

    /// The value of a version of the secret `arn`.
    ///
    /// # Errors
    /// As of [`Kms::decrypt`]; [`Error::Corrupt`] when the value was changed in the database.
    pub async fn open(&self, caller: &Caller, arn: &str, version: &Version) -> Result<SecretValue, Error> {
        let owner = ValueOwner { arn, version: &version.id };
        let key = self.kms.decrypt(caller, &version.data_key, owner).await?;
        sealed_value::open(&version.sealed_value, &key, owner).map_err(|error| match error {
            CryptoError::NotAuthentic => Error::Corrupt("sealed_value"),
            other => Error::Crypto(other),
        })
    }

    /// A version's data key under another KMS key; none where the caller may not encrypt with that. The sealed value
    /// stays as it is.
    ///
    /// # Errors
    /// As of [`Kms::decrypt`] and [`Kms::encrypt`].
    pub async fn rewrap(
        &self,
        caller: &Caller,
        arn: &str,
        kms_key_id: Option<&str>,
        version: &Version,
    ) -> Result<Option<WrappedDataKey>, Error> {
        let owner = ValueOwner { arn, version: &version.id };
        let key = self.kms.decrypt(caller, &version.data_key, owner).await?;
        match self.kms.encrypt(caller, kms_key_id.unwrap_or(MANAGED_KEY), &key, owner).await {
            Ok(data_key) => Ok(Some(data_key)),
            Err(Error::KmsAccessDenied) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
