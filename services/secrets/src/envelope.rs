//! Values on their way into and out of the database: sealed under data keys that only KMS can decrypt.

use std::borrow::Cow;
use std::sync::Arc;

use keywright_aws_api::{AccountId, Arn, Caller, Region};
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
    /// As of [`Kms::generate_data_key`]; [`Error::Crypto`]; [`Error::ManagedKeyAcrossAccounts`].
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
        let key_id = key_for(caller, arn, kms_key_id)?;
        let (key, data_key) = self.kms.generate_data_key(caller, &key_id, owner).await?;
        let sealed_value = sealed_value::seal(value, &key, owner, self.random.as_ref())?;
        Ok(Version { id, sealed_value, data_key, created_at, last_accessed_on: None })
    }

    /// The value of a version of the secret `arn`.
    ///
    /// # Errors
    /// As of [`Kms::decrypt`]; [`Error::Corrupt`] when the value was changed in the database;
    /// [`Error::ManagedKeyAcrossAccounts`].
    pub async fn open(&self, caller: &Caller, arn: &str, version: &Version) -> Result<SecretValue, Error> {
        if version.data_key.is_managed && !is_own(caller, arn) {
            return Err(Error::ManagedKeyAcrossAccounts);
        }
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
    /// As of [`Kms::decrypt`] and [`Kms::encrypt`]; [`Error::ManagedKeyAcrossAccounts`].
    pub async fn rewrap(
        &self,
        caller: &Caller,
        arn: &str,
        kms_key_id: Option<&str>,
        version: &Version,
    ) -> Result<Option<WrappedDataKey>, Error> {
        let key_id = key_for(caller, arn, kms_key_id)?;
        let owner = ValueOwner { arn, version: &version.id };
        let key = self.kms.decrypt(caller, &version.data_key, owner).await?;
        match self.kms.encrypt(caller, &key_id, &key, owner).await {
            Ok(data_key) => Ok(Some(data_key)),
            Err(Error::KmsAccessDenied) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Whether a secret belongs to the caller's account.
fn is_own(caller: &Caller, arn: &str) -> bool {
    caller.account.as_ref().map(AccountId::as_str) == arn.split(':').nth(ACCOUNT_OF_ARN)
}

/// How KMS is asked for a secret's key. An id or alias is one of the secret's account: for a caller of another one KMS would
/// look for it in the caller's.
fn key_for<'a>(caller: &Caller, arn: &str, kms_key_id: Option<&'a str>) -> Result<Cow<'a, str>, Error> {
    match kms_key_id {
        None if is_own(caller, arn) => Ok(MANAGED_KEY.into()),
        None => Err(Error::ManagedKeyAcrossAccounts),
        Some(key) if key.starts_with("arn:") || is_own(caller, arn) => Ok(key.into()),
        Some(key) => {
            let secret = Arn::parse(arn).map_err(|_| Error::Corrupt("arn"))?;
            let region = Region::parse(secret.region()).map_err(|_| Error::Corrupt("region"))?;
            let account = AccountId::parse(secret.account()).map_err(|_| Error::Corrupt("account_id"))?;
            let resource = if key.starts_with("alias/") { key.to_owned() } else { format!("key/{key}") };
            Ok(Arn::regional("kms", &region, account, &resource).into())
        }
    }
}

const ACCOUNT_OF_ARN: usize = 4;
