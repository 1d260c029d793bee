//! Secrets, but for their values.

use std::sync::Arc;

use keywright_aws_api::{AccountId, Region};
use keywright_service::Announcements;
use keywright_store::{Connection, Row, StoreError, Transaction};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::{get, rotations};
use crate::domain::name::{SecretName, Suffix};
use crate::domain::reference::SecretReference;
use crate::domain::replica::ReplicaOf;
use crate::domain::resource_policy::ResourcePolicy;
use crate::domain::secret::{Deletion, Secret, SecretSubject};
use crate::domain::stage::Stage;
use crate::domain::stages::Stages;
use crate::domain::tags::Tag;
use crate::domain::version_id::VersionId;
use crate::error::Error;

/// What a new secret is stored with.
#[derive(Clone, Debug)]
pub struct NewSecret<'a> {
    /// Its key in the database.
    pub id: Uuid,
    /// Its Region.
    pub region: &'a Region,
    /// Its account.
    pub account: AccountId,
    /// Its name.
    pub name: &'a SecretName,
    /// What its ARN has behind the name.
    pub suffix: &'a Suffix,
    /// Its description.
    pub description: Option<&'a str>,
    /// Its KMS key; none for the AWS managed one.
    pub kms_key_id: Option<&'a str>,
    /// The service that makes it, if one does.
    pub owning_service: Option<&'a str>,
    /// The time.
    pub created_at: OffsetDateTime,
}

/// The secret that a request names: by its whole ARN if there is one of it, else by its name.
///
/// # Errors
/// [`Error::Store`]; [`Error::Corrupt`] for a row that can't be.
pub async fn find(
    connection: &Connection,
    region: &Region,
    reference: &SecretReference,
) -> Result<Option<Secret>, Error> {
    let (place, account) = (region.as_str(), reference.account.as_str());
    if let Some((name, suffix)) = &reference.complete {
        let parameters = &[&place as _, &account as _, &name.as_str() as _, &suffix.as_str() as _];
        if let Some(row) = connection.query_opt(FIND_BY_ARN, parameters).await? {
            return secret_from_row(&row, region).map(Some);
        }
    }
    let row = connection.query_opt(FIND_BY_NAME, &[&place, &account, &reference.name.as_str()]).await?;
    row.map(|row| secret_from_row(&row, region)).transpose()
}

/// Locks the secret of an account and name, and gives it as it is now.
///
/// # Errors
/// [`Error::Store`]; [`Error::Corrupt`] for a row that can't be.
pub async fn lock_named(
    transaction: &Transaction,
    region: &Region,
    subject: &SecretSubject,
) -> Result<Option<Secret>, Error> {
    let parameters = &[&region.as_str() as _, &subject.account.as_str() as _, &subject.name.as_str() as _];
    let Some(row) = transaction.query_opt(LOCK_NAMED, parameters).await? else { return Ok(None) };
    lock(transaction, region, get(&row, "secret_id")?).await
}

/// Makes a secret a replica, or one of its own.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn set_replica_of(
    transaction: &Transaction,
    id: Uuid,
    replica_of: Option<&ReplicaOf>,
) -> Result<(), StoreError> {
    let primary = replica_of.map(|replica| replica.primary.as_str());
    let replication = replica_of.map(|replica| replica.replication);
    transaction.execute(SET_REPLICA_OF, &[&id, &primary, &replication]).await.map(|_| ())
}

/// Locks a secret against every other change, and gives it as it is now; none when it is gone. All replicas are told that it
/// has changed when the transaction commits.
///
/// # Errors
/// [`Error::Store`]; [`Error::Corrupt`] for a row that can't be.
pub async fn lock(transaction: &Transaction, region: &Region, id: Uuid) -> Result<Option<Secret>, Error> {
    if transaction.query_opt(LOCK, &[&id]).await?.is_none() {
        return Ok(None);
    }
    // A statement of its own, begun behind the lock: it sees what the former holder committed.
    let row = transaction.query_one(FIND_BY_ID, &[&id]).await?;
    let secret = secret_from_row(&row, region)?;
    announce(transaction, region, &secret).await?;
    Ok(Some(secret))
}

/// Tells all replicas, when the transaction commits, that a secret has changed.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn announce(transaction: &Transaction, region: &Region, secret: &Secret) -> Result<(), StoreError> {
    CHANGES.tell(transaction, region.as_str(), secret.account.as_str(), secret.name.as_str()).await
}

/// Stores a new secret; false when its name is taken.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn insert(transaction: &Transaction, secret: &NewSecret<'_>) -> Result<bool, StoreError> {
    let inserted = transaction
        .execute(
            INSERT,
            &[
                &secret.id,
                &secret.region.as_str(),
                &secret.account.as_str(),
                &secret.name.as_str(),
                &secret.suffix.as_str(),
                &secret.description,
                &secret.kms_key_id,
                &secret.owning_service,
                &secret.created_at,
            ],
        )
        .await?;
    Ok(inserted == 1)
}

/// Changes description and KMS key.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn set_details(
    transaction: &Transaction,
    id: Uuid,
    description: Option<&str>,
    kms_key_id: Option<&str>,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    transaction.execute(SET_DETAILS, &[&id, &description, &kms_key_id, &now]).await.map(|_| ())
}

/// Attaches a resource policy, or takes it away.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn set_policy(
    transaction: &Transaction,
    id: Uuid,
    policy: Option<&str>,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    transaction.execute(SET_POLICY, &[&id, &policy, &now]).await.map(|_| ())
}

/// Whether an account has more than `limit` secrets. Others that ask wait until the transaction ends, and see then what it
/// has added.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn exceeds(
    transaction: &Transaction,
    region: &Region,
    account: AccountId,
    limit: i64,
) -> Result<bool, StoreError> {
    let (region, account) = (region.as_str(), account.as_str());
    transaction.query_one(LOCK_COUNT, &[&region, &account]).await?;
    let row = transaction.query_one(COUNT, &[&region, &account, &(limit + 1)]).await?;
    let counted: i64 = get(&row, "count")?;
    Ok(counted > limit)
}

/// Notes that something of a secret was changed.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn set_changed(transaction: &Transaction, id: Uuid, now: OffsetDateTime) -> Result<(), StoreError> {
    transaction.execute(SET_CHANGED, &[&id, &now]).await.map(|_| ())
}

/// Marks a secret for deletion, or takes the mark away.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn set_deletion(
    transaction: &Transaction,
    id: Uuid,
    deletion: Option<Deletion>,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let deleted_at = deletion.map(|deletion| deletion.deleted_at);
    let deletion_date = deletion.map(|deletion| deletion.deletion_date);
    transaction.execute(SET_DELETION, &[&id, &deleted_at, &deletion_date, &now]).await.map(|_| ())
}

/// Notes the day of an access.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn set_accessed(transaction: &Transaction, id: Uuid, day: Date) -> Result<(), StoreError> {
    transaction.execute(SET_ACCESSED, &[&id, &day]).await.map(|_| ())
}

/// Deletes a secret with its versions, labels and tags.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn delete(transaction: &Transaction, id: Uuid) -> Result<(), StoreError> {
    transaction.execute(DELETE, &[&id]).await.map(|_| ())
}

/// The secret that is longest due to be deleted, locked; those that other replicas have locked are left to them.
///
/// # Errors
/// [`Error::Store`]; [`Error::Corrupt`] for a row that can't be.
pub async fn claim_due(
    transaction: &Transaction,
    region: &Region,
    now: OffsetDateTime,
) -> Result<Option<Secret>, Error> {
    let Some(row) = transaction.query_opt(CLAIM_DUE, &[&region.as_str(), &now]).await? else {
        return Ok(None);
    };
    let id: Uuid = get(&row, "secret_id")?;
    let row = transaction.query_one(FIND_BY_ID, &[&id]).await?;
    let secret = secret_from_row(&row, region)?;
    announce(transaction, region, &secret).await?;
    Ok(Some(secret))
}

pub(super) fn secret_from_row(row: &Row, region: &Region) -> Result<Secret, Error> {
    let account = AccountId::parse(get(row, "account_id")?).map_err(|_| Error::Corrupt("account_id"))?;
    let name = SecretName::parse(get(row, "name")?).map_err(|_| Error::Corrupt("name"))?;
    let suffix = Suffix::parse(get(row, "suffix")?).ok_or(Error::Corrupt("suffix"))?;
    let deleted_at: Option<OffsetDateTime> = get(row, "deleted_at")?;
    let deletion_date: Option<OffsetDateTime> = get(row, "deletion_date")?;
    let arn: Arc<str> = name.arn(region, account, &suffix).into();
    let policy: Option<String> = get(row, "resource_policy")?;
    let stages = pairs(row, "stages", "stage_versions")?;
    let tags = pairs(row, "tag_keys", "tag_values")?;
    Ok(Secret {
        id: get(row, "secret_id")?,
        account,
        policy: policy.map(|policy| ResourcePolicy::stored(&policy, &arn)).transpose()?,
        arn,
        name,
        description: get(row, "description")?,
        kms_key_id: get(row, "kms_key_id")?,
        owning_service: get(row, "owning_service")?,
        created_at: get(row, "created_at")?,
        last_changed_at: get(row, "last_changed_at")?,
        last_accessed_on: get(row, "last_accessed_on")?,
        deletion: deleted_at
            .zip(deletion_date)
            .map(|(deleted_at, deletion_date)| Deletion { deleted_at, deletion_date }),
        stages: stages.map(|(stage, id)| (Stage::new(&stage), VersionId::new(&id))).collect::<Stages>(),
        tags: tags.map(|(key, value)| Tag { key, value }).collect(),
        rotation: rotations::from_row(row)?,
        replica_of: replica_of(row)?,
        replica_regions: regions(row)?,
    })
}

fn replica_of(row: &Row) -> Result<Option<ReplicaOf>, Error> {
    let primary: Option<&str> = get(row, "primary_region")?;
    let replication: Option<Uuid> = get(row, "replication_id")?;
    let Some((primary, replication)) = primary.zip(replication) else { return Ok(None) };
    let primary = Region::parse(primary).map_err(|_| Error::Corrupt("primary_region"))?;
    Ok(Some(ReplicaOf { primary, replication }))
}

fn regions(row: &Row) -> Result<Vec<Region>, Error> {
    let regions: Option<Vec<&str>> = get(row, "replica_regions")?;
    let regions = regions.unwrap_or_default().into_iter().map(Region::parse);
    regions.collect::<Result<_, _>>().map_err(|_| Error::Corrupt("replica_regions"))
}

/// Two arrays of the same length, of which there is none where there is nothing to be in it.
fn pairs(row: &Row, first: &str, second: &str) -> Result<impl Iterator<Item = (String, String)>, StoreError> {
    let first: Option<Vec<String>> = get(row, first)?;
    let second: Option<Vec<String>> = get(row, second)?;
    Ok(first.unwrap_or_default().into_iter().zip(second.unwrap_or_default()))
}

/// Where replicas are told of changes, by names.
pub const CHANGES: Announcements = Announcements::on("keywright_secrets_changed");

const FIND_BY_NAME: &str = include_str!("sql/find_by_name.sql");
const FIND_BY_ARN: &str = include_str!("sql/find_by_arn.sql");
const FIND_BY_ID: &str = include_str!("sql/find_by_id.sql");
const LOCK: &str = include_str!("sql/lock_secret.sql");
const LOCK_NAMED: &str = include_str!("sql/lock_named_secret.sql");
const SET_REPLICA_OF: &str = include_str!("sql/set_replica_of.sql");
const INSERT: &str = include_str!("sql/insert_secret.sql");
const SET_DETAILS: &str = include_str!("sql/set_details.sql");
const SET_POLICY: &str = include_str!("sql/set_policy.sql");
const LOCK_COUNT: &str = include_str!("sql/lock_count.sql");
const COUNT: &str = include_str!("sql/count_secrets.sql");
const SET_CHANGED: &str = include_str!("sql/set_changed.sql");
const SET_DELETION: &str = include_str!("sql/set_deletion.sql");
const SET_ACCESSED: &str = include_str!("sql/set_accessed.sql");
const DELETE: &str = include_str!("sql/delete_secret.sql");
const CLAIM_DUE: &str = include_str!("sql/claim_due.sql");
