use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use uuid::Uuid;

use super::BranchKeyStoreError;
use crate::EncryptionContext;

/// Which of a branch key's items it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BranchKeyItem {
    /// The version that encrypts.
    Active,
    /// A version, that it may be decrypted with.
    Version(Uuid),
    /// The beacon key, which the database encryption client derives searchable values from.
    Beacon,
}

/// The `type` of a record.
impl fmt::Display for BranchKeyItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Active => f.write_str(ACTIVE),
            Self::Version(version) => write!(f, "{VERSION_PREFIX}{version}"),
            Self::Beacon => f.write_str(BEACON),
        }
    }
}

/// One item of a branch key, as it is kept: text that KMS authenticates, and the key that it wrapped.
#[derive(Clone, PartialEq, Eq)]
pub struct BranchKeyRecord {
    attributes: BTreeMap<String, String>,
    encrypted_key: Vec<u8>,
}

impl BranchKeyRecord {
    /// Of all attributes but `enc`, by the names that they have in a table of AWS's key store (a number is its digits), and
    /// of what `enc` is.
    ///
    /// # Errors
    /// [`BranchKeyStoreError::Record`] when one of those is missing that every record has.
    pub fn new(
        attributes: BTreeMap<String, String>,
        encrypted_key: Vec<u8>,
    ) -> Result<Self, BranchKeyStoreError> {
        let record = Self { attributes, encrypted_key };
        record.check()?;
        Ok(record)
    }

    /// The attributes but `enc`.
    pub fn attributes(&self) -> &BTreeMap<String, String> {
        &self.attributes
    }

    /// `enc`: the key, wrapped by KMS.
    pub fn encrypted_key(&self) -> &[u8] {
        &self.encrypted_key
    }

    /// `branch-key-id`.
    pub fn branch_key_id(&self) -> &str {
        self.attribute(BRANCH_KEY_ID)
    }

    /// Which item it is.
    ///
    /// # Errors
    /// [`BranchKeyStoreError::Record`] for a `type` that is none.
    pub fn item(&self) -> Result<BranchKeyItem, BranchKeyStoreError> {
        match self.attribute(TYPE) {
            ACTIVE => Ok(BranchKeyItem::Active),
            BEACON => Ok(BranchKeyItem::Beacon),
            other => Ok(BranchKeyItem::Version(parse_version(other)?)),
        }
    }

    /// The record as a JSON object of text: attributes by their names, `enc` in base64.
    pub fn to_json(&self) -> String {
        serde_json::Value::Object(self.to_object()).to_string()
    }

    /// Reads what [`to_json`](Self::to_json) wrote.
    ///
    /// # Errors
    /// [`BranchKeyStoreError::Record`] for anything else.
    pub fn from_json(json: &str) -> Result<Self, BranchKeyStoreError> {
        serde_json::from_str(json).map_err(|_| NO_RECORD).and_then(Self::from_object)
    }

    pub(super) fn to_object(&self) -> serde_json::Map<String, serde_json::Value> {
        let encrypted_key = (ENC.to_owned(), STANDARD.encode(&self.encrypted_key));
        self.attributes
            .clone()
            .into_iter()
            .chain([encrypted_key])
            .map(|(key, text)| (key, text.into()))
            .collect()
    }

    pub(super) fn from_object(
        object: serde_json::Map<String, serde_json::Value>,
    ) -> Result<Self, BranchKeyStoreError> {
        let mut attributes = BTreeMap::new();
        for (key, value) in object {
            let serde_json::Value::String(value) = value else { return Err(NO_RECORD) };
            attributes.insert(key, value);
        }
        let encrypted_key = attributes.remove(ENC).ok_or(NO_RECORD)?;
        Self::new(attributes, STANDARD.decode(encrypted_key).map_err(|_| NO_RECORD)?)
    }

    pub(super) fn kms_arn(&self) -> &str {
        self.attribute(KMS_ARN)
    }

    /// The version that the key is of, where it is a branch key.
    pub(super) fn version(&self) -> Result<Uuid, BranchKeyStoreError> {
        match self.item()? {
            BranchKeyItem::Active => parse_version(self.attribute(VERSION)),
            BranchKeyItem::Version(version) => Ok(version),
            BranchKeyItem::Beacon => Err(BranchKeyStoreError::Record("a beacon key has no version")),
        }
    }

    /// What the user bound to the branch key.
    pub(super) fn custom_context(&self) -> EncryptionContext {
        let pairs = self.attributes.iter();
        pairs.filter_map(|(key, value)| Some((key.strip_prefix(CUSTOM_PREFIX)?, value.as_str()))).collect()
    }

    fn attribute(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }

    fn check(&self) -> Result<(), BranchKeyStoreError> {
        if [BRANCH_KEY_ID, TYPE, CREATE_TIME, KMS_ARN].into_iter().any(|name| self.attribute(name).is_empty())
        {
            return Err(BranchKeyStoreError::Record("an attribute is missing"));
        }
        if self.attributes.contains_key(TABLE_NAME) || self.attributes.contains_key(ENC) {
            return Err(BranchKeyStoreError::Record("an attribute is not one of a record"));
        }
        if self.attribute(HIERARCHY_VERSION) != HIERARCHY {
            return Err(BranchKeyStoreError::Record("hierarchy version is not 1"));
        }
        let has_version = self.attributes.contains_key(VERSION);
        if has_version != (self.item()? == BranchKeyItem::Active) {
            return Err(BranchKeyStoreError::Record("version is not where it belongs"));
        }
        if has_version {
            self.version()?;
        }
        Ok(())
    }
}

impl fmt::Debug for BranchKeyRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BranchKeyRecord")
            .field("attributes", &self.attributes)
            .field("encrypted_key", &format_args!("{} bytes", self.encrypted_key.len()))
            .finish()
    }
}

/// The attributes of one version of a branch key, before KMS made it.
#[derive(Clone)]
pub(super) struct Draft(BTreeMap<String, String>);

impl Draft {
    /// The version of a branch key that `context` is bound to.
    pub(super) fn new(
        branch_key_id: &str,
        version: Uuid,
        created: &str,
        kms_arn: &str,
        context: &EncryptionContext,
    ) -> Self {
        let item = BranchKeyItem::Version(version).to_string();
        let own = [
            (BRANCH_KEY_ID, branch_key_id),
            (TYPE, &item),
            (CREATE_TIME, created),
            (KMS_ARN, kms_arn),
            (HIERARCHY_VERSION, HIERARCHY),
        ];
        let own = own.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned()));
        let custom = context.iter().map(|(key, value)| (format!("{CUSTOM_PREFIX}{key}"), value.to_owned()));
        Self(own.chain(custom).collect())
    }

    /// The next version of the branch key whose active one is `active`.
    pub(super) fn after(active: &BranchKeyRecord, version: Uuid, created: &str) -> Self {
        let mut attributes = active.attributes.clone();
        attributes.remove(VERSION);
        attributes.insert(TYPE.into(), BranchKeyItem::Version(version).to_string());
        attributes.insert(CREATE_TIME.into(), created.into());
        Self(attributes)
    }

    /// The same version as the active one.
    pub(super) fn active(&self) -> Self {
        let mut attributes = self.0.clone();
        if let Some(version) = attributes.insert(TYPE.into(), ACTIVE.into()) {
            attributes.insert(VERSION.into(), version);
        }
        Self(attributes)
    }

    /// The beacon key that is made with this version.
    pub(super) fn beacon(&self) -> Self {
        let mut attributes = self.0.clone();
        attributes.insert(TYPE.into(), BEACON.into());
        Self(attributes)
    }

    /// What KMS is to bind the key to.
    pub(super) fn encryption_context(&self, logical_name: &str) -> EncryptionContext {
        encryption_context(&self.0, logical_name)
    }

    /// With the key that KMS wrapped.
    pub(super) fn into_record(self, encrypted_key: Vec<u8>) -> Result<BranchKeyRecord, BranchKeyStoreError> {
        BranchKeyRecord::new(self.0, encrypted_key)
    }
}

/// What KMS bound a record's key to: all its attributes, and the name of the store.
pub(super) fn encryption_context(
    attributes: &BTreeMap<String, String>,
    logical_name: &str,
) -> EncryptionContext {
    let mut context: EncryptionContext = attributes.iter().collect();
    context.insert(TABLE_NAME, logical_name);
    context
}

fn parse_version(text: &str) -> Result<Uuid, BranchKeyStoreError> {
    let malformed = BranchKeyStoreError::Record("version is no uuid");
    let Some(text) = text.strip_prefix(VERSION_PREFIX) else { return Err(malformed) };
    // In the one form only, as KMS authenticates the text.
    Uuid::parse_str(text).ok().filter(|version| version.to_string() == text).ok_or(malformed)
}

const NO_RECORD: BranchKeyStoreError = BranchKeyStoreError::Record("not a record in json");
const BRANCH_KEY_ID: &str = "branch-key-id";
const TYPE: &str = "type";
const VERSION: &str = "version";
const CREATE_TIME: &str = "create-time";
const KMS_ARN: &str = "kms-arn";
const HIERARCHY_VERSION: &str = "hierarchy-version";
const ENC: &str = "enc";
/// Where the encryption context has the logical name of the store.
const TABLE_NAME: &str = "tablename";
const CUSTOM_PREFIX: &str = "aws-crypto-ec:";
const HIERARCHY: &str = "1";
const ACTIVE: &str = "branch:ACTIVE";
const VERSION_PREFIX: &str = "branch:version:";
const BEACON: &str = "beacon:ACTIVE";

#[cfg(test)]
mod tests {
    use super::*;

    fn record(item: &str, more: &[(&str, &str)]) -> Result<BranchKeyRecord, BranchKeyStoreError> {
        let own = [
            (BRANCH_KEY_ID, "bbb9baf1-03e6-4716-a586-6bf29995314b"),
            (TYPE, item),
            (CREATE_TIME, "2023-06-03T19:03:29.358Z"),
            (KMS_ARN, "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"),
            (HIERARCHY_VERSION, "1"),
        ];
        let pairs = own.iter().chain(more).map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        BranchKeyRecord::new(pairs.collect(), vec![1, 2, 3])
    }

    const VERSIONED: &str = "branch:version:83eec007-5659-4554-bf11-699b90f41ac6";

    #[test]
    fn records_come_back_from_their_text() {
        for record in [
            record(VERSIONED, &[("aws-crypto-ec:department", "admin")]).unwrap(),
            record(ACTIVE, &[(VERSION, VERSIONED)]).unwrap(),
            record(BEACON, &[("added", "later")]).unwrap(),
        ] {
            assert_eq!(BranchKeyRecord::from_json(&record.to_json()).unwrap(), record);
        }
    }

    #[test]
    fn a_record_knows_its_version_and_what_the_user_bound_to_it() {
        let record = record(ACTIVE, &[(VERSION, VERSIONED), ("aws-crypto-ec:department", "admin")]).unwrap();
        assert_eq!(format!("{VERSION_PREFIX}{}", record.version().unwrap()), VERSIONED);
        assert_eq!(record.custom_context(), EncryptionContext::from([("department", "admin")]));
        let context = encryption_context(record.attributes(), "store");
        assert_eq!(context.get(TABLE_NAME), Some("store"));
        assert_eq!(context.len(), 8);
    }

    #[test]
    fn what_is_no_record_is_refused() {
        for (item, more) in [
            ("", [].as_slice()),
            ("branch:version:83EEC007-5659-4554-BF11-699B90F41AC6", &[]),
            ("branch:version:", &[]),
            ("branch:other", &[]),
            (ACTIVE, &[]),
            (ACTIVE, &[(VERSION, "83eec007-5659-4554-bf11-699b90f41ac6")]),
            (VERSIONED, &[(VERSION, VERSIONED)]),
            (BEACON, &[(VERSION, VERSIONED)]),
            (VERSIONED, &[(TABLE_NAME, "other")]),
            (VERSIONED, &[(HIERARCHY_VERSION, "2")]),
            (VERSIONED, &[(KMS_ARN, "")]),
        ] {
            assert!(matches!(record(item, more), Err(BranchKeyStoreError::Record(_))), "{item} {more:?}");
        }
        for json in ["", "[]", "{}", r#"{"enc": 1}"#, r#"{"enc": "AQ=="}"#] {
            assert!(BranchKeyRecord::from_json(json).is_err(), "{json}");
        }
    }
}
