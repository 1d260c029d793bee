use std::fmt;
use std::sync::Arc;

use keywright_crypto::SecretBytes;
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use uuid::Uuid;

use super::record::{Draft, encryption_context};
use super::{BranchKeyItem, BranchKeyRecord, BranchKeyStorage, BranchKeyStoreError};
use crate::EncryptionContext;
use crate::error::Error;
use crate::keyring::kms::arn::{KeyArn, same_multi_region};
use crate::keyring::kms::{decrypt, same_key};
use crate::kms::{GenerateDataKey, KmsCiphertext, KmsClient, KmsDecrypt, KmsReEncrypt};

/// Makes branch keys, and gives them out: KMS wraps them, a [`BranchKeyStorage`] keeps them.
///
/// Its records are those of AWS's key store (hierarchy version 1), so that a storage may share a table with it.
///
/// ```no_run
/// # async fn example(
/// #     kms: std::sync::Arc<dyn keywright_encryption_sdk::KmsClient>,
/// #     storage: std::sync::Arc<dyn keywright_encryption_sdk::BranchKeyStorage>,
/// # ) -> Result<(), keywright_encryption_sdk::Error> {
/// use std::time::Duration;
/// use keywright_encryption_sdk::{BranchKeyKms, BranchKeyStore, Client, HierarchicalKeyring};
///
/// let key = BranchKeyKms::Key("arn:aws:kms:us-east-1:111122223333:key/1234".into());
/// let store = BranchKeyStore::new("tenants", kms, key, storage)?;
/// store.create_branch_key("tenant-4711", [("tenant", "4711")].into()).await?;
///
/// let keyring = HierarchicalKeyring::new(store.into(), "tenant-4711", Duration::from_secs(600))?;
/// let client = Client::builder().keyring(keyring).build()?;
/// # Ok(())
/// # }
/// ```
pub struct BranchKeyStore {
    logical_name: String,
    client: Arc<dyn KmsClient>,
    kms: BranchKeyKms,
    storage: Arc<dyn BranchKeyStorage>,
    grant_tokens: Vec<String>,
}

/// Which keys of KMS wrap branch keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BranchKeyKms {
    /// The key of this ARN.
    Key(String),
    /// The key of this ARN, for records that name it or another of the same multi-Region key.
    MultiRegionKey(String),
    /// The key that a record names. Makes no branch keys.
    Discovery,
    /// The key that a record names, of a multi-Region key the one in the client's Region. Makes no branch keys.
    MultiRegionDiscovery,
}

/// A branch key, unwrapped.
pub struct BranchKeyMaterials {
    branch_key_id: String,
    version: Uuid,
    key: SecretBytes,
    context: EncryptionContext,
}

impl BranchKeyMaterials {
    /// The branch key's id.
    pub fn branch_key_id(&self) -> &str {
        &self.branch_key_id
    }

    /// Which version of it this is.
    pub fn version(&self) -> Uuid {
        self.version
    }

    /// The key.
    pub fn key(&self) -> &SecretBytes {
        &self.key
    }

    /// What was bound to it when it was made.
    pub fn context(&self) -> &EncryptionContext {
        &self.context
    }
}

impl fmt::Debug for BranchKeyMaterials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BranchKeyMaterials({}, {}, redacted)", self.branch_key_id, self.version)
    }
}

impl BranchKeyStore {
    /// A store of this logical name, which is bound to every key in it.
    ///
    /// # Errors
    /// [`Error::Configuration`] without a name, and when `kms` is no ARN of a key.
    pub fn new(
        logical_name: impl Into<String>,
        client: Arc<dyn KmsClient>,
        kms: BranchKeyKms,
        storage: Arc<dyn BranchKeyStorage>,
    ) -> Result<Self, Error> {
        let logical_name = logical_name.into();
        if logical_name.is_empty() {
            return Err(Error::Configuration("a branch key store needs a name"));
        }
        if let BranchKeyKms::Key(arn) | BranchKeyKms::MultiRegionKey(arn) = &kms
            && !KeyArn::parse(arn).is_some_and(|arn| arn.is_key())
        {
            return Err(Error::Configuration("not the arn of a kms key"));
        }
        Ok(Self { logical_name, client, kms, storage, grant_tokens: Vec::new() })
    }

    /// Sends these grant tokens with every call from now on.
    #[must_use]
    pub fn grant_tokens(mut self, tokens: Vec<String>) -> Self {
        self.grant_tokens = tokens;
        self
    }

    /// The store's logical name.
    pub fn logical_name(&self) -> &str {
        &self.logical_name
    }

    /// Makes a branch key whose id is a new UUID, bound to `context`: the id. (`CreateKey`)
    ///
    /// # Errors
    /// [`Error::Configuration`] for a store of discovery, [`Error::Kms`], [`Error::BranchKeyStore`].
    pub async fn create_any_branch_key(&self, context: EncryptionContext) -> Result<String, Error> {
        let id = Uuid::new_v4().to_string();
        self.create_at(&id, &context, Uuid::new_v4(), OffsetDateTime::now_utc()).await?;
        Ok(id)
    }

    /// Makes a branch key of this id, bound to `context`, which may not be empty. (`CreateKey`)
    ///
    /// # Errors
    /// [`Error::Configuration`] without an id or context, and for a store of discovery; [`Error::Kms`];
    /// [`Error::BranchKeyStore`], with [`BranchKeyStoreError::AlreadyExists`] when there is one.
    pub async fn create_branch_key(
        &self,
        branch_key_id: &str,
        context: EncryptionContext,
    ) -> Result<(), Error> {
        if branch_key_id.is_empty() || context.is_empty() {
            return Err(Error::Configuration("a branch key of an id needs an encryption context"));
        }
        self.create_at(branch_key_id, &context, Uuid::new_v4(), OffsetDateTime::now_utc()).await
    }

    async fn create_at(
        &self,
        branch_key_id: &str,
        context: &EncryptionContext,
        version: Uuid,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        let arn = self.own_key()?;
        let draft = Draft::new(branch_key_id, version, &timestamp(now)?, arn, context);
        let (version, active) = self.make(arn, draft.clone()).await?;
        let beacon = draft.beacon();
        let blob = self.generate(arn, &beacon).await?;
        let beacon = beacon.into_record(blob)?;
        Ok(self.storage.create(&version, &active, &beacon).await?)
    }

    /// Makes a new version of a branch key. It encrypts from now on, wherever an older one isn't cached. (`VersionKey`)
    ///
    /// # Errors
    /// [`Error::Configuration`] for a store of discovery; [`Error::Kms`]; [`Error::BranchKeyStore`], with
    /// [`BranchKeyStoreError::Changed`] when somebody else did the same.
    pub async fn version_branch_key(&self, branch_key_id: &str) -> Result<(), Error> {
        self.version_at(branch_key_id, Uuid::new_v4(), OffsetDateTime::now_utc()).await
    }

    async fn version_at(&self, branch_key_id: &str, version: Uuid, now: OffsetDateTime) -> Result<(), Error> {
        let arn = self.own_key()?;
        let replaced = self.read(branch_key_id, BranchKeyItem::Active).await?;
        // The key stays where it is, but KMS says whether the record is what was written.
        self.key_of(&replaced)?;
        let context = encryption_context(replaced.attributes(), &self.logical_name);
        self.re_encrypt(arn, replaced.encrypted_key(), &context, &context).await?;
        let draft = Draft::after(&replaced, version, &timestamp(now)?);
        let (version, active) = self.make(arn, draft).await?;
        Ok(self.storage.replace_active(&version, &active, &replaced).await?)
    }

    /// The version of a branch key that encrypts. (`GetActiveBranchKey`)
    ///
    /// # Errors
    /// [`Error::BranchKeyStore`], and [`Error::Kms`] also when the record was changed.
    pub async fn active_branch_key(&self, branch_key_id: &str) -> Result<BranchKeyMaterials, Error> {
        self.materials(branch_key_id, BranchKeyItem::Active).await
    }

    /// A version of a branch key. (`GetBranchKeyVersion`)
    ///
    /// # Errors
    /// [`Error::BranchKeyStore`], and [`Error::Kms`] also when the record was changed.
    pub async fn branch_key_version(
        &self,
        branch_key_id: &str,
        version: Uuid,
    ) -> Result<BranchKeyMaterials, Error> {
        self.materials(branch_key_id, BranchKeyItem::Version(version)).await
    }

    /// The beacon key that was made with a branch key. (`GetBeaconKey`)
    ///
    /// # Errors
    /// [`Error::BranchKeyStore`], and [`Error::Kms`] also when the record was changed.
    pub async fn beacon_key(&self, branch_key_id: &str) -> Result<SecretBytes, Error> {
        let record = self.read(branch_key_id, BranchKeyItem::Beacon).await?;
        self.unwrap(&record).await
    }

    async fn materials(&self, branch_key_id: &str, item: BranchKeyItem) -> Result<BranchKeyMaterials, Error> {
        let record = self.read(branch_key_id, item).await?;
        Ok(BranchKeyMaterials {
            branch_key_id: branch_key_id.to_owned(),
            version: record.version()?,
            key: self.unwrap(&record).await?,
            context: record.custom_context(),
        })
    }

    async fn read(&self, branch_key_id: &str, item: BranchKeyItem) -> Result<BranchKeyRecord, Error> {
        let read = self.storage.read(branch_key_id, item).await?;
        let record = read.ok_or_else(|| BranchKeyStoreError::NotFound {
            branch_key_id: branch_key_id.to_owned(),
            item: item.to_string(),
        })?;
        if record.branch_key_id() != branch_key_id || record.item()? != item {
            return Err(BranchKeyStoreError::Record("it is another one").into());
        }
        Ok(record)
    }

    async fn unwrap(&self, record: &BranchKeyRecord) -> Result<SecretBytes, Error> {
        let request = KmsDecrypt {
            key_id: self.key_of(record)?,
            ciphertext_blob: record.encrypted_key().to_vec(),
            encryption_context: encryption_context(record.attributes(), &self.logical_name),
            encryption_algorithm: None,
            grant_tokens: self.grant_tokens.clone(),
        };
        let key = decrypt(&*self.client, request).await?;
        if key.len() != BRANCH_KEY_LEN {
            return Err(Error::Materials("a branch key has not 32 bytes"));
        }
        Ok(key)
    }

    /// The key of KMS to unwrap a record by, if that is one of this store's.
    fn key_of(&self, record: &BranchKeyRecord) -> Result<String, Error> {
        let not_ours = || Error::BranchKeyStore(BranchKeyStoreError::Record("kms key is not the store's"));
        let named = KeyArn::parse(record.kms_arn()).filter(KeyArn::is_key).ok_or_else(not_ours)?;
        match &self.kms {
            BranchKeyKms::Key(arn) if arn == record.kms_arn() => Ok(arn.clone()),
            BranchKeyKms::MultiRegionKey(arn) if same_multi_region(arn, &named) => Ok(arn.clone()),
            BranchKeyKms::Key(_) | BranchKeyKms::MultiRegionKey(_) => Err(not_ours()),
            BranchKeyKms::MultiRegionDiscovery if named.is_multi_region() => {
                Ok(named.in_region(self.client.region()).to_string())
            }
            BranchKeyKms::Discovery | BranchKeyKms::MultiRegionDiscovery => Ok(record.kms_arn().to_owned()),
        }
    }

    fn own_key(&self) -> Result<&str, Error> {
        match &self.kms {
            BranchKeyKms::Key(arn) | BranchKeyKms::MultiRegionKey(arn) => Ok(arn),
            BranchKeyKms::Discovery | BranchKeyKms::MultiRegionDiscovery => {
                Err(Error::Configuration("a branch key store of discovery makes no branch keys"))
            }
        }
    }

    /// A new key, wrapped once as a version and once as the active one. Its plaintext stays in KMS.
    async fn make(&self, arn: &str, version: Draft) -> Result<(BranchKeyRecord, BranchKeyRecord), Error> {
        let active = version.active();
        let blob = self.generate(arn, &version).await?;
        let (from, to) = (self.context_of(&version), self.context_of(&active));
        let active_blob = self.re_encrypt(arn, &blob, &from, &to).await?;
        Ok((version.into_record(blob)?, active.into_record(active_blob)?))
    }

    fn context_of(&self, draft: &Draft) -> EncryptionContext {
        draft.encryption_context(&self.logical_name)
    }

    async fn generate(&self, arn: &str, draft: &Draft) -> Result<Vec<u8>, Error> {
        let request = GenerateDataKey {
            key_id: arn.to_owned(),
            number_of_bytes: BRANCH_KEY_LEN,
            encryption_context: self.context_of(draft),
            grant_tokens: self.grant_tokens.clone(),
        };
        of_key(arn, self.client.generate_data_key_without_plaintext(request).await?)
    }

    async fn re_encrypt(
        &self,
        arn: &str,
        blob: &[u8],
        from: &EncryptionContext,
        to: &EncryptionContext,
    ) -> Result<Vec<u8>, Error> {
        let request = KmsReEncrypt {
            source_key_id: arn.to_owned(),
            source_encryption_context: from.clone(),
            ciphertext_blob: blob.to_vec(),
            destination_key_id: arn.to_owned(),
            destination_encryption_context: to.clone(),
            grant_tokens: self.grant_tokens.clone(),
        };
        of_key(arn, self.client.re_encrypt(request).await?)
    }
}

fn of_key(arn: &str, answer: KmsCiphertext) -> Result<Vec<u8>, Error> {
    same_key(arn, &answer.key_id)?;
    Ok(answer.ciphertext_blob)
}

fn timestamp(now: OffsetDateTime) -> Result<String, Error> {
    now.format(ISO_8601).map_err(|_| Error::Configuration("the time has no text"))
}

impl fmt::Debug for BranchKeyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BranchKeyStore({}, {:?})", self.logical_name, self.kms)
    }
}

const BRANCH_KEY_LEN: usize = 32;
const ISO_8601: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z");
