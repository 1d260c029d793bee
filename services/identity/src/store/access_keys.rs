//! Access keys. Their secrets are here only as sealed boxes.

use keywright_aws_api::AccountId;
use keywright_store::{Connection, Row, StoreError, Transaction};
use time::OffsetDateTime;

use super::identities::identity;
use super::lists::Slice;
use super::{column, parsed};
use crate::domain::access_key::{AccessKeyId, AccessKeyStatus};
use crate::domain::names::ServiceName;
use crate::domain::owner::Owner;
use crate::error::IdentityError;
use crate::last_use::Use;

/// A usable access key, with its secret still sealed.
pub struct StoredAccessKey {
    /// Its owner.
    pub owner: Owner,
    /// The sealed secret.
    pub sealed_secret: Vec<u8>,
}

/// The access key, if it is active and of an account that is open.
///
/// # Errors
/// [`IdentityError`] of the store.
pub async fn find_usable(
    connection: &Connection,
    access_key_id: &AccessKeyId,
) -> Result<Option<StoredAccessKey>, IdentityError> {
    let sql = include_str!("sql/find_usable_access_key.sql");
    let row = connection.query_opt(sql, &[&access_key_id.as_str()]).await?;
    row.map(|row| stored(&row)).transpose()
}

/// The account of an access key, active or not; none for a service's.
///
/// # Errors
/// [`IdentityError`] of the store.
pub async fn account_of(
    connection: &Connection,
    access_key_id: &AccessKeyId,
) -> Result<Option<AccountId>, IdentityError> {
    let sql = include_str!("sql/find_account_of_access_key.sql");
    let row = connection.query_opt(sql, &[&access_key_id.as_str()]).await?;
    row.map(|row| parsed(&row, "account_id", AccountId::parse)).transpose()
}

/// The ids of an owner's access keys, the oldest first.
///
/// # Errors
/// [`IdentityError`] of the store.
pub async fn of_owner(connection: &Connection, owner: &Owner) -> Result<Vec<AccessKeyId>, IdentityError> {
    let sql = include_str!("sql/access_keys_of_owner.sql");
    let Columns { account, user_id, service } = Columns::of(owner);
    let rows = connection.query(sql, &[&account, &user_id, &service]).await?;
    rows.iter().map(|row| parsed(row, "access_key_id", AccessKeyId::parse)).collect()
}

/// Makes those who add access keys to one owner take turns until the transaction ends.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn lock_owner(transaction: &Transaction, owner: &Owner) -> Result<(), StoreError> {
    let sql = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))::text";
    transaction.query_one(sql, &[&owner.binding()]).await.map(|_| ())
}

/// Adds an active access key. One that is there already keeps its owner and gets this secret, sealed for that owner.
///
/// # Errors
/// [`StoreError::RowCount`] when the id is another owner's.
pub async fn put(
    transaction: &Transaction,
    access_key_id: &AccessKeyId,
    owner: &Owner,
    sealed_secret: &[u8],
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let sql = include_str!("sql/put_access_key.sql");
    let Columns { account, user_id, service } = Columns::of(owner);
    let id = access_key_id.as_str();
    match transaction.execute(sql, &[&id, &account, &user_id, &service, &sealed_secret, &now]).await? {
        0 => Err(StoreError::RowCount { expected: "an access key of the same owner", found: 0 }),
        _ => Ok(()),
    }
}

/// Makes an account's access key active or inactive; says whether there is such a key.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn set_status(
    transaction: &Transaction,
    account: AccountId,
    access_key_id: &AccessKeyId,
    status: AccessKeyStatus,
) -> Result<bool, StoreError> {
    let sql = include_str!("sql/set_access_key_status.sql");
    let parameters: [&(dyn keywright_store::types::ToSql + Sync); 3] =
        [&account.as_str(), &access_key_id.as_str(), &status.as_str()];
    Ok(transaction.execute(sql, &parameters).await? > 0)
}

/// An access key in a list.
pub struct ListedAccessKey {
    /// Its id.
    pub id: AccessKeyId,
    /// IAM's word for whether it may be used.
    pub status: String,
    /// When it was made.
    pub created_at: OffsetDateTime,
}

/// The access keys of a user or root user, in the order of their ids.
///
/// # Errors
/// [`IdentityError`] of the store.
pub async fn list(
    connection: &Connection,
    owner: &Owner,
    slice: &Slice,
) -> Result<Vec<ListedAccessKey>, IdentityError> {
    let sql = include_str!("sql/list_access_keys.sql");
    let Columns { account, user_id, .. } = Columns::of(owner);
    let rows = connection.query(sql, &[&account, &user_id, &slice.after, &slice.rows]).await?;
    rows.iter()
        .map(|row| {
            Ok(ListedAccessKey {
                id: parsed(row, "access_key_id", AccessKeyId::parse)?,
                status: column(row, "status")?,
                created_at: column(row, "created_at")?,
            })
        })
        .collect()
}

/// Makes an access key of this owner active or inactive; says whether there is such a key.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn set_status_of(
    transaction: &Transaction,
    owner: &Owner,
    access_key_id: &AccessKeyId,
    status: AccessKeyStatus,
) -> Result<bool, StoreError> {
    let sql = "UPDATE access_keys SET status = $4
        WHERE access_key_id = $1 AND account_id = $2 AND user_id IS NOT DISTINCT FROM $3";
    let Columns { account, user_id, .. } = Columns::of(owner);
    let parameters: [&(dyn keywright_store::types::ToSql + Sync); 4] =
        [&access_key_id.as_str(), &account, &user_id, &status.as_str()];
    Ok(transaction.execute(sql, &parameters).await? > 0)
}

/// Takes an access key of this owner away; says whether there was such a key.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn delete_of(
    transaction: &Transaction,
    owner: &Owner,
    access_key_id: &AccessKeyId,
) -> Result<bool, StoreError> {
    let sql = "DELETE FROM access_keys
        WHERE access_key_id = $1 AND account_id = $2 AND user_id IS NOT DISTINCT FROM $3";
    let Columns { account, user_id, .. } = Columns::of(owner);
    Ok(transaction.execute(sql, &[&access_key_id.as_str(), &account, &user_id]).await? > 0)
}

/// Whose an access key of the account is, and when it was last used as far as that is written.
///
/// # Errors
/// [`IdentityError`] of the store.
pub async fn find_use(
    connection: &Connection,
    account: AccountId,
    access_key_id: &AccessKeyId,
) -> Result<Option<(Owner, Option<Use>)>, IdentityError> {
    let sql = include_str!("sql/find_access_key_use.sql");
    let row = connection.query_opt(sql, &[&account.as_str(), &access_key_id.as_str()]).await?;
    let Some(row) = row else { return Ok(None) };
    let last = match column::<Option<OffsetDateTime>>(&row, "last_used_at")? {
        None => None,
        Some(at) => {
            let (region, service) =
                (column::<&str>(&row, "last_used_region")?, column::<&str>(&row, "last_used_service")?);
            Some(Use { at, region: region.into(), service: service.into() })
        }
    };
    Ok(Some((owner(&row)?, last)))
}

/// Takes away a service's access keys but this one; says how many those were.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn delete_others_of_service(
    transaction: &Transaction,
    service: &ServiceName,
    keep: Option<&AccessKeyId>,
) -> Result<u64, StoreError> {
    let sql = include_str!("sql/delete_other_access_keys_of_service.sql");
    transaction.execute(sql, &[&service.as_str(), &keep.map(AccessKeyId::as_str)]).await
}

/// An owner, as the columns of the table.
struct Columns<'a> {
    account: Option<&'a str>,
    user_id: Option<&'a str>,
    service: Option<&'a str>,
}

impl<'a> Columns<'a> {
    fn of(owner: &'a Owner) -> Self {
        match owner {
            Owner::Root { account } => Self { account: Some(account.as_str()), user_id: None, service: None },
            Owner::User(user) => {
                Self { account: Some(user.account.as_str()), user_id: Some(&user.id), service: None }
            }
            Owner::Service(name) => Self { account: None, user_id: None, service: Some(name.as_str()) },
        }
    }
}

fn stored(row: &Row) -> Result<StoredAccessKey, IdentityError> {
    Ok(StoredAccessKey { owner: owner(row)?, sealed_secret: column(row, "sealed_secret")? })
}

fn owner(row: &Row) -> Result<Owner, IdentityError> {
    let service: Option<&str> = column(row, "service_name")?;
    let user_id: Option<&str> = column(row, "user_id")?;
    Ok(match (service, user_id) {
        (Some(_), _) => Owner::Service(parsed(row, "service_name", ServiceName::parse)?),
        (None, None) => Owner::Root { account: parsed(row, "account_id", AccountId::parse)? },
        (None, Some(_)) => Owner::User(identity(row)?),
    })
}
