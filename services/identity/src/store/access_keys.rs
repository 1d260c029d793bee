//! Access keys. Their secrets are here only as sealed boxes.

use keywright_aws_api::AccountId;
use keywright_store::{Connection, Row, StoreError, Transaction};
use time::OffsetDateTime;

use super::identities::identity;
use super::{column, parsed};
use crate::domain::access_key::{AccessKeyId, AccessKeyStatus};
use crate::domain::names::ServiceName;
use crate::domain::owner::Owner;
use crate::error::IdentityError;

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
    let service: Option<&str> = column(row, "service_name")?;
    let user_id: Option<&str> = column(row, "user_id")?;
    let owner = match (service, user_id) {
        (Some(_), _) => Owner::Service(parsed(row, "service_name", ServiceName::parse)?),
        (None, None) => Owner::Root { account: parsed(row, "account_id", AccountId::parse)? },
        (None, Some(_)) => Owner::User(identity(row)?),
    };
    Ok(StoredAccessKey { owner, sealed_secret: column(row, "sealed_secret")? })
}
