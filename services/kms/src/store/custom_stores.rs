//! Custom key stores.

use keywright_aws_api::{AccountId, Region};
use keywright_store::{Connection, Row, StoreError, Transaction};
use uuid::Uuid;

use super::key_row::get;
use super::{AccountRows, Parameters};
use crate::domain::custom_store::{
    Backing, CloudHsm, ConnectionErrorCodeType, ConnectionStateType, CustomKeyStore, CustomKeyStoreType,
    ProxyAddress, StoreName,
};
use crate::error::Error;

/// A store as it is stored.
pub struct StoredStore {
    /// What is known of it.
    pub store: CustomKeyStore,
    /// Its credential.
    pub credential: WrappedCredential,
}

/// A credential, wrapped by a domain key.
#[derive(Clone, Debug)]
pub struct WrappedCredential {
    /// The domain key.
    pub domain_key: Uuid,
    /// The wrapped bytes.
    pub wrapped: Vec<u8>,
}

/// A store that this replica may connect for a while.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The store.
    pub name: StoreName,
    /// Which attempt to connect it is.
    attempt: i64,
    /// Whether a replica has claimed this attempt before, and didn't end it.
    pub again: bool,
}

/// One store.
///
/// # Errors
/// [`Error::Store`]; [`Error::Corrupt`] for a row that can't be.
pub async fn find(
    connection: &Connection,
    region: &Region,
    name: &StoreName,
) -> Result<Option<StoredStore>, Error> {
    one(connection, FIND, region, name).await
}

/// As [`find`], and keeps others from changing it until the transaction ends.
///
/// # Errors
/// [`Error::Store`]; [`Error::Corrupt`] for a row that can't be.
pub async fn lock(
    transaction: &Transaction,
    region: &Region,
    name: &StoreName,
) -> Result<Option<StoredStore>, Error> {
    one(transaction, LOCK, region, name).await
}

/// As [`lock`], and lets others add keys to the store at the same time.
///
/// # Errors
/// [`Error::Store`]; [`Error::Corrupt`] for a row that can't be.
pub async fn share(
    transaction: &Transaction,
    region: &Region,
    name: &StoreName,
) -> Result<Option<StoredStore>, Error> {
    one(transaction, SHARE, region, name).await
}

async fn one(
    connection: &Connection,
    sql: &str,
    region: &Region,
    name: &StoreName,
) -> Result<Option<StoredStore>, Error> {
    let parameters: Parameters<'_> = &[&region.as_str(), &name.account.as_str(), &&*name.id];
    let row = connection.query_opt(sql, parameters).await?;
    row.map(|row| stored_from_row(&row, name.account)).transpose()
}

/// How many stores an account has. Until the transaction ends, no other one counts those of the account.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn count_alone(transaction: &Transaction, of: &AccountRows) -> Result<i64, StoreError> {
    transaction.query(LOCK_ACCOUNT, &[&format!("{} {}", of.region, of.account)]).await?;
    get(&transaction.query_one(COUNT, &[&of.region, &of.account]).await?, 0)
}

/// Adds a store.
///
/// # Errors
/// Any [`StoreError`] of a statement; see [`StoreError::unique_violation`].
pub async fn insert(
    transaction: &Transaction,
    region: &Region,
    store: &CustomKeyStore,
    credential: &WrappedCredential,
) -> Result<(), StoreError> {
    let columns = Columns::of(store);
    let parameters: Parameters<'_> = &[
        &region.as_str(),
        &store.name.account.as_str(),
        &&*store.name.id,
        &store.friendly_name,
        &store.backing.store_type().as_str(),
        &store.connection.as_str(),
        &store.created_at,
        &columns.cluster_id,
        &columns.trust_anchor,
        &columns.uri_endpoint,
        &columns.uri_path,
        &columns.access_key_id,
        &credential.domain_key,
        &credential.wrapped,
    ];
    transaction.execute(INSERT, parameters).await.map(|_| ())
}

/// Changes all that can be changed of a store but its connection.
///
/// # Errors
/// Any [`StoreError`] of a statement; see [`StoreError::unique_violation`].
pub async fn update(
    transaction: &Transaction,
    region: &Region,
    store: &CustomKeyStore,
    credential: &WrappedCredential,
) -> Result<(), StoreError> {
    let columns = Columns::of(store);
    let parameters: Parameters<'_> = &[
        &region.as_str(),
        &store.name.account.as_str(),
        &&*store.name.id,
        &store.friendly_name,
        &columns.cluster_id,
        &columns.uri_endpoint,
        &columns.uri_path,
        &columns.access_key_id,
        &credential.domain_key,
        &credential.wrapped,
    ];
    transaction.execute(UPDATE, parameters).await.map(|_| ())
}

/// Changes whether a store is connected. An attempt that runs comes to nothing.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn set_connection(
    transaction: &Transaction,
    region: &Region,
    name: &StoreName,
    state: ConnectionStateType,
) -> Result<(), StoreError> {
    let parameters: Parameters<'_> = &[&region.as_str(), &name.account.as_str(), &&*name.id, &state.as_str()];
    transaction.execute(SET_CONNECTION, parameters).await.map(|_| ())
}

/// Whether any key, in whatever state, is in a store.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn has_keys(
    transaction: &Transaction,
    region: &Region,
    name: &StoreName,
) -> Result<bool, StoreError> {
    let parameters: Parameters<'_> = &[&region.as_str(), &name.account.as_str(), &&*name.id];
    get(&transaction.query_one(HAS_KEYS, parameters).await?, 0)
}

/// Removes a store.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn delete(transaction: &Transaction, region: &Region, name: &StoreName) -> Result<(), StoreError> {
    let parameters: Parameters<'_> = &[&region.as_str(), &name.account.as_str(), &&*name.id];
    transaction.execute(DELETE, parameters).await.map(|_| ())
}

/// Which of an account's stores are listed.
#[derive(Clone, Copy, Debug)]
pub struct Listed<'a> {
    /// Only the one with this id.
    pub id: Option<&'a str>,
    /// Only the one with this name.
    pub friendly_name: Option<&'a str>,
    /// Only those with a greater id.
    pub after: &'a str,
}

/// An account's stores, by id.
///
/// # Errors
/// [`Error::Store`]; [`Error::Corrupt`] for a row that can't be.
pub async fn list(
    connection: &Connection,
    region: &Region,
    account: AccountId,
    listed: Listed<'_>,
    limit: i64,
) -> Result<Vec<CustomKeyStore>, Error> {
    let Listed { id, friendly_name, after } = listed;
    let parameters: Parameters<'_> =
        &[&region.as_str(), &account.as_str(), &after, &id, &friendly_name, &limit];
    let rows = connection.query(LIST, parameters).await?;
    rows.iter().map(|row| Ok(stored_from_row(row, account)?.store)).collect()
}

/// Claims all stores that are to be connected and that no replica has claimed, for so many seconds.
///
/// # Errors
/// [`Error::Store`]; [`Error::Corrupt`] for a row that can't be.
pub async fn claim_connecting(
    transaction: &Transaction,
    region: &Region,
    seconds: f64,
) -> Result<Vec<Claim>, Error> {
    let rows = transaction.query(CLAIM, &[&region.as_str(), &seconds]).await?;
    let claim = |row: &Row| {
        let account = AccountId::parse(get(row, 0)?).map_err(|_| Error::Corrupt("account_id"))?;
        let name = StoreName { account, id: get::<&str>(row, 1)?.into() };
        Ok(Claim { name, attempt: get(row, 2)?, again: get(row, 3)? })
    };
    rows.iter().map(claim).collect()
}

/// Ends a claimed attempt; false when it doesn't count any more.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn settle(
    transaction: &Transaction,
    region: &Region,
    claim: &Claim,
    state: ConnectionStateType,
    code: Option<ConnectionErrorCodeType>,
) -> Result<bool, StoreError> {
    let Claim { name, attempt, again: _ } = claim;
    let code = code.map(ConnectionErrorCodeType::as_str);
    let parameters: Parameters<'_> =
        &[&region.as_str(), &name.account.as_str(), &&*name.id, attempt, &state.as_str(), &code];
    Ok(transaction.execute(SETTLE, parameters).await? > 0)
}

/// Marks a store that was connected as failed; false when it was connected anew, or disconnected, meanwhile.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn fail(
    transaction: &Transaction,
    region: &Region,
    name: &StoreName,
    attempt: i64,
    code: ConnectionErrorCodeType,
) -> Result<bool, StoreError> {
    let parameters: Parameters<'_> =
        &[&region.as_str(), &name.account.as_str(), &&*name.id, &attempt, &code.as_str()];
    Ok(transaction.execute(FAIL, parameters).await? > 0)
}

/// The certificates of an account's stores that are backed by tokens, in PEM.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn trust_anchors(connection: &Connection, of: &AccountRows) -> Result<Vec<String>, StoreError> {
    let rows = connection.query(TRUST_ANCHORS, &[&of.region, &of.account]).await?;
    rows.iter().map(|row| get(row, 0)).collect()
}

/// The columns of one kind of store.
#[derive(Default)]
struct Columns<'a> {
    cluster_id: Option<&'a str>,
    trust_anchor: Option<&'a str>,
    uri_endpoint: Option<&'a str>,
    uri_path: Option<&'a str>,
    access_key_id: Option<&'a str>,
}

impl<'a> Columns<'a> {
    fn of(store: &'a CustomKeyStore) -> Self {
        match &store.backing {
            Backing::CloudHsm(CloudHsm { cluster_id, trust_anchor }) => {
                Self { cluster_id: Some(cluster_id), trust_anchor: Some(trust_anchor), ..Self::default() }
            }
            Backing::External(ProxyAddress { uri_endpoint, uri_path, access_key_id }) => Self {
                uri_endpoint: Some(uri_endpoint),
                uri_path: Some(uri_path),
                access_key_id: Some(access_key_id),
                ..Self::default()
            },
        }
    }
}

fn stored_from_row(row: &Row, account: AccountId) -> Result<StoredStore, Error> {
    let needed = |column, name| get::<Option<String>>(row, column)?.ok_or(Error::Corrupt(name));
    let store_type = get::<&str>(row, 2)?.parse().map_err(|_| Error::Corrupt("store_type"))?;
    let code =
        get::<Option<&str>>(row, 4)?.map(|code| code.parse().map_err(|_| Error::Corrupt("error code")));
    let store = CustomKeyStore {
        name: StoreName { account, id: get::<&str>(row, 0)?.into() },
        friendly_name: get(row, 1)?,
        connection: get::<&str>(row, 3)?.parse().map_err(|_| Error::Corrupt("connection_state"))?,
        error_code: code.transpose()?,
        attempt: get(row, 13)?,
        created_at: get(row, 5)?,
        backing: match store_type {
            CustomKeyStoreType::AwsCloudHsm => Backing::CloudHsm(CloudHsm {
                cluster_id: needed(6, "cloud_hsm_cluster_id")?,
                trust_anchor: needed(7, "trust_anchor")?,
            }),
            CustomKeyStoreType::ExternalKeyStore => Backing::External(ProxyAddress {
                uri_endpoint: needed(8, "xks_uri_endpoint")?,
                uri_path: needed(9, "xks_uri_path")?,
                access_key_id: needed(10, "xks_access_key_id")?,
            }),
        },
    };
    Ok(StoredStore {
        store,
        credential: WrappedCredential { domain_key: get(row, 11)?, wrapped: get(row, 12)? },
    })
}

const FIND: &str = include_str!("sql/find_custom_store.sql");
const LOCK: &str = include_str!("sql/lock_custom_store.sql");
const SHARE: &str = include_str!("sql/share_custom_store.sql");
const LOCK_ACCOUNT: &str = "SELECT pg_advisory_xact_lock(hashtextextended('custom key stores ' || $1, 0))";
const COUNT: &str = "SELECT count(*) FROM custom_key_stores WHERE region = $1 AND account_id = $2";
const INSERT: &str = include_str!("sql/insert_custom_store.sql");
const UPDATE: &str = include_str!("sql/update_custom_store.sql");
const SET_CONNECTION: &str = include_str!("sql/set_custom_store_connection.sql");
const HAS_KEYS: &str = include_str!("sql/custom_store_has_keys.sql");
const DELETE: &str = include_str!("sql/delete_custom_store.sql");
const LIST: &str = include_str!("sql/list_custom_stores.sql");
const CLAIM: &str = include_str!("sql/claim_connecting_custom_stores.sql");
const SETTLE: &str = include_str!("sql/settle_custom_store.sql");
const FAIL: &str = include_str!("sql/fail_custom_store.sql");
const TRUST_ANCHORS: &str = "SELECT trust_anchor FROM custom_key_stores WHERE region = $1 AND account_id = $2 AND trust_anchor IS NOT NULL";
