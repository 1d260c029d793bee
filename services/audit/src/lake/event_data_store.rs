//! An event data store: a named selection of an account's events.

use keywright_aws_api::{AccountId, Arn, Region};
use keywright_crypto::Sha256;
use serde::{Deserialize, Serialize};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::selectors::{AdvancedEventSelector, all_events, condition};
use super::sql::{CatalogStore, literal};
use crate::error::AuditError;

/// An event data store.
#[derive(Clone, Debug)]
pub struct EventDataStore {
    /// Its id.
    pub id: Uuid,
    /// Its account.
    pub account: AccountId,
    /// Where it was made.
    pub region: Region,
    /// Its name.
    pub name: String,
    /// Which events it has.
    pub selectors: Vec<AdvancedEventSelector>,
    /// Whether it has those of all Regions.
    pub multi_region: bool,
    /// For how many days back.
    pub retention_days: i32,
    /// Whether it can't be deleted.
    pub termination_protection: bool,
    /// What would be billed.
    pub billing_mode: String,
    /// Its tags.
    pub tags: Vec<Tag>,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When it was changed.
    pub updated_at: OffsetDateTime,
    /// When it was deleted; it can be restored for seven days.
    pub deleted_at: Option<OffsetDateTime>,
}

/// A tag.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    /// Its key.
    pub key: String,
    /// Its value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

impl EventDataStore {
    /// The store that every account has: all events of all Regions. It has the same id in each Region.
    #[must_use]
    pub fn of_account(account: AccountId, region: &Region) -> Self {
        Self {
            id: default_id(account),
            account,
            region: region.clone(),
            name: DEFAULT_NAME.to_owned(),
            selectors: all_events(),
            multi_region: true,
            retention_days: MAX_RETENTION_DAYS,
            termination_protection: true,
            billing_mode: DEFAULT_BILLING_MODE.to_owned(),
            tags: Vec::new(),
            created_at: EPOCH,
            updated_at: EPOCH,
            deleted_at: None,
        }
    }

    /// Whether it is the one that every account has.
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.id == default_id(self.account)
    }

    /// Its ARN.
    #[must_use]
    pub fn arn(&self) -> String {
        Arn::regional("cloudtrail", &self.region, self.account, &format!("eventdatastore/{}", self.id))
    }

    /// `ENABLED`, or `PENDING_DELETION`.
    #[must_use]
    pub fn status(&self) -> &'static str {
        if self.deleted_at.is_some() { "PENDING_DELETION" } else { "ENABLED" }
    }

    /// As statements see it.
    ///
    /// # Errors
    /// None for selectors that were checked when they came.
    pub fn in_catalog(&self) -> Result<CatalogStore, AuditError> {
        let mut conditions = vec![format!("({})", condition(&self.selectors)?)];
        if !self.multi_region {
            conditions.push(format!("e.region = {}", literal(self.region.as_str())));
        }
        if self.retention_days < MAX_RETENTION_DAYS {
            conditions.push(format!("e.event_time >= now() - interval '{} days'", self.retention_days));
        }
        Ok(CatalogStore {
            id: self.id,
            arn: self.arn(),
            name: self.is_default().then_some(TABLE),
            condition: conditions.join(" AND "),
        })
    }

    /// When it is gone for good.
    #[must_use]
    pub fn gone_at(&self) -> Option<OffsetDateTime> {
        self.deleted_at.map(|deleted| deleted + RESTORABLE_FOR)
    }
}

/// The id within an ARN or by itself, of a store of this account and Region.
///
/// # Errors
/// [`AuditError::InvalidStoreArn`] when it is neither.
pub fn id_of(named: &str, account: AccountId, region: &Region) -> Result<Uuid, AuditError> {
    let id = match named.strip_prefix("arn:") {
        None => named,
        Some(_) => {
            let arn = Arn::parse(named).map_err(|_| AuditError::InvalidStoreArn)?;
            let id = arn.resource().strip_prefix("eventdatastore/").ok_or(AuditError::InvalidStoreArn)?;
            if arn.service() != "cloudtrail" {
                return Err(AuditError::InvalidStoreArn);
            }
            if arn.account() != account.as_str() || arn.region() != region.as_str() {
                return Err(AuditError::StoreNotFound);
            }
            return Uuid::try_parse(id).map_err(|_| AuditError::InvalidStoreArn);
        }
    };
    Uuid::try_parse(id).map_err(|_| AuditError::InvalidStoreArn)
}

/// The same for an account everywhere and always, and no other's.
fn default_id(account: AccountId) -> Uuid {
    let mut digest = Sha256::new();
    digest.update(b"keywright: the event data store of account ");
    digest.update(account.as_str().as_bytes());
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest.finish()).for_each(|(to, from)| *to = from);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// The name of the store that every account has.
pub const DEFAULT_NAME: &str = "default";
/// What it is called in statements, where AWS has an id only.
const TABLE: &str = "events";
/// AWS's default for a new store, and its longest.
pub const DEFAULT_RETENTION_DAYS: i32 = 366;
const MAX_RETENTION_DAYS: i32 = 3_653;
/// AWS's default.
pub const DEFAULT_BILLING_MODE: &str = "EXTENDABLE_RETENTION_PRICING";
/// How many an account can have in a Region besides.
pub const MAX_STORES: i64 = 10;
const RESTORABLE_FOR: Duration = Duration::days(7);
/// There is no time when it was made.
const EPOCH: OffsetDateTime = datetime!(1970-01-01 00:00 UTC);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_account_has_a_store_of_its_own_id() {
        let (a, b): (AccountId, AccountId) =
            ("111122223333".parse().unwrap(), "444455556666".parse().unwrap());
        let region: Region = "us-east-1".parse().unwrap();
        let store = EventDataStore::of_account(a, &region);
        assert!(store.is_default());
        assert_ne!(store.id, EventDataStore::of_account(b, &region).id);
        assert_eq!(store.in_catalog().unwrap().condition, "((true))");
        assert_eq!(id_of(&store.arn(), a, &region).unwrap(), store.id);
        assert_eq!(id_of(&store.id.to_string(), a, &region).unwrap(), store.id);
        assert!(matches!(id_of(&store.arn(), b, &region), Err(AuditError::StoreNotFound)));
        for bad in ["default", "arn:aws:cloudtrail:us-east-1:111122223333:trail/x", "arn:x"] {
            assert!(matches!(id_of(bad, a, &region), Err(AuditError::InvalidStoreArn)), "{bad}");
        }
    }
}
